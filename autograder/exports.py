"""A lesson's grades, from nbgrader's gradebook, as CSV: for Canvas, for Moodle, and with every cell's score.

Both systems read a file by its columns. The formats here are those of Canvas's gradebook (its GradebookImporter) and of
Moodle's grade import: Canvas knows a student by its own ID, else by SIS User ID, else by SIS Login ID, and creates an
assignment for a column that it does not know; Moodle stops the whole import at the first student whom it cannot find.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from autograder.csv_file import read_csv
from autograder.listing import listed


class ExportError(Exception):
    """Why no file was written, in a sentence."""


@dataclass
class Row:
    """What the gradebook knows of one student's lesson. ``score`` is None where nothing was handed in or graded."""

    student: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    lms_id: str = ""
    timestamp: str = ""
    score: float | None = None
    penalty: float = 0
    waiting: bool = False
    cells: dict[str, float | None] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)

    @property
    def final(self) -> float | None:
        return None if self.score is None else max(0.0, self.score - self.penalty)

    @property
    def name(self) -> str:
        return ", ".join(filter(None, [self.last_name, self.first_name])) or self.student


@dataclass
class Grades:
    lesson: str
    max_score: float
    cells: list[str]
    rows: list[Row]


@dataclass
class Table:
    """Lines of a CSV file, and what the instructor should know about them."""

    lines: list[list]
    notes: list[str] = field(default_factory=list)


def read_grades(book, lesson: str, release: Path, missing_as_zero=False) -> Grades:
    """A lesson's grades of every student in the gradebook; the cells in the order of the notebook ``release``."""
    assignment = book.find_assignment(lesson)
    submissions = {one.student.id: one for one in assignment.submissions}
    rows = [read_row(student, submissions.get(student.id)) for student in sorted(book.students, key=lambda one: one.id)]
    for row in rows:
        if row.score is None and missing_as_zero:
            row.score = 0.0
    known = {cell.name for notebook in assignment.notebooks for cell in notebook.grade_cells}
    ordered = [cell for cell in graded_cells(release) if cell in known]
    return Grades(lesson, assignment.max_score, ordered + sorted(known - set(ordered)), rows)


def read_row(student, submission) -> Row:
    row = Row(student.id, student.first_name or "", student.last_name or "", student.email or "", student.lms_user_id or "")
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades] if submission else []
    if not grades:
        return row
    row.timestamp = f"{submission.timestamp:%Y-%m-%d %H:%M:%S}" if submission.timestamp else ""
    row.score, row.penalty = submission.score, submission.late_submission_penalty or 0
    row.waiting = bool(submission.needs_manual_grade)
    row.cells = {grade.name: None if grade.needs_manual_grade else grade.score for grade in grades}
    comments = sorted((one for notebook in submission.notebooks for one in notebook.comments), key=lambda one: one.name)
    row.comments = [f"{one.name}: {one.comment}" for one in comments if one.comment]
    return row


def graded_cells(release: Path) -> list[str]:
    cells = json.loads(release.read_text(encoding="utf-8"))["cells"] if release.exists() else []
    marks = [cell["metadata"].get("nbgrader", {}) for cell in cells]
    return [mark["grade_id"] for mark in marks if mark.get("grade")]


def plain(grades: Grades) -> Table:
    """Everything the gradebook has, a line for each student."""
    header = ["student", "last_name", "first_name", "email", "submitted_utc", "score", "late_penalty", "final_score",
              "max_score", "needs_manual_grade", *grades.cells]  # fmt: skip
    lines = [
        [row.student, row.last_name, row.first_name, row.email, row.timestamp, number(row.score), number(row.penalty),
         number(row.final), number(grades.max_score), "yes" if row.waiting else "no",
         *(number(row.cells.get(cell)) for cell in grades.cells)]
        for row in grades.rows
    ]  # fmt: skip
    return Table([header, *lines])


def moodle(grades: Grades, identifier="email") -> Table:
    """Moodle's grade import; the students whom it could not find, or who have no grade, are left out and named."""
    columns = {"email": "Email address", "id": "ID number"}
    values = {"email": lambda row: row.email, "id": lambda row: row.lms_id or row.student}
    header = [columns[identifier], "First name", "Last name", grades.lesson, f"{grades.lesson} (feedback)"]
    graded = [row for row in grades.rows if row.final is not None]
    lost = [row.student for row in graded if not values[identifier](row)]
    lines = [
        [values[identifier](row), row.first_name, row.last_name, number(row.final), "\n".join([*penalty(row), *row.comments])]
        for row in graded
        if values[identifier](row)
    ]
    notes = []
    if lost:
        notes.append(
            f"Left out, as Moodle stops at a student without an email address: {listed(lost)}. Add it with "
            "`nbgrader db student add ID --email=ADDRESS`, or use --identify id."
        )
    return Table([header, *lines], notes)


def penalty(row: Row) -> Iterable[str]:
    return [f"Late: {number(row.penalty)} points taken off."] if row.penalty else []


def canvas(grades: Grades) -> Table:
    """Canvas's gradebook without a roster: Canvas finds each student by SIS Login ID, else by name."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", grades.lesson]
    points = ["    Points Possible", "", "", "", "", number(grades.max_score)]
    graded = [row for row in grades.rows if row.final is not None]
    return Table([header, points, *([row.name, row.lms_id, "", row.student, "", number(row.final)] for row in graded)])


IDENTITY = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID", "Integration ID", "Root Account", "Section")


def canvas_with_roster(grades: Grades, roster: Path, column: str | None = None) -> Table:
    """Canvas's own students and column, from a gradebook that was exported there, with the lesson's scores.

    Only the columns that say who a student is and the lesson's come back: Canvas would take the others' old values for
    changes. A student without a grade here keeps what Canvas has.
    """
    try:
        header, *body = read_csv(roster) or [[]]
    except ValueError as problem:
        raise ExportError(str(problem)) from None
    if "Student" not in header and "LastName" not in header or "ID" not in header:
        raise ExportError(f"{roster} is no gradebook exported from Canvas: its first line has no Student and ID.")
    wanted = find_column(header, column or grades.lesson)
    if wanted is None and column:
        raise ExportError(f"{roster} has no column {column!r}. It has: {', '.join(titles(header))}.")
    notes = [] if wanted is not None else [f"{roster} has no column for {grades.lesson}: Canvas will make a new assignment."]
    identity = [place for place, title in enumerate(header) if title in IDENTITY]
    lines = [[header[place] for place in identity] + [header[wanted] if wanted is not None else grades.lesson]]
    points = next((line for line in body if "Points Possible" in line[0]), None)
    check_points(points[wanted] if points and wanted is not None else "", grades, header[wanted] if wanted is not None else "")
    lines.append([points[place] if points else "" for place in identity] + [number(grades.max_score)])
    lines[1][0] = "    Points Possible"
    people = [line for line in body if any(line[place].strip() for place in identity) and line is not points]
    matches, notes_of_matches = match(grades.rows, [dict(zip(header, line)) for line in people])
    for place, line in enumerate(people):
        row = matches.get(place)
        there = line[wanted] if wanted is not None else ""
        keep = row is None or row.final is None or there.strip() in ("EX", "N/A")
        lines.append([line[at] for at in identity] + [there if keep else number(row.final)])
    return Table(lines, notes + notes_of_matches)


def titles(header):
    return [title for title in header if title and title not in IDENTITY]


def find_column(header, name) -> int | None:
    """The place of the assignment's column: Canvas writes the assignment's number behind its title."""
    same = [place for place, title in enumerate(header) if name in (title, re.sub(r" \(\d+\)$", "", title))]
    return same[0] if len(same) == 1 else None


def check_points(there: str, grades: Grades, title: str):
    """Scores out of 14 in a column of 100 points would be wrong grades."""
    there = there.strip().replace(",", ".")
    if there and float(there) != grades.max_score:
        raise ExportError(
            f"In Canvas {title!r} has {there} points, and {grades.lesson} has {number(grades.max_score)}. Give the "
            f"assignment {number(grades.max_score)} points in Canvas, and export its gradebook again."
        )


def match(rows: list[Row], people: list[dict]) -> tuple[dict[int, Row], list[str]]:
    """The gradebook's row of each of Canvas's people, by their place; who was found in one of the two only."""
    found, unknown = {}, []
    for row in rows:
        names = {name.strip().lower() for name in (row.student, row.lms_id, row.email) if name.strip()}
        places = next(filter(None, (
            [place for place, person in enumerate(people) if person.get(column, "").strip().lower() in names]
            for column in ("SIS User ID", "SIS Login ID", "ID")
        )), [])  # fmt: skip
        if len(places) == 1 and places[0] not in found:
            found[places[0]] = row
        elif row.score is not None:
            unknown.append(row.student)
    absent = [person.get("Student") or person.get("LastName", "") for place, person in enumerate(people) if place not in found]
    notes = [f"Graded here and not found in Canvas, so not in the file: {listed(unknown)}."] if unknown else []
    return found, notes + ([f"In Canvas and not in the gradebook here, so unchanged: {listed(absent, separator='; ')}."] if absent else [])


def notes_on(grades: Grades) -> list[str]:
    """What an instructor should know before these numbers are anyone's grade."""
    waiting = [row.student for row in grades.rows if row.waiting]
    late = [f"{row.student} (−{number(row.penalty)})" for row in grades.rows if row.penalty]
    missing = [row.student for row in grades.rows if row.score is None]
    return [
        *([f"Not fully graded by hand, so their scores may rise: {listed(waiting)}."] if waiting else []),
        *([f"Late, and the points are taken off: {listed(late)}."] if late else []),
        *([f"Nothing handed in or graded, so no score: {listed(missing)}."] if missing else []),
    ]


def number(value: float | None) -> str:
    return "" if value is None else f"{round(value, 4):g}"


def write(table: Table, file: Path):
    """Write the lines; text that a spreadsheet would run as a formula gets an apostrophe before it."""
    with open(file, "w", newline="", encoding="utf-8") as lines:
        csv.writer(lines).writerows([[inert(cell) for cell in line] for line in table.lines])


def inert(cell: str) -> str:
    starts_formula = cell.lstrip()[:1] in ("=", "+", "-", "@") or cell[:1] in ("\t", "\r")
    return f"'{cell}" if starts_formula and not re.fullmatch(r"[-+]?\d+([.,]\d+)?", cell) else cell
