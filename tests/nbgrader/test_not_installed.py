"""A grading machine without Gradual: one sentence, with the command, before any score."""

import nbformat
import pytest

from tests.nbgrader.course import Course, solution, without_pictures

pytestmark = pytest.mark.nbgrader

LESSON = "01_gradual_noise"
NOT_THERE = """
import sys

class NotThere:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "autograder":
            raise ModuleNotFoundError("No module named 'autograder'", name="autograder")

sys.meta_path.insert(0, NotThere())
"""


def test_the_sentence_comes_first(tmp_path):
    course = Course(tmp_path / "course", [LESSON], stock=True)
    course.release(LESSON)
    course.submit("solved", LESSON, without_pictures(solution(LESSON)))
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "sitecustomize.py").write_text(NOT_THERE)
    said = course.run("nbgrader", "autograde", LESSON, PYTHONPATH=str(tmp_path / "bare"))
    first = next(line for line in said.splitlines() if line.strip())
    assert "Gradual is not installed" in first and "python -m pip install ." in first

    graded = nbformat.read(course.root / "autograded" / "solved" / LESSON / f"{LESSON}.ipynb", as_version=4)
    outputs = [output for cell in graded.cells if cell.cell_type == "code" for output in cell.outputs]
    assert "Gradual is not installed" in str(outputs[0]) and "python -m pip install ." in str(outputs[0])
    assert set(course.scores(LESSON, "solved").values()) <= {0, None}
