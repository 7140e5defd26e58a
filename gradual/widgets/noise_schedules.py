"""Lesson 04: drag a schedule and see what it does; see which part of the way each step goes."""

from __future__ import annotations

import numpy as np

from gradual.plots import (
    BLACK,
    BLUE,
    COLORS,
    FONT,
    GREEN,
    GREY,
    LINES,
    MARKERS,
    ORANGE,
    RED,
    bare,
    draw_tiles,
    label,
    legend,
    name_tiles,
    tile,
)
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

STRIP = 11
FAINT = 0.01
"""Where ᾱ is below this, less than a tenth of the signal's size is left: further steps hardly change a thing."""

OUT_OF_SIGHT = -100
"""Where a curve goes that falls to −∞."""


def drag_schedule(image, linear, cosine, alpha_bar_from_betas, snr, q_sample, seed=0):
    """Drag a schedule's numbers: its β, its ᾱ, its log SNR, and one image at evenly spaced steps.

    The hatched part is where time is wasted: the signal is below a tenth of its size, so little is left to destroy.

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
        log_snr = np.maximum(_log_snr(snr, alpha_bar), OUT_OF_SIGHT)
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


def _log_snr(snr, alpha_bar):
    """The logarithm at t = 1 … T, −∞ where no signal is left. At t = 0 there is no noise and no logarithm."""
    ratio = drawable("snr", np.atleast_1d(np.asarray(snr(alpha_bar), dtype=float))[1:], (len(alpha_bar) - 1,))
    if (ratio < 0).any():
        raise ValueError(f"snr returned {ratio.min():.4g}: a ratio of variances cannot be negative.")
    with np.errstate(divide="ignore"):
        return np.log(ratio)


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
    return text + f"next to nothing is left. The last {1 - wasted:.0%} of the steps (hatched) only stir noise."


def quarter_turn(image, schedules, alpha_bar_from_betas, q_sample, T=1000, seed=0):
    """The mix of signal and noise as a pointer that turns from 0° (signal) to 90° (noise), one for each schedule.

    The pointer's ends are √ᾱ and √(1 − ᾱ), whose squares add up to 1. Eleven rings mark every tenth of the steps:
    where they crowd, steps change little.

    Parameters
    ----------
    image : array (H, W), from −1 to 1
    schedules : dict of one or two, ``{name: callable}``, each called with T
    alpha_bar_from_betas, q_sample : callables
    """
    image = np.asarray(image, dtype=float)
    noise = np.random.default_rng(seed).standard_normal(image.shape)
    stage = Stage(4.6 * len(schedules), 2.7)
    grid = stage.figure.add_gridspec(1, 2 * len(schedules))
    pairs = [
        _pointer(stage, grid[0, 2 * i], grid[0, 2 * i + 1], name, color, image)
        for i, (name, color) in enumerate(zip(schedules, (BLUE, ORANGE)))
    ]

    def draw(t):
        said = []
        for (name, schedule), (show, picture) in zip(schedules.items(), pairs, strict=True):
            betas = drawable(f"{name}_beta_schedule", schedule(T), (T + 1,))
            alpha_bar = drawable("alpha_bar_from_betas", alpha_bar_from_betas(betas), (T + 1,))
            show(alpha_bar, t)
            picture.set_data(drawable("q_sample", q_sample(image, t, alpha_bar, noise), image.shape))
            tenth = max(0, t - T // 10)
            turned = [np.degrees(np.arccos(np.sqrt(alpha_bar[u]))) for u in (t, tenth)]
            said.append(
                f"{name}, {turned[0]:.0f}° of 90° (√ᾱ = {np.sqrt(alpha_bar[t]):.3f}), "
                f"{turned[0] - turned[1]:.0f}° of it in the last {t - tenth} steps"
            )
        return f"Step {t} of {T}: " + "; ".join(said) + "."

    return Scene(
        stage,
        draw,
        {"t": step_slider(T, T // 2)},
        [*schedules.values(), alpha_bar_from_betas, q_sample],
        play="t",
    )


def _pointer(stage, circle_place, image_place, name, color, image):
    """Axes with a quarter circle, and the image beside them; returns what moves them."""
    ax = label(stage.figure.add_subplot(circle_place), name, "√ᾱ, signal", "√(1 − ᾱ), noise")
    ax.set(xlim=(0, 1.18), ylim=(0, 1.18), xticks=[0, 0.5, 1], yticks=[0, 0.5, 1], aspect="equal")
    angle = np.linspace(0, np.pi / 2, 90)
    ax.plot(np.cos(angle), np.sin(angle), color=GREY, linewidth=1)
    for text, place in (("0°", (1.04, 0.05)), ("90°", (0.05, 1.04))):
        ax.text(*place, text, color=GREY, fontsize=FONT - 1.5)
    (rings,) = stage.moving(ax.plot([1], [0], "o", color=color, markersize=7, markerfacecolor="white", clip_on=False))
    (hand,) = stage.moving(
        ax.plot([0, 1], [0, 0], color=color, linewidth=2.5, marker="o", markevery=[1], markersize=8, clip_on=False)
    )
    beside = bare(stage.figure.add_subplot(image_place), "the image at that step")
    picture = stage.moving(draw_tiles(beside, np.zeros((1, *image.shape)), limits=(-2, 2)))

    def show(alpha_bar, t):
        signal, left = np.sqrt(alpha_bar), np.sqrt(1 - alpha_bar)
        tenths = np.round(np.linspace(0, len(alpha_bar) - 1, STRIP)).astype(int)
        rings.set_data(signal[tenths], left[tenths])
        hand.set_data([0, signal[t]], [0, left[t]])

    return show, picture


def read_log_snr(curves, snr, functions=()):
    """Log-SNR curves on one pair of axes, and a ruler that reads them all at one share of the way.

    Parameters
    ----------
    curves : dict, ``{name: callable}``, each gives ``alpha_bar (T+1,)``, of any T
    snr : callable
    functions : callables that the curves use, so that their notes are shown
    """
    stage = Stage(9, 3.6)
    ax = label(stage.figure.add_subplot(), "Signal against noise", "t / T", "log SNR")
    ax.set(xlim=(0, 1), ylim=(-12, 12))
    ax.axhline(0, color=GREY, linewidth=1)
    for text, height in (("more signal", 0.6), ("more noise", -1.6)):
        ax.text(0.005, height, text, color=GREY, fontsize=FONT - 2)
    lines = [
        stage.moving(ax.plot([], [], color=color, linestyle=dashes, linewidth=2, label=name))[0]
        for name, color, dashes in zip(curves, COLORS, LINES)
    ]
    marks = [
        stage.moving(ax.plot([], [], marker, color=color, markersize=8))[0]
        for _, color, marker in zip(curves, COLORS, MARKERS)
    ]
    (ruler,) = stage.moving(ax.plot([], [], color=BLACK, linewidth=1, linestyle=":"))
    legend(ax, loc="upper right")

    def draw(share):
        said = []
        for (name, curve), line, mark in zip(curves.items(), lines, marks, strict=True):
            alpha_bar = np.asarray(curve(), dtype=float)
            T = len(alpha_bar) - 1
            logs = _log_snr(snr, alpha_bar)
            t = max(1, round(share * T))
            line.set_data(np.arange(1, T + 1) / T, np.maximum(logs, OUT_OF_SIGHT))
            mark.set_data([t / T], [logs[t - 1]])
            # Adding 0 turns −0.0 into 0.0.
            value = f"{round(logs[t - 1], 1) + 0:+.1f}".replace("-", "−").replace("inf", "∞")
            said.append(f"{name}: {value} (signal {alpha_bar[t]:.1%} of the variance)")
        ruler.set_data([share, share], [-12, 12])
        return f"Log SNR at {share:.0%} of the way. " + "; ".join(said) + "."

    return Scene(stage, draw, {"share": slider("t / T", 0.02, 1, 0.5, 0.02)}, [*functions, snr])
