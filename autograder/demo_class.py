"""A class to try grading on: submissions of one lesson, right, wrong, partly right, unusual, broken and hostile.

``make_class`` writes them into nbgrader's layout, with ``demo_class-LESSON.csv``, which says what kind each one is and
the exact points that the honest work in it earns. The same seed always makes the same class.
"""

from __future__ import annotations

import csv
import os
import random
import shutil
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from autograder.arrival import TIMESTAMP
from autograder.demo_kinds import KINDS, Material

DUE = datetime(2027, 2, 1, 23, 59, 59)
"""A due date, in UTC, after which the late ones of the class came and before which all others did."""
WAITS = "waits"  # in place of a score: for a person


class NotADemo(Exception):
    """The folder holds submissions that are not this command's own."""


@dataclass(frozen=True)
class Student:
    """One made submission: its kind, its files, when it came, and each graded cell's score (None waits for a person)."""

    name: str
    kind: str
    detail: str
    files: dict[str, bytes] = field(repr=False)
    submitted: datetime = DUE
    scores: dict[str, float | None] = field(default_factory=dict)

    @property
    def late(self) -> bool:
        return self.submitted > DUE

    @property
    def points(self) -> float:
        """What the checks give; written answers come on top, by hand."""
        return sum(score for score in self.scores.values() if score)


def make_students(release: dict, lesson: str, count: int, seed: int = 0, kinds=None):
    """Yield ``count`` students. ``kinds``: names of ``KINDS`` or of groups (honest, unusual, broken, hostile); all if None."""
    material = Material.of(release, lesson)
    width = max(2, len(str(count)))
    for number, kind in enumerate(_deal(count, chosen_kinds(kinds), random.Random(f"{seed}/{lesson}")), 1):
        chance = random.Random(f"{seed}/{lesson}/{number}")
        made = KINDS[kind].make(material, chance)
        hours = -chance.uniform(1, 200) if kind != "late" else chance.uniform(1, 60)
        submitted = (DUE + timedelta(hours=hours)).replace(microsecond=0)
        yield Student(f"student-{number:0{width}}", kind, made.detail, made.files(material), submitted, made.scores)


def chosen_kinds(kinds=None) -> list[str]:
    """Kinds by name or by group, in the order of ``KINDS``."""
    if kinds is None:
        return list(KINDS)
    unknown = set(kinds) - KINDS.keys() - {kind.group for kind in KINDS.values()}
    if unknown:
        raise ValueError(f"no kind {', '.join(sorted(unknown))}; there are {', '.join(KINDS)}, and the groups of these")
    return [name for name, kind in KINDS.items() if name in kinds or kind.group in kinds]


def _deal(count: int, kinds: list[str], chance: random.Random) -> list[str]:
    """Each kind by its share, the rest to the largest remainders; then in a mixed order."""
    total = sum(KINDS[name].share for name in kinds)
    exact = {name: count * KINDS[name].share / total for name in kinds}
    dealt = {name: int(part) for name, part in exact.items()}
    by_remainder = sorted(kinds, key=lambda name: dealt[name] - exact[name])
    for name in by_remainder[: count - sum(dealt.values())]:
        dealt[name] += 1
    order = [name for name in kinds for _ in range(dealt[name])]
    chance.shuffle(order)
    return order


def make_class(to: Path, release: dict, lesson: str, count: int = 50, seed: int = 0, kinds=None) -> list[Student]:
    """Write a class into ``to/STUDENT/LESSON/``, in place of an earlier one. Raises ``NotADemo``, ``ValueError``."""
    to = Path(to)
    chosen_kinds(kinds)
    clear(to, lesson)
    to.mkdir(parents=True, exist_ok=True)
    students = []
    with open(to / _list_name(lesson), "w", newline="", encoding="utf-8") as lines:
        writer = csv.writer(lines)
        graded = list(Material.of(release, lesson).points)
        writer.writerow(["student", "lesson", "kind", "detail", "late", "submitted", "points", *graded])
        for one in make_students(release, lesson, count, seed, kinds):
            scores = [WAITS if one.scores[name] is None else f"{one.scores[name]:g}" for name in graded]
            about = [one.name, lesson, one.kind, one.detail, one.late, f"{one.submitted} UTC", f"{one.points:g}"]
            writer.writerow([*about, *scores])
            lines.flush()  # a class half made is known as one
            folder = to / one.name / lesson
            folder.mkdir(parents=True)
            for name, data in one.files.items():
                (folder / name).write_bytes(data)
            (folder / TIMESTAMP).write_text(f"{one.submitted} UTC\n", encoding="utf-8")
            students.append(one)
    return students


def read_class(to: Path, lesson: str) -> dict[str, dict]:
    """The rows of ``demo_class-LESSON.csv`` by student; scores are numbers, or None where a person has to look."""
    with open(Path(to) / _list_name(lesson), newline="", encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    for row in rows:
        for name in list(row)[list(row).index("points") :]:
            row[name] = None if row[name] == WAITS else float(row[name])
    return {row["student"]: row for row in rows}


def clear(to: Path, lesson: str):
    """Take away an earlier class of this lesson. Raises ``NotADemo`` where anyone else's work is, and takes nothing."""
    if not to.is_dir():
        return
    made = {name: set(read_class(to, name)) for name in _lessons_made(to)}
    ours = set().union(*made.values())
    others = sorted(path.name for path in to.iterdir() if path.is_dir() and path.name not in ours)
    others = [name for name in others if not name.startswith(".")]
    others += sorted(f"{name}/{lesson}" for name in ours - made.get(lesson, set()) if (to / name / lesson).exists())
    if others:
        raise NotADemo(
            f"{to} has submissions that are not a demo class's: {', '.join(others[:3])}{' …' if others[3:] else ''}. "
            "Give an empty folder with --to."
        )
    for name in made.get(lesson, ()):
        if (to / name / lesson).exists():
            shutil.rmtree(to / name / lesson)
        if (to / name).is_dir() and not os.listdir(to / name):
            (to / name).rmdir()


def _lessons_made(to: Path) -> list[str]:
    return [path.stem.removeprefix("demo_class-") for path in to.glob("demo_class-*.csv")]


def _list_name(lesson: str) -> str:
    return f"demo_class-{lesson}.csv"
