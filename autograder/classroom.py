"""Grade a whole class: find who is to be graded, hand the work out, and write each grade the moment it comes."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Generator, Iterable
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from autograder.arrival import Arrival, read_arrival
from autograder.batch import Task
from autograder.crew import Result, grade_here, grade_on_cluster
from autograder.grading import Graded, release_of
from autograder.lab import environment
from autograder.nbgrader_plugin import SafeAutograde
from autograder.recording import Recorder

UNFINISHED = (
    "not graded: the process that ran it ended three times. Run this again; if it stays so, look at the notebook"
)


@dataclass
class Sitting:
    """One run over a class: who was graded, who was graded already, and what a person should look at."""

    graded: list[str] = field(default_factory=list)
    current: list[str] = field(default_factory=list)
    attention: dict[str, list[str]] = field(default_factory=dict)


@contextmanager
def converter(root: Path, sandboxed: bool = True):
    """nbgrader's Autograde with the course's own settings, as its command line would make it."""
    from nbgrader.apps.baseapp import NbGrader
    from nbgrader.coursedir import CourseDirectory

    before = Path.cwd()
    os.environ["PATH"] = environment()["PATH"]
    os.chdir(root)  # nbgrader reads its settings where it is started
    try:
        app = NbGrader()
        app.log_level = "ERROR"
        app.load_config_file()
        made = SafeAutograde(coursedir=CourseDirectory(parent=app), parent=app)
        made.sandboxed = sandboxed
        yield made
    finally:
        os.chdir(before)


def must_be_ready(made: SafeAutograde, lesson: str):
    """Raises ``NbGraderException`` where the course lacks what grading needs: its secret, or the lesson's release."""
    made.secret()
    with Recorder(made, lesson):
        pass


def grade_class(
    made: SafeAutograde, lesson: str, jobs: int, scheduler: str | None = None, again: bool = False,
    track: Callable[[Iterable[Result], int], Iterable[Result]] = lambda results, total: results,
) -> Sitting:  # fmt: skip
    """Grade and record everyone whose submission is not graded yet; all of them with ``again``.

    ``track(results, total)`` hands each result on, and shows how far the work is.
    """
    sitting = Sitting()
    task = _task(made, lesson)
    with Recorder(made, lesson) as recorder:
        arrivals = []
        for student in made.students(lesson):
            arrival = read_arrival(made.submitted, student, lesson)
            current = not again and recorder.is_current(arrival, made.sandboxed)
            sitting.current.append(student) if current else arrivals.append(arrival)
        with closing(work(task, arrivals, jobs, scheduler)) as results:  # interrupted: its processes end at once
            for arrival, result in track(results, len(arrivals)):
                if not result:
                    sitting.attention[arrival.student] = [UNFINISHED]
                    continue
                graded = Graded.from_json(result)
                attention = [*arrival.notes, *recorder.record(arrival, graded)]
                sitting.graded.append(arrival.student)
                lines = [*filter(None, [graded.reason]), *graded.stopped, *graded.notes, *attention]
                if lines:
                    sitting.attention[arrival.student] = lines
    return sitting


def work(task: Task, arrivals: list[Arrival], jobs: int, scheduler: str | None) -> Generator[Result]:
    """Grade them, here or on a cluster; each as it is done."""
    if scheduler and arrivals:
        yield from grade_on_cluster(task, arrivals, scheduler)
    elif arrivals:
        yield from grade_here(task, arrivals, min(jobs, len(arrivals)))


def _task(made: SafeAutograde, lesson: str) -> Task:
    return Task(lesson, json.dumps(release_of(made.coursedir.root, lesson)), made.secret(), made.sandboxed, made.limits)


@dataclass(frozen=True)
class Change:
    """A score that a regrade would change."""

    student: str
    name: str
    before: float | None
    after: float | None
    by_hand: float | None


def regrade(
    made: SafeAutograde, lesson: str, jobs: int, scheduler: str | None = None, track=lambda results, total: results
):
    """Grade everyone again and write nothing yet: the changes, and what ``write_regrade`` needs to write them."""
    arrivals = [read_arrival(made.submitted, student, lesson) for student in made.students(lesson)]
    with closing(work(_task(made, lesson), arrivals, jobs, scheduler)) as working:
        results = list(track(working, len(arrivals)))
    changes = []
    with Recorder(made, lesson) as recorder:
        for arrival, result in sorted(results, key=lambda one: one[0].student):
            if result:
                changes += _changes(recorder, arrival.student, Graded.from_json(result))
    return changes, results


def _changes(recorder: Recorder, student: str, graded: Graded):
    before = recorder.scores(student)
    for name, after in graded.scores.items():
        auto, by_hand = before.get(name, (None, None))
        if auto != after:
            yield Change(student, name, auto, after, by_hand)


def write_regrade(made: SafeAutograde, lesson: str, results: list[Result]) -> dict[str, list[str]]:
    """Write what ``regrade`` found; manual grades stay. What to look at again, by student."""
    with Recorder(made, lesson) as recorder:
        said = {a.student: recorder.record(a, Graded.from_json(result)) for a, result in results if result}
    return {student: lines for student, lines in said.items() if lines}
