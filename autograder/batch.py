"""Grade a few submissions wherever there is a processor: in this process, in another, or on a Dask worker.

Submissions go out as bytes and come back as JSON. Each thread keeps one warm sandbox for a lesson.
"""

from __future__ import annotations

import hashlib
import json
import socket
import threading
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import version

from autograder import edition
from autograder.arrival import Arrival
from autograder.course import DISTRIBUTION
from autograder.grading import Marker
from autograder.sandbox import Limits


@dataclass(frozen=True)
class Task:
    """What is the same for a whole class. ``release``: the lesson's released notebook, as JSON.

    ``course``: the edition of the checks that is to grade it, for they are not sent along.
    """

    lesson: str
    release: str
    secret: str
    sandboxed: bool = True
    limits: Limits = Limits()
    course: str = field(default_factory=lambda: course_here())


class OtherCourse(RuntimeError):
    """The machine that is to grade has other checks than the one that asked."""


@cache
def course_here() -> str:
    """The course's version here, and a digest of all its code: a corrected check is another edition."""
    digest = hashlib.sha256()
    for package in (edition.AUTOGRADER, edition.reference_folder()):
        for file in sorted(package.rglob("*.py")):
            digest.update(f"{file.relative_to(package)}\n".encode() + file.read_bytes())
    return f"gradual-course {version(DISTRIBUTION)} ({digest.hexdigest()[:12]})"


_warm = threading.local()  # a Dask worker may have several threads


def marker_for(task: Task) -> Marker:
    """This thread's marker for the task. Raises ``SandboxUnavailable`` and ``OtherCourse``."""
    if getattr(_warm, "task", None) != task:
        close()
        if task.course != course_here():
            raise OtherCourse(
                f"{socket.gethostname()} has {course_here()}, and the class is to be graded with {task.course}. "
                "Install the same course there, and start its worker again."
            )
        _warm.marker = Marker(json.loads(task.release), task.lesson, task.secret, task.limits, task.sandboxed)
        _warm.task = task
    return _warm.marker


def close():
    """End this thread's warm sandbox."""
    if getattr(_warm, "task", None):
        _warm.task = None
        _warm.marker.__exit__()


def grade_batch(task: Task, arrivals: list[Arrival]) -> list[str]:
    """A ``Graded`` for each arrival, as JSON, in their order."""
    marker = marker_for(task)
    return [marker.grade(arrival.data, arrival.reason).to_json() for arrival in arrivals]
