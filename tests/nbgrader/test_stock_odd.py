"""Plain nbgrader, with none of Gradual's own grading: what honest work scores in every second lesson from the first."""

import pytest

from tests.nbgrader.course import LESSONS
from tests.nbgrader.honest_work import HonestWork

pytestmark = [pytest.mark.nbgrader, pytest.mark.slow(minutes=5)]


class TestPlainNbgrader(HonestWork):
    stock = True
    lessons = LESSONS[::2]
