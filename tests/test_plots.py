"""The still figures: they show themselves, leave pyplot alone, and draw the numbers they were given."""

from __future__ import annotations

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from gradual import plots

RNG = np.random.default_rng(0)
POINTS = RNG.normal(size=(50, 2))
IMAGES = RNG.uniform(-1, 1, size=(10, 8, 8))
FIGURES = {
    "grid": lambda: plots.show_grid_of_images(IMAGES, columns=4, title="Ten images"),
    "strip": lambda: plots.show_grid_of_images(IMAGES[:3], titles=["a", "b", "c"]),
    "curves": lambda: plots.curves(np.arange(5), {"one": np.arange(5), "two": np.ones(5)}, "Curves", "t", "y"),
    "scatter": lambda: plots.scatter({"before": POINTS, "after": 2 * POINTS}, "Points"),
    "paths": lambda: plots.paths(RNG.normal(size=(20, 7)), "Paths"),
    "histograms": lambda: plots.histograms({"a": POINTS[:, 0]}, density=lambda x: np.exp(-x * x), title="Histogram"),
    "dots": lambda: plots.dots({"linear": 0.78, "cosine": 0.01}, "Dots", "left", mark=0.1, mark_label="visible"),
}


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_shows_itself_on_white(name):
    png, size = FIGURES[name]()._repr_png_()
    image = Image.open(io.BytesIO(png)).convert("RGB")
    assert image.width == pytest.approx(1.5 * size["width"], abs=2)
    corners = [image.getpixel((x, y)) for x in (0, image.width - 1) for y in (0, image.height - 1)]
    assert corners == [(255, 255, 255)] * 4
    assert len(set(image.resize((200, 100)).get_flattened_data())) > 5


def test_a_figure_is_shown_the_same_after_pyplot_is_imported():
    shown = """if True:
        import sys
        from IPython.core.interactiveshell import InteractiveShell
        from IPython.core.pylabtools import select_figure_formats
        from IPython.utils.capture import capture_output
        from gradual import plots
        shell = InteractiveShell.instance()
        select_figure_formats(shell, {"png"})  # what importing pyplot does in a notebook
        figure = plots.curves([0, 1], {"a": [0, 1]}, "A", "x", "y")
        with capture_output() as captured:
            shell.run_cell("import matplotlib.pyplot as plt")
            shell.user_ns["figure"] = figure
            shell.run_cell("figure")
        (output,) = captured.outputs
        sys.exit(output.data["image/png"] != figure._repr_png_()[0])"""
    assert subprocess.run([sys.executable, "-c", shown]).returncode == 0


@pytest.mark.parametrize("name", FIGURES)
def test_axes_with_numbers_are_named(name):
    for ax in FIGURES[name]().axes:
        if len(ax.get_xticks()) and name not in ("grid", "strip"):
            assert ax.get_xlabel()


def test_pyplot_is_never_imported():
    code = "import sys, gradual.plots, gradual.widgets.noise_schedules; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_tiles_are_the_images_row_by_row():
    grid = plots.tile(IMAGES, columns=4)
    assert grid.shape == (3 * 9 - 1, 4 * 9 - 1)
    for i, image in enumerate(IMAGES):
        row, column = 9 * (i // 4), 9 * (i % 4)
        np.testing.assert_array_equal(grid[row : row + 8, column : column + 8], image)
    assert np.isnan(grid[8]).all() and np.isnan(grid[:, 8]).all()


def test_ink_is_dark_and_paper_is_light():
    images = np.stack([np.full((8, 8), -1.0), np.full((8, 8), 1.0)])
    png, _ = plots.show_grid_of_images(images)._repr_png_()
    image = Image.open(io.BytesIO(png)).convert("L")
    assert image.getpixel((image.width // 4, image.height // 2)) > 250
    assert image.getpixel((3 * image.width // 4, image.height // 2)) < 5


def test_curves_and_dots_carry_their_numbers():
    lines = plots.curves(np.arange(3), {"one": [3, 4, 5], "two": [0, 1, 0]}).axes[0].get_lines()
    np.testing.assert_array_equal(lines[0].get_ydata(), [3, 4, 5])
    assert lines[0].get_linestyle() != lines[1].get_linestyle(), "colour alone must not tell curves apart"
    written = [text.get_text() for text in plots.dots({"a": 0.7764, "b": 0.00635}).axes[0].texts]
    assert written == ["0.776", "0.00635"]


def test_scatter_panels_share_their_limits():
    axes = plots.scatter({"small": POINTS, "large": 3 * POINTS}).axes
    assert axes[0].get_xlim() == axes[1].get_xlim() == axes[1].get_ylim()
    assert axes[0].get_xlim()[1] > np.abs(3 * POINTS).max()
