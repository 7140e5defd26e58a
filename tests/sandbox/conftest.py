"""A real sandbox, and submissions of lesson 01's three functions."""

import ast
import inspect
import shutil

import pytest

from autograder.exercises import all_exercises
from autograder.grader import Grader
from autograder.judge import judge_all
from autograder.sandbox import Limits

LESSON = "01_gradual_noise"
EXERCISES = tuple(exercise for exercise in all_exercises() if exercise.lesson == LESSON)
LIMITS = Limits(cell_seconds=3, call_seconds=2, total_seconds=60, memory_bytes=600 * 2**20)


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/sandbox" in str(item.path):
            item.add_marker(pytest.mark.sandbox)


def solution(name):
    """The reference's own text, as a student could have written it."""
    function = next(exercise.function for exercise in EXERCISES if exercise.name == name)
    tree = ast.parse(inspect.getsource(inspect.unwrap(function)))
    tree.body[0].decorator_list = []
    return ast.unparse(tree)


@pytest.fixture(scope="session")
def grader():
    if not shutil.which("bwrap"):
        pytest.skip("bubblewrap is not installed")
    with Grader(LESSON, all_exercises(), LIMITS) as grader:
        yield grader


@pytest.fixture
def honest():
    """Cells of a right submission."""
    return ["import numpy as np", *(solution(exercise.name) for exercise in EXERCISES)]


@pytest.fixture
def passed(grader):
    """Which exercises a list of cells passes; ``ran`` asserts that the last cell, the attack, did run."""

    def grade(cells, ran=False):
        with grader.submission(cells) as worker:
            assert worker.cell_results[-1].ok or not ran, worker.cell_results[-1]
            return {exercise.name for exercise in EXERCISES if judge_all(exercise, worker.call).passed}

    return grade


@pytest.fixture
def told(grader):
    return printed_by(grader)


def printed_by(grader):
    """What one cell prints, with its error, when a submission runs it."""

    def run(source):
        with grader.submission([source]) as worker:
            return text_of(worker.cell_results[0])

    return run


def text_of(result):
    parts = []
    for output in result.outputs:
        parts.append(output.get("text") or output.get("data", {}).get("text/plain") or output.get("evalue") or "")
    return "".join(parts)
