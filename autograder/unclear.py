"""What was unclear, in the students' own words: the answers to a lesson's last question, from a whole class."""

from __future__ import annotations

import json
from pathlib import Path

from autograder.submission import BrokenSubmission, Lesson, read_submission


def collect(submitted: Path, release: Path) -> tuple[dict[str, str], dict[str, str]]:
    """(answers, problems), each by student. ``submitted`` is nbgrader's folder, ``release`` the lesson's notebook.

    Whoever wrote nothing is in neither; a notebook that cannot be read is a problem, with its reason.
    """
    lesson = Lesson.from_notebook(release.stem, json.loads(release.read_text(encoding="utf-8")))
    answers, problems = {}, {}
    for folder in sorted(Path(submitted).glob(f"*/{lesson.name}")):
        student = folder.parent.name
        try:
            answer = read_submission(folder / release.name, lesson).unclear
        except BrokenSubmission as reason:
            problems[student] = str(reason)
            continue
        if answer:
            answers[student] = answer
    return answers, problems
