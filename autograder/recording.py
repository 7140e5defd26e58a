"""Write what grading found: nbgrader's gradebook in one transaction, then the graded notebook in one move.

Whoever is interrupted in between has a notebook that does not match the submission, and is graded again.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from nbgrader.api import Comment, Gradebook, MissingEntry
from nbgrader.converters import NbGraderException

from autograder.arrival import TIMESTAMP, Arrival
from autograder.grading import Graded
from autograder.late import set_penalty

UNSANDBOXED = "Graded without a sandbox."


class Recorder:
    """Records one lesson's grades. ``converter`` is nbgrader's, with the course's settings."""

    def __init__(self, converter, lesson: str):
        self.converter, self.lesson = converter, lesson
        self.coursedir = converter.coursedir
        self.permissions = int(str(converter.permissions), 8)

    def __enter__(self):
        self.book = Gradebook(self.coursedir.db_url, self.coursedir.course_id)
        try:
            cells = self.book.find_notebook(self.lesson, self.lesson)
        except MissingEntry:
            self.book.close()
            message = f"The gradebook does not know {self.lesson} yet: run `gradual release {self.lesson}` first."
            raise NbGraderException(message) from None
        self.names = {cell.id: cell.name for cell in [*cells.grade_cells, *cells.solution_cells]}
        return self

    def __exit__(self, *_):
        self.book.close()

    def folder(self, student: str) -> Path:
        return Path(self.coursedir.format_path(self.coursedir.autograded_directory, student, self.lesson))

    def replaced(self, student: str) -> Path:
        """Where the folder waits while another takes its place."""
        folder = self.folder(student)
        return folder.with_name(f".{folder.name}.old")

    def earlier(self, student: str) -> dict | None:
        """The notebook that was graded before, or None."""
        notebook = self._notebook(self.folder(student))
        return notebook if notebook is not None else self._notebook(self.replaced(student))

    def _notebook(self, folder: Path) -> dict | None:
        try:
            return json.loads((folder / f"{self.lesson}.ipynb").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None

    def is_current(self, arrival: Arrival, sandboxed: bool = True) -> bool:
        """Whether this very submission is graded already, and as safely as is asked now."""
        about = report_of(self._notebook(self.folder(arrival.student)))
        return about.get("digest") == arrival.digest and (about.get("sandboxed", False) or not sandboxed)

    def scores(self, student: str) -> dict[str, tuple[float | None, float | None]]:
        """What the gradebook has now, by grade id: the check's score, and the one given by hand."""
        try:
            notebook = self.book.find_submission_notebook(self.lesson, self.lesson, student)
        except MissingEntry:
            return {}
        return {self.names[grade.cell_id]: (grade.auto_score, grade.manual_score) for grade in notebook.grades}

    def record(self, arrival: Arrival, graded: Graded) -> list[str]:
        """Write one student's grades. What a person should look at again comes back, a sentence each."""
        self.book.update_or_create_student(arrival.student)
        with self.book.db.no_autoflush:  # nbgrader would warn of its own half-made rows
            submission = self.book.update_or_create_submission(
                self.lesson, arrival.student, timestamp=arrival.timestamp
            )
        notebook = self.book.find_submission_notebook(self.lesson, self.lesson, arrival.student)
        attention = self._grades(notebook, graded, self.earlier(arrival.student))
        self._comments(notebook, graded)
        notebook.late_submission_penalty = None
        folder = self._written(arrival, graded, attention)
        self.book.db.commit()
        if submission.total_seconds_late > 0:
            set_penalty(self.converter, self.lesson, arrival.student)
        self._moved(folder, self.folder(arrival.student), self.replaced(arrival.student))
        return attention

    def _grades(self, notebook, graded, earlier) -> list[str]:
        again = []
        for grade in notebook.grades:
            name = self.names[grade.cell_id]
            score = graded.scores.get(name, 0.0)
            if grade.manual_score is None:
                grade.needs_manual_grade = score is None
            elif earlier is not None and answer(earlier, name) != answer(graded.notebook, name):
                again.append(f"{name} was marked {grade.manual_score:g} by hand for another answer: mark it again")
                grade.manual_score, grade.needs_manual_grade = None, True
            elif score != grade.auto_score:
                again.append(f"{name} keeps {grade.manual_score:g}, marked by hand; the check says {score} now")
                grade.needs_manual_grade = True
            grade.auto_score = score
        return again

    def _comments(self, notebook, graded):
        for comment in self.book.db.query(Comment).filter(Comment.notebook_id == notebook.id):
            said = ["No response."] if self.names.get(comment.cell_id) in graded.no_response else []
            said += [] if graded.sandboxed else [UNSANDBOXED]
            comment.auto_comment = " ".join(said) or None

    def _written(self, arrival, graded, attention) -> Path:
        """The graded notebook and the time, in a folder beside the one that they will replace."""
        folder = self.folder(arrival.student)
        fresh = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        about = {name: value for name, value in vars(graded).items() if name not in ("notebook", "lesson")}
        about |= {"digest": arrival.digest, "attention": [*arrival.notes, *attention]}
        metadata = {**graded.notebook["metadata"], "gradual_grading": about}
        text = json.dumps({**graded.notebook, "metadata": metadata}, indent=1, ensure_ascii=False, sort_keys=True)
        (fresh / f"{self.lesson}.ipynb").write_text(text + "\n", encoding="utf-8")
        if arrival.timestamp:
            (fresh / TIMESTAMP).write_text(arrival.timestamp)
        for file in fresh.iterdir():
            file.chmod(self.permissions)
        return fresh

    def _moved(self, fresh: Path, folder: Path, old: Path):
        if folder.exists():
            shutil.rmtree(old, ignore_errors=True)
            os.replace(folder, old)
        os.replace(fresh, folder)
        shutil.rmtree(old, ignore_errors=True)


def report_of(notebook: dict | None) -> dict:
    """What grading wrote into a graded notebook about itself: ``Graded``'s fields, ``digest`` and ``attention``."""
    return (notebook or {}).get("metadata", {}).get("gradual_grading", {})


def answer(notebook: dict, name: str) -> list[str]:
    """What a mark was given for: the written answer of that name, or all of the code where it is a check's."""
    mine = [cell for cell in notebook["cells"] if _grading(cell).get("grade_id") == name]
    if any(_grading(cell).get("solution") for cell in mine):
        return ["".join(cell["source"]) for cell in mine]
    code = (cell for cell in notebook["cells"] if cell["cell_type"] == "code" and not _grading(cell).get("locked"))
    return ["".join(cell["source"]) for cell in code]


def _grading(cell: dict) -> dict:
    return cell["metadata"].get("nbgrader", {})
