"""The answers to "What was unclear?" of a class, from the notebooks that students hand in."""

import json

import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.unclear import collect

LESSON = "01_gradual_noise"


@pytest.fixture
def release(root):
    return root / "lessons" / LESSON / f"{LESSON}.ipynb"


@pytest.fixture
def hand_in(tmp_path, release):
    def write(student, change):
        notebook = json.loads(release.read_text())
        folder = tmp_path / student / LESSON
        folder.mkdir(parents=True)
        cell = notebook["cells"][-1]
        text = change("".join(cell["source"]), cell)
        cell["source"] = text
        (folder / release.name).write_text(json.dumps(notebook))

    return write


def forget_id(cell, text):
    del cell["id"]
    return text


def test_words_are_collected_and_nothing_else(tmp_path, hand_in, release):
    hand_in("ada", lambda text, cell: text + "\n\nWhy the square root?")
    hand_in("ben", lambda text, cell: text)
    hand_in("cleo", lambda text, cell: text + " the Markov property\nand its test")
    hand_in("dan", lambda text, cell: "Everything was clear.")
    hand_in("eva", lambda text, cell: forget_id(cell, text + "\nThe sound."))
    (tmp_path / "fay" / LESSON).mkdir(parents=True)
    answers, problems = collect(tmp_path, release)
    assert answers == {
        "ada": "Why the square root?",
        "cleo": "the Markov property\nand its test",
        "dan": "Everything was clear.",
        "eva": "The sound.",
    }
    assert list(problems) == ["fay"] and "no notebook" in problems["fay"]


def test_command_shows_them(tmp_path, hand_in):
    hand_in("ada", lambda text, cell: text + "\n\nWhy the square root?")
    said = CliRunner().invoke(main, ["unclear", "1", "--submitted", str(tmp_path)])
    assert said.exit_code == 0 and "ada:\n    Why the square root?" in said.output
    (tmp_path / "none").mkdir()
    said = CliRunner().invoke(main, ["unclear", "1", "--submitted", str(tmp_path / "none")])
    assert "Nobody has written" in said.output
