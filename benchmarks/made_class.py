"""Honest submissions to grade: half have every answer, some a part of them or wrong ones, the rest are untouched."""

from __future__ import annotations

import copy
import json
from pathlib import Path

from autograder.exercises import all_choices, all_exercises
from autograder.reference_source import function_text

ROOT = Path(__file__).resolve().parents[1]
WRONG = """

_right_{name} = {name}


def {name}(*args, **kwargs):
    answer = _right_{name}(*args, **kwargs)
    return tuple(-np.asarray(part) for part in answer) if isinstance(answer, tuple) else -np.asarray(answer)
"""


def submissions(lesson: str, students: int):
    """(student, notebook) for each; of ten, five are right, three partly, two untouched."""
    release = json.loads((ROOT / "lessons" / lesson / f"{lesson}.ipynb").read_text())
    functions = {one.name: function_text(one.function).solved for one in all_exercises() if one.lesson == lesson}
    letters = {one.name: f'{one.name} = "{one.answer}"' for one in all_choices() if one.lesson == lesson}
    for number in range(students):
        answers, kind = {}, number % 10
        if kind < 5:
            answers = functions | letters
        elif kind < 8:
            wrong = list(functions)[kind % len(functions)]
            answers = functions | {wrong: functions[wrong] + WRONG.format(name=wrong)}
        notebook = copy.deepcopy(release)
        for cell in notebook["cells"]:
            cell["source"] = answers.get(cell["id"], cell["source"])
        notebook["cells"][0]["metadata"]["student"] = number  # no two files are the same
        yield f"student-{number:05}", notebook
