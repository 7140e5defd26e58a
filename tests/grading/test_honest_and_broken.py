"""Honest work that plain nbgrader marks wrongly, and files that cannot be read: the exact score of each."""

import json
import os

import nbformat
import pytest

from tests.grading.hand_in import (
    LESSON,
    NOTHING,
    RIGHT,
    WRITTEN,
    WRONG,
    Class,
    cell,
    expected,
    notebook,
    shown,
    unsolved,
)
from tests.nbgrader.course import released, solution

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]


def around(line):
    """The right q_step, with a line before its return."""
    *head, last = RIGHT["q_step"].splitlines()
    return "\n".join([*head, f"    {line}", last])


def reordered():
    made = notebook()
    graded = [one for one in made.cells if one.id.startswith(("q_step", "structure_left"))]
    made.cells = [one for one in made.cells if one not in graded] + graded[::-1]
    return made


def from_another_editor():
    made = notebook()
    made.nbformat_minor = 2
    made.metadata = {"kernelspec": {"name": "my-conda-env", "display_name": "R", "language": "R"}, "colab": {}}
    for one in made.cells:
        del one["id"]
        one.source = one.source.splitlines(keepends=True)
        if one.cell_type == "code":
            one.execution_count = 77
            one.outputs = [{"output_type": "stream", "name": "stdout", "text": ["an old output\n"]}]
    return made


def split():
    made = notebook(q_step="step_size = np.sqrt")
    place = made.cells.index(cell(made, "q_step"))
    second = "def q_step(x_prev, beta, noise):\n    return step_size(1 - beta) * x_prev + step_size(beta) * noise"
    made.cells.insert(place + 1, nbformat.v4.new_code_cell(second))
    made.cells.insert(place, nbformat.v4.new_code_cell("1 / 0"))
    return made


def copied(first, second):
    """The cell of q_step twice, with its grade id and all, as a copy and paste of cells leaves it."""
    made = notebook(q_step=first)
    place = made.cells.index(cell(made, "q_step"))
    made.cells.insert(place + 1, {**cell(made, "q_step"), "source": second})
    return made


def without_marks():
    """All metadata and ids lost: only the names of the functions say which cell is which."""
    made = notebook()
    made.cells = [one for one in made.cells if one.cell_type == "code"]
    made.nbformat_minor = 4
    for one in made.cells:
        one.metadata = {}
        del one["id"]
    return made


HONEST = {
    "whole-solution": (solution(LESSON), expected()),
    "released": (released(LESSON), NOTHING),
    "warns": (notebook(q_step=around("import warnings; warnings.warn('odd'); np.log(np.zeros(3))")), expected()),
    "writes-to-stderr": (notebook(q_step=around("import sys; print('odd', file=sys.stderr)")), expected()),
    "prints": (notebook(q_step=around("print('beta is', beta)")), expected()),
    "slow": (notebook(q_step=around("__import__('time').sleep(0.15)")), expected()),
    "numpy-scalar-at-the-end": (notebook("np.float64(0.5)", q_step=WRONG["q_step"]), expected("q_step")),
    "another-editor": (from_another_editor(), expected()),
    "reordered": (reordered(), expected()),
    "split-and-added": (split(), expected()),
    "copied-twice": (copied(RIGHT["q_step"], RIGHT["q_step"]), expected()),
    "defined-twice-last-right": (copied(WRONG["q_step"], RIGHT["q_step"]), expected()),
    "defined-twice-last-wrong": (copied(RIGHT["q_step"], WRONG["q_step"]), expected("q_step")),
    "syntax-error-in-one": (notebook(q_step="def q_step(x_prev, beta, noise)\n    return x_prev"), expected("q_step")),
    "no-metadata": (without_marks(), expected(written=0)),
    "unsolved": (unsolved(), NOTHING),
}


def sparse(folder):
    folder.mkdir(parents=True)
    with open(folder / f"{LESSON}.ipynb", "wb") as file:
        file.write(b"{")
        file.truncate(200 * 2**20)


def only(name):
    def make(folder):
        folder.mkdir(parents=True)
        (folder / name).write_text(json.dumps(notebook()))

    return make


def fifo(folder):
    folder.mkdir(parents=True)
    os.mkfifo(folder / f"{LESSON}.ipynb")


def folder_of_that_name(folder):
    (folder / f"{LESSON}.ipynb").mkdir(parents=True)


def old_format():
    code = [{"cell_type": "code", "input": [RIGHT["q_step"]], "outputs": [], "language": "python", "metadata": {}}]
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": code, "metadata": {}}]}


BROKEN = {
    "not-json": (b"def q_step(): pass", "not valid JSON"),
    "half-of-it": (json.dumps(notebook()).encode()[:-900], "not valid JSON"),
    "deep-json": (b"[" * 200_000, "not valid JSON"),
    "a-list": (b"[]", "holds JSON, but no notebook"),
    "empty": (b"", "an empty file"),
    "spaces": (b" \n", "an empty file"),
    "other-lesson": (released("02_markov_property"), "another notebook"),
    "format-3": (old_format(), "format version 3"),
    "large": (sparse, "200 MB"),
    "not-utf-8": (json.dumps(notebook()).encode("utf-16"), "not UTF-8"),
    "no-notebook": (only("notes.txt"), "There is no notebook"),
    "wrong-name": (only("final_v2.ipynb"), f"name the notebook {LESSON}.ipynb"),
    "no-cells": ({"nbformat": 4, "nbformat_minor": 5, "metadata": {}}, "no list of cells"),
    "cells-of-numbers": ({"nbformat": 4, "metadata": {}, "cells": [1, 2]}, "no list of cells"),
    "source-of-numbers": ({"nbformat": 4, "metadata": {}, "cells": [{"cell_type": "code", "source": 5}]}, "no text"),
    "a-pipe": (fifo, "a folder or a device"),
    "a-folder": (folder_of_that_name, "a folder or a device"),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Class(tmp_path_factory.mktemp("class") / "course")
    course.release(LESSON)
    for student, (what, _) in {**HONEST, **BROKEN}.items():
        course.hand_in(student, what)
    course.grade()
    course.feedback()
    return course


@pytest.mark.parametrize("student", HONEST)
def test_honest_work_gets_its_points(course, student):
    assert course.score(student) == HONEST[student][1]


@pytest.mark.parametrize("student", BROKEN)
def test_what_cannot_be_read_says_why(course, student):
    assert course.score(student) == NOTHING
    for told in (course.report(student)["reason"], course.page(student)):
        assert BROKEN[student][1] in told


def test_the_last_of_two_definitions_counts_and_the_page_says_so(course):
    for student in ("defined-twice-last-right", "defined-twice-last-wrong"):
        assert "q_step is defined more than once, differently; the last definition counts." in course.page(student)
    assert "more than once" not in course.page("copied-twice")


def test_a_syntax_error_is_shown_with_its_line(course):
    assert "SyntaxError" in course.page("syntax-error-in-one")
    assert "There is no function q_step yet" in course.page("syntax-error-in-one")


def test_nothing_of_another_editor_is_kept(course):
    graded = course.graded("another-editor")
    assert "an old output" not in shown(graded)
    assert graded["metadata"]["kernelspec"]["name"] == "python3"
    assert [one["id"] for one in graded["cells"] if one["cell_type"] == "code"][1:4] == ["q_step", "q_step-check", "q_step-hidden"]


def test_every_graded_notebook_is_a_valid_one(course):
    for student in [*HONEST, *BROKEN]:
        nbformat.validate(nbformat.from_dict(course.graded(student)))


def test_only_written_answers_wait(course):
    for student, (_, scores) in HONEST.items():
        assert course.report(student)["scores"][WRITTEN] == scores[WRITTEN]
