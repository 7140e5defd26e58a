"""docs/instructors.md shows what `gradual grade --submitted` really prints."""

import io
import statistics
import zipfile
from types import SimpleNamespace

import nbformat
import pytest
from click.testing import CliRunner
from rich.console import Console

from autograder import grade_cli
from autograder.demo_class import read_class
from autograder.demo_class_cli import demo_class
from tests.nbgrader.course import REPO, released

LESSON = "01_gradual_noise"
ROSTER = "name,id,submitted\n4711,anna,\n4712,ada,2027-02-02 09:15\n4713,taro,\n"


PAGE = (REPO / "docs" / "instructors.md").read_text(encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    notebook = tmp_path / "lessons" / LESSON / f"{LESSON}.ipynb"
    notebook.parent.mkdir(parents=True)
    notebook.write_text(nbformat.writes(released(LESSON)), encoding="utf-8")
    (tmp_path / "ids.csv").write_text(ROSTER)
    return tmp_path


def add(zipped, **files):
    with zipfile.ZipFile(zipped, "a") as archive:
        for name, data in files.items():
            archive.writestr(name, data)


def printed(course, submitted, roster=None):
    """What is printed on a terminal of 100 columns."""
    console = Console(width=100, file=io.StringIO())
    made = SimpleNamespace(submitted=course / submitted)
    grade_cli._take_in(console, course / "submissions.zip", roster, made, LESSON)
    return "\n".join(line.rstrip() for line in console.file.getvalue().splitlines())


def test_page_shows_what_an_intake_prints(course):
    assert ROSTER in PAGE
    right, later = released(LESSON), released(LESSON)
    later.cells[1].source += " "
    add(course / "submissions.zip", **{
        f"chenanna_4711_99001_{LESSON}.ipynb": nbformat.writes(right), "chenanna_4711_99002_report.pdf": b"%PDF",
        f"lovelaceada_LATE_4712_99003_{LESSON}-1.ipynb": nbformat.writes(right), "okitaro_4713_text.html": b"I lost it",
    })  # fmt: skip
    shown = [printed(course, "submitted")]
    (course / "submitted").rename(course / "with_numbers")
    shown.append(printed(course, "submitted", course / "ids.csv"))
    add(course / "submissions.zip", **{f"chenanna_4711_99005_{LESSON}-1.ipynb": nbformat.writes(later)})
    shown.append(printed(course, "submitted", course / "ids.csv"))
    for lines in shown:
        assert f"```\n{lines}\n```" in PAGE, lines


def test_page_shows_the_demo_class(tmp_path):
    made = CliRunner().invoke(demo_class, ["--students", "8", "--kind", "honest", "--to", str(tmp_path)], catch_exceptions=False)
    *lines, _ = made.output.replace(str(tmp_path), "/home/you/trial/submitted").splitlines()
    assert "\n".join(lines) in PAGE
    rows = read_class(tmp_path, LESSON).values()
    points = [row["points"] for row in rows]
    assert f"lowest {min(points):g}, median {statistics.median(points):g}, highest {max(points):g}." in PAGE
    assert f"wait for you in formgrader: {sum(row['why_sqrt'] is None for row in rows)}." in PAGE
