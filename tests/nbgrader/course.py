"""A course in a folder of its own: the repository's lessons, a real gradebook, and submissions made of solutions."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from autograder.answer_text import answer_text
from autograder.exercises import all_choices, all_exercises
from autograder.reference_source import function_text
from autograder.secret import init_course

REPO = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.name for path in (REPO / "lessons").iterdir() if path.is_dir())

SAFE_GRADING = "# --- Safe grading"
"""The line of nbgrader_config.py below which Gradual's own reading and executing is switched on."""


class Course:
    """nbgrader's folders below ``root``, with the repository's sources and settings."""

    def __init__(self, root: Path, lessons=LESSONS, stock=False):
        self.root = root
        for lesson in lessons:
            name = f"{lesson}.ipynb"
            (root / "source" / lesson).mkdir(parents=True)
            shutil.copy(REPO / "source" / lesson / name, root / "source" / lesson / name)
        settings = (REPO / "nbgrader_config.py").read_text()
        (root / "nbgrader_config.py").write_text(settings.split(SAFE_GRADING)[0] if stock else settings)
        if not stock:
            init_course(root)

    def run(self, *command, check=True, **environment):
        """Run a command of nbgrader's in the course's folder; its output, both streams."""
        # nbgrader calls `alembic` by its bare name.
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        done = subprocess.run(
            [sys.executable, "-m", *command], cwd=self.root, text=True, timeout=1800,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env={**os.environ, "PATH": path, **environment},
        )  # fmt: skip
        assert not check or done.returncode == 0, done.stdout
        return done.stdout

    def release(self, lesson):
        return self.run("nbgrader", "generate_assignment", lesson)

    def submit(self, student, lesson, notebook):
        folder = self.root / "submitted" / student / lesson
        folder.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")

    def autograde(self, lesson, *options):
        return self.run("nbgrader", "autograde", lesson, *options)

    def scores(self, lesson, student) -> dict[str, float | None]:
        """Points by grade id as the gradebook has them; None for what waits for a person."""
        from nbgrader.api import Gradebook

        with Gradebook(f"sqlite:///{self.root}/gradebook.db", "gradual") as book:
            grades = book.find_submission_notebook(lesson, lesson, student).grades
            return {grade.name: None if grade.needs_manual_grade else grade.score for grade in grades}


def released(lesson):
    return nbformat.read(REPO / "lessons" / lesson / f"{lesson}.ipynb", as_version=4)


def solution(lesson):
    return nbformat.read(REPO / "solutions" / lesson / f"{lesson}.ipynb", as_version=4)


def with_answers(lesson, answers: dict[str, str]):
    """The released notebook with the named cells filled in: solution cells and the answers to choices."""
    notebook = released(lesson)
    for cell in notebook.cells:
        if cell.id in answers:
            cell.source = answers[cell.id]
    return notebook


def without_pictures(notebook):
    """The answers, the checks and what they import, so that a class of many is graded sooner."""
    kept = [cell for cell in notebook.cells if is_needed(cell)]
    words = {word for cell in kept if cell.cell_type == "code" and not is_given(cell) for word in re.findall(r"\w+", cell.source)}
    for cell in filter(is_given, kept):
        cell.source = imports(cell.source, words)
    notebook.cells = [cell for cell in kept if cell.source]
    return notebook


def is_given(cell):
    return cell.cell_type == "code" and cell.id.startswith("cell-")


def is_needed(cell):
    return "nbgrader" in cell.metadata or (cell.cell_type == "code" and (not is_given(cell) or "import" in cell.source))


def imports(source, words):
    """What a given cell imports under one of these names; the set-up cell's import of the checks as it is written."""
    kept = []
    for node in ast.parse(source).body:
        if isinstance(node, ast.Try):
            kept.append(ast.get_source_segment(source, node))
        elif isinstance(node, (ast.Import, ast.ImportFrom)) and "widgets" not in ast.unparse(node):
            node.names = [one for one in node.names if (one.asname or one.name) in words]
            kept += [ast.unparse(node)] * bool(node.names)
    return "\n".join(kept)


def right_answers(lesson) -> dict[str, str]:
    """The source of every right answer of a lesson, by the name of its cell."""
    functions = {one.name: function_text(one.function).solved for one in all_exercises() if one.lesson == lesson}
    return functions | {one.name: f'{one.name} = "{one.answer}"' for one in all_choices() if one.lesson == lesson}


def misconception(exercise, wrong) -> str:
    """A cell that defines the exercise's function as the misconception has it, with all that it leans on."""
    return answer_text(exercise, wrong.function).whole


def points(lesson) -> dict[str, float]:
    """What each graded cell is worth."""
    graded = (cell for cell in released(lesson).cells if cell.metadata.get("nbgrader", {}).get("grade"))
    return {cell.metadata.nbgrader.grade_id: cell.metadata.nbgrader.points for cell in graded}
