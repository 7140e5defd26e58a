"""What every test may ask for."""

import os
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.nbgrader.honest_work", "tests.widget_controls")

# Figures are drawn with no display.
os.environ["MPLBACKEND"] = "Agg"


@pytest.fixture(scope="session")
def root() -> Path:
    """The course's folder."""
    return Path(__file__).parents[1]


@pytest.fixture
def progress_path(tmp_path, monkeypatch) -> Path:
    """A progress file of this test's own, written as it is for a student."""
    for name in ("NBGRADER_EXECUTION", "GRADUAL_NO_PROGRESS", "PYTEST_VERSION"):
        monkeypatch.delenv(name, raising=False)
    path = tmp_path / "progress.json"
    monkeypatch.setenv("GRADUAL_PROGRESS", str(path))
    return path


def pytest_collection_modifyitems(items):
    """The files that take longest come first, so that no processor is left alone with one of them at the end."""
    minutes = {}
    for item in items:
        slow = item.get_closest_marker("slow")
        expected = slow.kwargs.get("minutes", 1) if slow else 0.5 * (item.path.suffix == ".ipynb")
        minutes[item.path] = max(expected, minutes.get(item.path, 0))
    items.sort(key=lambda item: -minutes[item.path])
