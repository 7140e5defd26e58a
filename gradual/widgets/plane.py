"""The plane as a stage for densities: contours, arrows, outlines of Gaussians, and a point to drag."""

from __future__ import annotations

import functools

import matplotlib
import numpy as np
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure

from gradual.plots import COLORS, LINES, label
from gradual.widgets.scene import slider

LIMIT = 3.0
"""The pictures go from −LIMIT to LIMIT both ways."""
CELLS = 91
LEVELS = (0.02, 0.08, 0.2, 0.4, 0.65, 1)
"""Contours, as shares of the highest density in the picture."""


@functools.cache
def grid(n=CELLS, limit=LIMIT):
    """n × n points that cover the plane: an array (n², 2)."""
    side = np.linspace(-limit, limit, n)
    return np.stack(np.meshgrid(side, side), axis=-1).reshape(-1, 2)


def plane(ax, title):
    """Label axes as the plane, both ways on one scale."""
    label(ax, title, "x₁", "x₂").set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")
    return ax


def density_on(stage, ax):
    """Filled contours that move; returns ``show(density)``, which takes the density at ``grid()``, (CELLS²,)."""
    shades = matplotlib.colormaps["viridis_r"](np.linspace(0, 0.6, len(LEVELS) - 1))
    bands = stage.moving(ax.add_collection(PathCollection([], facecolors=shades, alpha=0.8, linewidths=0, zorder=1.2)))
    side, scratch = np.linspace(-LIMIT, LIMIT, CELLS), Figure().add_subplot()

    def show(density):
        # Paths draw in a tenth of the time that an image takes to be scaled.
        contours = scratch.contourf(side, side, (density / density.max()).reshape(CELLS, CELLS), LEVELS)
        bands.set_paths(contours.get_paths())
        contours.remove()

    return show


def arrows_on(stage, ax, color, width, n=None, zorder=2):
    """Arrows that move, one or n × n of them; returns ``show(tails (N, 2), vectors (N, 2))``, lengths in units of x."""
    # Quiver takes its unit from where it starts, which must not be the origin.
    at = grid(n) if n else np.full((1, 2), LIMIT)
    arrows = ax.quiver(*at.T, *np.zeros_like(at).T, color=color, width=width, scale_units="xy", scale=1, zorder=zorder)
    stage.moving(arrows)

    def show(tails, vectors):
        arrows.set_offsets(tails)
        arrows.set_UVC(*vectors.T)

    return show


def shortened(vectors, longest):
    """Vectors in their own direction, with lengths squeezed below ``longest``, so that weak and strong ones show."""
    lengths = np.hypot(*vectors.T)[:, None]
    return longest * vectors / (lengths + 2)


def component_lines(stage, ax, K):
    """One line that moves for each component, in its own colour and dashes."""
    return [
        stage.moving(ax.plot([], [], color=COLORS[k], linestyle=LINES[k], linewidth=1.8, label=f"component {k + 1}"))[0]
        for k in range(K)
    ]


def outline(mean, cov):
    """The ellipse two standard deviations around a mean."""
    angle = np.linspace(0, 2 * np.pi, 73)
    return mean[:, None] + 2 * np.linalg.cholesky(cov) @ [np.cos(angle), np.sin(angle)]


def coordinates(x1, x2):
    """Two sliders that drag a point, as the controls ``x1`` and ``x2``."""
    return {"x1": slider("x₁", -LIMIT, LIMIT, x1, 0.05), "x2": slider("x₂", -LIMIT, LIMIT, x2, 0.05)}
