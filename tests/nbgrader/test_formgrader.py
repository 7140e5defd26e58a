"""Formgrader's own buttons, in a real browser: generate, autograde, feedback; the gradebook has the same scores."""

import sys
from pathlib import Path

import pytest

from tests.nbgrader.course import LESSONS, Course, points, solution, without_pictures

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from lab import JupyterLab, chromium, find_chromium  # noqa: E402

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="needs Chromium"),
]

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
