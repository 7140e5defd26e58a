"""What an instructor asks of nbgrader, through nbgrader's own interface: release a lesson, give feedback."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.apps import NbGrader, NbGraderAPI
from nbgrader.utils import temp_attrs

from autograder.lab import environment


class NbgraderError(Exception):
    """What nbgrader could not do, in a sentence and its own words."""


def open_course(root: Path) -> NbGraderAPI:
    """nbgrader on the course in ``root``, with the settings of its nbgrader_config.py."""
    os.environ["PATH"] = environment()["PATH"]
    os.chdir(root)
    app = NbGrader()
    app.load_config_file()
    return NbGraderAPI(config=app.config)


def done(result: dict, sentence: str):
    """Raise the sentence with nbgrader's last words where nbgrader failed."""
    if not result["success"]:
        words = (result.get("log") or result.get("error") or "").strip().splitlines()
        raise NbgraderError("\n".join([sentence, *(f"  {line}" for line in words[-8:])]))


def release(api: NbGraderAPI, lesson: str, force=False) -> dict[str, float]:
    """Put a lesson into the gradebook, and its notebook into lessons/; the points of each graded cell.

    A notebook that is there already and differs is replaced only with ``force``.
    """
    folder = Path(api.coursedir.release_directory, lesson)
    with tempfile.TemporaryDirectory(prefix=".releasing-", dir=api.coursedir.root) as made:
        with temp_attrs(api.coursedir, release_directory=made):
            done(api.generate_assignment(lesson), f"nbgrader could not make the release of {lesson}:")
        new = Path(made, lesson)
        differing = [path.relative_to(new) for path in sorted(new.rglob("*")) if path.is_file() and differs(path, folder, new)]
        replaced = [folder / place for place in differing if (folder / place).exists()]
        if replaced and not force:
            raise NbgraderError(
                f"{lesson} is in the gradebook, as source/ has it. {replaced[0]} is another version, and stays: if you "
                f"changed source/, run `gradual build`; to put the new one in its place, `gradual release {lesson} --force`."
            )
        for place in differing:
            (folder / place).parent.mkdir(parents=True, exist_ok=True)
            os.replace(new / place, folder / place)
    with api.gradebook as book:
        return {cell.name: cell.max_score for cell in book.find_notebook(lesson, lesson).grade_cells}


def differs(path: Path, folder: Path, new: Path) -> bool:
    there = folder / path.relative_to(new)
    return not there.exists() or there.read_bytes().strip() != path.read_bytes().strip()


def release_to_exchange(api: NbGraderAPI, lesson: str):
    done(api.release_assignment(lesson), f"nbgrader could not put {lesson} into the exchange at {api.exchange_root}:")


def students_graded(api: NbGraderAPI, lesson: str) -> list[str]:
    return sorted(api.get_autograded_students(lesson))


def feedback(api: NbGraderAPI, lesson: str, student: str) -> Path:
    """Make a student's page again; where it is."""
    done(api.generate_feedback(lesson, student, force=True), f"nbgrader could not make the page of {student}:")
    return Path(api.coursedir.format_path(api.coursedir.feedback_directory, student, lesson), f"{lesson}.html")


def release_feedback(api: NbGraderAPI, lesson: str, student: str):
    done(api.release_feedback(lesson, student), f"nbgrader could not release the feedback of {student}:")


def waiting(api: NbGraderAPI, lesson: str) -> list[str]:
    """Students with an answer that a person has not graded yet."""
    with api.gradebook as book:
        try:
            submissions = book.assignment_submissions(lesson)
        except MissingEntry:
            return []
        return sorted(one.student.id for one in submissions if one.needs_manual_grade)
