"""What an exercise is: the truth, the cases that test it, and the mistakes that students make.

An exercise is written once, in ``autograder/exercises/``, and serves three users: ``check("q_step")`` in a
notebook, the hidden cells under nbgrader, and pytest.
"""

from __future__ import annotations

import functools
import hashlib
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

PRACTICE = "practice"


@dataclass(frozen=True)
class Case:
    """One situation to test: ``make(rng)`` returns the arguments, a dict of plain values.

    Plain values: arrays, numbers, strings, None, tuples and lists of these, and what ``autograder.described``
    describes (a small model, a seed). ``title`` is shown to the student: it says what the case is about.
    ``hidden`` cases run only when a class is graded and in ``gradual check``.
    """

    title: str
    make: Callable[[np.random.Generator], dict]
    hidden: bool = False
    rtol: float = 1e-6
    atol: float = 1e-9


@dataclass(frozen=True)
class Misconception:
    """A wrong implementation that real students write, and the sentence that puts it right."""

    name: str
    function: Callable
    sentence: str


@dataclass(frozen=True)
class Exercise:
    """A function that students write, with all that is needed to check it and to help."""

    function: Callable
    lesson: str
    points: int
    cases: tuple[Case, ...]
    misconceptions: tuple[Misconception, ...]
    alternatives: tuple[Callable, ...]
    hints: tuple[str, str, str]
    axes: dict[str, str] = field(default_factory=dict)
    """The meaning of the answer's axes, in order, for messages: {"T+1": "one state a step", "B": "samples"}."""

    @property
    def name(self) -> str:
        return self.function.__name__

    @functools.cached_property  # a picture asks at each step of a sampler
    def parameters(self) -> list[str]:
        return list(inspect.signature(self.function).parameters)

    @property
    def visible_points(self) -> int:
        return 1

    @property
    def hidden_points(self) -> int:
        return self.points - self.visible_points

    def visible_cases(self) -> tuple[Case, ...]:
        return tuple(case for case in self.cases if not case.hidden)

    def inputs(self, case: Case, secret: str = PRACTICE) -> dict:
        """The arguments of a case; the same secret always gives the same ones."""
        digest = hashlib.sha256(f"{secret}/{self.name}/{case.title}".encode()).digest()
        return case.make(np.random.default_rng(np.frombuffer(digest, dtype=np.uint32)))


@dataclass(frozen=True)
class Option:
    """One answer to a multiple-choice question, and why it is right or wrong."""

    text: str
    explanation: str
    right: bool = False


@dataclass(frozen=True)
class Choice:
    """A multiple-choice question: options are lettered a, b, c … in their order; exactly one is right."""

    name: str
    lesson: str
    question: str
    options: tuple[Option, ...]
    points: int = 1

    @property
    def letters(self) -> str:
        return "abcdefgh"[: len(self.options)]

    @property
    def answer(self) -> str:
        return next(letter for letter, option in zip(self.letters, self.options) if option.right)


@dataclass(frozen=True)
class Verdict:
    """What the judge found. ``score`` is in points; ``case`` and ``misconception`` are names, or None."""

    exercise: str
    passed: bool
    score: float
    message: str
    case: str | None = None
    misconception: str | None = None
    got: object = field(default=None, repr=False)
    expected: object = field(default=None, repr=False)
    printed: str = field(default="", repr=False)
