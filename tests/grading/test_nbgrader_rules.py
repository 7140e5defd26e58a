"""What an instructor expects of nbgrader holds when our plug-in grades: the real command, a real gradebook, exact numbers."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from nbgrader.api import Gradebook
from nbgrader.utils import parse_utc
from sqlalchemy import text

from tests.grading.hand_in import ANSWER, LESSON, LIMITS, NOTHING, WRITTEN, WRONG, Class, cheat, expected, notebook

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]

DUE = "2030-01-01 12:00:00 UTC"
TWO_DAYS_LATE = "2030-01-03 11:00:00 UTC"
IN_TIME = "2030-01-01 11:00:00 UTC"
PER_DAY = "--LatePenalty.penalty_method=per_day"


@pytest.fixture(scope="module")
def released_course(tmp_path_factory):
    """A course with the lesson released and no one in it; the tests take copies."""
    course = Class(tmp_path_factory.mktemp("class") / "course")
    course.release(LESSON)
    return course


@pytest.fixture
def course(released_course, tmp_path):
    shutil.copytree(released_course.root, tmp_path / "course")
    made = Class.__new__(Class)
    made.root, made.home = tmp_path / "course", tmp_path
    return made


@contextmanager
def gradebook(course):
    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "gradual") as book:
        yield book
        book.db.commit()


def mark(course, student, name, points):
    """As formgrader does it: the score, and needs_manual_grade taken off."""
    with gradebook(course) as book:
        grade = book.find_grade(name, LESSON, LESSON, student)
        grade.manual_score, grade.needs_manual_grade = points, False


def grades(course, student):
    """(score, needs_manual_grade) of each cell."""
    with gradebook(course) as book:
        found = book.find_submission_notebook(LESSON, LESSON, student).grades
        return {grade.name: (grade.score, grade.needs_manual_grade) for grade in found}


def everything(course):
    """The whole gradebook, as text, but for the time it was written."""
    with gradebook(course) as book:
        rows = book.db.execute(text(
            "select student_id, cell_id, auto_score, manual_score, extra_credit, needs_manual_grade from grade "
            "join submitted_notebook on grade.notebook_id = submitted_notebook.id "
            "join submitted_assignment on submitted_assignment.id = submitted_notebook.assignment_id order by 1, 2"
        )).fetchall()  # fmt: skip
    return [tuple(row) for row in rows]


def hand_in(course, student, made, timestamp=None):
    course.hand_in(student, made)
    if timestamp:
        (course.root / "submitted" / student / LESSON / "timestamp.txt").write_text(timestamp)


def test_a_manual_grade_survives_and_what_waits_is_told(course):
    for student in ("ada", "bob", "cleo"):
        hand_in(course, student, notebook())
    hand_in(course, "empty", notebook(**{WRITTEN: "  YOUR ANSWER HERE\n"}))
    course.grade()
    assert grades(course, "ada")[WRITTEN] == (0, True) and grades(course, "empty")[WRITTEN] == (0, False)
    mark(course, "ada", WRITTEN, 1.5)
    mark(course, "bob", WRITTEN, 2)
    mark(course, "bob", "q_step-hidden", 0.25)
    mark(course, "cleo", WRITTEN, 2)
    course.grade("--force")
    assert grades(course, "ada")[WRITTEN] == (1.5, False)
    assert grades(course, "bob")[WRITTEN] == (2, False) and grades(course, "bob")["q_step-hidden"] == (0.25, False)
    # Another answer: the mark was for the one before. Another function: the mark of the text stays.
    hand_in(course, "cleo", notebook(**{WRITTEN: "I do not know."}))
    hand_in(course, "ada", cheat())
    said = course.grade()
    assert course.score("cleo") == expected() and course.score("ada") == expected("q_step", written=1.5)
    assert "cleo: why_sqrt was marked 2 by hand for another answer: mark it again" in said
    assert "why_sqrt was marked 2 by hand" in str(course.report("cleo")["attention"])
    assert grades(course, "bob")["q_step-hidden"] == (0.25, False)


def test_late_work_pays_and_an_extension_is_honoured(course):
    for student, when in {"late": TWO_DAYS_LATE, "early": IN_TIME, "extended": TWO_DAYS_LATE, "untimed": None}.items():
        hand_in(course, student, notebook(), when)
    with gradebook(course) as book:
        book.update_or_create_assignment(LESSON, duedate=parse_utc(DUE))
    course.grade(PER_DAY)
    with gradebook(course) as book:
        worth = book.find_assignment(LESSON).max_score
        assert penalty(book, "late") == penalty(book, "extended") == pytest.approx(0.2 * worth, abs=1e-12)
        assert penalty(book, "early") == penalty(book, "untimed") == 0
        book.grant_extension(LESSON, "extended", timedelta(days=3).days * 24 * 60)
    course.grade(PER_DAY, "--force")
    with gradebook(course) as book:
        assert penalty(book, "extended") == 0 and penalty(book, "late") == pytest.approx(0.2 * worth, abs=1e-12)
        late = book.find_submission(LESSON, "late")
        assert late.score == worth - 2  # nbgrader keeps the penalty apart, and the written answer has no mark yet
    hand_in(course, "late", notebook(), IN_TIME)
    course.grade(PER_DAY)
    with gradebook(course) as book:
        assert penalty(book, "late") == 0


def penalty(book, student):
    return book.find_submission_notebook(LESSON, LESSON, student).late_submission_penalty or 0


def test_a_later_submission_replaces_the_earlier_whole(course):
    hand_in(course, "ada", notebook(), IN_TIME)
    course.grade()
    assert course.score("ada") == expected()
    hand_in(course, "ada", notebook(structure_left=WRONG["structure_left"], why_shrink="why_shrink = 'b'"))
    (course.root / "submitted" / "ada" / LESSON / "timestamp.txt").unlink()
    course.grade()
    assert course.score("ada") == expected("structure_left", "why_shrink")
    with gradebook(course) as book:
        assert book.find_submission(LESSON, "ada").timestamp is None
    course.hand_in("ada", b"not a notebook")
    course.grade()
    assert course.score("ada") == NOTHING
    assert os.listdir(course.root / "autograded" / "ada") == [LESSON]


def test_unchanged_work_is_skipped_and_forced_work_scores_the_same(course):
    for number, made in enumerate((notebook(), cheat(), notebook(structure_left=WRONG["structure_left"]))):
        hand_in(course, f"student{number}", made)
    course.grade()
    before, file = everything(course), course.root / "autograded" / "student1" / LESSON / f"{LESSON}.ipynb"
    written = file.stat().st_mtime_ns
    said = course.grade()
    assert said.count("this submission is graded already") == 3 and file.stat().st_mtime_ns == written
    course.grade("--force")
    assert everything(course) == before and file.stat().st_mtime_ns > written


def test_everyone_gets_a_page_with_the_reason_on_a_broken_one(course):
    hand_in(course, "good", notebook())
    hand_in(course, "broken", b"{")
    course.grade()
    course.feedback()
    assert "not valid JSON" in course.page("broken") and "Not graded." in course.page("broken")
    assert ANSWER in course.page("good") and "q_step passes all" in course.page("good")


def test_no_secret_no_grading(course):
    hand_in(course, "ada", notebook())
    course.grade()
    hand_in(course, "ada", cheat())
    before, files = everything(course), sorted((course.root / "autograded").rglob("*"))
    (course.root / "course_secret").unlink()
    assert "gradual init-course" in course.grade(check=False)
    assert everything(course) == before and sorted((course.root / "autograded").rglob("*")) == files


def test_no_sandbox_no_grading_but_where_it_is_asked_for(course):
    hand_in(course, "ada", notebook())
    course.grade()
    hand_in(course, "ada", cheat())
    before, notes = everything(course), comments(course)
    bare = course.root.parent / "bin"
    bare.mkdir()
    for name in ("alembic", "env"):
        (bare / name).symlink_to(shutil.which(name, path=f"{Path(sys.executable).parent}:{os.environ['PATH']}"))
    said = without_bwrap(course, bare)
    assert said.returncode != 0 and "sudo apt install bubblewrap" in said.stdout
    assert everything(course) == before and comments(course) == notes == {None}
    said = without_bwrap(course, bare, "--SafeAutograde.sandboxed=False")
    assert said.returncode == 0, said.stdout
    assert course.score("ada") == expected("q_step")
    assert comments(course) == {"Graded without a sandbox."}
    course.grade()  # the same submission, more safely
    assert comments(course) == {None} and course.report("ada")["sandboxed"] is True


def without_bwrap(course, path, *options):
    command = [sys.executable, "-m", "nbgrader", "autograde", LESSON, *options]
    return subprocess.run(command, cwd=course.root, env={"PATH": str(path), "HOME": str(course.home)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)  # fmt: skip


def comments(course):
    with gradebook(course) as book:
        return {comment.auto_comment for comment in book.find_submission_notebook(LESSON, LESSON, "ada").comments}


def test_a_killed_run_is_finished_by_the_next(course):
    """Killed as soon as a third of the class is done, twice, then left to end."""
    students = {f"student{number:02}": (cheat(), "q_step") if number % 2 else (notebook(), "none") for number in range(16)}
    for student, (made, _) in students.items():
        hand_in(course, student, made)
    hand_in(course, "student15", cheat("import time\ntime.sleep(2)"))  # time for the kill, on a busy machine too
    for enough in (5, 10):
        run = subprocess.Popen(
            [sys.executable, "-m", "nbgrader", "autograde", LESSON, *LIMITS], cwd=course.root, start_new_session=True,
            env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(course.home)},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        while len(done(course)) < enough and run.poll() is None:
            time.sleep(0.002)
        run.send_signal(signal.SIGKILL)
        assert run.wait() == -signal.SIGKILL and enough <= len(done(course)) < len(students)
    finished = {student: written(course, student) for student in done(course)}
    course.grade()
    for student, (_, lost) in students.items():
        assert course.score(student) == expected(lost), student
    assert len(everything(course)) == len(students) * len(NOTHING)
    for student, when in finished.items():
        assert written(course, student) == when, "graded again"


def done(course):
    return [path.parts[-3] for path in (course.root / "autograded").glob(f"*/{LESSON}/{LESSON}.ipynb")]


def written(course, student):
    return (course.root / "autograded" / student / LESSON / f"{LESSON}.ipynb").stat().st_mtime_ns


def test_the_release_is_needed_first(course):
    hand_in(course, "ada", notebook())
    (course.root / "gradebook.db").unlink()
    assert f"gradual release {LESSON}" in course.grade(check=False)
    assert json.loads((course.root / "lessons" / LESSON / f"{LESSON}.ipynb").read_text())["nbformat"] == 4
