"""Registered answers written out as a student's cells: they run with nothing but NumPy, and do what they did."""

import inspect

import numpy as np
import pytest

from autograder.answer_text import answer_text
from autograder.exercises import all_exercises
from autograder.in_process import caller
from autograder.judge import judge_all

pytestmark = pytest.mark.slow


def verdict(exercise, function):
    """A reference's own text uses what a lesson has imported for it; the others need nothing."""
    lesson = inspect.unwrap(function).__globals__ if function is exercise.function else {}
    namespace = {**lesson, "np": np}
    exec(answer_text(exercise, function).whole, namespace)
    return judge_all(exercise, caller(namespace))


@pytest.mark.parametrize("exercise", all_exercises(), ids=lambda exercise: exercise.name)
def test_written_out_answers_are_judged_as_the_registered_ones(exercise):
    for function in (exercise.function, *exercise.alternatives):
        found = verdict(exercise, function)
        assert found.passed, (found.message, answer_text(exercise, function).whole)
    for wrong in exercise.misconceptions:
        found = verdict(exercise, wrong.function)
        assert found.score == 0 and found.misconception, (wrong.name, found.message)
