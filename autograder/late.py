"""Due dates, more time for one student, and what lateness costs.

A lesson's due date is nbgrader's own, in the gradebook. nbgrader keeps an extension with a submission, so that nobody
can be given one before they hand in; here extensions are lines of ``extensions.csv`` in the course's folder, and
`LatePenalty`, which ``nbgrader_config.py`` names, honours both kinds.
"""

from __future__ import annotations

import csv
import math
import os
from datetime import UTC, datetime
from pathlib import Path

from nbformat.v4 import new_notebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from traitlets import Enum, Float, Unicode

EXTENSIONS = "extensions.csv"
COLUMNS = ("lesson", "student", "due")
DAY = 24 * 3600


class LatePenalty(LateSubmissionPlugin):
    """Points that nbgrader takes off a late submission, as the settings in nbgrader_config.py say."""

    penalty_method = Enum(
        ("none", "zero", "per_day"), default_value="none", help="none, all points, or percent_per_day for each day begun"
    ).tag(config=True)
    percent_per_day = Float(10, help="Of the lesson's points, for each day begun after the due date.").tag(config=True)
    extensions_file = Unicode(EXTENSIONS, help="Lines of lesson, student, due.").tag(config=True)
    grace_minutes = Float(0, help="This late still counts as in time.").tag(config=True)

    def late_submission_penalty(self, student_id, score, total_seconds_late):
        """The points to take off, or None. nbgrader never takes off more than there are."""
        grading = self.parent  # nbgrader's AssignLatePenalties, which knows the lesson
        submission = grading.gradebook.find_submission(grading.assignment_id, student_id)
        late = seconds_late(submission, extensions(Path(self.extensions_file)))
        return self.points_off(late, score, submission.assignment.max_score)

    def points_off(self, late: float, score: float, max_score: float) -> float | None:
        """What so many seconds cost, or None where they cost nothing."""
        if late <= 60 * self.grace_minutes or self.penalty_method == "none":
            return None
        if self.penalty_method == "zero":
            return score
        return max_score * self.percent_per_day / 100 * math.ceil(late / DAY)


def seconds_late(submission, known_extensions) -> float:
    """How late a gradebook's submission is, after every extension; 0 where no time of it is known."""
    if submission.duedate is None or submission.timestamp is None:
        return 0
    extended = known_extensions.get((submission.assignment.name, submission.student.id), submission.duedate)
    return max(0, (submission.timestamp - max(submission.duedate, extended)).total_seconds())


def extensions(file: Path) -> dict[tuple[str, str], datetime]:
    """Each extension's new date, in UTC without saying so, as nbgrader keeps dates."""
    try:
        with open(file, newline="", encoding="utf-8") as lines:
            return {(row["lesson"], row["student"]): in_utc(row["due"]) for row in csv.DictReader(lines)}
    except FileNotFoundError:
        return {}


def extend(file: Path, lesson: str, student: str, due: datetime | None):
    """Write one student's extension of one lesson, or take it away where ``due`` is None."""
    known = extensions(file)
    known.pop((lesson, student), None)
    if due is not None:
        known[lesson, student] = due
    written = file.with_name(f".{file.name}.new")
    with open(written, "w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        writer.writerow(COLUMNS)
        writer.writerows((*key, f"{date:%Y-%m-%dT%H:%M:%S}+00:00") for key, date in sorted(known.items()))
    os.replace(written, file)


def in_utc(text: str) -> datetime:
    """A date as people write it, in UTC; without a time it is the day's last second, without an offset local time."""
    date = datetime.fromisoformat(text)
    if len(text) == len("2027-02-01"):
        date = date.replace(hour=23, minute=59, second=59)
    return date.astimezone(UTC).replace(tzinfo=None)


def local(date: datetime) -> str:
    """A gradebook's date in this machine's time, for reading."""
    return f"{date.replace(tzinfo=UTC).astimezone():%Y-%m-%d %H:%M %Z}"


def set_penalty(parent, lesson: str, student: str):
    """Let nbgrader set a submission's penalty, by the settings of ``parent``, which has a ``coursedir``."""
    names = {"notebook": lesson, "assignment": lesson, "student": student, "db_url": parent.coursedir.db_url}
    AssignLatePenalties(parent=parent).preprocess(new_notebook(), {"nbgrader": names})  # it reads no cell


def set_penalties(api, lesson: str) -> dict[str, tuple[float, float]]:
    """Let nbgrader set every submission's penalty again; (before, after) of each student whose penalty changed."""
    with api.gradebook as book:
        before = {one.student.id: one.late_submission_penalty for one in book.assignment_submissions(lesson)}
    for student in before:
        set_penalty(api, lesson, student)
    with api.gradebook as book:
        after = {one.student.id: one.late_submission_penalty for one in book.assignment_submissions(lesson)}
    return {student: (before[student], after[student]) for student in before if before[student] != after[student]}
