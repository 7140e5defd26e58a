"""`gradual grade --submitted` as it is typed: from any folder of the course, with a roster, and with what cannot be taken in."""

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.grading.class_course import CLASS, EXPECTED, ClassCourse, kill, scores_of
from tests.grading.hand_in import FULL, LESSON, NOTHING, expected, notebook, unsolved

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed"),
]

NAME = f"{LESSON}.ipynb"
ANNA = "Anna Chen_12_assignsubmission_file"


@pytest.fixture(scope="module")
def empty_course(released_course, tmp_path_factory):
    """Makes a course with nobody in it."""

    def make():
        root = tmp_path_factory.mktemp("typed") / "course"
        shutil.copytree(released_course, root)
        (root / "autumn" / "week 1").mkdir(parents=True)
        return ClassCourse(root)

    return make


@pytest.fixture(scope="module")
def module_course(empty_course):
    return empty_course()


@pytest.fixture
def course(module_course):
    """One for all tests that grade nearly nobody."""
    return module_course


def packed(course, name, *entries, **made):
    """A zip beside the course's folder, as a browser leaves it in Downloads: right notebooks, or what ``made`` has."""
    downloads = course.root.parent / "Downloads"
    downloads.mkdir(exist_ok=True)
    with zipfile.ZipFile(downloads / name, "w", zipfile.ZIP_DEFLATED) as archive:
        for entry in entries:
            archive.writestr(entry, json.dumps(notebook()))
        for entry, what in made.items():
            archive.writestr(entry, what if isinstance(what, bytes) else json.dumps(what))
    return str(downloads / name)


def taken(course):
    return sorted(path.parent.parent.name for path in course.root.glob(f"submitted/*/{LESSON}/{NAME}"))


def test_paths_are_meant_from_where_the_command_is_typed(course):
    packed(course, "export.zip", f"chenanna_4711_99001_{NAME}")
    (course.root / "autumn" / "ids.csv").write_text("name,id\n4711,anna\n")
    words = ["--submitted", "../../../Downloads/export.zip", "--roster", "../ids.csv"]
    said = course.gradual("grade", "1", "--jobs", "1", *words, folder=course.root / "autumn" / "week 1")
    assert "Taken in: 1 new." in said and "Graded 1; 0 were graded already" in said
    assert taken(course) == course.graded() == ["anna"]
    said = course.gradual("grade", "1", "--submitted", "../submitted", folder=course.root / "autumn")
    assert "submitted is where submissions are kept: nothing to take in." in said


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.zip", b"no zip", "notes.zip is no folder, and no zip that can be read: File is not a zip file."),
        ("homework.ipynb", None, f"No submission of {LESSON} is recognised."),
    ],
)
def test_what_cannot_be_taken_in_is_one_sentence_and_nothing_is_graded(course, name, data, sentence):
    source = packed(course, "named wrongly.zip", name)
    if data:
        source = str(course.root.parent / name)
        Path(source).write_bytes(data)
    before = (course.root / "gradebook.db").read_bytes()
    said = course.gradual("grade", "1", "--submitted", source, code=1)
    assert said.startswith("Error: ") and sentence in said
    assert (course.root / "gradebook.db").read_bytes() == before


def test_course_that_cannot_grade_yet_takes_nothing_in(empty_course):
    course = empty_course()
    source = packed(course, "moodle.zip", f"{ANNA}/{NAME}")
    secret = course.root / "course_secret"
    secret.rename(aside := course.root / "aside")
    assert "gradual init-course" in course.gradual("grade", "1", "--submitted", source, code=1)
    aside.rename(secret)
    (course.root / "gradebook.db").unlink()
    assert f"gradual release {LESSON}" in course.gradual("grade", "1", "--submitted", source, code=1)
    assert not (course.root / "submitted").exists()


def test_roster_that_is_wrong_is_one_sentence(course):
    (course.root / "ids.csv").write_text("student,number\nAnna Chen,1\n")
    source = packed(course, "moodle.zip", f"{ANNA}/{NAME}")
    said = course.gradual("grade", "1", "--submitted", source, "--roster", "ids.csv", code=1)
    assert said.startswith("Error: The roster ") and "ids.csv needs a first line with the columns name,id" in said
    assert "anna-chen" not in taken(course)


def test_roster_alone_is_refused_before_anything_is_read(course):
    (course.root / "ids.csv").write_text("name,id\nAnna Chen,1\n")
    said = course.gradual("grade", "1", "--roster", "ids.csv", code=2)
    assert "Error: --roster says who is who in --submitted: give both." in said


def test_folder_that_cannot_be_written_is_one_sentence(course, tmp_path):
    """`submitted` is a file here; a folder of someone else's ends the same way."""
    there, aside = course.root / "submitted", course.root / "aside"
    there.mkdir(exist_ok=True)
    there.rename(aside)
    there.write_text("a file")
    try:
        said = course.gradual("grade", "1", "--submitted", packed(course, "a.zip", f"{ANNA}/{NAME}"), code=1)
    finally:
        there.unlink()
        aside.rename(there)
    assert said == f"Error: {there} cannot be written to: File exists.\n"


# --- From the zip to the gradebook ----------------------------------------------------------------------------

HANDED_IN = ("solveig", "quentin", "stella", "bruno", "latoya")
"""Right, wrong in one function, wrong in another, no notebook at all, and a day late."""


def penalties(course):
    return {student: {row[4] for row in rows} - {None, 0.0} for student, rows in course.everything().items()}


@pytest.mark.slow
def test_from_a_zip_of_canvas_to_the_gradebook(empty_course):
    """Canvas tells that latoya is late; the roster tells when, and who has which number."""
    course, numbers = empty_course(), dict(enumerate(HANDED_IN, 4711))
    source = packed(course, "submissions.zip", **{
        f"doe{student}_{'LATE_' if student == 'latoya' else ''}{number}_{number + 90_000}_{NAME}": CLASS[student][0]()
        for number, student in numbers.items()
    })  # fmt: skip
    said = course.gradual("grade", "1", "--jobs", "1", "--submitted", source)
    assert "Taken in: 5 new." in said and "4715 (doelatoya_4715): Canvas marks it as late, not by how much" in said
    assert scores_of(course.everything()) == {str(number): EXPECTED[student] for number, student in numbers.items()}
    assert penalties(course) == {str(number): set() for number in numbers}

    course = empty_course()
    times = {"latoya": "2026-03-03 11:00+00:00"}
    lines = [f"{number},{student},{times.get(student, '')}" for number, student in numbers.items()]
    (course.root / "ids.csv").write_text("\n".join(["name,id,submitted", *lines]))
    said = course.gradual("grade", "1", "--jobs", "1", "--submitted", source, "--roster", "ids.csv")
    assert "Taken in: 5 new." in said and "late, not by how much" not in said
    assert "bruno: The notebook is not a notebook file (it is not valid JSON)." in said
    assert scores_of(course.everything()) == {student: EXPECTED[student] for student in HANDED_IN}
    assert penalties(course) == {one: {sum(FULL.values()) / 10} if one == "latoya" else set() for one in HANDED_IN}


@pytest.mark.slow
def test_from_a_zip_of_moodle_to_the_gradebook_and_a_second_one(empty_course):
    """In the second zip quentin has put his function right: his score is the new one, whole, and nobody else's changes."""
    course = empty_course()
    entries = {
        f"{student.title()} Doe_{number}_assignsubmission_file/{NAME}": CLASS[student][0]()
        for number, student in enumerate(HANDED_IN, 800)
    }
    known = {f"{student}-doe": EXPECTED[student] for student in HANDED_IN}
    said = course.gradual("grade", "1", "--jobs", "1", "--submitted", packed(course, "first.zip", **entries))
    assert "Taken in: 5 new." in said and "Graded 5; 0 were graded already" in said
    assert scores_of(course.everything()) == known

    entries[f"Quentin Doe_801_assignsubmission_file/{NAME}"] = notebook()
    entries["Noah Doe_805_assignsubmission_file/report.pdf"] = b"%PDF"
    said = course.gradual("grade", "1", "--jobs", "1", "--submitted", packed(course, "second.zip", **entries))
    kept = Path("submitted_before", "quentin-doe", LESSON, "1")
    assert f"quentin-doe (Quentin Doe_801): It replaces the one that was there, which is kept in {kept}." in said
    assert "Taken in: 1 replaced, 4 unchanged. Not taken in: 1." in said and "Graded 1; 4 were graded already" in said
    assert "bruno-doe: The notebook is not a notebook file" in said  # graded the time before, and still to be looked at
    assert scores_of(course.everything()) == known | {"quentin-doe": expected()}
    assert json.loads((course.root / kept / NAME).read_text()) == CLASS["quentin"][0]()


@pytest.mark.slow
def test_killed_while_it_takes_in_and_run_again(empty_course):
    """Whoever has arrived is whole, and the second run has everybody, once."""
    course, made = empty_course(), json.dumps(unsolved()).encode()
    students = [f"student-{number:02}" for number in range(40)]
    source = packed(course, "moodle.zip", **{f"{s}_9_assignsubmission_file/{NAME}": made for s in students})
    started = course.start("grade", "1", "--jobs", "1", "--submitted", source)
    while len(taken(course)) < 5:
        assert started.poll() is None
    kill(started)
    assert 5 <= len(taken(course)) < len(students)
    assert {file.read_bytes() for file in course.root.glob(f"submitted/*/{LESSON}/*")} == {made}
    arrived = len(taken(course))
    said = course.gradual("grade", "1", "--jobs", "2", "--submitted", source)
    assert f"Taken in: {len(students) - arrived} new, {arrived} unchanged." in said
    assert "Graded 40; 0 were graded already" in said
    assert scores_of(course.everything()) == dict.fromkeys(students, NOTHING)
    assert not list(course.root.glob("submitted/.arriving-*"))
