"""Every lesson as a student first opens it: it runs from top to bottom, and every control changes the picture."""

from __future__ import annotations

import pytest
from lab import ROOT

LESSONS = sorted((ROOT / "lessons").glob("*/*.ipynb"))


@pytest.mark.slow(minutes=5)
@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_fresh_lesson_runs_and_its_sliders_draw(path, open_notebook, screenshots):
    notebook = open_notebook(path)
    notebook.run_all()
    assert notebook.errors() == []
    assert notebook.widget_errors() == []
    scenes = notebook.scenes()
    assert scenes, "a lesson has at least one picture that moves"
    for number, scene in enumerate(scenes):
        moved = move_everything(scene, f"{path.stem}, widget {number}")
        assert moved, f"{path.stem}, widget {number}: no control could be moved"
    assert notebook.errors() == []
    assert notebook.widget_errors() == []
    notebook.screenshots(screenshots, path.stem)


def move_everything(scene, name):
    """Move each slider to both ends, under every option of each list; how many sliders were moved."""
    moved = move_sliders(scene, name, set())
    for chosen in scene.lists():
        for option in scene.options(chosen):
            assert scene.select(chosen, option).caption, f"{name}, {option}: no caption"
            moved |= move_sliders(scene, f"{name}, {option}", moved)
    return len(moved)


def move_sliders(scene, name, done):
    """Move the sliders not in ``done`` that are enabled; picture and caption must differ between the two ends."""
    fresh = set()
    for number, slider in enumerate(scene.sliders()):
        if number in done or not scene.enabled(slider):
            continue
        low, high = scene.press(slider, "Home"), scene.press(slider, "End")
        assert low.pixels != high.pixels, f"{name}: slider {number} does not change the picture"
        assert low.caption != high.caption, f"{name}: slider {number} does not change the caption"
        fresh.add(number)
    return fresh
