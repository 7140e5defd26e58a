"""The harness itself, on a small notebook: it must see errors, moves and themes before it may judge a lesson."""

from __future__ import annotations

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

WIDGET = """
import numpy as np
from gradual.plots import label
from gradual.widgets.scene import Scene, choice, drawable, slider
from gradual.widgets.stage import Stage

stage = Stage(6, 2.4)
ax = label(stage.figure.add_subplot(), "A wave", "x", "y")
x = np.linspace(0, 6, 200)
ax.set(xlim=(0, 6), ylim=(-1.2, 1.2))
(line,) = stage.moving(ax.plot(x, 0 * x))

def draw(speed, shape):
    line.set_data(x, drawable("wave", getattr(np, shape)(speed * x), x.shape))
    return f"A {shape} at speed {speed:.1f}."

Scene(stage, draw, {"speed": slider("speed", 0.5, 4, 1), "shape": choice("shape", ["sin", "cos"])})
"""
BROKEN = """
def broken(speed):
    raise KeyError("lost")

Scene(Stage(4, 2), broken, {"speed": slider("speed", 0, 1, 0.5)})
"""


# ipywidgets 8.1 cannot show an image with a tooltip; only the page tells, no cell does.
UNSHOWN = "import ipywidgets; ipywidgets.Image(value=b'', tooltip='a tooltip')"


@pytest.fixture
def notebook(tmp_path, open_notebook):
    on_purpose = new_code_cell("raise ValueError('on purpose')")
    on_purpose.metadata["tags"] = ["raises-exception"]
    cells = [
        new_code_cell(WIDGET),
        on_purpose,
        new_code_cell(BROKEN),
        new_code_cell(UNSHOWN),
        new_code_cell("1 / 0"),
        new_code_cell("'end'"),
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=cells, metadata=kernel), tmp_path / "harness.ipynb")
    notebook = open_notebook(tmp_path / "harness.ipynb")
    notebook.run_all()
    return notebook


def test_the_harness_sees_what_a_person_sees(notebook, screenshots):
    assert notebook.errors() == [(4, "ZeroDivisionError: division by zero")]
    assert notebook.errors(expected=True) == [(1, "ValueError: on purpose")]
    problem, unshown = notebook.widget_errors()
    assert "javascript error" in unshown
    assert "KeyError" in problem and "lost" in problem and 'raise KeyError("lost")' in problem

    scene, _ = notebook.scenes()
    [speed], [shape] = scene.sliders(), scene.lists()
    low, high = scene.press(speed, "Home"), scene.press(speed, "End")
    assert low.caption == "A sin at speed 0.5." and high.caption == "A sin at speed 4.0."
    assert low.pixels != high.pixels
    assert scene.press(speed, "End").pixels == high.pixels
    assert scene.select(shape, "cos").caption == "A cos at speed 4.0."

    notebook.screenshots(screenshots, "harness")
    assert {path.name for path in screenshots.glob("harness-0-*.png")} == {"harness-0-light.png", "harness-0-dark.png"}
