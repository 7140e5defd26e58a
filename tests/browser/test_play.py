"""A slider stays where it is put, however fast it moves, and Play goes on from there."""

from __future__ import annotations

import nbformat
import pytest

CELL = """
import numpy as np
from gradual.plots import label
from gradual.widgets.scene import Scene, step_slider
from gradual.widgets.stage import Stage

stage = Stage(6, 2)
ax = label(stage.figure.add_subplot(), "A dot", "t", "")
ax.set(xlim=(0, 200), ylim=(-1, 1))
(dot,) = stage.moving(ax.plot([0], [0], "o"))

def draw(t):
    dot.set_data([t], [0])
    return f"The dot is at {t}."

Scene(stage, draw, {"t": step_slider(200)}, play="t")
"""


@pytest.fixture
def scene(open_notebook, tmp_path):
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)], metadata=kernel)
    nbformat.write(notebook, tmp_path / "play.ipynb")
    opened = open_notebook(tmp_path / "play.ipynb")
    opened.run_all()
    return opened.scenes()[0]


def at(slider):
    return int(float(slider.get_attribute("aria-valuenow")))


def test_a_key_held_down_moves_the_slider_each_time(scene):
    (slider,) = scene.sliders()
    slider.focus()
    for _ in range(30):
        slider.press("ArrowRight")
        scene.page.wait_for_timeout(33)
    scene.notebook.wait_idle()
    assert at(slider) == 30
    assert scene.seen().caption == "The dot is at 30."


def test_a_slider_stays_where_it_is_let_go(scene):
    (slider,) = scene.sliders()
    scene.press(slider, "End")
    track = slider.locator("xpath=ancestor::*[contains(@class, 'noUi-target')]").bounding_box()
    height = track["y"] + track["height"] / 2
    scene.page.mouse.move(track["x"] + track["width"] - 2, height)
    scene.page.mouse.down()
    scene.page.mouse.move(track["x"] + track["width"] * 0.4, height, steps=25)
    here = at(slider)
    scene.page.mouse.up()
    scene.page.wait_for_timeout(500)
    scene.notebook.wait_idle()
    assert at(slider) == here == pytest.approx(80, abs=6)
    assert scene.seen().caption == f"The dot is at {here}."


def test_play_goes_on_from_the_slider(scene):
    (slider,) = scene.sliders()
    scene.press(slider, "Home")
    for _ in range(20):
        scene.press(slider, "PageUp")
    start, play = at(slider), scene.box.locator(".widget-play button").first
    assert start == 100
    scene.page.wait_for_timeout(1000)
    play.click()
    moved = "([handle, old]) => Number(handle.getAttribute('aria-valuenow')) !== old"
    scene.page.wait_for_function(moved, arg=[slider.element_handle(), start])
    first = at(slider)
    play.click()
    scene.notebook.wait_idle()
    assert start < first < 180 and first <= at(slider)


def test_stop_takes_the_slider_back_to_the_start_whether_it_plays_or_not(scene):
    (slider,) = scene.sliders()
    play, stop = scene.box.locator(".widget-play button").all()[:2]
    scene.press(slider, "End")
    stop.click()
    scene.notebook.wait_idle()
    assert (at(slider), scene.seen().caption) == (0, "The dot is at 0.")
    scene.press(slider, "PageUp")
    play.click()
    scene.page.wait_for_timeout(600)
    stop.click()
    scene.notebook.wait_idle()
    assert (at(slider), scene.seen().caption) == (0, "The dot is at 0.")
    play.click()
    scene.page.wait_for_timeout(600)
    play.click()
    scene.notebook.wait_idle()
    assert at(slider) > 0
    stop.click()
    scene.notebook.wait_idle()
    assert (at(slider), scene.seen().caption) == (0, "The dot is at 0.")
