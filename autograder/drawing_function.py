"""The student's function where it can be drawn, the reference where it cannot, and a line that says which."""

from __future__ import annotations

import functools
import inspect

import numpy as np

from autograder.calling import call_function
from autograder.compare import as_array
from autograder.exercises import find_exercise
from autograder.in_process import caller


class Yours:
    """Calls the student's function by name, looked up at each call; ``note`` says what drew the picture.

    A function that runs draws, right or wrong. One that is missing, raises, or returns another shape than
    the reference would leave no picture, so the reference draws and the note says so.
    """

    def __init__(self, name: str, namespace: dict):
        self.exercise = find_exercise(name)
        if self.exercise is None:
            raise ValueError(f"yours({name!r}): the course has no exercise of that name")
        self.namespace = namespace
        self.note = ""
        self._judged = (None, False)
        functools.update_wrapper(self, self.exercise.function)

    def __call__(self, *args, **kwargs):
        name = self.exercise.name
        expected = reference_value(self.exercise.function, args, kwargs)
        function = self.namespace.get(name)
        if function is None:
            return self._fall_back(expected, f"{name} is not defined yet")
        inputs = dict(zip(self.exercise.parameters, args)) | kwargs
        outcome = call_function(function, self.exercise.parameters, inputs)
        if outcome.kind != "returned":
            return self._fall_back(expected, f"{name} {why_not(outcome)}")
        if outcome.value is None and expected is not None:
            return self._fall_back(expected, f"{name} returned nothing")
        value = in_form_of(expected, outcome.value)
        if shapes(value) != shapes(expected):
            return self._fall_back(expected, f"{name} returned shape {shapes(value)} instead of {shapes(expected)}")
        self.note = "" if self._passes(function) else f"{name} does not pass its check yet: this is what your code draws."
        return value

    def _fall_back(self, expected, reason):
        self.note = f"{reason}: the reference draws this."
        return expected

    def _passes(self, function):
        """Whether the function passes its visible check; judged once for each version of it."""
        from autograder.judge import judge_visible

        if self._judged[0] is not function:
            self._judged = (function, judge_visible(self.exercise, caller(self.namespace)).passed)
        return self._judged[1]


def reference_value(function, args, kwargs):
    """What the reference returns; arguments that it refuses come from a wrong function, and are drawn all the same."""
    try:
        return function(*args, **kwargs)
    except ValueError:
        with np.errstate(all="ignore"):
            return inspect.unwrap(function)(*args, **kwargs)


def in_form_of(expected, value):
    """A list of numbers, which a check takes for an array, as that array: a picture computes with it."""
    if isinstance(expected, np.ndarray) and isinstance(value, tuple) and as_array(value) is not None:
        return as_array(value)
    if isinstance(expected, (list, tuple)) and isinstance(value, tuple) and len(value) == len(expected):
        return tuple(in_form_of(one, other) for one, other in zip(expected, value))
    return value


def why_not(outcome):
    if outcome.kind == "raised" and outcome.error.kind == "NotImplementedError":
        return "is not written yet"
    if outcome.kind == "raised":
        return f"stopped with {outcome.error.kind}: {outcome.error.message}"
    return f"returned {outcome.note}"


def shapes(value):
    return tuple(shapes(entry) for entry in value) if isinstance(value, (list, tuple)) else np.shape(value)
