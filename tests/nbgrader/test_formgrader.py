"""Formgrader's own buttons, in a real browser: generate, autograde, feedback; the gradebook has the same scores."""

import sys
from pathlib import Path

import pytest

from tests.nbgrader.course import Course, points, released, solution, without_pictures

sys.path.insert(0, str(Path(__file__).parents[1] / "browser"))
from lab import JupyterLab, chromium, find_chromium  # noqa: E402

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(not find_chromium(), reason="needs Chromium"),
]

LESSON = "01_gradual_noise"


def press(page, row, column):
    """Press the button in a column of the row that has this text, and wait until formgrader says it worked."""
    page.locator("tr", has_text=row).locator(f"td.{column} a").click()
    told = page.locator("#success-modal, #error-modal").first
    told.wait_for(timeout=120_000)
    assert told.get_attribute("id") == "success-modal", told.inner_text()
    told.get_by_role("button", name="OK").click()
    told.wait_for(state="detached")


def test_buttons_generate_autograde_and_give_feedback(tmp_path):
    course = Course(tmp_path / "course", [LESSON])
    course.submit("ada", LESSON, without_pictures(solution(LESSON)))
    course.submit("ben", LESSON, without_pictures(released(LESSON)))
    with JupyterLab(course.root) as lab, chromium() as browser:
        page = browser.new_page()
        page.goto(f"{lab.url}/formgrader/manage_assignments?token={lab.token}")
        press(page, LESSON, "assign")
        page.goto(f"{lab.url}/formgrader/manage_submissions/{LESSON}")
        press(page, "ada", "autograde")
        press(page, "ben", "autograde")
        page.goto(f"{lab.url}/formgrader/manage_submissions/{LESSON}")
        press(page, "ada", "generate-feedback")
    full = {name: worth for name, worth in points(LESSON).items() if name != "why_sqrt"}
    assert course.scores(LESSON, "ada") == {**full, "why_sqrt": None}
    assert set(course.scores(LESSON, "ben").values()) == {0}
    assert "Passed." in (course.root / "feedback" / "ada" / LESSON / f"{LESSON}.html").read_text()
