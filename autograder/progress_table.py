"""The progress of a student as a table: HTML in a notebook, rich in a terminal, plain text everywhere else.

A sign and words carry the state; colour is never needed.
"""

from __future__ import annotations

import io
import itertools
from dataclasses import dataclass
from datetime import datetime
from html import escape

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from autograder.progress_file import Mark, read


@dataclass(frozen=True)
class Row:
    """One exercise or question, and how it stands; ``mark`` is None before the first check."""

    name: str
    mark: Mark | None

    @property
    def passing(self) -> bool:
        return self.mark is not None and self.mark.passing

    @property
    def state(self) -> str:
        if self.mark is None:
            return "○ not checked yet"
        if self.passing:
            return "✓ passed"
        return "△ passed before, not now" if self.mark.passed_at else "✗ not passed yet"

    @property
    def passed_on(self) -> str:
        """When it first passed, in the clock of the place where it did."""
        if self.mark is None or self.mark.passed_at is None:
            return ""
        return f"{datetime.fromisoformat(self.mark.passed_at):%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Progress:
    """The progress in every lesson, in the course's order."""

    lessons: dict[str, list[Row]]
    message: str = ""

    def __repr__(self):
        file = io.StringIO()
        Console(file=file, width=100, color_system=None).print(self)
        return file.getvalue().rstrip()

    def __rich__(self):
        table = Table(title="Your progress", title_justify="left")
        for column in ("Lesson", "Exercise", "State", "Passed on"):
            table.add_column(column)
        for lesson, rows in self.lessons.items():
            places = itertools.chain((lesson, _counted(rows)), itertools.repeat(""))
            for row in rows:
                table.add_row(next(places), row.name, row.state, row.passed_on)
            if len(rows) == 1:
                table.add_row(next(places))
            table.add_section()
        return Group(*([Text(self.message)] if self.message else []), table)

    def _repr_html_(self):
        message = f"<p>{escape(self.message)}</p>" if self.message else ""
        return message + "".join(_lesson_html(lesson, rows) for lesson, rows in self.lessons.items())


def progress() -> Progress:
    """What you have passed, lesson by lesson, and when."""
    from autograder.exercises import all_choices, all_exercises

    return summary((*all_exercises(), *all_choices()), *read())


def summary(items, marks: dict[str, Mark], message: str = "") -> Progress:
    """The progress in ``items``, the course's exercises and choices."""
    lessons = {lesson: [] for lesson in sorted({item.lesson for item in items})}
    for item in items:
        lessons[item.lesson].append(Row(item.name, marks.get(item.name)))
    return Progress(lessons, message)


def _counted(rows) -> str:
    return f"{sum(row.passing for row in rows)} of {len(rows)} passed"


def _lesson_html(lesson, rows) -> str:
    body = "".join(
        f'<tr><th scope="row"><code>{escape(row.name)}</code></th><td>{row.state}</td><td>{row.passed_on}</td></tr>'
        for row in rows
    )
    return (
        f"<table><caption><strong>{escape(lesson)}</strong>: {_counted(rows)}</caption>"
        '<thead><tr><th scope="col">Exercise</th><th scope="col">State</th><th scope="col">Passed on</th></tr></thead>'
        f"<tbody>{body}</tbody></table>"
    )
