"""Still figures, all in one style: colour-blind safe, labelled, readable from the back of a room.

Every function returns a ``Picture``, a Matplotlib figure that a notebook shows by itself. Pyplot is never
used, so a figure lives as long as the notebook refers to it and nothing is drawn twice.
"""

from __future__ import annotations

import io

import numpy as np
from IPython.display import display
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from PIL import Image

# Okabe and Ito's palette. Yellow is left out: it is too pale for lines on white.
BLACK, ORANGE, SKY, GREEN = "#000000", "#E69F00", "#56B4E9", "#009E73"
BLUE, RED, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
COLORS = (BLUE, ORANGE, GREEN, RED, PURPLE, SKY, BLACK)
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 1)), (0, (8, 2)))
GREY = "#6B6B6B"
FONT = 11
DPI = 150  # sharp on a screen with two pixels to a point; who needs fewer sets it


class Picture(Figure):
    """A figure that a notebook displays by itself, on white in either theme."""

    def __init__(self, width=9, height=3.2, dpi=None):
        super().__init__(figsize=(width, height), dpi=dpi or DPI, facecolor="white", layout="constrained")
        self.get_layout_engine().set(w_pad=0.08, h_pad=0.08)
        FigureCanvasAgg(self)

    def _repr_png_(self):
        buffer = io.BytesIO()
        self.canvas.draw()  # once; savefig would draw twice
        Image.fromarray(np.asarray(self.canvas.buffer_rgba())[:, :, :3]).save(buffer, "png", compress_level=3)
        width, height = self.get_size_inches() * 100
        return buffer.getvalue(), {"width": int(width), "height": int(height)}

    def _ipython_display_(self):
        """Shown as it is: once pyplot is imported, IPython would crop every figure, and draw it twice."""
        png, size = self._repr_png_()
        display({"image/png": png, "text/plain": repr(self)}, metadata={"image/png": size}, raw=True)


def label(ax, title="", x="", y=""):
    """Give axes the course's look: a title on the left, named axes, no box, a faint grid."""
    ax.set_title(title, loc="left", fontsize=FONT + 1)
    ax.set_xlabel(x, fontsize=FONT)
    ax.set_ylabel(y, fontsize=FONT)
    ax.tick_params(labelsize=FONT - 1.5, colors=GREY)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(GREY)
    ax.grid(True, color="#EBEBEB", linewidth=0.8)
    ax.set_axisbelow(True)
    return ax


def legend(ax, **options):
    """A legend without a frame, in the course's size."""
    if ax.get_legend_handles_labels()[1]:
        ax.legend(fontsize=FONT - 1, frameon=False, **options)


def bare(ax, title=""):
    """Axes for an image: a title and nothing else."""
    ax.set_title(title, loc="left", fontsize=FONT + 1)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.spines[:].set_color("#BBBBBB")
    return ax


def tile(images, columns=None):
    """Images ``(N, H, W)`` as one array, row by row, with a white line between them.

    Every picture of a grid of images is drawn from this one array: that is much faster than one axes an image.
    """
    images = np.asarray(images, dtype=float)
    columns = columns or len(images)
    rows = -(-len(images) // columns)
    height, width = images.shape[1:]
    grid = np.full((rows, height + 1, columns, width + 1), np.nan)
    for i, image in enumerate(images):
        grid[i // columns, :height, i % columns, :width] = image
    return grid.reshape(rows * (height + 1), columns * (width + 1))[:-1, :-1]


def show_grid_of_images(images, columns=8, titles=None, title="", limits=(-1, 1)):
    """A grid of images ``(N, H, W)``: white is ``limits[0]``, black is ``limits[1]``.

    ``titles``: one short text a column, under the last row.
    """
    images = np.asarray(images)
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    figure = Picture(9, 9 / columns * rows + 0.5)
    ax = bare(figure.add_subplot(), title)
    draw_tiles(ax, images, columns, limits)
    if titles is not None:
        name_tiles(ax, titles, images.shape[2])
    return figure


class Pixels(AxesImage):
    """An image in sharp squares, from white at the lower limit to black at the upper.

    Matplotlib resamples an image in floating point; picking the nearest pixel takes a tenth of that time.
    """

    def make_image(self, renderer, magnification=1.0, unsampled=False):
        values, box = np.asarray(self.get_array(), dtype=float), self.get_window_extent(renderer)
        (low, high), gap = self.get_clim(), np.isnan(values)
        grey = np.where(gap, 255, 255 * (1 - np.clip((values - low) / (high - low), 0, 1))).round().astype(np.uint8)
        size = [max(1, round(magnification * side)) for side in (box.height, box.width)]
        rows, columns = (np.arange(n) * m // n for n, m in zip(size, values.shape, strict=True))
        pixels = np.full((*size, 4), 255, dtype=np.uint8)
        # Agg takes rows from the bottom up.
        pixels[:, :, :3] = grey[rows[::-1]][:, columns, np.newaxis]
        return pixels, round(box.x0), round(box.y0), None


def draw_tiles(ax, images, columns=None, limits=(-1, 1), **options):
    """Draw images as one grid on ``ax``; returns the artist, whose ``set_data(tile(...))`` changes it."""
    ax.spines[:].set_visible(False)
    grid = tile(images, columns)
    artist = Pixels(ax, extent=(-0.5, grid.shape[1] - 0.5, grid.shape[0] - 0.5, -0.5), **options)
    artist.set_data(grid)
    artist.set_clim(*limits)
    ax.add_image(artist)
    ax.set(xlim=(-0.5, grid.shape[1] - 0.5), ylim=(grid.shape[0] - 0.5, -0.5), aspect="equal")
    artist.set_clip_path(ax.patch)
    return artist


def name_tiles(ax, titles, width):
    """Write one text under each column of tiles."""
    ax.set_xticks(np.arange(len(titles)) * (width + 1) + (width - 1) / 2, titles, fontsize=FONT - 1.5)
    ax.tick_params(length=0)


def curves(x, series, title="", x_label="", y_label="", log_y=False, width=9, height=3.4):
    """Curves over one axis: ``series`` is ``{name: values}``; each has its own colour and its own dashes."""
    figure = Picture(width, height)
    ax = label(figure.add_subplot(), title, x_label, y_label)
    for (name, values), color, line in zip(series.items(), COLORS, LINES, strict=False):
        ax.plot(x, values, color=color, linestyle=line, linewidth=2, label=name)
    if log_y:
        ax.set_yscale("log")
    legend(ax)
    return figure


def scatter(groups, title="", x_label="x₁", y_label="x₂", limit=None, size=4, same_scale=True):
    """Points side by side: ``groups`` is ``{name: (N, 2)}``, one panel each, all on the same axes' limits."""
    limit = limit or 1.05 * max(np.abs(points).max() for points in groups.values())
    figure = Picture(min(9.5, 3.4 * len(groups) + 0.4), 3.7)
    panels = figure.subplots(1, len(groups), squeeze=False, sharex=True, sharey=True)[0]
    for ax, (name, points), color in zip(panels, groups.items(), COLORS, strict=False):
        label(ax, name, x_label, y_label if ax is panels[0] else "")
        ax.plot(*np.transpose(points), "o", color=color, markersize=size, alpha=0.6, markeredgewidth=0)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
        if same_scale:
            ax.set_aspect("equal")
    if title:
        figure.suptitle(title, fontsize=FONT + 2)
    return figure


def paths(states, title="", y_label="xₜ", show=30):
    """How single values move over time: ``states`` is ``(T+1, N)``, one thin line for each of the first ``show``."""
    figure = Picture(9, 3.4)
    ax = label(figure.add_subplot(), title, "step t", y_label)
    for i, path in enumerate(np.asarray(states)[:, :show].T):
        ax.plot(path, color=COLORS[i % len(COLORS)], linewidth=0.8, alpha=0.7)
    return figure


def histograms(groups, density=None, title="", x_label="x", bins=60, limits=(-4, 4)):
    """Histograms as outlines, ``groups`` is ``{name: values}``, with an exact ``density(x)`` over them if given."""
    figure = Picture(9, 3.4)
    ax = label(figure.add_subplot(), title, x_label, "density")
    for (name, values), color, line in zip(groups.items(), COLORS, LINES, strict=False):
        heights, edges = np.histogram(values, bins=bins, range=limits, density=True)
        ax.stairs(heights, edges, color=color, linestyle=line, linewidth=1.8, label=name)
    if density is not None:
        x = np.linspace(*limits, 400)
        ax.plot(x, density(x), color=BLACK, linewidth=1.2, label="exact density")
    legend(ax)
    return figure


def dots(values, title="", x_label="", mark=None, mark_label=""):
    """One number a row as a dot on a line from zero: ``values`` is ``{name: number}``, written beside each dot."""
    figure = Picture(9, 0.42 * len(values) + 1.1)
    ax = label(figure.add_subplot(), title, x_label)
    rows = np.arange(len(values))[::-1]
    numbers = np.array(list(values.values()), dtype=float)
    ax.hlines(rows, 0, numbers, color=SKY, linewidth=3)
    ax.plot(numbers, rows, "o", color=BLUE, markersize=9)
    for row, number in zip(rows, numbers, strict=True):
        ax.annotate(f"{number:.3g}", (number, row), (10, 0), textcoords="offset points", va="center", fontsize=FONT - 1)
    ax.set_yticks(rows, list(values), fontsize=FONT - 1, color=BLACK)
    ax.set(xlim=(0, 1.12 * numbers.max()), ylim=(-0.7, len(values) - 0.3))
    ax.grid(axis="y", visible=False)
    if mark is not None:
        ax.axvline(mark, color=RED, linestyle="--", linewidth=1.5, label=mark_label)
        legend(ax, loc="lower right")
    return figure
