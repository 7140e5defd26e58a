"""What a student handed in, in nbgrader's folders, found and read without following a link or running a line."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path

from nbgrader.utils import parse_utc

from autograder.submission import BrokenSubmission, read_file

TIMESTAMP = "timestamp.txt"
NO_TIME = f"{TIMESTAMP} tells no time, so when this was handed in is not known."


@dataclass(frozen=True)
class Arrival:
    """One student's submission: the notebook's bytes, or None and the reason. ``timestamp`` is UTC text, or None."""

    student: str
    data: bytes | None
    reason: str = ""
    timestamp: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """The same for an unchanged submission."""
        digest = hashlib.sha256(self.data if self.data is not None else self.reason.encode())
        digest.update(f"\n{self.timestamp}".encode())
        return digest.hexdigest()


def find_arrivals(submitted: Path, lesson: str, students: str = "*", but: tuple[str, ...] = ()):
    """The students who handed in a lesson, by name. ``students`` is a pattern, ``but`` names some to leave out."""
    for student in sorted(os.listdir(submitted) if Path(submitted).is_dir() else []):
        if not os.path.lexists(Path(submitted, student, lesson)):  # a link that leads nowhere was handed in too
            continue
        if fnmatch(student, students) and student not in but and not student.startswith("."):
            yield student


def read_arrival(submitted: Path, student: str, lesson: str) -> Arrival:
    """What a student handed in. What cannot be read is a reason, never an error."""
    folder = Path(submitted) / student / lesson
    if folder.parent.is_symlink() or folder.is_symlink() or not folder.is_dir():
        return Arrival(student, None, "The submission's folder is a link or a file; submit the notebook itself.")
    timestamp, notes = _timestamp(folder / TIMESTAMP)
    try:
        return Arrival(student, read_file(folder / f"{lesson}.ipynb"), timestamp=timestamp, notes=notes)
    except BrokenSubmission as broken:
        reason = str(broken)
        others = sorted(path.name for path in folder.glob("*.ipynb") if path.name != f"{lesson}.ipynb")
        if others:
            reason += f" It has {', '.join(others[:3])}: name the notebook {lesson}.ipynb."
        return Arrival(student, None, reason, timestamp, notes)


def _timestamp(file: Path) -> tuple[str | None, tuple[str, ...]]:
    if not file.exists() and not file.is_symlink():
        return None, ()
    try:
        return time_told(read_file(file))[0], ()
    except ValueError:
        return None, (NO_TIME,)


def time_told(data: bytes) -> tuple[str, datetime]:
    """What a timestamp file tells: as it is written, and as nbgrader reads it. Raises ``ValueError``."""
    text = data[:100].decode().strip()
    try:
        return text, parse_utc(text)
    except OverflowError:
        raise ValueError(f"{text} is out of the calendar") from None
