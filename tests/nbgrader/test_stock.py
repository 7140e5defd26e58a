"""Plain nbgrader, with none of Gradual's own grading: what honest work scores in every lesson."""

import pytest

from tests.nbgrader.honest_work import HonestWork

pytestmark = [pytest.mark.nbgrader, pytest.mark.slow(minutes=8)]


class TestPlainNbgrader(HonestWork):
    stock = True
