"""What every lesson is like: how long it is, how it is headed, and the words it does without."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

LESSONS = sorted((Path(__file__).resolve().parents[1] / "lessons").glob("*/*.ipynb"))
FILLER = re.compile(r"\b(simply|obviously|just|of course|trivial|trivially|easily)\b", re.IGNORECASE)


@pytest.fixture(params=LESSONS, ids=lambda path: path.stem)
def cells(request):
    return nbformat.read(request.param, 4).cells


def test_a_lesson_fits_in_one_sitting(cells):
    assert 25 <= len(cells) <= 45


def test_a_cell_of_code_fits_in_one_glance(cells):
    given = [cell.source for cell in cells if cell.cell_type == "code" and "nbgrader" not in cell.metadata]
    long = [source for source in given if len(source.strip().splitlines()) > 15]
    # The first cell also says what to do where the course is not installed.
    assert long in ([], given[:1])


def test_a_lesson_has_one_title_and_its_sections_are_numbered(cells):
    lines = [line for cell in cells if cell.cell_type == "markdown" for line in cell.source.splitlines()]
    assert len([line for line in lines if line.startswith("# ")]) == 1
    numbers = [int(found[1]) for line in lines if (found := re.match(r"## (\d+)\. ", line))]
    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) >= 3


def test_the_prose_does_without_filler(cells):
    prose = "\n".join(re.sub(r"\$[^$]*\$|`[^`]*`", "", cell.source) for cell in cells if cell.cell_type == "markdown")
    assert FILLER.findall(prose) == []
