"""A demo class: the same seed makes the same one, each kind has its share, and real submissions are never touched."""

import json
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner

from autograder.demo_class import DUE, NotADemo, chosen_kinds, make_class, make_students, read_class
from autograder.demo_class_cli import demo_class
from autograder.demo_kinds import KINDS
from autograder.submission import BrokenSubmission, Lesson, parse_submission

REPO = Path(__file__).resolve().parents[1]
LESSONS = sorted(path.name for path in (REPO / "lessons").iterdir() if path.is_dir())
LESSON = "01_gradual_noise"


def release(lesson=LESSON):
    return json.loads((REPO / "lessons" / lesson / f"{lesson}.ipynb").read_text())


def listed(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.mark.parametrize("lesson", LESSONS)
def test_every_lesson_has_a_class_that_can_be_read_as_meant(lesson):
    notebook = release(lesson)
    pristine = Lesson.from_notebook(lesson, notebook)
    graded = {cell["id"] for cell in notebook["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")}
    for one in make_students(notebook, lesson, 50):
        assert one.scores.keys() == graded
        data = one.files.get(f"{lesson}.ipynb")
        if KINDS[one.kind].group == "broken":
            assert one.points == 0 and None not in one.scores.values()
            if data is not None:
                with pytest.raises(BrokenSubmission):
                    parse_submission(data, pristine)
            continue
        read = parse_submission(data, pristine)
        waiting = {name for name, score in one.scores.items() if score is None}
        assert waiting == {name for name, text in read.written.items() if text != pristine.written[name]}


def test_fifty_have_each_kind_by_its_share():
    dealt = Counter(one.kind for one in make_students(release(), LESSON, 50))
    assert dealt == {name: kind.share for name, kind in KINDS.items()}
    ten = Counter(one.kind for one in make_students(release(), LESSON, 10))
    assert sum(ten.values()) == 10 and ten["right"] >= 1 and ten["misconception"] >= 1


def test_a_seed_makes_one_class_and_another_seed_another(tmp_path):
    for name, seed in [("a", 1), ("b", 1), ("c", 2)]:
        make_class(tmp_path / name, release(), LESSON, 30, seed)
    assert listed(tmp_path / "a") == listed(tmp_path / "b") != listed(tmp_path / "c")


def test_right_ones_get_everything_and_late_ones_are_late():
    points = {cell["id"]: cell["metadata"]["nbgrader"]["points"] for cell in release()["cells"]
              if cell["metadata"].get("nbgrader", {}).get("grade") and cell["cell_type"] == "code"}  # fmt: skip
    for one in make_students(release(), LESSON, 60, kinds=["right", "late", "unsolved"]):
        assert (one.submitted > DUE) == one.late == (one.kind == "late")
        if one.kind != "late":
            assert one.points == (sum(points.values()) if one.kind == "right" else 0)


def test_kinds_by_name_and_group():
    assert chosen_kinds(["broken"]) == [name for name, kind in KINDS.items() if kind.group == "broken"]
    assert {one.kind for one in make_students(release(), LESSON, 9, kinds=["honest"])} <= set(chosen_kinds(["honest"]))
    with pytest.raises(ValueError, match="no kind nice"):
        chosen_kinds(["nice", "right"])


def test_list_says_what_was_made(tmp_path):
    students = make_class(tmp_path, release(), LESSON, 50)
    rows = read_class(tmp_path, LESSON)
    assert [(row["student"], row["kind"], row["points"]) for row in rows.values()] == [
        (s.name, s.kind, s.points) for s in students
    ]
    for one in students:
        assert {name: rows[one.name][name] for name in one.scores} == one.scores
        assert (tmp_path / one.name / LESSON / "timestamp.txt").read_text() == f"{rows[one.name]['submitted']}\n"
        assert [f"{LESSON}.ipynb"] == list(one.files) or one.kind == "no_notebook"


def test_a_class_replaces_its_own_and_stands_beside_another_lessons(tmp_path):
    make_class(tmp_path, release(), LESSON, 30)
    make_class(tmp_path, release(), LESSON, 4)
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_dir()) == [f"student-0{n}" for n in range(1, 5)]
    make_class(tmp_path, release(LESSONS[1]), LESSONS[1], 3)
    assert {path.name for path in (tmp_path / "student-01").iterdir()} == {LESSON, LESSONS[1]}
    make_class(tmp_path, release(), LESSON, 2)
    assert (tmp_path / "student-03" / LESSONS[1]).exists() and not (tmp_path / "student-03" / LESSON).exists()


@pytest.mark.parametrize("real", [f"anna/{LESSON}", f"student-01/{LESSON}", "bo"])
def test_real_submissions_are_not_touched(tmp_path, real):
    (tmp_path / real).mkdir(parents=True)
    (tmp_path / real / "work.ipynb").write_text("real")
    with pytest.raises(NotADemo, match=real.split("/")[0]):
        make_class(tmp_path, release(), LESSON, 5)
    assert listed(tmp_path) == {f"{real}/work.ipynb": b"real"}


def test_real_submission_among_a_demo_class_stops_it(tmp_path):
    make_class(tmp_path, release(), LESSON, 5)
    (tmp_path / "anna" / LESSON).mkdir(parents=True)
    before = listed(tmp_path)
    with pytest.raises(NotADemo, match="anna"):
        make_class(tmp_path, release(), LESSON, 5)
    assert listed(tmp_path) == before


def test_command(tmp_path):
    made = CliRunner().invoke(
        demo_class, ["--students", "6", "--to", str(tmp_path), "--lesson", "3", "--kind", "right"]
    )
    assert made.exit_code == 0, made.output
    assert "Made 6 submissions of 03_closed_form_jump" in made.output and "6 right" in made.output
    assert len(read_class(tmp_path, "03_closed_form_jump")) == 6
    assert made.output.splitlines()[-2:] == [
        "Some are late, once there is a date: gradual due 3 2027-02-01T23:59:59+00:00",
        f"Grade them with: gradual grade 3 --submitted {tmp_path}",
    ]
    (tmp_path / "anna").mkdir()
    refused = CliRunner().invoke(demo_class, ["--to", str(tmp_path)])
    assert refused.exit_code == 1 and "not a demo class's: anna" in refused.output
    unknown = CliRunner().invoke(demo_class, ["--to", str(tmp_path / "new"), "--kind", "nice"])
    assert unknown.exit_code == 1 and "no kind nice" in unknown.output and not (tmp_path / "new").exists()
