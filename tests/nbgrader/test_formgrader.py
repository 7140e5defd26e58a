"""Formgrader in a real browser, with no network: its buttons, marks given by hand, and what a hostile answer can do there."""

import csv
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.nbgrader.course import LESSONS, REPO, Course, points, solution, without_pictures
from tests.nbgrader.test_feedback import hostile

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from lab import JupyterLab, chromium, find_chromium  # noqa: E402

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="needs Chromium"),
]

LESSON, WRITTEN = "01_gradual_noise", "why_sqrt"
FULL_MARKS = "formgrader.grades.each(grade => grade.save({manual_score: grade.get('max_score')}))"


def press(page, row, column):
    """Press the button in a column of the row that has this text, and wait until formgrader says it worked."""
    page.locator("tr", has_text=row).locator(f"td.{column} a").click()
    told = page.locator("#success-modal, #error-modal").first
    told.wait_for(timeout=120_000)
    assert told.get_attribute("id") == "success-modal", told.inner_text()
    told.get_by_role("button", name="OK").click()
    told.wait_for(state="detached")


@pytest.mark.parametrize("lesson", LESSONS)
def test_buttons_generate_autograde_and_give_feedback(tmp_path, lesson):
    course = Course(tmp_path / "course", [lesson])
    course.submit("ada", lesson, without_pictures(solution(lesson)))
    with JupyterLab(course.root) as lab, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{lab.url}/formgrader/manage_assignments?token={lab.token}")
        press(page, lesson, "assign")
        page.goto(f"{lab.url}/formgrader/manage_submissions/{lesson}")
        press(page, "ada", "autograde")
        page.goto(f"{lab.url}/formgrader/manage_submissions/{lesson}")
        press(page, "ada", "generate-feedback")
    scores, worth = course.scores(lesson, "ada"), points(lesson)
    waiting = {name for name, score in scores.items() if score is None}
    assert len(waiting) == 1
    assert scores == {name: None if name in waiting else most for name, most in worth.items()}
    assert " passes all " in (course.root / "feedback" / "ada" / lesson / f"{lesson}.html").read_text()


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """(course, JupyterLab, browser): two students graded, ada's work right, eve's right and hostile."""
    course = Course(tmp_path_factory.mktemp("course"), [LESSON])
    shutil.copy(REPO / "pyproject.toml", course.root)
    course.release(LESSON)
    course.submit("ada", LESSON, without_pictures(solution(LESSON)))
    attack, written = hostile(LESSON)
    for cell in attack.cells:
        if cell.id == written:
            cell.source += f'\n\n<script>setInterval(() => {FULL_MARKS}, 50)</script>\n\n<img src=x onerror="{FULL_MARKS}">'
    course.submit("eve", LESSON, attack)
    course.autograde(LESSON)
    with JupyterLab(course.root) as lab, chromium() as browser:
        browser.route(lambda address: not address.startswith(lab.url), lambda route: route.abort())
        browser.new_page().goto(f"{lab.url}/formgrader/manage_assignments?token={lab.token}")
        yield course, lab, browser


def gradual(course, *arguments):
    subprocess.run([Path(sys.executable).with_name("gradual"), *arguments], cwd=course.root, check=True, timeout=300)


@contextmanager
def opened(graded, student):
    """A student's submission, opened as an instructor does; ``troubles``: what failed to load, what threw, what fired."""
    _, lab, browser = graded
    page, page.troubles = (page := browser.new_page()), []
    page.on("requestfailed", lambda request: page.troubles.append(request.url))
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    page.on("dialog", lambda dialog: (page.troubles.append("fired"), dialog.dismiss()))
    page.goto(f"{lab.url}/formgrader/gradebook/{LESSON}/{LESSON}")
    page.get_by_role("button", name="Show All Names").click()
    page.locator("tbody tr", has_text=student).locator("a:visible").click()
    page.wait_for_url("**/submissions/**")
    page.wait_for_function("() => window.formgrader?.loaded && formgrader.grades.loaded && formgrader.comments.loaded")
    try:
        yield page
    finally:
        page.close()


def kept(graded, student):
    """(manual score, extra credit, comment, waits for a person) of the written answer, as the gradebook has them."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{graded[0].root}/gradebook.db", "gradual") as book:
        grade = book.find_grade(WRITTEN, LESSON, LESSON, student)
        comment = book.find_comment(WRITTEN, LESSON, LESSON, student)
        return grade.manual_score, grade.extra_credit, comment.comment, grade.needs_manual_grade


def type_into(page, field, text):
    """Type into a field and leave it with Tab; formgrader's tick says when it is saved."""
    with page.expect_response(lambda answer: "/formgrader/api/" in answer.url and answer.request.method == "PUT"):
        page.locator(f"[id='{field}']").fill(text)
        page.keyboard.press("Tab")


def test_marks_and_comments_typed_in_the_page_are_kept_through_a_regrade_and_reach_feedback_and_export(graded):
    course = graded[0]
    with opened(graded, "ada") as page:
        type_into(page, WRITTEN, "1.5")
        type_into(page, f"{WRITTEN}_extra_credit", "0.5")
        type_into(page, f"{WRITTEN}-comment", "Say more about $\\sqrt{\\beta}$.")
        type_into(page, "q_step-hidden", "0.25")
    by_hand = (1.5, 0.5, "Say more about $\\sqrt{\\beta}$.", False)
    assert kept(graded, "ada") == by_hand
    gradual(course, "grade", "1", "--again")
    assert kept(graded, "ada") == by_hand
    assert course.scores(LESSON, "ada") == points(LESSON) | {WRITTEN: 2, "q_step-hidden": 0.25}
    with opened(graded, "ada") as page:
        assert page.locator(f"[id='{WRITTEN}']").input_value() == "1.5"
        assert page.locator(f"[id='{WRITTEN}-comment']").input_value() == by_hand[2]
    gradual(course, "feedback", "1", "--student", "ada")
    assert "Say more about" in (course.root / "feedback" / "ada" / LESSON / f"{LESSON}.html").read_text()
    gradual(course, "export", "1", "--format", "csv", "--to", "grades.csv")
    with open(course.root / "grades.csv", newline="") as lines:
        (row,) = [row for row in csv.DictReader(lines) if row["student"] == "ada"]
    assert (row[WRITTEN], row["q_step-hidden"], row["needs_manual_grade"]) == ("2", "0.25", "no")


def test_the_page_of_a_submission_needs_no_network(graded):
    with opened(graded, "ada") as page:
        assert page.troubles == []
        assert page.locator("math").count() > 5
        assert "$" not in page.locator("main").inner_text()
        page.locator("[id='q_step-check']").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.id") == "q_step-check_extra_credit"
        page.keyboard.press("Control+Shift+F")
        page.get_by_text("Submission flagged").wait_for()
        page.locator(".help").click()
        page.get_by_text("Keyboard shortcuts").wait_for()


def test_nothing_of_a_hostile_submission_runs_in_formgrader(graded):
    with opened(graded, "eve") as page:
        page.wait_for_load_state("networkidle")
        page.wait_for_timeout(500)
        assert page.troubles == []
        assert "My honest answer." in page.locator("main").inner_text()
        # Were the cleaning to let something through, the page's own rule would stop it.
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.taken = 1\">')")
        page.wait_for_timeout(500)
        assert page.evaluate("window.taken") is None
    assert kept(graded, "eve") == (None, None, None, True)
