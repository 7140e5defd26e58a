"""The same class, graded by stock nbgrader and by ``gradual grade``: processor and wall seconds a submission.

    python benchmarks/grading.py [--lesson 01_gradual_noise] [--students 30]

Everything counts: start-up, sandbox, students' code, gradebook. The scores must be the same, or it fails.
"""

from __future__ import annotations

import ctypes
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
from nbgrader.api import Gradebook
from rich.console import Console
from rich.table import Table

from autograder.demo_class import make_class
from autograder.grading import release_of
from autograder.secret import init_course

ROOT = Path(__file__).resolve().parents[1]
PR_SET_CHILD_SUBREAPER = 36
BIN = Path(sys.executable).parent


def course(folder: Path, lesson: str, students: int, stock: bool) -> Path:
    for name in ("lessons", "source"):
        shutil.copytree(ROOT / name / lesson, folder / name / lesson)
    shutil.copy(ROOT / "pyproject.toml", folder)
    settings = (ROOT / "nbgrader_config.py").read_text()
    (folder / "nbgrader_config.py").write_text(settings.split("# --- Safe grading")[0] if stock else settings)
    init_course(folder)
    run(folder, "nbgrader", "generate_assignment", lesson, "--force")
    make_class(folder / "submitted", release_of(folder, lesson), lesson, students, kinds=["honest"])
    return folder


def run(folder: Path, *command):
    path = os.pathsep.join([str(BIN), os.environ["PATH"]])  # nbgrader calls `alembic` by its bare name
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, env={**os.environ, "PATH": path})
    if done.returncode:
        raise click.ClickException(done.stdout + done.stderr)


def measured(folder: Path, *command) -> tuple[float, float]:
    """Processor and wall seconds of a command, with all that it started, also what it left behind."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    run(folder, *command)
    wall = time.monotonic() - begun
    wait_for_orphans()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall


def wait_for_orphans():
    try:
        while True:
            os.wait()
    except ChildProcessError:
        pass


def scores(folder: Path, lesson: str) -> dict:
    with Gradebook(f"sqlite:///{folder}/gradebook.db", "gradual") as book:
        return {
            (one.student.id, grade.name): grade.score
            for one in book.assignment_submissions(lesson) for grade in one.notebooks[0].grades
        }  # fmt: skip


@click.command()
@click.option("--lesson", default="01_gradual_noise")
@click.option("--students", default=30)
def main(lesson, students):
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    with tempfile.TemporaryDirectory() as folder:
        safe = course(Path(folder) / "safe", lesson, students, stock=False)
        plain = course(Path(folder) / "stock", lesson, students, stock=True)
        one = measured(safe, "gradual", "grade", lesson, "--jobs", "1")
        two = measured(safe, "gradual", "grade", lesson, "--jobs", "2", "--again")
        stock = measured(plain, "nbgrader", "autograde", lesson)
        if scores(safe, lesson) != scores(plain, lesson):
            raise click.ClickException("the two do not give the same scores")
    table = Table(
        "",
        "processor s a submission",
        "wall s a submission",
        "less processor",
        "less wall",
        title=f"{lesson}, {students} students",
    )
    for name, (processor, wall) in [("nbgrader autograde", stock), ("gradual, 1 job", one), ("gradual, 2 jobs", two)]:
        ratios = [f"{stock[0] / processor:.1f}×", f"{stock[1] / wall:.1f}×"]
        table.add_row(name, f"{processor / students:.3f}", f"{wall / students:.3f}", *ratios)
    Console(width=110).print(
        table, f"Two jobs are {one[1] / two[1]:.2f} times as fast as one. All scores are the same."
    )


if __name__ == "__main__":
    main()
