"""nbgrader with Gradual's safe grading: the same scores for honest work in every lesson."""

import pytest

from tests.nbgrader.honest_work import HonestWork

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox, pytest.mark.slow(minutes=3)]


class TestSafeGrading(HonestWork):
    stock = False
