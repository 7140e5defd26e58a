"""Put what a student handed in into ``submitted/STUDENT/LESSON/``, so that no moment of it loses anything.

What was there before moves to ``submitted_before/STUDENT/LESSON/1``, ``2`` and so on. Whoever is stopped in the middle,
even by ``kill -9``, leaves each student's folder whole, as it was or as it will be; what lies half made beside them is
taken away by the next intake.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import tempfile
from datetime import datetime
from pathlib import Path

import filelock

from autograder.arrival import TIMESTAMP, time_told
from autograder.handed_in import IntakeError
from autograder.senders import same_folder
from autograder.submission import read_file

ARRIVING = ".arriving"  # hidden, so that nobody takes it for a student
AT_FDCWD, RENAME_EXCHANGE = -100, 2  # of Linux


class Refused(ValueError):
    """Why one student's files are not taken in."""


@contextlib.contextmanager
def alone(submitted: Path):
    """One intake at a time: what lies there half made is then of one that was stopped. Raises ``IntakeError``."""
    with contextlib.ExitStack() as held:
        try:
            submitted.mkdir(parents=True, exist_ok=True)
            held.enter_context(filelock.FileLock(submitted / f"{ARRIVING}.lock"))
        except OSError as error:
            raise IntakeError(f"{submitted} cannot be written to: {error.strerror}.") from None
        for left in submitted.glob(f"{ARRIVING}-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield


def place(submitted: Path, student: str, lesson: str, data: bytes, when: datetime | None, notes: list[str]) -> str:
    """Put the notebook there, and say what became of it: ``new``, ``replaced`` or ``unchanged``. Raises ``Refused``."""
    folder = submitted / student / lesson
    _check_way(submitted, student, folder)
    there = folder.exists()
    if there:
        before = time_of(folder)
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
    """Keep a copy of what is about to be replaced, which stays where it is; the place of the copy. Raises ``Refused``."""
    kept = submitted.with_name(f"{submitted.name}_before") / folder.relative_to(submitted)
    kept.mkdir(parents=True, exist_ok=True)
    number = 1 + max((int(path.name) for path in kept.iterdir() if path.name.isdecimal()), default=0)
    try:
        shutil.copytree(folder, copy, symlinks=True)
    except shutil.Error as failed:  # a pipe, say, or a file that may not be read
        (file, _, _), *_ = failed.args[0]
        what = Path(file).relative_to(submitted.parent)
        raise Refused(f"{what} cannot be kept, so nothing was replaced; take it away first.") from None
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


def time_of(folder: Path) -> datetime | None:
    try:
        return time_told(read_file(folder / TIMESTAMP))[1]
    except ValueError:
        return None
