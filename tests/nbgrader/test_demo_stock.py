"""Plain nbgrader gives the honest half of a demo class the scores that its list promises: it is a fair benchmark."""

import json
import shutil

import pytest

from autograder.demo_class import make_class, read_class
from autograder.demo_kinds import KINDS
from tests.nbgrader.course import REPO, Course

pytestmark = [pytest.mark.nbgrader, pytest.mark.slow]
LESSON = "01_gradual_noise"


def test_honest_kinds_get_what_the_list_promises(tmp_path):
    course = Course(tmp_path, [LESSON], stock=True)
    course.release(LESSON)
    release = json.loads((REPO / "lessons" / LESSON / f"{LESSON}.ipynb").read_text())
    honest = [name for name, kind in KINDS.items() if kind.group == "honest"]
    made = make_class(course.root / "submitted", release, LESSON, 24, seed=3, kinds=["honest"])
    students = list({one.kind: one for one in made}.values())  # one of each: plain nbgrader takes seconds for each
    assert {one.kind for one in students} == set(honest)
    for one in made:
        if one not in students:
            shutil.rmtree(course.root / "submitted" / one.name)
    course.autograde(LESSON)
    promised = read_class(course.root / "submitted", LESSON)
    wrong = {}
    for one in students:
        got = course.scores(LESSON, one.name)
        expected = {name: promised[one.name][name] for name in got}
        if got != expected:
            wrong[one.name, one.kind, one.detail] = got, expected
    assert not wrong
