"""How verdicts and hints look, as text and as HTML. Meaning never by colour alone: a mark and a word say it too."""

from __future__ import annotations

import html
import textwrap
from dataclasses import dataclass

import numpy as np

from autograder.compare import leaves
from autograder.diagnose import entries_right, index_text
from autograder.exercise import Case, Exercise, Verdict

WIDTH = 92
ENTRIES_SHOWN = 4
CURVE = 12
"""A wrong result of one axis, at least this long, is drawn as two little curves."""
RUNGS = ("The idea", "The formula", "The line that matters")
BOX = "border-left:4px solid {colour};padding:.4em .8em;margin:.2em 0;line-height:1.5"


@dataclass(frozen=True)
class Success:
    verdict: Verdict

    def __repr__(self):
        return f"✔ {self.verdict.message}"

    def _repr_html_(self):
        style = BOX.format(colour="#009E73")
        return f'<div role="status" style="{style}"><b>✔ Passed.</b> {html.escape(self.verdict.message)}</div>'


@dataclass(frozen=True)
class Hints:
    """The rungs opened so far."""

    exercise: Exercise
    opened: int

    def rungs(self):
        return list(zip(RUNGS, self.exercise.hints))[: self.opened]

    def more(self):
        left = len(self.exercise.hints) - self.opened
        if not left:
            return "That was the last rung. The solution is in solutions/, to compare with when you are done."
        return f'{left} more: run hint("{self.exercise.name}") again.'

    def __repr__(self):
        return "\n".join([*(f"{title}: {text}" for title, text in self.rungs()), self.more()])

    def _repr_html_(self):
        rows = "".join(
            f'<p style="margin:.3em 0"><b>{title}.</b> <span style="white-space:pre-wrap">{html.escape(text)}</span></p>'
            for title, text in self.rungs()
        )
        return f'<div style="{BOX.format(colour="#0072B2")}">{rows}<p style="margin:.3em 0"><i>{html.escape(self.more())}</i></p></div>'


def failure_lines(verdict: Verdict) -> list[str]:
    """What is wrong; the case it was seen on; got and expected. In that order."""
    lines = textwrap.wrap(f"✘ Not yet. {verdict.message}", WIDTH)
    if verdict.case:
        lines += ["", f"  Seen on the case: {verdict.case}"]
    lines += comparison(verdict)
    if verdict.printed:
        lines += ["", "  It printed:", *(f"    {line}" for line in verdict.printed.splitlines()[:5])]
    return lines


def comparison(verdict: Verdict) -> list[str]:
    """A few of the entries that differ, or two little curves where those say it better."""
    for got, expected, _ in leaves(verdict.got, verdict.expected):
        if got.shape != expected.shape:
            continue
        right = entries_right(got, expected, Case("", dict))
        if right.all():
            continue
        if got.ndim == 1 and got.size >= CURVE and np.isfinite(got).all() and np.isfinite(expected).all():
            return curves(got, expected)
        return entries(got, expected, right)
    return []


def entries(got, expected, right):
    places = np.argwhere(~right)[:ENTRIES_SHOWN]
    rows = [("index" if got.ndim else "", "yours", "expected")]
    for place in places:
        at = tuple(place)
        rows.append((index_text(place) if got.ndim else "", f"{got[at]:.6g}", f"{expected[at]:.6g}"))
    lines = [f"  {where:>12}  {mine:>14}  {theirs:>14}" for where, mine, theirs in rows]
    left = int((~right).sum()) - len(places)
    return ["", *lines] + ([f"  … and {left} more"] if left > 0 else [])


def curves(got, expected):
    got, expected = got.astype(float), expected.astype(float)
    low, high = min(got.min(), expected.min()), max(got.max(), expected.max())
    scale = f"  from index 0 to {got.size - 1}; lowest bar {low:.4g}, highest {high:.4g}"
    return ["", f"  yours     {bars(got, low, high)}", f"  expected  {bars(expected, low, high)}", scale]


def bars(values, low, high, width=48):
    picked = values[np.linspace(0, len(values) - 1, min(width, len(values))).astype(int)]
    level = (picked / 2 - low / 2) / (high / 2 - low / 2 or 1)  # in halves, for high - low can be beyond the largest float
    return "".join("▁▂▃▄▅▆▇█"[int(round(7 * float(one)))] for one in level)
