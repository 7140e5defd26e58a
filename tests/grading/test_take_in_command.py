"""`gradual grade --submitted` as it is typed: from any folder of the course, with a roster, and with what cannot be taken in."""

import json
import shutil
import zipfile

import pytest

from tests.grading.class_course import ClassCourse
from tests.grading.hand_in import LESSON, notebook

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]

NAME = f"{LESSON}.ipynb"
ANNA = "Anna Chen_12_assignsubmission_file"


@pytest.fixture(scope="module")
def module_course(released_course, tmp_path_factory):
    """A course with nobody in it. Each test hands in students of its own."""
    root = tmp_path_factory.mktemp("typed") / "course"
    shutil.copytree(released_course, root)
    (root / "autumn" / "week 1").mkdir(parents=True)
    return ClassCourse(root)


@pytest.fixture
def course(module_course):
    return module_course


def packed(course, name, *entries):
    """A zip of right notebooks beside the course's folder, as a browser leaves it in Downloads."""
    downloads = course.root.parent / "Downloads"
    downloads.mkdir(exist_ok=True)
    with zipfile.ZipFile(downloads / name, "w") as archive:
        for entry in entries:
            archive.writestr(entry, json.dumps(notebook()))
    return downloads / name


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
    source = course.root.parent / name
    if data:
        source.write_bytes(data)
    else:
        source = packed(course, "named wrongly.zip", name)
    before = (course.root / "gradebook.db").read_bytes()
    said = course.gradual("grade", "1", "--submitted", str(source), code=1)
    assert said.startswith("Error: ") and sentence in said
    assert (course.root / "gradebook.db").read_bytes() == before


def test_roster_that_is_wrong_is_one_sentence(course):
    (course.root / "ids.csv").write_text("student,number\nAnna Chen,1\n")
    source = packed(course, "moodle.zip", f"{ANNA}/{NAME}")
    said = course.gradual("grade", "1", "--submitted", str(source), "--roster", "ids.csv", code=1)
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
        said = course.gradual("grade", "1", "--submitted", str(packed(course, "a.zip", f"{ANNA}/{NAME}")), code=1)
    finally:
        there.unlink()
        aside.rename(there)
    assert said == f"Error: {there} cannot be written to: File exists.\n"
