"""Who handed in which file, as Canvas, Moodle and nbgrader name them, and the student's id in the gradebook.

How each names a file (from their own sources):

* Canvas: ``lastfirst_[LATE_]USER_FILE_name.ipynb``, or ``[LATE_]anon_ABCDE_FILE_name.ipynb`` where students are
  anonymous. The id is USER, Canvas's own number, which also stands in the ID column of its gradebook.
* Moodle: ``Full Name_NUMBER_assignsubmission_file/name.ipynb``, or all of that in one file's name. NUMBER is a new one
  in each assignment, so the id is made of the name: ``full-name``.
* nbgrader: ``STUDENT/LESSON/LESSON.ipynb``.

A roster, a CSV file with the columns ``name,id``, gives other ids; ``name`` is the student's name or number as above.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from autograder.csv_file import read_csv
from autograder.handed_in import HandedIn, IntakeError, printable
from autograder.late import in_utc

MOODLE = re.compile(r"^(?P<name>[^_]+)(?:_(?P<number>\d+))?_assignsubmission_[a-z]+(?:_(?P<file>.*))?$", re.DOTALL)
CANVAS = re.compile(
    r"^(?:(?P<anonymous_late>LATE_)?(?P<anonymous>anon_[^_]+)|(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+))_"
    r"(?:(?P<file_number>\d+)_(?P<file>.+)|(?:text|link)\.html)$",
    re.DOTALL,
)
MAX_ID = 100


@dataclass
class Sender:
    """One student as the source names them. ``files`` are (file, its name as the student had it, its Canvas number).

    ``timed``: a ``timestamp.txt`` among the files is nbgrader's own, not the student's.
    """

    name: str
    number: str = ""
    made_id: str = ""
    late: bool = False
    timed: bool = False
    files: list[tuple[HandedIn, str, int]] = field(default_factory=list)

    @property
    def shown(self) -> str:
        return printable(f"{self.name}_{self.number}" if self.number else self.name)


def senders(files: list[HandedIn], lesson: str) -> tuple[list[Sender], list[HandedIn]]:
    """The students, and the files that belong to nobody. One source has one way of naming: the first that fits."""
    for layout in (_moodle, _nbgrader, _canvas):
        found: dict[tuple[str, str], Sender] = {}
        nobodys = []
        for file in files:
            read = layout(file.parts, lesson)
            if not read:
                nobodys.append(file)
                continue
            sender, name, file_number = read
            known = found.setdefault((sender.name, sender.number), sender)
            known.late |= sender.late
            known.files.append((file, name, file_number))
        if found:
            # beside nbgrader's folders of this lesson lie those of others
            return list(found.values()), [file for file in nobodys if file.problem or layout is not _nbgrader]
    raise IntakeError(
        f"No submission of {lesson} is recognised. Give nbgrader's folder with STUDENT/{lesson}/{lesson}.ipynb, or a zip "
        "of all submissions as Canvas or Moodle makes it, or the folder that it unpacks to."
    )


def _moodle(parts, lesson):
    """The outermost folder decides: what lies in it is the student's, whatever it is called."""
    for depth, part in enumerate(parts):
        if depth and parts[depth - 1] == lesson:
            return None  # nbgrader's folder, and what a student put into it
        match = MOODLE.match(part)
        if match and (depth < len(parts) - 1 or match["file"]):
            name = match["file"] if depth == len(parts) - 1 else "/".join(parts[depth + 1 :])
            return Sender(match["name"], match["number"] or "", id_from_name(match["name"])), name, 0
    return None


def _nbgrader(parts, lesson):
    if lesson in parts[1:-1]:
        depth = parts.index(lesson, 1)
        student = parts[depth - 1]
        return Sender(student, made_id=student, timed=True), "/".join(parts[depth + 1 :]), 0
    return None


def _canvas(parts, lesson):
    match = CANVAS.match(parts[-1]) if len(parts) <= 2 else None
    if not match:
        return None
    name, number = match["name"] or match["anonymous"], match["number"] or ""
    late = bool(match["late"] or match["anonymous_late"])
    return Sender(name, number, number or name, late), match["file"] or parts[-1], int(match["file_number"] or 0)


# --- Ids ------------------------------------------------------------------------------------------------------


def id_from_name(name: str) -> str:
    """``Zoë O'Neil`` gives ``zoë-o-neil``; letters of every script stay."""
    name = unicodedata.normalize("NFC", name).casefold()
    kept = "".join(letter if unicodedata.category(letter)[0] in "LNM" else " " for letter in name)
    return "-".join(unicodedata.normalize("NFC", kept).split())


def wrong_id(student: str) -> str:
    """Why this cannot be a student's id, which is a folder's name and a word on nbgrader's command line; "" if it can."""
    if not 0 < len(student) <= MAX_ID or len(student.encode("utf-8", "replace")) > 2 * MAX_ID:
        return f"is empty or longer than {MAX_ID} letters"
    if any(unicodedata.category(letter)[0] not in "LNM" and letter not in " ._@+'-" for letter in student):
        return "has more in it than letters, digits, spaces and . _ @ + ' -"
    if student[0] in " .-'" or student[-1] in " .":
        return "begins or ends with a dot, a dash or a space"
    return "" if unicodedata.is_normalized("NFC", student) else "is written with accents apart from their letters"


def same_folder(student: str) -> str:
    """Equal for two ids that some file systems take for one."""
    return unicodedata.normalize("NFC", student).casefold()


class Roster:
    """Ids, and perhaps times, by the names that Canvas, Moodle or a folder has for students."""

    def __init__(self, file: Path):
        self._rows: dict[str, tuple[str, datetime | None]] = {}
        try:
            header, *lines = read_csv(file) or [[]]
        except ValueError as problem:
            raise IntakeError(f"The roster {problem}") from None
        if not lines or not {"name", "id"} <= set(header):
            raise IntakeError(
                f"The roster {file} needs a first line with the columns name,id and a line for each student."
            )
        for number, line in enumerate(lines, 2):
            self._add(dict(zip(header, line)), f"Line {number} of the roster")

    def _add(self, row, line):
        name, student = row["name"].strip(), row["id"].strip()
        if wrong_id(student):
            raise IntakeError(f"{line}: the id {student!r} {wrong_id(student)}.")
        if self._rows.get(_key(name), (student,))[0] != student:
            raise IntakeError(f"{line}: {name} is there already, with another id.")
        try:
            submitted = in_utc(row["submitted"].strip()) if row.get("submitted", "").strip() else None
        except ValueError:
            raise IntakeError(f'{line}: {row["submitted"]!r} is no date. Write it like "2027-02-01 18:00".') from None
        self._rows[_key(name)] = student, submitted

    def find(self, sender: Sender) -> tuple[str, datetime | None] | None:
        """(id, when it was handed in), or None; the more exact name is looked up first."""
        names = [f"{sender.name}_{sender.number}", sender.name, sender.number or sender.name]
        return next((self._rows[_key(name)] for name in names if _key(name) in self._rows), None)


def _key(name: str) -> str:
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())
