"""What 100 000 submissions would take: thousands of them, graded through Dask on this machine.

    python benchmarks/scale.py [--students 2000] [--workers 2]

A scheduler and workers as processes of their own, as on a cluster. What is measured is grading, from bytes to
results; the gradebook is written by one process, and is in benchmarks/grading.py.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import psutil

from autograder.arrival import Arrival
from autograder.batch import Task
from autograder.crew import grade_on_cluster
from autograder.demo_class import make_students
from autograder.grading import release_of

ROOT = Path(__file__).resolve().parents[1]
MANY = 100_000


def started(folder, *command):
    """A process of Dask's, beside this Python."""
    return psutil.Popen(
        [Path(sys.executable).parent / "dask", *command],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def address(file: Path) -> str:
    while not file.exists():
        time.sleep(0.1)
    return json.loads(file.read_text())["address"]


def processor(process) -> float:
    return sum(process.cpu_times()[:2])


@click.command()
@click.option("--lesson", default="01_gradual_noise")
@click.option("--students", default=2000)
@click.option("--workers", default=os.cpu_count())
def main(lesson, students, workers):
    release = release_of(ROOT, lesson)
    task = Task(lesson, json.dumps(release), secrets.token_hex())
    made = make_students(release, lesson, students, kinds=["honest"])
    arrivals = [Arrival(one.name, one.files[f"{lesson}.ipynb"]) for one in made]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "scheduler.json"
        scheduler = started(
            folder, "scheduler", "--port", "0", "--no-dashboard", "--host", "127.0.0.1", "--scheduler-file", file
        )
        options = ("--nworkers", str(workers), "--nthreads", "1", "--no-dashboard", "--scheduler-file", str(file))
        crew = started(folder, "worker", *options)
        try:
            where = address(file)
            warm = len(list(grade_on_cluster(task, arrivals[: 25 * workers], where)))
            before, begun = processor(scheduler), time.monotonic()
            done = sum(bool(result) for _, result in grade_on_cluster(task, arrivals, where))
            wall, share = time.monotonic() - begun, processor(scheduler) - before
        finally:
            for process in (crew, scheduler):
                process.terminate()
                process.wait()
    spent = wall * workers
    print(
        f"{done} of {students} submissions of {lesson} graded by {workers} workers in {wall:.1f} s (after {warm} to warm up)"
    )
    print(
        f"{spent / done:.3f} s of a processor each; {MANY} would take {spent / done * MANY / 3600:.1f} hours of one processor,"
    )
    print(
        f"{spent / done * MANY / 3600 / 64 * 60:.0f} minutes of 64. The scheduler used {share:.1f} s: {share / spent:.1%} of the work."
    )


if __name__ == "__main__":
    main()
