"""Bring a folder or a zip from Canvas, Moodle or nbgrader into ``submitted/STUDENT/LESSON/``, safely.

From each student one notebook is taken: the lesson's by its content, then by its name, then the latest. Neither Canvas
nor Moodle tells when something was handed in: the times inside their zips are those of the download. Canvas tells
*that* something was late; when, only a roster's column ``submitted`` can say, or ``timestamp.txt`` in nbgrader's layout.

What was there before is never lost: it moves to ``submitted_before/STUDENT/LESSON/1``, ``2`` and so on. What is
refused stays where it came from, and is named. Whoever is stopped in the middle, even by ``kill -9``, leaves each
student's folder whole, as it was or as it will be; what lies half made beside them is taken away by the next intake.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import shutil
import tempfile
from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import filelock

from autograder.arrival import NO_TIME, TIMESTAMP, time_told
from autograder.handed_in import HandedIn, IntakeError, Unreadable, files_in, printable
from autograder.senders import Roster, Sender, same_folder, senders, wrong_id
from autograder.submission import BrokenSubmission, Lesson, parse_submission, read_file

NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)  # some browsers add an ending of their own
MAX_NOTEBOOKS = 20  # of one student
ARRIVING = ".arriving"  # hidden, so that nobody takes it for a student
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux


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


class Refused(ValueError):
    """Why one student's files are not taken in."""


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
        ids = {id(sender): _identify(sender, known) for sender in found}
        shared = Counter(same_folder(student) for student, _, problem in ids.values() if not problem)
        with _alone(submitted):
            taken = [_take(sender, *ids[id(sender)], shared, submitted, pristine) for sender in found]
    strange = [
        TakenIn(printable("/".join(file.parts)), "refused", (file.problem or "Its name does not say whose it is.",))
        for file in nobodys
    ]
    return sorted(taken, key=lambda one: one.student) + strange


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
        status = _place(submitted, student, lesson.name, data, when, notes)
        if sender.late and not _time_of(submitted / student / lesson.name):
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
        notes.append(f"Left out, as only a notebook is taken: {_listed(others)}.")
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
        notes.append(f"Of {len(read) + 1} notebooks {printable(name)} counts; not {_listed([one[1] for one in read])}.")
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


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(printable(name) for name in names[:5]) + more


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


# --- Where to ---------------------------------------------------------------------------------------------------


def _place(submitted: Path, student: str, lesson: str, data: bytes, when: datetime | None, notes: list[str]) -> str:
    """Put the notebook into nbgrader's layout; what was there moves aside, whole."""
    folder = submitted / student / lesson
    _check_way(submitted, student, folder)
    there = folder.exists()
    if there:
        before = _time_of(folder)
        if _same(folder / f"{lesson}.ipynb", data) and when in (None, before):
            return "unchanged"
        if when and before and when < before:
            raise Refused(
                f"It is from {when:%Y-%m-%d %H:%M} UTC, and one from {before:%Y-%m-%d %H:%M} UTC is there already."
            )
    with tempfile.TemporaryDirectory(prefix=f"{ARRIVING}-", dir=submitted) as arriving:
        made = Path(arriving, "new")
        made.mkdir()
        (made / f"{lesson}.ipynb").write_bytes(data)
        if when:
            (made / TIMESTAMP).write_text(f"{when:%Y-%m-%d %H:%M:%S} UTC\n", encoding="utf-8")
        folder.parent.mkdir(exist_ok=True)
        if there:
            kept = _keep(folder, Path(arriving, "former"), submitted)
            _swap(made, folder)
            notes.append(f"It replaces the one that was there, which is kept in {kept}.")
        else:
            os.rename(made, folder)
    return "replaced" if there else "new"


@contextlib.contextmanager
def _alone(submitted: Path):
    """One intake at a time: what lies there half made is then of one that was stopped."""
    with contextlib.ExitStack() as held:
        try:
            submitted.mkdir(parents=True, exist_ok=True)
            held.enter_context(filelock.FileLock(submitted / f"{ARRIVING}.lock"))
        except OSError as error:
            raise IntakeError(f"{submitted} cannot be written to: {error.strerror}.") from None
        for left in submitted.glob(f"{ARRIVING}-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def _check_way(submitted: Path, student: str, folder: Path):
    """No link on the way, and no folder that a careless file system takes for this one."""
    for path in (folder.parent, folder):
        if path.is_symlink() or (path.exists() and not path.is_dir()):
            raise Refused(f"{path.relative_to(submitted.parent)} is a link or a file; take it away first.")
    if submitted.is_dir() and not folder.parent.exists():
        twin = next((name for name in os.listdir(submitted) if same_folder(name) == same_folder(student)), None)
        if twin:
            raise Refused(
                f"{submitted.name} has {twin}, which differs only in how it is written: give one id in a roster."
            )


def _keep(folder: Path, copy: Path, submitted: Path) -> Path:
    """Keep a copy of what is about to be replaced, which stays where it is; the place of the copy."""
    kept = submitted.with_name(f"{submitted.name}_before") / folder.relative_to(submitted)
    kept.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(path.name) for path in kept.iterdir() if path.name.isdecimal()), default=0)
    shutil.copytree(folder, copy, symlinks=True)
    shutil.move(copy, kept / str(number))
    return (kept / str(number)).relative_to(submitted.parent)


def _swap(made: Path, folder: Path):
    """Exchange two folders in one step; where the system cannot, in two, between which ``folder`` is missing."""
    exchange = getattr(ctypes.CDLL(None), "renameat2", None)
    if exchange and exchange(AT_FDCWD, os.fsencode(made), AT_FDCWD, os.fsencode(folder), RENAME_EXCHANGE) == 0:
        return
    os.rename(folder, made.with_name("replaced"))
    os.rename(made, folder)


def _same(file: Path, data: bytes) -> bool:
    there = file.is_file() and not file.is_symlink() and file.stat().st_size == len(data)
    return there and file.read_bytes() == data


def _time_of(folder: Path) -> datetime | None:
    try:
        return time_told(read_file(folder / TIMESTAMP))[1]
    except ValueError:
        return None
