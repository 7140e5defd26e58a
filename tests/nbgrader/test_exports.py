"""Grades in the columns that Canvas and Moodle read, from a real gradebook."""

import csv
import shutil
from datetime import datetime

import pytest
from click.testing import CliRunner
from nbgrader.api import Gradebook

from autograder.cli import main
from tests.nbgrader.course import REPO

pytestmark = pytest.mark.nbgrader

LESSON = "01_gradual_noise"
CANVAS = """Student,ID,SIS User ID,SIS Login ID,Section,Notes,Homework 0 (11),01_gradual_noise (42),Final Score
    Points Possible,,,,,,10,14,(read only)
"Lovelace, Ada",901,u-ada,ada,One,tall,9,,55
"Bob, Brown",902,u-bob,BOB@uni.example,One,,8,3.5,60
"Excused, Eva",903,u-eva,eva,Two,,8,EX,60
"Absent, Abe",904,u-abe,abe,Two,,8,7,60
"Student, Test",905,,ffff,One,,,,
"""


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A course whose gradebook has lesson 01 with five students."""
    folder = tmp_path_factory.mktemp("released")
    for name in ("pyproject.toml", "nbgrader_config.py"):
        shutil.copy(REPO / name, folder / name)
    for part in ("source", "lessons"):
        shutil.copytree(REPO / part / LESSON, folder / part / LESSON)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        run("release", "1")
    fill(f"sqlite:///{folder}/gradebook.db")
    return folder


@pytest.fixture
def course(released, tmp_path, monkeypatch):
    """A copy of it, which is the working folder."""
    shutil.copytree(released, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments, fails=False):
    result = CliRunner().invoke(main, arguments)
    assert bool(result.exit_code) is fails, result.output
    return result.output


def fill(address):
    """ada: all right, one answer to grade by hand. bob: half, late. eva: graded. dan: nothing. evil: a formula for a name."""
    with Gradebook(address, "gradual") as book:
        book.update_or_create_assignment(LESSON, duedate=datetime(2027, 2, 1))
        book.update_or_create_student("ada", first_name="Ada", last_name="Lovelace", email="ada@uni.example")
        book.update_or_create_student("bob", first_name="Bob", last_name="Brown", email="bob@uni.example")
        book.update_or_create_student("u-eva", lms_user_id="77")
        book.update_or_create_student("dan", email="dan@uni.example")
        book.update_or_create_student("=1+1", first_name="@SUM(A1)", last_name="-2+3|cmd", email="+x@uni.example")
        for student, right, by_hand in (("ada", 1, None), ("bob", 0.5, 1), ("u-eva", 1, 2), ("=1+1", 0, 0)):
            submission = book.update_or_create_submission(LESSON, student, timestamp=datetime(2027, 2, 2))
            (notebook,) = submission.notebooks
            for grade in notebook.grades:
                written = grade.cell.cell_type == "markdown"
                grade.auto_score = None if written else right * grade.max_score
                grade.manual_score = by_hand if written else None
                grade.needs_manual_grade = written and by_hand is None
            if student == "bob":
                notebook.late_submission_penalty = 2.8
                notebook.comments[0].manual_comment = '=HYPERLINK("http://x")\nsecond line'
        book.db.commit()


def table(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def test_plain_has_every_cell_the_penalty_and_who_waits(course):
    said = run("export", "1", "--format", "csv")
    header, *lines = table(course / f"{LESSON}.csv")
    rows = {line[0].lstrip("'"): dict(zip(header, line)) for line in lines}
    assert header[-10:-7] == ["q_step-check", "q_step-hidden", "noise_trajectory-check"]
    assert {name: rows["ada"][name] for name in ("score", "late_penalty", "final_score", "max_score", "needs_manual_grade")} == {
        "score": "12", "late_penalty": "0", "final_score": "12", "max_score": "14", "needs_manual_grade": "yes"}  # fmt: skip
    assert (rows["ada"]["q_step-check"], rows["ada"]["q_step-hidden"], rows["ada"]["why_sqrt"]) == ("1", "2", "")
    assert (rows["bob"]["score"], rows["bob"]["late_penalty"], rows["bob"]["final_score"]) == ("7", "2.8", "4.2")
    assert (rows["dan"]["score"], rows["dan"]["final_score"], rows["dan"]["needs_manual_grade"]) == ("", "", "no")
    assert rows["bob"]["submitted_utc"] == "2027-02-02 00:00:00"
    assert "Not fully graded by hand, so their scores may rise: ada." in said
    assert "bob (−2.8)" in said and "Nothing handed in or graded, so no score: dan." in said


def test_notes_name_ten_of_a_large_class_and_count_the_others(course):
    with Gradebook(f"sqlite:///{course}/gradebook.db", "gradual") as book:
        for place in range(1, 10):
            book.update_or_create_student(f"e{place}")
    assert "so no score: dan, e1, e2, e3, e4, e5, e6, e7, e8, e9." in run("export", "1", "--format", "csv")
    with Gradebook(f"sqlite:///{course}/gradebook.db", "gradual") as book:
        for place in range(300):
            book.update_or_create_student(f"f{place:03}")
    (course / "roster.csv").write_text(CANVAS + "".join(f'"Smith, {place}",{place},,s{place},One,,,,\n' for place in range(50)))
    said = run("export", "1", "--format", "canvas", "--roster", "roster.csv")
    assert "so no score: dan, e1, e2, e3, e4, e5, e6, e7, e8, e9 and 300 more.\n" in said
    assert said.count("Smith, ") == 8 and "; Smith, 7 and 42 more.\n" in said


@pytest.mark.parametrize("form", ["csv", "canvas", "moodle"])
def test_no_cell_is_a_formula(course, form):
    run("export", "1", "--format", form, "--to", "out.csv")
    cells = [cell for line in table(course / "out.csv") for cell in line]
    assert any(cell.startswith("'=") or cell.startswith("'+") for cell in cells)
    assert [cell for cell in cells if cell[:1] in "=+-@\t\r" and cell] == []


def test_nothing_handed_in_is_zero_only_when_asked(course):
    run("export", "1", "--format", "canvas", "--missing-as-zero", "--to", "out.csv")
    assert [line[-1] for line in table(course / "out.csv") if line[3] == "dan"] == ["0"]
    run("export", "1", "--format", "canvas", "--to", "out.csv")
    assert [line for line in table(course / "out.csv") if line[3] == "dan"] == []


def test_canvas_without_a_roster(course):
    run("export", "1", "--format", "canvas")
    header, points, *lines = table(course / f"{LESSON}-canvas.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", LESSON]
    assert points == ["    Points Possible", "", "", "", "", "14"]
    assert ["Brown, Bob", "", "", "bob", "", "4.2"] in lines and ["u-eva", "77", "", "u-eva", "", "14"] in lines


def test_canvas_with_its_own_roster(course):
    (course / "roster.csv").write_text(CANVAS, encoding="utf-8-sig")
    said = run("export", "1", "--format", "canvas", "--roster", "roster.csv", "--to", "out.csv")
    header, points, *lines = table(course / "out.csv")
    assert header == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "01_gradual_noise (42)"]
    assert points == ["    Points Possible", "", "", "", "", "14"]
    assert [(line[1], line[-1]) for line in lines] == [
        ("901", "12"),  # by SIS Login ID
        ("902", "4.2"),  # by an email address that is the login, in another case
        ("903", "EX"),  # excused in Canvas: stays so
        ("904", "7"),  # not in the gradebook: what Canvas has stays
        ("905", ""),
    ]
    assert lines[0][:5] == ["Lovelace, Ada", "901", "u-ada", "ada", "One"]
    assert "not found in Canvas, so not in the file: =1+1." in said
    assert "so unchanged: Absent, Abe; Student, Test." in said
    assert (course / "roster.csv").read_text(encoding="utf-8-sig") == CANVAS


def test_a_roster_with_semicolons_and_a_column_of_another_name(course):
    text = CANVAS.replace('"Lovelace, Ada"', "Ada").replace('"Bob, Brown"', "Bob").replace('"Excused, Eva"', "Eva")
    text = text.replace('"Absent, Abe"', "Abe").replace('"Student, Test"', "Test").replace(",", ";").replace("3.5", "3,5")
    (course / "roster.csv").write_text(text.replace(LESSON, "Noise").replace(";14;", ";14,0;"))
    run("export", "1", "--format", "canvas", "--roster", "roster.csv", "--column", "Noise", "--to", "out.csv")
    header, _, ada, *_ = table(course / "out.csv")
    assert header[-1] == "Noise (42)" and ada[-1] == "12"


@pytest.mark.parametrize(
    ("roster", "options", "sentence"),
    [
        (CANVAS.replace(",14,", ",100,"), [], "has 100 points, and 01_gradual_noise has 14"),
        (CANVAS, ["--column", "Nonsense"], "no column 'Nonsense'. It has: Notes, Homework 0 (11)"),
        ("a,b\n1,2\n", [], "is no gradebook exported from Canvas"),
        ("", [], "is no gradebook exported from Canvas"),
        ("Student,ID\nZoë,1\n".encode("latin-1"), [], 'roster.csv is not UTF-8 text: save it as "CSV UTF-8".'),
    ],
)
def test_a_roster_that_does_not_fit_is_refused_with_a_reason(course, roster, options, sentence):
    (course / "roster.csv").write_bytes(roster if isinstance(roster, bytes) else roster.encode())
    said = run("export", "1", "--format", "canvas", "--roster", "roster.csv", *options, "--to", "out.csv", fails=True)
    assert sentence in said
    assert not (course / "out.csv").exists()


def test_a_roster_without_the_lesson_makes_a_new_assignment_and_says_so(course):
    (course / "roster.csv").write_text(CANVAS.replace(LESSON, "Other"))
    said = run("export", "1", "--format", "canvas", "--roster", "roster.csv", "--to", "out.csv")
    assert "Canvas will make a new assignment" in said
    assert table(course / "out.csv")[0][-1] == LESSON


def test_the_roster_is_never_written_over(course):
    (course / "roster.csv").write_text(CANVAS)
    assert "is the roster" in run("export", "1", "--format", "canvas", "--roster", "roster.csv", "--to", "roster.csv", fails=True)
    assert (course / "roster.csv").read_text() == CANVAS


def test_moodle_by_email_leaves_out_and_names_whom_it_would_stop_at(course):
    said = run("export", "1", "--format", "moodle")
    header, *lines = table(course / f"{LESSON}-moodle.csv")
    assert header == ["Email address", "First name", "Last name", LESSON, f"{LESSON} (feedback)"]
    assert [(line[0], line[3]) for line in lines] == [("'+x@uni.example", "0"), ("ada@uni.example", "12"), ("bob@uni.example", "4.2")]
    bob = lines[-1][4]
    assert bob.startswith("Late: 2.8 points taken off.") and "second line" in bob
    assert "Moodle stops at a student without an email address: u-eva." in said


def test_moodle_by_id_number_takes_the_systems_own_number_first(course):
    run("export", "1", "--format", "moodle", "--identify", "id", "--to", "out.csv")
    assert [line[0] for line in table(course / "out.csv")] == ["ID number", "'=1+1", "ada", "bob", "77"]


def test_a_lesson_that_was_never_released_says_what_to_run(course):
    shutil.copytree(REPO / "lessons" / "02_markov_property", course / "lessons" / "02_markov_property")
    assert "gradual release 02_markov_property" in run("export", "2", "--format", "csv", fails=True)
