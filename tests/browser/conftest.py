"""A JupyterLab server for the whole run, and a Chromium for each module."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lab import JupyterLab, chromium, find_chromium


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(__file__).parent in Path(item.fspath).parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def jupyterlab(tmp_path_factory):
    with JupyterLab(tmp_path_factory.mktemp("jupyter") / "root") as lab:
        yield lab


@pytest.fixture(scope="module")
def browser():
    pytest.importorskip("playwright", reason="the browser tests need Playwright: pip install playwright")
    if find_chromium() is None:
        pytest.skip("the browser tests need Chromium: apt-get install chromium")
    # Not for the session: Playwright's event loop would be in the way of later tests that start their own.
    with chromium() as context:
        yield context


@pytest.fixture
def open_notebook(jupyterlab, browser, request):
    """Open a copy of a notebook file; the page and its kernel are closed after the test."""
    opened = []

    def open_copy(path):
        shutil.copy(path, jupyterlab.folder / Path(path).name)
        opened.append(jupyterlab.open(browser, Path(path).name))
        return opened[-1]

    yield open_copy
    for notebook in opened:
        notebook.close()


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory):
    """Where a run's screenshots go; pytest prints the folder's parent with ``--basetemp``."""
    return tmp_path_factory.mktemp("screenshots")
