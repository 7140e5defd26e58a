"""Folders and zips as Canvas, Moodle and nbgrader hand them out, brought into nbgrader's layout; and hostile ones."""

import json
import os
import stat
import time
import zipfile
from pathlib import Path

import pytest

from autograder import handed_in
from autograder.demo_class import make_students
from autograder.handed_in import IntakeError
from autograder.intake import take_in
from autograder.senders import id_from_name, wrong_id

LESSON = "03_closed_form_jump"
NAME = f"{LESSON}.ipynb"
REPO = Path(__file__).resolve().parents[1]
RELEASE = (REPO / "lessons" / LESSON / NAME).read_text()
MOODLE = "{}_{}_assignsubmission_file"


def notebook(mark="") -> bytes:
    """The lesson as a student has it, with a mark to know it by."""
    made = json.loads(RELEASE)
    made["cells"][1]["source"] = f"# {mark}"
    return json.dumps(made).encode()


OTHER = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": []}).encode()


class Course:
    def __init__(self, root):
        self.root, self.submitted = root / "course", root / "course" / "submitted"
        (self.root / "lessons" / LESSON).mkdir(parents=True)
        (self.root / "lessons" / LESSON / NAME).write_text(RELEASE)
        self.sources = root

    def zip(self, entries, name="submissions.zip"):
        """A zip of (name or ZipInfo) → bytes; as Canvas and Moodle pack them, deflated."""
        with zipfile.ZipFile(self.sources / name, "w", zipfile.ZIP_DEFLATED) as archive:
            for entry, data in entries.items() if isinstance(entries, dict) else entries:
                archive.writestr(entry, data)
        return self.sources / name

    def folder(self, entries, name="handed_in"):
        for entry, data in entries.items():
            path = self.sources / name / entry
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        return self.sources / name

    def take(self, source, **options):
        """What became of each, by student."""
        taken = take_in(source, self.submitted, LESSON, **options)
        assert len({one.student for one in taken}) == len(taken)
        return {one.student: one for one in taken}

    def there(self):
        """Each file in submitted/, by its path: the mark of a notebook, the text of any other."""
        found = {}
        for path in sorted(self.submitted.rglob("*")):
            if path.is_file() and path.name != ".arriving.lock":
                place = str(path.relative_to(self.submitted)).replace(f"/{LESSON}/", ": ")
                found[place] = mark(path.read_bytes()) if path.suffix == ".ipynb" else path.read_text().strip()
        return found


def mark(data):
    try:
        return "".join(json.loads(data)["cells"][1]["source"]).removeprefix("# ")
    except (ValueError, LookupError):
        return data.decode("latin-1")


@pytest.fixture
def course(tmp_path):
    return Course(tmp_path)


def roster(course, text):
    (course.sources / "roster.csv").write_text(text, encoding="utf-8")
    return course.sources / "roster.csv"


# --- As they are handed out -----------------------------------------------------------------------------------


@pytest.mark.parametrize("packed", ["zip", "folder"])
def test_canvas(course, packed):
    source = getattr(course, packed)(
        {f"chenanna_4711_99001_{NAME}": notebook("a"), f"ōkitaro_4712_99002_{NAME}": notebook("b")}
    )
    taken = course.take(source)
    assert course.there() == {f"4711: {NAME}": "a", f"4712: {NAME}": "b"}
    assert {one.status for one in taken.values()} == {"new"} and not any(map(str, taken.values()))
    assert taken["4712"].sender == "ōkitaro_4712" and not taken["4712"].late


def test_canvas_late_is_told_with_no_time_made_up(course):
    taken = course.take(course.zip({f"chenanna_LATE_4711_99001_{NAME}": notebook("a")}))["4711"]
    assert taken.late and taken.submitted is None
    assert str(taken).endswith(f"late, not by how much: write the time into submitted/4711/{LESSON}/timestamp.txt, or into a roster.")
    assert course.there() == {f"4711: {NAME}": "a"}
    (course.submitted / "4711" / LESSON / "timestamp.txt").write_text("2027-02-01 12:00:00 UTC")
    again = course.take(course.sources / "submissions.zip")["4711"]
    assert again.status == "unchanged" and str(again) == ""


def test_canvas_anonymous_students_are_known_by_their_code(course):
    """The lesson's name begins with digits, as a file's number does."""
    course.take(course.zip({f"anon_x7Kq2_99001_{NAME}": notebook("a"), f"LATE_anon_Bb3dE_99002_{NAME}": notebook("b")}))
    assert course.there() == {f"anon_x7Kq2: {NAME}": "a", f"anon_Bb3dE: {NAME}": "b"}


def test_canvas_keeps_the_latest_of_several(course):
    """A name that was there already gets a number; a later file has a higher one."""
    taken = course.take(
        course.zip({
            f"chenanna_4711_99009_{LESSON}-2.ipynb": notebook("latest"),
            f"chenanna_4711_99001_{NAME}": notebook("first"),
            f"chenanna_4711_99005_{LESSON}-1.ipynb": notebook("second"),
        })
    )["4711"]  # fmt: skip
    assert course.there() == {f"4711: {NAME}": "latest"} and "Of 3 notebooks 03_closed_form_jump-2.ipynb counts" in str(
        taken
    )


def test_canvas_text_entries_are_no_notebooks(course):
    taken = course.take(course.zip({"chenanna_4711_text.html": b"see my page", f"liwei_5_9_{NAME}": notebook("b")}))
    assert str(taken["4711"]).endswith(
        "Left out, as only a notebook is taken: chenanna_4711_text.html. There is no notebook."
    )
    assert course.there() == {f"5: {NAME}": "b"}


@pytest.mark.parametrize("ending", ["", "_"])
@pytest.mark.parametrize("packed", ["zip", "folder"])
def test_moodle_folders(course, packed, ending):
    anna, zoe = (MOODLE.format(name, number) + ending for name, number in [("Anna Chen", 12), ("Zoë O'Neil", 13)])
    course.take(getattr(course, packed)({f"{anna}/{NAME}": notebook("a"), f"{zoe}/work/{NAME}": notebook("z")}))
    assert course.there() == {f"anna-chen: {NAME}": "a", f"zoë-o-neil: {NAME}": "z"}


def test_moodle_in_one_folder_and_within_another(course):
    course.take(course.zip({f"Anna Chen_12_assignsubmission_file_{NAME}": notebook("a")}))
    course.take(course.zip({f"all of them/{MOODLE.format('Bo Li', 13)}/{NAME}": notebook("b")}))
    assert course.there() == {f"anna-chen: {NAME}": "a", f"bo-li: {NAME}": "b"}


def test_moodle_online_text_is_the_same_student(course):
    taken = course.take(
        course.zip({
            f"{MOODLE.format('Anna Chen', 12)}/{NAME}": notebook("a"),
            "Anna Chen_12_assignsubmission_onlinetext/onlinetext.html": b"<p>hello</p>",
        })
    )  # fmt: skip
    assert list(taken) == ["anna-chen"] and "Left out, as only a notebook is taken: onlinetext.html." in str(
        taken["anna-chen"]
    )


def test_times_inside_a_zip_say_nothing(course):
    """Moodle's are those of the download: a penalty for them would be wrong."""
    entry = zipfile.ZipInfo(f"{MOODLE.format('Anna Chen', 12)}/{NAME}", (2031, 1, 1, 0, 0, 0))
    taken = course.take(course.zip({entry: notebook("a")}))["anna-chen"]
    assert taken.submitted is None and list(course.there()) == [f"anna-chen: {NAME}"]


def test_nbgraders_layout_with_its_time_and_beside_other_lessons(course):
    source = course.folder({
        f"anna/{LESSON}/{NAME}": notebook("a"), f"anna/{LESSON}/timestamp.txt": b"2027-02-01 12:00:00.5 UTC\n",
        "anna/01_gradual_noise/01_gradual_noise.ipynb": OTHER, f"Bo Li/{LESSON}/{NAME}": notebook("b"),
        f"Bo Li/{LESSON}/timestamp.txt": b"yesterday",
    })  # fmt: skip
    taken = course.take(source)
    assert course.there() == {
        f"anna: {NAME}": "a", "anna: timestamp.txt": "2027-02-01 12:00:00 UTC", f"Bo Li: {NAME}": "b",
    }  # fmt: skip
    assert str(taken["anna"]) == "" and "tells no time" in str(taken["Bo Li"])


def test_nbgraders_layout_in_a_zip(course):
    course.take(course.zip({f"submitted/anna/{LESSON}/{NAME}": notebook("a")}))
    assert course.there() == {f"anna: {NAME}": "a"}


def test_the_folder_itself_is_left_as_it_is(course):
    place = course.submitted / "anna" / LESSON / NAME
    place.parent.mkdir(parents=True)
    place.write_bytes(b"as it is")
    assert course.take(course.submitted) == {} and course.there() == {f"anna: {NAME}": "as it is"}


# --- A roster -------------------------------------------------------------------------------------------------


def test_roster_gives_ids_and_times_by_name_or_number(course, monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    names = roster(course, "name,id,submitted\nANNA  chen,ac1,2027-02-01 18:00\n13,bo@uni.org,\n")
    source = course.zip({f"{MOODLE.format(name, number)}/{NAME}": notebook(name) for name, number in [
        ("Anna Chen", 12), ("Bo Li", 13), ("Carl Ek", 14)]})  # fmt: skip
    taken = course.take(source, roster=names)
    assert course.there() == {
        f"ac1: {NAME}": "Anna Chen", "ac1: timestamp.txt": "2027-02-01 18:00:00 UTC", f"bo@uni.org: {NAME}": "Bo Li",
    }  # fmt: skip
    assert str(taken["carl-ek"]) == "carl-ek (Carl Ek_14): not taken in. The roster has no line for this name."


@pytest.mark.parametrize("text", ["name;id;submitted\nZoë Li;zl;\n", "\ufeffname,id\r\nZoë Li,zl\r\n", "id,name\nzl,Zoë Li"])
def test_roster_as_a_spreadsheet_saves_it(course, text):
    course.take(course.zip({f"{MOODLE.format('Zoë Li', 12)}/{NAME}": notebook("z")}), roster=roster(course, text))
    assert course.there() == {f"zl: {NAME}": "z"}


def test_roster_that_is_not_utf_8_says_how_to_save_it(course):
    (course.sources / "roster.csv").write_bytes("name,id\nZoë Li,zl\n".encode("cp1252"))
    with pytest.raises(IntakeError, match='roster.csv is not UTF-8 text: save it as "CSV UTF-8"'):
        course.take(course.zip({f"a_1_2_{NAME}": notebook()}), roster=course.sources / "roster.csv")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("student,number\na,1\n", "columns name,id"), ("", "columns name,id"), ("name,id\na,../b\n", "Line 2"),
        ("name,id\na,1\nA,2\n", "Line 3 of the roster: A is there already"), ("name,id,submitted\na,1,soon\n", "no date"),
    ],
)  # fmt: skip
def test_roster_that_is_wrong_stops_before_anything_is_taken(course, text, reason):
    source = course.zip({f"a_1_2_{NAME}": notebook()})
    with pytest.raises(IntakeError, match=reason):
        course.take(source, roster=roster(course, text))
    assert not course.submitted.exists()


def test_students_of_one_name_are_refused_both_and_a_roster_tells_them_apart(course):
    source = course.zip({f"{MOODLE.format('Anna Chen', n)}/{NAME}": notebook(str(n)) for n in (12, 15)}
                        | {f"{MOODLE.format('Bo Li', 13)}/{NAME}": notebook("b")})  # fmt: skip
    taken = take_in(source, course.submitted, LESSON)
    assert [str(one) for one in taken if one.status == "refused"] == [
        f"anna-chen (Anna Chen_{n}): not taken in. Several in this source would be the student anna-chen: give each an id in a "
        f"roster, this one as Anna Chen_{n}." for n in (12, 15)
    ]  # fmt: skip
    assert course.there() == {f"bo-li: {NAME}": "b"}
    course.take(source, roster=roster(course, "name,id\nAnna Chen_12,ac\nAnna Chen_15,ac2\nBo Li,bo-li\n"))
    assert course.there() == {f"ac: {NAME}": "12", f"ac2: {NAME}": "15", f"bo-li: {NAME}": "b"}


# --- What comes again -----------------------------------------------------------------------------------------


def test_resubmission_replaces_the_former_whole_and_keeps_it(course):
    for number, text in enumerate(["first", "second", "third"]):
        taken = course.take(course.zip({f"chenanna_4711_{number}_{NAME}": notebook(text)}))["4711"]
        if text == "first":
            (course.submitted / "4711" / LESSON / "extra.txt").write_text("beside it")
    assert taken.status == "replaced" and f"kept in submitted_before/4711/{LESSON}/2" in str(taken)
    assert course.there() == {f"4711: {NAME}": "third"}
    before = course.root / "submitted_before" / "4711" / LESSON
    assert mark((before / "1" / NAME).read_bytes()) == "first" and (before / "1" / "extra.txt").exists()
    assert mark((before / "2" / NAME).read_bytes()) == "second"


def test_former_submission_that_cannot_be_kept_stays_where_it_is(course):
    course.take(course.zip({f"chenanna_4711_1_{NAME}": notebook("first")}))
    folder = course.submitted / "4711" / LESSON
    os.mkfifo(folder / "pipe")
    taken = course.take(course.zip({f"chenanna_4711_2_{NAME}": notebook("second")}))["4711"]
    assert f"submitted/4711/{LESSON}/pipe cannot be kept, so nothing was replaced; take it away first." in str(taken)
    assert taken.status == "refused" and mark((folder / NAME).read_bytes()) == "first"


@pytest.mark.parametrize("data", [notebook("a"), b"", b"\n", b"{broken"])
def test_the_same_again_changes_nothing(course, data):
    source = course.zip({f"chenanna_4711_1_{NAME}": data})
    course.take(source)
    inode = (course.submitted / "4711" / LESSON / NAME).stat().st_ino
    assert course.take(source)["4711"].status == "unchanged"
    assert (course.submitted / "4711" / LESSON / NAME).stat().st_ino == inode
    assert not (course.root / "submitted_before").exists()


def test_older_one_does_not_replace_a_newer_one(course):
    for name, day in [("new", 2), ("old", 1)]:
        taken = course.take(course.folder({
            f"anna/{LESSON}/{NAME}": notebook(name), f"anna/{LESSON}/timestamp.txt": f"2027-02-0{day} 12:00:00 UTC".encode(),
        }, name))["anna"]  # fmt: skip
    assert taken.status == "refused" and "one from 2027-02-02 12:00 UTC is there already" in str(taken)
    assert course.there()[f"anna: {NAME}"] == "new"


def test_no_notebook_leaves_the_former_submission(course):
    course.take(course.zip({f"chenanna_4711_1_{NAME}": notebook("a")}))
    taken = course.take(course.zip({"chenanna_4711_2_report.pdf": b"%PDF"}))["4711"]
    assert taken.status == "refused" and course.there() == {f"4711: {NAME}": "a"}


def test_other_students_and_their_grades_are_untouched(course):
    graded = course.root / "autograded" / "bo" / LESSON / NAME
    mine = course.submitted / "bo" / LESSON / NAME
    for path in (graded, mine):
        path.parent.mkdir(parents=True)
        path.write_text("bo's")
    course.take(course.zip({f"chenanna_4711_1_{NAME}": notebook("a")}))
    assert graded.read_text() == mine.read_text() == "bo's"


def test_another_lessons_zip_puts_nobodys_work_aside(course):
    other = "02_markov_property"
    release = REPO / "lessons" / other / f"{other}.ipynb"
    (course.root / "lessons" / other).mkdir()
    (course.root / "lessons" / other / f"{other}.ipynb").write_bytes(release.read_bytes())
    course.take(course.zip({f"a_1_9_{NAME}": notebook("a")}))
    wrong = {f"a_1_10_{other}.ipynb": release.read_bytes(), f"b_2_11_{NAME}": b"{broken"}
    with pytest.raises(IntakeError, match=f"submissions.zip has notebooks of {other}, and none of {LESSON}"):
        course.take(course.zip(wrong))
    assert course.there() == {f"1: {NAME}": "a"}
    taken = course.take(course.zip({**wrong, f"c_3_12_{NAME}": notebook("c")}))  # one student's mistake is the student's own
    assert {one.status for one in taken.values()} == {"replaced", "new"} and course.there()[f"3: {NAME}"] == "c"


# --- Which notebook -------------------------------------------------------------------------------------------


def anna(**files):
    return {f"{MOODLE.format('Anna Chen', 12)}/{name}": data for name, data in files.items()}


@pytest.mark.parametrize(
    ("files", "chosen"),
    [
        ({"my work.ipynb": notebook("lesson"), "01_gradual_noise.ipynb": OTHER}, "lesson"),  # by content
        ({NAME: b"{broken", "copy.ipynb": notebook("copy")}, "copy"),  # content before name
        ({NAME: notebook("named"), "scratch.ipynb": notebook("scratch")}, "named"),  # both are it: by name
        ({f"{LESSON} (1).ipynb": notebook("again"), NAME: notebook("first")}, "again"),  # a browser's second download
        ({f"old/{NAME}": notebook("old"), NAME: notebook("top")}, "top"),
        ({f"{NAME}.txt": notebook("safari")}, "safari"),
        ({"x.IPYNB": notebook("loud")}, "loud"),
        ({NAME: b"{broken"}, "{broken"),  # the student is told so by its grade
        ({NAME: b"{broken", "01_gradual_noise.ipynb": OTHER}, "{broken"),
    ],
)
def test_the_lessons_notebook_is_chosen(course, files, chosen):
    course.take(course.zip(anna(**files)))
    assert course.there() == {f"anna-chen: {NAME}": chosen}


def test_other_files_are_left_out_and_named(course):
    files = anna(
        **{
            NAME: notebook("a"),
            "numpy.py": b"attack",
            "deep/data.csv": b"1",
            "work.zip": b"PK",
            "timestamp.txt": b"1999-01-01",
        }
    )
    junk = {"__MACOSX/._x": b"", f"{MOODLE.format('Anna Chen', 12)}/.ipynb_checkpoints/{NAME}": notebook("old")}
    taken = course.take(course.zip(files | junk))["anna-chen"]
    assert str(taken).endswith(
        "Left out, as only a notebook is taken: numpy.py, deep/data.csv, work.zip, timestamp.txt."
    )
    assert course.there() == {f"anna-chen: {NAME}": "a"} and taken.submitted is None


def test_a_student_cannot_hand_in_for_another(course):
    """Whatever stands in one's own folder is one's own."""
    course.take(
        course.zip(anna(**{
            NAME: notebook("anna's"), f"bo/{LESSON}/{NAME}": notebook("forged"),
            f"{MOODLE.format('Bo Li', 13)}/{NAME}": notebook("forged"), f"boli_13_77_{NAME}": notebook("forged"),
        }))
    )  # fmt: skip
    assert course.there() == {f"anna-chen: {NAME}": "anna's"}
    course.take(course.folder({
        f"carl/{LESSON}/{NAME}": notebook("carl's"), f"carl/{LESSON}/bo/{LESSON}/{NAME}": notebook("forged"),
        f"carl/{LESSON}/{MOODLE.format('Bo Li', 13)}/{NAME}": notebook("forged"), f"carl/boli_13_77_{NAME}": notebook("forged"),
        f"carl/{LESSON}/bo/{LESSON}/timestamp.txt": b"1999-01-01 00:00:00 UTC",
    }))  # fmt: skip
    assert course.there() == {f"anna-chen: {NAME}": "anna's", f"carl: {NAME}": "carl's"}
    course.take(course.zip({f"evemal_7_8_bo_13_77_{NAME}": notebook("eve's")}))
    assert course.there()[f"7: {NAME}"] == "eve's" and len(course.there()) == 3


# --- What is meant to harm --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["../{}", "/etc/{}", "..\\..\\{}", "C:\\{}", "x/../../{}", "./{}", "{}/../../../x.ipynb", "a//{}"]
)
@pytest.mark.parametrize("student", [f"{MOODLE.format('Eve', 66)}/{NAME}", f"eve_66_77_{NAME}", f"eve/{LESSON}/{NAME}"])
def test_names_that_lead_out_of_a_zip(course, name, student):
    before = sorted(course.sources.rglob("*"))
    source = course.zip([(name.format(student), notebook("evil")), (f"boli_13_77_{NAME}", notebook("b")),
                         (f"{MOODLE.format('Bo Li', 13)}/{NAME}", notebook("b")), (f"bo/{LESSON}/{NAME}", notebook("b"))])  # fmt: skip
    lines = [str(one) for one in take_in(source, course.submitted, LESSON)]
    assert any("leads out of the zip" in line for line in lines), lines
    assert set(course.there().values()) == {"b"}
    left = [path for path in sorted(course.sources.rglob("*")) if course.submitted not in (path, *path.parents)]
    assert left == sorted([*before, source])


def test_links_in_a_zip_are_not_followed(course):
    link = zipfile.ZipInfo(f"{MOODLE.format('Eve', 66)}/{NAME}")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    device = zipfile.ZipInfo(f"{MOODLE.format('Dev', 67)}/{NAME}")
    device.external_attr = (stat.S_IFCHR | 0o777) << 16
    taken = course.take(course.zip({link: b"/etc/passwd", device: b"", **anna(**{NAME: notebook("a")})}))
    assert str(taken["eve"]) == (
        f"eve (Eve_66): not taken in. {NAME} is a link; hand in the file itself. No notebook is left to take."
    )
    assert "is no file" in str(taken["dev"]) and course.there() == {f"anna-chen: {NAME}": "a"}


def test_links_in_a_folder_are_not_followed(course):
    secret = course.sources / "secret"
    (secret / LESSON).mkdir(parents=True)
    (secret / LESSON / NAME).write_bytes(notebook("secret"))
    source = course.folder({f"anna/{LESSON}/{NAME}": notebook("a"), f"file/{LESSON}/notes.txt": b""})
    (source / f"file/{LESSON}/{NAME}").symlink_to(secret / LESSON / NAME)
    (source / "parent").symlink_to(secret)
    (source / "half").mkdir()
    (source / "half" / LESSON).symlink_to(secret / LESSON)
    os.mkfifo(source / f"file/{LESSON}/pipe.ipynb")
    taken = course.take(source)
    assert course.there() == {f"anna: {NAME}": "a"}
    assert str(taken["parent"]) == "parent: not taken in. parent is a link; hand in the file itself."
    assert (
        "is a link" in str(taken[f"half/{LESSON}"])
        and "is a link" in str(taken["file"])
        and "is no file" in str(taken["file"])
    )


def test_links_where_it_would_go_are_refused(course):
    outside = course.sources / "outside"
    outside.mkdir()
    (course.submitted / "5").mkdir(parents=True)
    (course.submitted / "4").symlink_to(outside)
    (course.submitted / "5" / LESSON).symlink_to(outside)
    (course.submitted / "6").write_text("a file")
    taken = course.take(course.zip({f"eve_{n}_9_{NAME}": notebook("x") for n in (4, 5, 6, 7)}))
    assert [taken[n].status for n in "4567"] == ["refused", "refused", "refused", "new"]
    assert "submitted/4 is a link or a file" in str(taken["4"]) and not list(outside.iterdir())


def test_zip_bombs(course, monkeypatch):
    bomb = b"0" * (60 * 2**20)
    taken = course.take(
        course.zip({f"a_1_9_{NAME}": bomb, f"b_2_9_{NAME}": bomb[: 30 * 2**20], f"c_3_9_{NAME}": notebook("c")})
    )
    assert "unpacks to" in str(taken["1"]) and "unpacks to" in str(taken["2"]) and course.there() == {f"3: {NAME}": "c"}
    noise = os.urandom(51 * 2**20)
    large = course.take(course.zip({f"d_4_9_{NAME}": noise}))["4"]
    assert f"{NAME} is 51 MB large; at most 50 MB can be read" in str(large)
    monkeypatch.setattr(handed_in, "MAX_TOTAL", 3 * len(notebook("x")))  # the first is read twice
    taken = course.take(course.zip({f"e_{n}_9_{NAME}": notebook(str(n)[-1]) for n in (11, 12, 13)}))
    assert [taken[n].status for n in ("11", "12", "13")] == ["new", "new", "refused"] and "unpacks to more than" in str(
        taken["13"]
    )


def test_size_that_a_zip_lies_about(course):
    """The directory says 100 bytes; what comes out is the end of the matter."""
    source = course.zip({f"a_1_9_{NAME}": b"0" * (60 * 2**20), f"b_2_9_{NAME}": notebook("b")})
    data = bytearray(source.read_bytes())
    size = (60 * 2**20).to_bytes(4, "little")
    while size in data:
        data[data.index(size) : data.index(size) + 4] = (100).to_bytes(4, "little")
    source.write_bytes(data)
    taken = course.take(source)
    assert "is damaged in the zip" in str(taken["1"]) and course.there() == {f"2: {NAME}": "b"}


def test_too_many_files(course, monkeypatch):
    monkeypatch.setattr(handed_in, "MAX_FILES", 10)
    with pytest.raises(IntakeError, match="more than 10 files"):
        course.take(course.zip({f"a_{n}_9_{NAME}": b"" for n in range(11)}))


def test_encrypted_damaged_and_oddly_packed_entries(course):
    source = course.sources / "submissions.zip"
    with zipfile.ZipFile(source, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"locked_1_9_{NAME}", notebook("x"))
        archive.writestr(f"damaged_2_9_{NAME}", notebook("damaged"), zipfile.ZIP_STORED)
        archive.writestr(f"odd_3_9_{NAME}", notebook("x"), zipfile.ZIP_LZMA)
        archive.writestr(f"fine_4_9_{NAME}", notebook("fine"))
    data = source.read_bytes().replace(b"# damaged", b"# dAmaged")
    data = bytearray(data)
    data[6] |= 1  # the first entry's flag in its own header and in the directory
    directory = data.index(b"PK\x01\x02")
    data[directory + 8] |= 1
    source.write_bytes(data)
    taken = course.take(source)
    assert "is encrypted" in str(taken["1"]) and "is damaged" in str(taken["2"]) and "an unusual way" in str(taken["3"])
    assert course.there() == {f"4: {NAME}": "fine"}


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04" + b"\0" * 100])
def test_what_is_no_zip(course, data):
    source = course.sources / "submissions.zip"
    source.write_bytes(data)
    with pytest.raises(IntakeError, match="submissions.zip is no folder, and no zip that can be read"):
        course.take(source)


def test_a_zip_cut_short(course):
    source = course.zip({f"a_1_9_{NAME}": notebook("a")})
    source.write_bytes(source.read_bytes()[:-200])
    with pytest.raises(IntakeError, match="no zip that can be read"):
        course.take(source)


def test_missing_source_and_nothing_recognised(course):
    with pytest.raises(IntakeError, match="There is no .*nowhere"):
        course.take(course.sources / "nowhere")
    with pytest.raises(IntakeError, match="No submission of 03_closed_form_jump is recognised"):
        course.take(course.zip({"homework.ipynb": notebook()}))


def test_files_of_nobody_are_named(course):
    taken = course.take(course.zip({f"a_1_9_{NAME}": notebook("a"), "read\x1b[2Jme.txt": b""}))
    assert str(taken["read�[2Jme.txt"]) == "read�[2Jme.txt: not taken in. Its name does not say whose it is."


def test_a_class_with_broken_and_hostile_notebooks_arrives_as_it_was_handed_in(course):
    students = list(make_students(json.loads(RELEASE), LESSON, 50))
    source = course.zip({
        f"{MOODLE.format(one.name, number)}/{name}": data
        for number, one in enumerate(students) for name, data in one.files.items()
    })  # fmt: skip
    taken = course.take(source)
    for one in students:
        if one.kind == "no_notebook":
            assert taken[one.name].status == "refused" and "There is no notebook." in str(taken[one.name])
        else:
            assert (course.submitted / one.name / LESSON / NAME).read_bytes() == one.files[NAME]
            assert str(taken[one.name]) == ""


# --- Odd names ------------------------------------------------------------------------------------------------


def test_names_of_many_scripts():
    names = {
        "Zoë O'Neil": "zoë-o-neil", "  María  José ": "maría-josé", "Zoe\u0308": "zoë", "अनिता शर्मा": "अनिता-शर्मा",
        "李 小龙": "李-小龙", "İpek": "i̇pek", "../..": "", "...": "", "a\u202eb": "a-b", "O/..\\x": "o-x",
    }  # fmt: skip
    assert {name: id_from_name(name) for name in names} == names


@pytest.mark.parametrize(
    "student",
    ["", ".", "..", "../x", "a/b", "a\\b", ".hidden", "ends.", "ends ", " starts", "-rf", "a*", "a[b]", "a\n", "a\0b",
     "x" * 101, "李" * 90, "\udc80", "Zoe\u0308", "a,b", "{student_id}", "a\u202eb"],
)  # fmt: skip
def test_ids_that_are_no_folder_names(student):
    assert wrong_id(student)


@pytest.mark.parametrize(
    "student", ["a", "4711", "anna@uni.org", "a+b@c.de", "Bo Li", "o'neil", "李小龙", "x" * 100, "a..b"]
)
def test_ids_that_are_well(student):
    assert wrong_id(student) == ""


@pytest.mark.parametrize("name", ["../x", ".", "..", "dots...", "-rf", "a*", "x" * 200, "Zoe\u0308", "b\udc80"])
def test_folders_with_odd_names_are_refused_by_name(course, name):
    source = course.folder({f"anna/{LESSON}/{NAME}": notebook("a")})
    if "/" in name or name in (".", ".."):
        source = course.zip({f"anna/{LESSON}/{NAME}": notebook("a"), f"{name}/{LESSON}/{NAME}": notebook("x")})
    else:
        (source / name / LESSON).mkdir(parents=True)
        (source / name / LESSON / NAME).write_bytes(notebook("x"))
    taken = take_in(source, course.submitted, LESSON)
    assert sum(one.status == "refused" for one in taken) == 1
    assert course.there().get(f"anna: {NAME}") == "a" and len(course.there()) == 1
    assert sorted(os.listdir(course.submitted)) == [".arriving.lock", "anna"]


def test_what_cannot_be_written_is_one_students_reason_and_the_former_stays(course):
    course.take(course.zip({f"a_1_1_{NAME}": notebook("former")}))
    (course.root / "submitted_before").write_text("a file, where folders should be")
    taken = course.take(course.zip({f"a_1_2_{NAME}": notebook("new"), f"b_2_3_{NAME}": notebook("b")}))
    assert str(taken["1"]) == "1 (a_1): not taken in. It cannot be written: Not a directory."
    assert course.there() == {f"1: {NAME}": "former", f"2: {NAME}": "b"}
    assert not list(course.submitted.glob(".arriving-*"))


def test_ids_that_differ_only_in_their_capitals(course):
    both = course.take(course.folder({f"{name}/{LESSON}/{NAME}": notebook(name) for name in ("Anna", "anna", "bo")}))
    assert both["Anna"].status == both["anna"].status == "refused" and list(course.there()) == [f"bo: {NAME}"]
    taken = course.take(course.zip({f"BO/{LESSON}/{NAME}": notebook("x")}))["BO"]
    assert "submitted has bo, which differs only in how it is written" in str(taken)
