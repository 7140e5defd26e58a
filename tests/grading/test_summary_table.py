"""The table of what a class got wrong says each sentence as students read it."""

import io
from collections import Counter

import pytest
from rich.console import Console

from autograder import grade_cli
from autograder.class_summary import Summary
from autograder.exercises import all_exercises

SENTENCES = [(one, mistake) for one in all_exercises() for mistake in one.misconceptions]


@pytest.mark.parametrize("lesson", sorted({one.lesson for one in all_exercises()}))
def test_brackets_in_a_sentence_stay(lesson):
    """`noise[t - 1]` looks like markup to rich."""
    for exercise, mistake in SENTENCES:
        if exercise.lesson != lesson:
            continue
        console = Console(width=2000, file=io.StringIO())
        console.print(grade_cli.wrong_table(Summary(lesson, misconceptions={exercise.name: Counter({mistake.name: 1})})))
        assert f"1 × {mistake.sentence}" in console.file.getvalue()
