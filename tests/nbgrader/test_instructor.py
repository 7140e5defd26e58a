"""The instructor's commands on a real course: release, due dates and penalties, feedback, the exchange."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import nbformat
import pytest
from click.testing import CliRunner

from autograder.cli import main
from autograder.secret import init_course
from tests.nbgrader.course import REPO, Course, released, solution, without_pictures

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from lab import chromium, find_chromium  # noqa: E402

pytestmark = [pytest.mark.nbgrader, pytest.mark.slow]

LESSON = "01_gradual_noise"
RIGHT = 12
"""The points of a solved lesson before a person has graded its written answer."""


def gradual(*arguments, fails=False):
    result = CliRunner().invoke(main, arguments)
    assert bool(result.exit_code) is fails, result.output
    return result.output


def course_in(root, stock=True):
    course = Course(root, [LESSON], stock=stock)
    shutil.copy(REPO / "pyproject.toml", root)
    (root / "lessons").mkdir()
    return course


@pytest.fixture
def course(tmp_path, monkeypatch):
    made = course_in(tmp_path / "course")
    monkeypatch.chdir(made.root)
    return made


def submission(course, student):
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course.root}/gradebook.db", "gradual") as book:
        found = book.find_submission(LESSON, student)
        return found.score, found.late_submission_penalty


def test_release_fills_the_gradebook_and_leaves_the_clones_notebook(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    notebook = course.root / "lessons" / LESSON / f"{LESSON}.ipynb"
    before = notebook.read_bytes()
    for _ in range(2):
        assert "14 points for 10 cells" in gradual("release", "1")
        assert notebook.read_bytes() == before
    assert [path.name for path in course.root.glob(".releasing*")] == []


def test_release_makes_a_notebook_that_is_not_there(course):
    shutil.copytree(REPO / "lessons" / "02_markov_property", course.root / "lessons" / LESSON)
    shutil.move(course.root / "lessons" / LESSON / "02_markov_property.ipynb", course.root / "lessons" / LESSON / "notes.ipynb")
    gradual("release", "1")
    made = course.root / "lessons" / LESSON / f"{LESSON}.ipynb"
    assert made.read_text().strip() == (REPO / "lessons" / LESSON / f"{LESSON}.ipynb").read_text().strip()
    assert (made.parent / "notes.ipynb").exists()


def test_release_replaces_another_version_only_when_forced(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    notebook = course.root / "lessons" / LESSON / f"{LESSON}.ipynb"
    notebook.write_text(notebook.read_text().replace("Watch noise take over", "My own title"))
    said = gradual("release", "1", fails=True)
    assert "--force" in said and "My own title" in notebook.read_text()
    gradual("release", "1", "--force")
    assert "My own title" not in notebook.read_text()


def test_a_release_that_fails_leaves_what_is_there_and_says_nbgraders_reason(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    (course.root / "source" / LESSON / f"{LESSON}.ipynb").write_text("not a notebook")
    said = gradual("release", "1", "--force", fails=True)
    assert "could not make the release" in said
    place = Path("lessons", LESSON, f"{LESSON}.ipynb")
    assert (course.root / place).read_bytes() == (REPO / place).read_bytes()


def late_class(root, stock):
    """Three solved submissions of one course: in time, 40 hours late, and as late with an extension."""
    course = course_in(root, stock)
    init_course(root)
    settings = (root / "nbgrader_config.py").read_text()
    (root / "nbgrader_config.py").write_text(settings.replace('penalty_method = "none"', 'penalty_method = "per_day"'))
    shutil.copytree(REPO / "lessons" / LESSON, root / "lessons" / LESSON)
    gradual("release", "1")
    gradual("due", "1", "2027-02-01T12:00+00:00")
    gradual("due", "1", "2027-02-04T12:00+00:00", "--student", "extended")
    for student, time_of in (("early", "2027-02-01 11:59:00"), ("late", "2027-02-03 04:00:00"), ("extended", "2027-02-03 04:00:00")):
        course.submit(student, LESSON, without_pictures(solution(LESSON)))
        (root / "submitted" / student / LESSON / "timestamp.txt").write_text(f"{time_of} UTC")
    course.autograde(LESSON)
    return course


@pytest.mark.parametrize("stock", [True, pytest.param(False, marks=pytest.mark.sandbox)], ids=["plain", "safe"])
def test_nbgrader_takes_points_off_late_work_and_knows_of_extensions(tmp_path, monkeypatch, stock):
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path / "course")
    shutil.copy(REPO / "pyproject.toml", tmp_path / "course")
    course = late_class(tmp_path / "course", stock)
    two_days = pytest.approx(2 * 0.10 * 14)
    assert submission(course, "early") == (RIGHT, 0)
    assert submission(course, "late") == (RIGHT, two_days)
    assert submission(course, "extended") == (RIGHT, 0)

    said = gradual("due", "1", "2027-02-02T12:00+00:00")
    assert "late: the penalty was 2.8 points, and is 1.4 now." in said and "extended:" in said
    assert submission(course, "late") == (RIGHT, pytest.approx(1.4))
    gradual("due", "1", "--student", "extended", "--clear")
    assert submission(course, "extended") == (RIGHT, pytest.approx(1.4))
    gradual("due", "1", "--clear")
    assert submission(course, "late") == (RIGHT, 0)


def test_dates_that_make_no_sense_are_refused_with_a_reason(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    assert "gradual release" in gradual("due", "1", "2027-02-01", fails=True)
    gradual("release", "1")
    assert "is no date" in gradual("due", "1", "tomorrow", fails=True)
    assert "no due date yet" in gradual("due", "1", "2027-02-01", "--student", "ada", fails=True)
    assert "2027-02-01 23:59" in gradual("due", "1", "2027-02-01")
    assert "more time than that" in gradual("due", "1", "2027-01-31", "--student", "ada", fails=True)
    assert "Late work costs nothing so far" in gradual("due", "1")
    assert not (course.root / "extensions.csv").exists()


@pytest.mark.parametrize(
    ("method", "late", "score", "penalty"),
    [
        ("none", 1e6, 10, None),
        ("zero", 59 * 60, 10, None),
        ("zero", 61 * 60, 10, 10),
        ("per_day", 24 * 3600, 10, 2),
        ("per_day", 24 * 3600 + 1, 10, 4),
    ],
)
def test_penalty_methods(method, late, score, penalty):
    from traitlets.config import Config

    from autograder.late import LatePenalty

    plugin = LatePenalty(config=Config(LatePenalty={"penalty_method": method, "grace_minutes": 60}))
    assert plugin.points_off(late, score, max_score=20) == penalty


@pytest.fixture(scope="module")
def exchanged(tmp_path_factory):
    """A lesson's whole way through nbgrader's exchange: released, fetched, submitted, collected, graded, returned."""
    root = tmp_path_factory.mktemp("exchanged")
    course, student = course_in(root / "course"), root / "student"
    exchange = root / "exchange"
    exchange.mkdir(mode=0o777)
    exchange.chmod(0o777)
    with open(course.root / "nbgrader_config.py", "a") as settings:
        settings.write(f"c.Exchange.root = {str(exchange)!r}\n")
    student.mkdir()
    shutil.copy(course.root / "nbgrader_config.py", student)
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)

    home = root / "home"
    home.mkdir()
    def by_student(*command):
        place = {"JUPYTER_DATA_DIR": str(home), "HOME": str(home)}
        done = subprocess.run([sys.executable, "-m", "nbgrader", *command], cwd=student, env={**os.environ, **place},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # fmt: skip
        assert done.returncode == 0, done.stdout
        return done.stdout

    here = Path.cwd()
    os.chdir(course.root)
    try:
        said = gradual("release", "1", "--exchange")
        by_student("fetch_assignment", LESSON)
        fetched = (student / LESSON / f"{LESSON}.ipynb").read_text()
        nbformat.write(without_pictures(solution(LESSON)), student / LESSON / f"{LESSON}.ipynb")
        by_student("submit", LESSON)
        course.run("nbgrader", "collect", LESSON)
        course.autograde(LESSON)
        given = gradual("feedback", "1", "--exchange")
        by_student("fetch_feedback", LESSON)
    finally:
        os.chdir(here)
    return said, fetched, given, next((student / LESSON / "feedback").rglob("*.html"), None)


def test_the_exchange_hands_out_the_release(exchanged):
    said, fetched, *_ = exchanged
    assert "nbgrader fetch_assignment" in said
    assert fetched.strip() == (REPO / "lessons" / LESSON / f"{LESSON}.ipynb").read_text().strip()


@pytest.mark.browser
@pytest.mark.skipif(not find_chromium(), reason="needs Chromium")
def test_the_student_fetches_the_feedback_page_and_can_read_it(exchanged):
    *_, given, page = exchanged
    assert "1 page:" in given and "in the exchange" in given and "Not fully graded by hand yet:" in given
    with chromium() as browser:
        opened = browser.new_page()
        opened.goto(page.as_uri())
        text = opened.locator("body").inner_text()
    assert "Score: 12.0 / 14.0" in text and "Passed." in text


def test_feedback_for_one_student_and_nobody_else(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    gradual("release", "1")
    for student in ("ada", "bob"):
        course.submit(student, LESSON, without_pictures(released(LESSON)))
    course.autograde(LESSON)
    assert "1 page:" in gradual("feedback", "1", "--student", "ada")
    pages = [path.relative_to(course.root / "feedback").parts[0] for path in (course.root / "feedback").rglob("*.html")]
    assert pages == ["ada"]
    assert "cem has no graded submission" in gradual("feedback", "1", "--student", "cem", fails=True)


@pytest.mark.browser
@pytest.mark.skipif(not find_chromium(), reason="needs Chromium")
def test_formgrader_opens_on_the_course_at_the_printed_address(course):
    shutil.copytree(REPO / "lessons" / LESSON, course.root / "lessons" / LESSON)
    gradual("release", "1")
    command = [str(Path(sys.executable).with_name("gradual")), "formgrader", "--no-browser"]
    server = subprocess.Popen(command, cwd=course.root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              start_new_session=True)  # fmt: skip
    try:
        address = next(word for line in server.stdout for word in line.split() if word.startswith("http://127.0.0.1"))
        with chromium() as browser:
            page = browser.new_page()
            page.goto(address)
            page.locator("td", has_text=LESSON).first.wait_for()
            assert "/formgrader" in page.url
        server.terminate()
        server.wait(30)
        with pytest.raises(OSError):
            urllib.request.urlopen(address)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
