"""What passed and when, kept on disk beside the student's lessons.

One JSON file: ``my_lessons/.progress.json`` in the course's folder, wherever the notebook runs from; outside a
course, in the user's own data folder. ``GRADUAL_PROGRESS`` names another file. Two notebooks may write at once.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import filelock
import platformdirs

from autograder.course import DISTRIBUTION, course_root

# nbgrader, the builder and pytest (nbval's kernels too) run checks with no student there.
UNATTENDED = ("NBGRADER_EXECUTION", "GRADUAL_NO_PROGRESS", "PYTEST_VERSION")
PATIENCE = 5  # seconds to wait for another notebook that is writing


@dataclass(frozen=True)
class Mark:
    """How one exercise stands. Times are ISO 8601 with their zone; ``passed_at`` is the first pass, or None."""

    passing: bool
    passed_at: str | None
    checked_at: str
    checks: int


def progress_file() -> Path:
    """The file that holds the progress."""
    if named := os.environ.get("GRADUAL_PROGRESS"):
        return Path(named).expanduser().absolute()
    root = course_root()
    if root:
        return root / "my_lessons" / ".progress.json"
    return Path(platformdirs.user_data_dir(DISTRIBUTION, appauthor=False)) / "progress.json"


def record(exercise: str, passed: bool, when: datetime | None = None) -> str:
    """Note the result of a check. Gives back a sentence for the student where one is due, else ""."""
    if any(os.environ.get(name) for name in UNATTENDED):
        return ""
    path = progress_file()
    now = (when or datetime.now()).astimezone().isoformat(timespec="seconds")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with _lock(path):
            marks, message = _load(path)
            before = marks.get(exercise)
            passed_at = before.passed_at if before and before.passed_at else (now if passed else None)
            marks[exercise] = Mark(bool(passed), passed_at, now, before.checks + 1 if before else 1)
            _save(path, marks)
        return message
    except OSError as error:
        return f"Your check counts, but it could not be noted in {path}: {_reason(error)}."


def read() -> tuple[dict[str, Mark], str]:
    """Every exercise's mark by name, and a sentence for the student where one is due, else ""."""
    path = progress_file()
    if not path.exists():
        return {}, ""
    try:
        with _lock(path):
            return _load(path)
    except OSError as error:
        return {}, f"Your progress in {path} cannot be read: {_reason(error)}."


def _lock(path):
    return filelock.FileLock(f"{path}.lock", timeout=PATIENCE)


def _reason(error):
    if isinstance(error, filelock.Timeout):
        return "another program keeps it locked; close the other notebooks and check again"
    return error.strerror or type(error).__name__


def _load(path) -> tuple[dict[str, Mark], str]:
    """The marks on disk; a damaged file is moved aside, and the sentence says where to."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        return {name: _mark(entry) for name, entry in stored["exercises"].items()}, ""
    except FileNotFoundError:
        return {}, ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        aside = _free_name(path)
        os.replace(path, aside)
        return {}, f"The file with your progress was damaged. It is kept as {aside}, and a new one is begun."


def _mark(entry) -> Mark:
    mark = Mark(**entry)
    times = [datetime.fromisoformat(time) for time in (mark.checked_at, mark.passed_at) if time is not None]
    if not times or not isinstance(mark.passing, bool) or not isinstance(mark.checks, int):
        raise ValueError("not a mark")
    return mark


def _free_name(path) -> Path:
    stem = f"{path.name}.damaged-{datetime.now():%Y-%m-%d}"
    names = (path.with_name(stem if n == 1 else f"{stem}-{n}") for n in range(1, 10_000))
    return next(name for name in names if not name.exists())


def _save(path, marks):
    """Write beside the file, then put it in place in one step: a crash leaves the old file or the new one."""
    text = json.dumps({"exercises": {name: asdict(mark) for name, mark in marks.items()}}, indent=1, sort_keys=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=path.name)
    try:
        with open(handle, "w", encoding="utf-8") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
