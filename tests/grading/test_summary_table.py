"""The table of what a class got wrong says each sentence as students read it."""

from collections import Counter

import pytest
from rich.table import Table

from autograder import grade_cli
from autograder.class_summary import Summary
from autograder.exercises import all_exercises

SENTENCES = [(one, mistake) for one in all_exercises() for mistake in one.misconceptions]


@pytest.mark.parametrize("lesson", sorted({one.lesson for one in all_exercises()}))
def test_brackets_in_a_sentence_stay(lesson, monkeypatch, capsys):
    """`noise[t - 1]` looks like markup to rich."""
    monkeypatch.setenv("COLUMNS", "2000")
    for exercise, mistake in SENTENCES:
        if exercise.lesson != lesson:
            continue
        grade_cli.plain_console().print(grade_cli.wrong_table(Summary(lesson, misconceptions={exercise.name: Counter({mistake.name: 1})})))
        assert f"1 × {mistake.sentence}" in capsys.readouterr().out


def test_a_name_that_looks_like_markup_stays_in_a_line_and_in_a_table(capsys):
    table = Table("Student")
    table.add_row("[red]eve :bomb:")
    for shown in (table, "[red]eve :bomb:"):
        grade_cli.plain_console().print(shown)
        assert "[red]eve :bomb:" in capsys.readouterr().out
