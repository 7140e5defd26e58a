"""Lesson 04: the audit of what published schedules leave at the end, and what that does where sampling starts."""

from __future__ import annotations

import numpy as np

from gradual.plots import BLACK, BLUE, FONT, ORANGE, RED, SKY, label, legend
from gradual.widgets.scene import Scene, choice, drawable, step_slider
from gradual.widgets.stage import Stage

EDGES = np.linspace(-0.6, 0.4, 201)


def terminal_snr_audit(settings, images, linear, alpha_bar_from_betas, rescale=None, seed=0):
    """What is left of the signal at the end, √ᾱ_T, and how it shows in the mean of an image's pixels.

    Sampling starts from N(0, I), where an image's mean is 0 but for chance. The chain ends at √ᾱ_T times the
    image's own mean, plus the same chance. An image is enlarged by repeating pixels, which keeps its mean.

    Parameters
    ----------
    settings : dict, ``{name: (T, beta_start, beta_end)}``
    images : array (N, H, W), the data
    linear, alpha_bar_from_betas : callables, which make ᾱ of a setting
    rescale : callable or None, ``rescale_zero_terminal_snr``; with it, a setting can be repaired
    """
    means = np.asarray(images, dtype=float).mean(axis=(1, 2))
    chance = np.random.default_rng(seed).standard_normal(means.shape)
    stage = Stage(9, 3.6)
    left, right = stage.figure.subplots(1, 2, gridspec_kw={"width_ratios": [1, 1.1]})
    show_dots = _dots(stage, label(left, "Signal left at the end", "√ᾱ at the last step"), list(settings))
    show_means = _means(stage, label(right, "Mean of all pixels, image by image", "mean of the pixels", "images"))

    def alpha_bar_of(name, repaired):
        T, *ends = settings[name]
        betas = drawable("linear_beta_schedule", linear(T, *ends), (T + 1,))
        alpha_bar = drawable("alpha_bar_from_betas", alpha_bar_from_betas(betas), (T + 1,))
        if repaired:
            alpha_bar = drawable("rescale_zero_terminal_snr", rescale(alpha_bar), (T + 1,))
        if not 0 <= alpha_bar[-1] <= 1:
            raise ValueError(f"The last ᾱ of {name} is {alpha_bar[-1]:.4g}; a share lies between 0 and 1.")
        return alpha_bar

    def draw(name, side, repaired=False):
        roots = np.array([np.sqrt(alpha_bar_of(one, repaired)[-1]) for one in settings])
        root = roots[list(settings).index(name)]
        end = root * means + np.sqrt(1 - root**2) * chance / side
        show_dots(roots, list(settings).index(name))
        show_means(end, side)
        return _said(name, side, repaired, root, root * means.mean() * side)

    controls = {"name": choice("setting", list(settings)), "side": step_slider(128, 32, "pixels a side", 8, 8)}
    if rescale is not None:
        controls["repaired"] = choice("schedule", [("rescaled", True), ("as found", False)])
    return Scene(stage, draw, controls, [linear, alpha_bar_from_betas, *([rescale] if rescale else [])])


def _said(name, side, repaired, root, shift):
    text = f"{name}{', rescaled' if repaired else ''}: √ᾱ at the end is {root:.4f}. With {side}×{side} pixels, images end "
    if abs(shift) < 0.05:
        return text + "right where sampling starts."
    text += f"{abs(shift):.1f} standard deviations {'below' if shift < 0 else 'above'} where sampling starts, on average"
    return text + (": hard to tell apart." if abs(shift) < 0.5 else ".")


def _dots(stage, ax, names):
    """A row for each setting: a dot, a line from 0, the number; the chosen one has a ring."""
    rows = np.arange(len(names))[::-1]
    ax.set(xlim=(0, 1), ylim=(-0.7, len(names) - 0.3))
    ax.set_yticks(rows, names, fontsize=FONT - 1.5, color=BLACK)
    ax.tick_params(axis="y", pad=9)
    ax.grid(axis="y", visible=False)
    bars = stage.moving([ax.plot([], [], color=SKY, linewidth=3)[0] for _ in names])
    (points,) = stage.moving(ax.plot(0 * rows, rows, "o", color=BLUE, markersize=8, clip_on=False))
    (ring,) = stage.moving(
        ax.plot([0], [0], "o", color=RED, markersize=14, markerfacecolor="none", markeredgewidth=2, clip_on=False)
    )
    numbers = stage.moving([ax.text(0, row, "", va="center", fontsize=FONT - 1) for row in rows])

    def show(roots, chosen):
        points.set_data(roots, rows)
        ring.set_data([roots[chosen]], [rows[chosen]])
        for bar, number, root, row in zip(bars, numbers, roots, rows, strict=True):
            bar.set_data([0, root], [row, row])
            number.set_x(root + 0.06)
            number.set_text(f"{root:.2g}" if 0 < root < 0.01 else f"{root:.3f}")

    return show


def _means(stage, ax):
    """Two histograms scaled to the same height: where the chain ends, and where sampling starts."""
    ax.set(xlim=(EDGES[0], EDGES[-1]), ylim=(0, 1.35), yticks=[])
    ends = stage.moving(
        ax.stairs(np.zeros(len(EDGES) - 1), EDGES, fill=True, color=ORANGE, alpha=0.6, label="where the chain ends")
    )
    (starts,) = stage.moving(ax.plot([], [], color=BLACK, linestyle="--", linewidth=1.8, label="where sampling starts"))
    legend(ax, loc="upper left")
    middle = (EDGES[1:] + EDGES[:-1]) / 2

    def show(end, side):
        heights = np.histogram(end, EDGES)[0]
        ends.set_data(heights / max(1, heights.max()))
        starts.set_data(middle, np.exp(-0.5 * (middle * side) ** 2))

    return show
