"""A whole class by `gradual grade`: the real command, killed, interrupted and run again; exact scores each time."""

import os
import re
import shutil
import signal
from html.parser import HTMLParser

import pytest

from autograder.class_summary import sentence
from autograder.exercises import find_exercise
from tests.grading.class_course import (
    CLASS,
    EXPECTED,
    LATE,
    MISTAKES,
    UNCLEAR,
    ClassCourse,
    kill,
    scores_of,
)
from tests.grading.hand_in import FULL, LESSON, WRITTEN, expected, notebook

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed"),
]


TENTH = sum(FULL.values()) / 10
"""What a day late costs: a tenth of the points of the whole lesson."""


@pytest.fixture(scope="module")
def undisturbed(new_course, tmp_path_factory):
    """The class, graded in one go by two processes: (the course, what was printed, all that the gradebook has)."""
    course = new_course(tmp_path_factory.mktemp("undisturbed"))
    said = course.gradual("grade", "1", "--jobs", "2")
    return course, said, course.everything()


@pytest.fixture
def course(new_course, tmp_path):
    return new_course(tmp_path)


@pytest.fixture
def graded(undisturbed, tmp_path):
    """A copy of the graded class, to change."""
    shutil.copytree(undisturbed[0].root, tmp_path / "course", symlinks=True)
    return ClassCourse(tmp_path / "course")


def test_every_score_is_exact(undisturbed):
    assert scores_of(undisturbed[2]) == EXPECTED


def test_late_work_loses_a_tenth_and_no_one_else_does(undisturbed):
    penalties = {student: {row[4] for row in rows} for student, rows in undisturbed[2].items()}
    assert penalties.pop("latoya") == {TENTH}
    assert set().union(*penalties.values()) <= {None, 0.0}


def test_nbgrader_autograde_gives_the_same(undisturbed, course):
    course.autograde(LESSON)
    assert course.everything() == undisturbed[2]


def test_who_needs_attention_and_why(undisturbed):
    said = undisturbed[1]
    named = set(re.findall(r"^(\w+): ", said, re.MULTILINE)) & set(CLASS)
    assert named == {"bruno", "egon"}
    assert re.search(r"^bruno: .*notebook", said, re.MULTILINE)
    assert re.search(r"^egon: structure_left: it ended its own process", said, re.MULTILINE)
    assert "Graded 9; 0 were graded already" in said
    assert "Could not be graded: 1." in said


def test_the_table_counts_each_misconception(undisturbed):
    table = " ".join(re.sub(r"[│┃├┤─┼]", " ", undisturbed[1]).split())
    for name, count in {"q_step": 2, "noise_trajectory": 1, "structure_left": 1}.items():
        mistake = MISTAKES[name][0]
        assert any(one.name == mistake for one in find_exercise(name).misconceptions)
        assert f"{count} × {sentence(name, mistake).split('.')[0]}" in table


class Tags(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def test_the_page_for_class_names_nobody_and_holds_nothing_active(undisturbed):
    page = (undisturbed[0].root / "class_summary" / f"{LESSON}.html").read_text(encoding="utf-8")
    assert not [student for student in CLASS if student in page]
    read = Tags(page)
    assert {tag for tag, _ in read.tags} == {
        "html", "meta", "title", "style", "h1", "h2", "p", "table", "tr", "th", "td", "blockquote"
    }  # fmt: skip
    assert not [attributes for _, attributes in read.tags if set(attributes) - {"lang", "charset"}]
    assert UNCLEAR in read.text
    assert f"2 × {sentence('q_step', 'no_square_roots')}" in read.text


def test_unchanged_work_is_not_graded_again_and_changed_work_is(graded, undisturbed):
    before = graded.stamps()
    assert "Graded 0; 9 were graded already" in graded.gradual("grade", "1")
    assert graded.stamps() == before
    graded.hand_in("ulrich", notebook())
    graded.hand_in("solveig", CLASS["solveig"][0](), LATE)
    assert "Graded 2; 7 were graded already" in graded.gradual("grade", "1", "--jobs", "1")
    after = graded.stamps()
    assert {student for student in before if before[student] != after[student]} == {"ulrich", "solveig"}
    everything = graded.everything()
    assert scores_of(everything) == {**EXPECTED, "ulrich": expected()}
    assert {row[4] for row in everything["solveig"]} == {TENTH}
    rest = set(CLASS) - {"ulrich", "solveig"}
    assert {one: everything[one] for one in rest} == {one: undisturbed[2][one] for one in rest}


def test_grading_everyone_again_gives_every_score_to_the_last_digit(graded, undisturbed):
    before = graded.stamps()
    assert "Graded 9; 0 were graded already" in graded.gradual("grade", "1", "--again", "--jobs", "2")
    assert all(graded.stamps()[student] > before[student] for student in CLASS)
    assert graded.everything() == undisturbed[2]


@pytest.mark.slow
def test_killed_at_any_moment_and_run_again_nothing_is_lost_doubled_or_wrong(course, undisturbed):
    course.fill_slowly()
    kept = {}
    for moment in ("first sandbox", 1, 5):
        started = course.start("grade", "1", "--jobs", "2")
        if moment == "first sandbox":
            course.wait_for_a_sandbox(started)
        else:
            course.wait_for_graded(moment, started)
        running = course.processes()
        kill(started)
        course.must_end(running)
        kept = unharmed(course, undisturbed, kept)
    finishes(course, undisturbed, kept)


def unharmed(course, undisturbed, before):
    """When each notebook graded so far was written: none of them twice, and each as in an undisturbed run."""
    kept, book = course.stamps(), course.everything()
    assert before.items() <= kept.items()
    assert len(kept) < len(CLASS)
    assert {student: book[student] for student in kept} == {student: undisturbed[2][student] for student in kept}
    return kept


def finishes(course, undisturbed, kept):
    said = course.gradual("grade", "1", "--jobs", "1")
    assert f"Graded {len(CLASS) - len(kept)}; {len(kept)} were graded already" in said
    assert kept.items() <= course.stamps().items()
    assert course.everything() == undisturbed[2]


@pytest.mark.slow
def test_ctrl_c_ends_it_in_one_sentence_and_the_next_run_does_the_rest(course, undisturbed):
    course.fill_slowly().hand_in("aaron", notebook("while True:\n    pass"))  # first of all, for half a minute
    kept = {}
    for jobs, signalled in [(2, os.killpg), (2, os.kill), (1, os.killpg)]:  # a terminal signals the whole group
        started = course.start("grade", "1", "--jobs", str(jobs))
        if jobs == 2:
            course.wait_for_graded(len(kept) + 1, started)
        course.wait_for_a_sandbox(started)
        running = course.processes()
        signalled(started.pid, signal.SIGINT)
        out, error = started.communicate(timeout=20)  # sooner than the endless cell is ended
        assert started.returncode == 130
        assert error.strip() == "Stopped. Every grade that was written stays; run this again for the rest."
        assert "Traceback" not in out
        course.must_end(running)
        kept = unharmed(course, undisturbed, kept)
    shutil.rmtree(course.root / "submitted" / "aaron")
    finishes(course, undisturbed, kept)


def test_killed_between_the_gradebook_and_the_notebook(graded, undisturbed):
    shutil.rmtree(graded.autograded("wanda"))  # in the gradebook, and no notebook yet
    for student in ("quentin", "quirin"):  # the old notebook set aside, the new one not yet in its place
        graded.set_score(student, WRITTEN, manual_score=1.5, needs_manual_grade=0)
        os.rename(graded.autograded(student), graded.autograded(student).with_name(f".{LESSON}.old"))
    graded.hand_in("quirin", notebook(q_step=MISTAKES["q_step"][1], **{WRITTEN: "Another answer."}))
    said = graded.gradual("grade", "1", "--jobs", "1")
    assert "Graded 3; 6 were graded already" in said
    assert f"quirin: {WRITTEN} was marked 1.5 by hand for another answer: mark it again" in said
    everything = graded.everything()
    assert everything["quirin"] == undisturbed[2]["quirin"]  # the mark is gone: a person has to look
    assert [row[1:4] for row in everything["quentin"] if row[0] == WRITTEN] == [(None, 1.5, 0)]
    graded.set_score("quentin", WRITTEN, manual_score=None, needs_manual_grade=1)
    assert graded.everything() == undisturbed[2]


def test_regrade_shows_whose_score_changes_then_writes_and_keeps_marks_by_hand(graded, undisturbed):
    shutil.rmtree(graded.root / "submitted" / "stella")  # had not submitted
    stella = undisturbed[2]["stella"]
    graded.set_score("solveig", "q_step-hidden", auto_score=0.0)
    graded.set_score("quentin", "q_step-check", auto_score=FULL["q_step-check"])
    graded.set_score("wanda", WRITTEN, manual_score=1.5, needs_manual_grade=0)
    graded.set_score("egon", "structure_left-check", auto_score=1.0, manual_score=0.5, needs_manual_grade=0)
    before, stamps = (graded.root / "gradebook.db").read_bytes(), graded.stamps()

    said = graded.gradual("regrade", "1", "--jobs", "2", answer="n\n")
    rows = [[entry.strip() for entry in line.split("│")[1:-1]] for line in said.splitlines() if line.startswith("│")]
    assert sorted(rows) == [
        ["egon", "structure_left-check", "1", "0", "0.5"],
        ["quentin", "q_step-check", "1", "0", "–"],
        ["solveig", "q_step-hidden", "0", "2", "–"],
    ]
    assert "Nothing was written." in said
    assert (graded.root / "gradebook.db").read_bytes() == before
    assert graded.stamps() == stamps

    said = graded.gradual("regrade", "1", "--jobs", "2", "--yes")
    assert "Written for 8 students." in said
    assert "egon: structure_left-check keeps 0.5, marked by hand; the check says 0.0 now" in said
    after = graded.everything()
    assert [row[1:4] for row in after["wanda"] if row[0] == WRITTEN] == [(None, 1.5, 0)]
    assert [row[1:4] for row in after["egon"] if row[0] == "structure_left-check"] == [(0.0, 0.5, 1)]
    graded.set_score("wanda", WRITTEN, manual_score=None, needs_manual_grade=1)
    graded.set_score("egon", "structure_left-check", manual_score=None, needs_manual_grade=0)
    assert graded.everything() == undisturbed[2]
    assert graded.everything()["stella"] == stella
    assert graded.stamps()["stella"] == stamps["stella"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_without_a_sandbox_nothing_is_written(course, tmp_path, jobs):
    before = (course.root / "gradebook.db").read_bytes()
    said = course.gradual("grade", "1", "--jobs", str(jobs), code=1, PATH=str(tmp_path))
    assert said.count("Grading runs students' code in a sandbox, and here it cannot be had: bubblewrap") == 1
    assert "sudo apt install bubblewrap" in said
    assert (course.root / "gradebook.db").read_bytes() == before
    assert not course.graded()
