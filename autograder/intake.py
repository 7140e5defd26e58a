"""Bring a folder or a zip from Canvas, Moodle or nbgrader into ``submitted/STUDENT/LESSON/``, safely.

From each student one notebook is taken: the lesson's by its content, then by its name, then the latest. Neither Canvas
nor Moodle tells when something was handed in: the times inside their zips are those of the download. Canvas tells
*that* something was late; when, only a roster's column ``submitted`` can say, or ``timestamp.txt`` in nbgrader's layout.

What was there before is never lost: it moves to ``submitted_before/STUDENT/LESSON/1``, ``2`` and so on. What is
refused stays where it came from, and is named.
"""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from autograder.arrival import NO_TIME, TIMESTAMP, time_told
from autograder.handed_in import HandedIn, IntakeError, Unreadable, files_in, printable
from autograder.listing import listed
from autograder.placing import Refused, alone, place, time_of
from autograder.senders import Roster, Sender, same_folder, senders, wrong_id
from autograder.submission import BrokenSubmission, Lesson, parse_submission

NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)  # some browsers add an ending of their own
MAX_NOTEBOOKS = 20  # of one student


@dataclass(frozen=True)
class TakenIn:
    """What became of what one student handed in; as text, the line for the instructor, "" if there is none.

    ``status``: ``new``, ``replaced`` (the former one is kept), ``unchanged`` or ``refused``. ``sender`` is the
    student's name in the source, ``late`` what Canvas says, ``submitted`` the time in UTC where one is known.
    """

    student: str
    status: str
    notes: tuple[str, ...] = ()
    sender: str = ""
    notebook: str = ""
    submitted: datetime | None = None
    late: bool = False

    def __str__(self):
        who = self.student if self.sender in ("", self.student) else f"{self.student} ({self.sender})"
        refused = ["not taken in."] if self.status == "refused" else []
        return f"{who}: {' '.join([*refused, *self.notes])}" if refused or self.notes else ""


def take_in(
    source: Path, submitted: Path, lesson: str, roster: Path | None = None, release: Path | None = None
) -> list[TakenIn]:
    """Take in everyone's ``lesson`` from ``source``, and say what became of each. Raises ``IntakeError``.

    ``roster`` is a CSV file with ``name,id`` and perhaps ``submitted``. ``release`` is the lesson's notebook as students
    get it, the one of the course in which ``submitted`` lies if left out.
    """
    submitted = Path(submitted).resolve()
    release = Path(release or submitted.parent / "lessons" / lesson / f"{lesson}.ipynb")
    try:
        pristine = Lesson.from_notebook(lesson, json.loads(release.read_text(encoding="utf-8")))
    except OSError as error:
        raise IntakeError(f"{release}, the lesson's notebook, cannot be read: {error.strerror}.") from None
    known = Roster(roster) if roster else None
    if Path(source).resolve() == submitted:
        return []
    with files_in(source) as files:
        found, nobodys = senders(files, lesson)
        _check_lesson(found, pristine, release.parents[1], Path(source))
        ids = {id(sender): _identify(sender, known) for sender in found}
        shared = Counter(same_folder(student) for student, _, problem in ids.values() if not problem)
        with alone(submitted):
            taken = [_take(sender, *ids[id(sender)], shared, submitted, pristine) for sender in found]
    strange = [
        TakenIn(printable("/".join(file.parts)), "refused", (file.problem or "Its name does not say whose it is.",))
        for file in nobodys
    ]
    return sorted(taken, key=lambda one: one.student) + strange


def _check_lesson(found: list[Sender], lesson: Lesson, lessons: Path, source: Path):
    """Another lesson's zip would put the whole class's work aside. Raises ``IntakeError``."""
    if any(_is_lesson(data, lesson) for data in _notebooks(found)):
        return
    for other in sorted(lessons.glob("*/*.ipynb")):
        about = Lesson.from_notebook(other.stem, json.loads(other.read_text(encoding="utf-8")))
        if other.stem != lesson.name and any(_is_lesson(data, about) for data in _notebooks(found)):
            raise IntakeError(f"{source.name} has notebooks of {other.stem}, and none of {lesson.name}.")


def _notebooks(found: list[Sender]) -> Iterator[bytes]:
    for file in (file for sender in found for file, name, _ in sender.files if NOTEBOOK.search(name)):
        with contextlib.suppress(Unreadable):
            yield file.read()


def _identify(sender: Sender, roster: Roster | None) -> tuple[str, datetime | None, str]:
    """(id, time, why there is no id)."""
    if roster is None:
        wrong = wrong_id(sender.made_id)
        problem = f"The id {printable(sender.made_id)!r} {wrong}: give another one in a roster." if wrong else ""
        return sender.made_id, None, problem
    row = roster.find(sender)
    return (*row, "") if row else (sender.made_id, None, "The roster has no line for this name.")


def _take(sender, student, when, problem, shared, submitted, lesson) -> TakenIn:
    notes = []
    status, chosen = "refused", None
    try:
        if problem:
            raise Refused(problem)
        if shared[same_folder(student)] > 1:
            raise Refused(
                f"Several in this source would be the student {student}: give each an id in a roster, this one as {sender.shown}."
            )
        chosen, data = _choose(sender, lesson, notes)
        when = when or _timestamp(sender, notes)
        status = place(submitted, student, lesson.name, data, when, notes)
        if sender.late and not time_of(submitted / student / lesson.name):
            file = Path(submitted.name, student, lesson.name, TIMESTAMP)
            notes.append(f"Canvas marks it as late, not by how much: write the time into {file}, or into a roster.")
    except Refused as reason:
        notes.append(str(reason))
    except OSError as error:
        notes.append(f"It cannot be written: {error.strerror or error}.")
    shown = student if student and not wrong_id(student) else sender.shown
    return TakenIn(shown, status, tuple(notes), sender.shown, chosen or "", when, sender.late)


# --- Which notebook -------------------------------------------------------------------------------------------


def _choose(sender: Sender, lesson: Lesson, notes: list[str]) -> tuple[str, bytes]:
    """The name and the bytes of the one notebook that counts; ``notes`` gets what else there was."""
    notebooks = [entry for entry in sender.files if NOTEBOOK.search(entry[1])]
    others = [
        name for _, name, _ in sender.files if not NOTEBOOK.search(name) and (name, sender.timed) != (TIMESTAMP, True)
    ]
    if others:
        notes.append(f"Left out, as only a notebook is taken: {_files(others)}.")
    if not notebooks:
        raise Refused("There is no notebook.")
    read, unread = [], []
    if len(notebooks) > MAX_NOTEBOOKS:
        notes.append(f"Only {MAX_NOTEBOOKS} of {len(notebooks)} notebooks were looked at.")
    for file, name, number in sorted(notebooks, key=lambda entry: not _named(entry[1], lesson))[:MAX_NOTEBOOKS]:
        try:
            data = file.read()
        except Unreadable as why:
            unread.append(str(why))
            continue
        read.append(((_is_lesson(data, lesson), *_order(file, name, number, lesson)), name, data))
    notes.extend(unread)
    if not read:
        raise Refused("No notebook is left to take.")
    read.sort(key=lambda entry: entry[0])
    _, name, data = read.pop()
    if read:
        notes.append(f"Of {len(read) + 1} notebooks {printable(name)} counts; not {_files([one[1] for one in read])}.")
    return printable(name), data


def _is_lesson(data: bytes, lesson: Lesson) -> bool:
    try:
        parse_submission(data, lesson)
    except BrokenSubmission:
        return False
    return True


def _order(file: HandedIn, name: str, number: int, lesson: Lesson):
    """Later is larger: Canvas counts its files up, and a name that was there already gets -1, -2 …"""
    named = _named(name, lesson)
    return bool(named), number, int(named[1] or 0) if named else 0, -name.count("/"), file.order


def _named(name: str, lesson: Lesson):
    pattern = rf"^{re.escape(lesson.name)}[ _-]?\(?(\d{{1,6}})?\)?\.ipynb"
    return re.match(pattern, name.rsplit("/", 1)[-1], re.IGNORECASE)


def _files(names: list[str]) -> str:
    return listed([printable(name) for name in names], most=5)


def _timestamp(sender: Sender, notes: list[str]) -> datetime | None:
    """nbgrader's own ``timestamp.txt``. A file of that name from Canvas or Moodle is a student's, and says nothing."""
    file = next((file for file, name, _ in sender.files if name == TIMESTAMP), None)
    if not file or not sender.timed:
        return None
    try:
        return time_told(file.read())[1]
    except ValueError:
        notes.append(NO_TIME)
    return None
