"""Lesson 04: drag a schedule and see what it does; the audit of what published ones leave at the end."""

from __future__ import annotations

import numpy as np

from gradual.plots import BLUE, GREEN, RED, bare, dots, draw_tiles, label, name_tiles, tile
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

STRIP = 11
FAINT = 0.01
"""Where ᾱ is below this, less than a tenth of the signal's size is left: further steps hardly change a thing."""


def drag_schedule(image, linear, cosine, alpha_bar_from_betas, snr, q_sample, seed=0):
    """Drag a schedule's numbers: its β, its ᾱ, its log SNR, and one image at evenly spaced steps.

    The shaded part is where time is wasted: the signal is below a tenth of its size, so little is left to destroy.

    Parameters
    ----------
    image : array (H, W), from −1 to 1
    linear : callable, ``linear_beta_schedule(T, beta_start, beta_end)``
    cosine : callable, ``cosine_beta_schedule(T, s)``
    alpha_bar_from_betas, snr, q_sample : callables

    Controls: the kind of schedule, T, and for each kind its own numbers.
    """
    image = np.asarray(image, dtype=float)
    noise = np.random.default_rng(seed).standard_normal(image.shape)
    stage = Stage(9, 4.4)
    grid = stage.figure.add_gridspec(2, 3, height_ratios=[1.7, 1])
    panels = [
        _panel(stage, grid[0, 0], "β, the step's noise", (0, 0.05), BLUE),
        _panel(stage, grid[0, 1], "ᾱ, the signal left", (0, 1.02), GREEN),
        _panel(stage, grid[0, 2], "log SNR", (-12, 12), RED),
    ]
    row = bare(stage.figure.add_subplot(grid[1, :]), "One image at eleven evenly spaced steps")
    strip = stage.moving(draw_tiles(row, np.zeros((STRIP, *image.shape)), limits=(-2, 2)))
    name_tiles(row, [f"{i / (STRIP - 1):.0%}" for i in range(STRIP)], image.shape[1])

    def draw(kind, T, beta_start, beta_end, s):
        betas = linear(T, beta_start, beta_end) if kind == "linear" else cosine(T, s)
        betas = drawable(f"{kind}_beta_schedule", betas, (T + 1,))
        alpha_bar = drawable("alpha_bar_from_betas", alpha_bar_from_betas(betas), (T + 1,))
        with np.errstate(divide="ignore", invalid="ignore"):
            # The clean end has no noise, so its SNR is inf: it is left out of the curve.
            log_snr = np.log(np.asarray(snr(alpha_bar), dtype=float)[1:])
        log_snr = drawable("log of snr", log_snr, (T,))
        share = np.arange(T + 1) / T
        wasted = share[np.argmax(alpha_bar < FAINT)] if (alpha_bar < FAINT).any() else 1.0
        for show, x, y in zip(panels, (share[1:], share, share[1:]), (betas[1:], alpha_bar, log_snr), strict=True):
            show(x, y, wasted)
        times = np.round(np.linspace(0, T, STRIP)).astype(int)
        noisy = [drawable("q_sample", q_sample(image, int(t), alpha_bar, noise), image.shape) for t in times]
        strip.set_data(tile(noisy))
        return _said(kind, T, alpha_bar, wasted)

    controls = {
        "kind": choice("schedule", ["linear", "cosine"]),
        "T": step_slider(1000, 1000, "T", 50, 50),
        "beta_start": slider("linear: first β", 0.0001, 0.02, 0.0001, 0.0001, 4),
        "beta_end": slider("linear: last β", 0.001, 0.05, 0.02, 0.001, 3),
        "s": slider("cosine: s", 0.0, 0.2, 0.008, 0.004, 3),
    }
    scene = Scene(stage, draw, controls, [linear, cosine, alpha_bar_from_betas, snr, q_sample])

    def fit_controls(change=None):
        # A slider that would do nothing is greyed out.
        controls["beta_start"].disabled = controls["beta_end"].disabled = controls["kind"].value != "linear"
        controls["s"].disabled = controls["kind"].value != "cosine"

    controls["kind"].observe(fit_controls, "value")
    fit_controls()
    return scene


def _panel(stage, place, title, limits, color):
    ax = label(stage.figure.add_subplot(place), title, "t / T")
    ax.set(xlim=(0, 1), ylim=limits)
    (shade,) = stage.moving(ax.fill([0], [0], facecolor="#E8E8E8", edgecolor="#9A9A9A", hatch="//", linewidth=0))
    (line,) = stage.moving(ax.plot([], [], color=color, linewidth=2.2))
    low, high = limits

    def show(x, y, wasted):
        line.set_data(x, y)
        shade.set_xy([(wasted, low), (1, low), (1, high), (wasted, high)])

    return show


def _said(kind, T, alpha_bar, wasted):
    half = int(np.argmax(alpha_bar < 0.5)) if (alpha_bar < 0.5).any() else None
    text = f"{kind} schedule with T = {T}. "
    text += f"Half of the signal's variance is gone at step {half} ({half / T:.0%} of the way). " if half else ""
    text += f"At the end √ᾱ is {np.sqrt(alpha_bar[-1]):.4f}: "
    if alpha_bar[-1] > FAINT:
        return text + "a visible trace of the image is left, so the end is not pure noise."
    return text + f"next to nothing is left. The last {1 - wasted:.0%} of the steps (shaded) only stir noise."


def terminal_snr_audit(settings, alpha_bar_from_betas):
    """How much signal published settings leave at the end: √ᾱ_T as a dot for each.

    Parameters
    ----------
    settings : dict, ``{name: betas (T+1,)}``
    alpha_bar_from_betas : callable

    Returns
    -------
    a figure
    """
    left = {name: float(np.sqrt(alpha_bar_from_betas(betas)[-1])) for name, betas in settings.items()}
    return dots(left, "What is left of the signal when sampling starts from pure noise", "√ᾱ at the last step")
