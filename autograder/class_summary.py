"""What a class got right and wrong, exercise by exercise, and what was unclear, in its own words.

Read from the graded notebooks, so it is whole after an interrupted run too. The page names no student: it is
made to be shown in class.
"""

from __future__ import annotations

import html
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from autograder.exercises import all_choices, all_exercises, find_exercise
from autograder.recording import report_of

SLOWEST = 3


@dataclass
class Summary:
    lesson: str
    totals: dict[str, float] = field(default_factory=dict)  # what the checks gave, by student
    waiting: list[str] = field(default_factory=list)  # students with an answer that a person has to mark
    not_run: dict[str, str] = field(default_factory=dict)  # students whose submission could not be graded, and why
    attention: dict[str, list[str]] = field(default_factory=dict)  # what grading said of a student's submission
    slowest: list[tuple[str, float]] = field(default_factory=list)
    passed: Counter = field(default_factory=Counter)  # exercises and choices, hidden cases too
    misconceptions: dict[str, Counter] = field(default_factory=dict)
    unclear: list[str] = field(default_factory=list)
    unsandboxed: list[str] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        return [one.name for one in (*all_exercises(), *all_choices()) if one.lesson == self.lesson]


def summarize(autograded: Path, lesson: str) -> Summary:
    """The summary of everyone whose graded notebook is in nbgrader's ``autograded`` folder."""
    summary, seconds = Summary(lesson), {}
    for file in sorted(Path(autograded).glob(f"*/{lesson}/{lesson}.ipynb")):
        report, student = report_of(json.loads(file.read_text(encoding="utf-8"))), file.parent.parent.name
        if not report:
            continue
        summary.totals[student] = sum(score or 0 for score in report["scores"].values())
        seconds[student] = report["seconds"]
        if any(score is None for score in report["scores"].values()):
            summary.waiting.append(student)
        if not report["sandboxed"]:
            summary.unsandboxed.append(student)
        lines = [*filter(None, [report["reason"]]), *report["stopped"], *report["notes"]]
        if lines:
            summary.attention[student] = lines
        if report["reason"]:
            summary.not_run[student] = report["reason"]
            continue
        if report["unclear"]:
            summary.unclear.append(report["unclear"])
        _count(summary, report["verdicts"])
    summary.slowest = sorted(seconds.items(), key=lambda one: -one[1])[:SLOWEST]
    return summary


def _count(summary: Summary, verdicts: dict[str, dict]):
    for name in summary.names:
        mine = [verdict for verdict in verdicts.values() if verdict["exercise"] == name]
        if mine and all(verdict["passed"] for verdict in mine):
            summary.passed[name] += 1
        found = {verdict["misconception"] for verdict in mine} - {None}
        summary.misconceptions.setdefault(name, Counter()).update(sorted(found))


def rows(summary: Summary) -> list[tuple[str, str, str]]:
    """For each exercise: its name, who passed, and the most common misconceptions in the words that students read."""
    graded = len(summary.totals) - len(summary.not_run)
    made = []
    for name in summary.names:
        common = summary.misconceptions.get(name, Counter()).most_common(3)
        words = [f"{count} × {sentence(name, misconception)}" for misconception, count in common]
        made.append((name, f"{summary.passed[name]} of {graded}", "\n".join(words)))
    return made


def sentence(name: str, misconception: str) -> str:
    exercise = find_exercise(name)
    found = (one.sentence for one in exercise.misconceptions if one.name == misconception) if exercise else ()
    return next(iter(found), misconception)


PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{lesson}: what the class found</title>
<style>body{{font:1.1rem/1.5 sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222;background:#fff}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:left;vertical-align:top;padding:.5rem;border-bottom:1px solid #bbb}}
td{{white-space:pre-line}}blockquote{{border-left:4px solid #0072B2;margin:1rem 0;padding:.2rem 1rem;white-space:pre-wrap}}</style>
<h1>{lesson}</h1><p>{count} submissions.</p>
<h2>What the class got wrong</h2>
<table><tr><th>Exercise</th><th>Passed</th><th>Most common misconceptions</th></tr>{rows}</table>
<h2>What was unclear</h2>{unclear}</html>
"""


def page(summary: Summary) -> str:
    """The summary as a page to show in class, with no names and nothing active in it."""
    cells = ("".join(f"<td>{html.escape(text)}</td>" for text in row) for row in rows(summary))
    quotes = "".join(f"<blockquote>{html.escape(text)}</blockquote>" for text in summary.unclear)
    return PAGE.format(
        lesson=html.escape(summary.lesson), count=len(summary.totals),
        rows="".join(f"<tr>{row}</tr>" for row in cells), unclear=quotes or "<p>Nobody wrote anything.</p>",
    )  # fmt: skip
