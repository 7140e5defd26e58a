"""One case, tried on one implementation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autograder.calling import call_function
from autograder.compare import agree
from autograder.exercise import PRACTICE, Case, Exercise
from autograder.outcome import Outcome


@dataclass(frozen=True)
class Trial:
    """What went in, what should come out, what came out."""

    case: Case
    inputs: dict
    expected: object
    outcome: Outcome

    @property
    def changed_inputs(self) -> list[str]:
        after = self.outcome.inputs_after
        return [
            name
            for name, before in self.inputs.items()
            if isinstance(before, (np.ndarray, list, tuple)) and name in after and not unchanged(before, after[name])
        ]

    @property
    def value_agrees(self) -> bool:
        return self.outcome.kind == "returned" and agree(self.outcome.value, self.expected, self.case)

    @property
    def passed(self) -> bool:
        return self.value_agrees and not self.changed_inputs


def unchanged(before, after) -> bool:
    if isinstance(before, (list, tuple)):
        return isinstance(after, (list, tuple)) and len(before) == len(after) and all(map(unchanged, before, after))
    if not isinstance(before, np.ndarray):
        return before == after
    return isinstance(after, np.ndarray) and before.shape == after.shape and np.array_equal(before, after, equal_nan=True)


def try_case(exercise: Exercise, call, case: Case, secret: str = PRACTICE) -> Trial:
    inputs = exercise.inputs(case, secret)
    return Trial(case, inputs, expected_value(exercise, inputs), call(exercise.name, inputs))


def try_function(function, exercise: Exercise, trial: Trial) -> Trial:
    """The same case on one of our own functions: a misconception."""
    outcome = call_function(function, exercise.parameters, trial.inputs)
    return Trial(trial.case, trial.inputs, trial.expected, outcome)


def expected_value(exercise: Exercise, inputs: dict):
    """What the reference returns; a case that it refuses is a mistake of ours, and says so."""
    outcome = call_function(exercise.function, exercise.parameters, inputs)
    if outcome.kind != "returned":
        raise RuntimeError(f"the reference of {exercise.name} does not take a case's input: {outcome}")
    return outcome.value
