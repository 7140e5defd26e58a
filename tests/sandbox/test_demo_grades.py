"""Each kind of a demo class, graded from outside in the sandbox, gets exactly the points that its list promises."""

import json
import shutil
from pathlib import Path

import pytest

from autograder.arrival import read_arrival
from autograder.demo_class import make_class, read_class
from autograder.demo_kinds import KINDS
from autograder.grading import Marker
from autograder.sandbox import Limits

REPO = Path(__file__).parents[2]
LIMITS = Limits(cell_seconds=5, call_seconds=3, total_seconds=60)
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed")]


@pytest.fixture(scope="module", params=["01_gradual_noise", "03_closed_form_jump"])
def graded(request, tmp_path_factory):
    """(the list, the results by student) of a class with every kind in it."""
    lesson, to = request.param, tmp_path_factory.mktemp("submitted")
    release = json.loads((REPO / "lessons" / lesson / f"{lesson}.ipynb").read_text())
    students = make_class(to, release, lesson, 50, seed=7)
    with Marker(release, lesson, "a secret", LIMITS) as marker:
        arrivals = {one.name: read_arrival(to, one.name, lesson) for one in students}
        results = {name: marker.grade(arrival.data, arrival.reason) for name, arrival in arrivals.items()}
    return students, read_class(to, lesson), results


def test_every_kind_is_there(graded):
    students, rows, _ = graded
    assert {one.kind for one in students} == KINDS.keys() and len(rows) == 50


def test_scores_are_exactly_those_of_the_list(graded):
    students, rows, results = graded
    wrong = {}
    for one in students:
        promised = {name: rows[one.name][name] for name in one.scores}
        assert promised == one.scores
        if results[one.name].scores != promised:
            got = results[one.name]
            wrong[one.name, one.kind, one.detail] = {
                name: (score, got.scores[name], got.verdicts.get(name, {}).get("message"))
                for name, score in promised.items() if got.scores[name] != score
            }  # fmt: skip
    assert not wrong


def test_misconceptions_are_named_as_the_list_has_them(graded):
    students, _, results = graded
    for one in students:
        if one.kind == "misconception":
            verdicts = results[one.name].verdicts
            found = {name.removesuffix("-check") for name, verdict in verdicts.items() if verdict["misconception"]}
            assert found >= {part.split(": ")[0] for part in one.detail.split("; ")}, one


def test_broken_ones_have_a_reason_and_the_others_none(graded):
    students, _, results = graded
    for one in students:
        assert bool(results[one.name].reason) == (KINDS[one.kind].group == "broken"), (one, results[one.name].reason)
