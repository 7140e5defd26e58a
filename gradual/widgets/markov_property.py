"""Lesson 02: one step as a density, and the test for memory on a chain and on its foil."""

from __future__ import annotations

import functools

import numpy as np

from gradual.plots import BLUE, GREY, ORANGE, RED, label, legend
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

SHOWN_PATHS, SHOWN_DOTS = 14, 700


def transition(transition_log_prob, q_step, draws=4000, seed=0):
    """Where can one step lead? The density of x_t given x_{t−1}, over the histogram of many real steps.

    Parameters
    ----------
    transition_log_prob : callable, ``(x_t (B,), x_prev (B,), beta)`` → ``(B,)``; its exponential is drawn
    q_step : callable, takes ``draws`` steps from the same x_{t−1}; the noise is drawn once

    Sliders: x_{t−1} and β.
    """
    grid = np.linspace(-4, 4, 321)
    noise = np.random.default_rng(seed).standard_normal(draws)
    edges = np.linspace(-4, 4, 65)
    stage = Stage(9, 3.4)
    ax = label(stage.figure.add_subplot(), "One step from a fixed value", "xₜ", "density")
    ax.set(xlim=(-4, 4), ylim=(0, 2.2))
    bars = stage.moving(ax.stairs(np.zeros(64), edges, fill=True, color=ORANGE, alpha=0.45, label="many steps"))
    (curve,) = stage.moving(ax.plot([], [], color=BLUE, linewidth=2.2, label="exp(transition_log_prob)"))
    (start,) = stage.moving(ax.plot([], [], "v", color=RED, markersize=11, clip_on=False, label="start xₜ₋₁"))
    legend(ax, loc="upper right")

    def draw(x_prev, beta):
        before = np.full(draws, x_prev)
        landed = drawable("q_step", q_step(before, beta, noise), noise.shape)
        log_density = transition_log_prob(grid, np.full(grid.shape, x_prev), beta)
        density = np.exp(drawable("transition_log_prob", log_density, grid.shape))
        bars.set_data(np.histogram(landed, edges, density=True)[0])
        curve.set_data(grid, density)
        start.set_data([x_prev], [0.04])
        area = density.sum() * (grid[1] - grid[0])
        return (
            f"From x_prev = {x_prev:.1f} with β = {beta:.2f}, steps land around {landed.mean():.2f}, "
            f"give or take {landed.std():.2f}. The curve is highest at {grid[density.argmax()]:.2f}, "
            f"and the area under it is {area:.2f}."
        )

    controls = {"x_prev": slider("start x_prev", -2, 2, 1.5, 0.1, 1), "beta": slider("β", 0.04, 1, 0.2, 0.01)}
    return Scene(stage, draw, controls, [transition_log_prob, q_step])


def memory_test(
    x0, betas, alpha_bar, noise_trajectory, shared_noise_path, partial_correlation, early=100, late=500, seed=0
):
    """Does the past still matter once the present is known? A chain and its foil take the same test.

    Paths on top; below, x_early against x_late, each less what a regression on the middle state explains.

    Parameters
    ----------
    x0 : array (N,), the starts; a few thousand
    betas, alpha_bar : arrays (T+1,) of one schedule
    noise_trajectory : callable, makes the chain: fresh noise at each step
    shared_noise_path : callable, makes the foil: one noise for all steps
    partial_correlation : callable, ``(a (N,), b (N,), given (N,))`` → number
    early, late : int, the two times that are compared; the slider chooses the one between them

    Controls: the middle time, and whether the middle state is held fixed.
    """
    x0 = np.asarray(x0, dtype=float)
    T = len(betas) - 1

    @functools.cache
    def states(kind):
        rng = np.random.default_rng(seed)
        shape = (T + 1, len(x0))
        if kind == "chain":
            made = noise_trajectory(x0, betas, rng.standard_normal((T, len(x0))))
            return drawable("noise_trajectory", made, shape)
        return drawable("shared_noise_path", shared_noise_path(x0, alpha_bar, rng.standard_normal(len(x0))), shape)

    stage = Stage(9, 5.4)
    axes = stage.figure.subplots(2, 2, height_ratios=[1, 1.35])
    chain = _memory_panel(stage, axes[:, 0], "Chain: new noise each step", BLUE, T, early, late)
    foil = _memory_panel(stage, axes[:, 1], "Foil: one noise for all steps", ORANGE, T, early, late)
    panels = {"chain": chain, "foil": foil}

    @functools.cache
    def draw_paths():
        # Every 4th step is enough for the eye.
        every = np.arange(0, T + 1, 4)
        for ax, kind, color in zip(axes[0], panels, (BLUE, ORANGE), strict=True):
            ax.plot(every, states(kind)[every, :SHOWN_PATHS], color=color, linewidth=0.7, alpha=0.8)
        stage.still_changed()

    def draw(middle, held):
        draw_paths()
        said = []
        for kind, show in panels.items():
            a, given, b = (states(kind)[t] for t in (early, middle, late))
            left_a, left_b = (_residual(a, given), _residual(b, given)) if held else (a - a.mean(), b - b.mean())
            value = partial_correlation(a, b, given) if held else np.corrcoef(a, b)[0, 1]
            value = float(drawable("partial_correlation", value, ()))
            show(middle, left_a, left_b)
            said.append(f"{kind} {value:+.2f} ({_in_words(value, len(x0))})")
        condition = f"with x at step {middle} held fixed" if held else "with nothing held fixed"
        return f"Correlation of x at steps {early} and {late}, {condition}: {'; '.join(said)}."

    controls = {
        "middle": step_slider(late - 1, (early + late) // 2, "middle step", early + 1),
        "held": choice("hold fixed", [("the middle state", True), ("nothing", False)]),
    }
    return Scene(stage, draw, controls, [noise_trajectory, shared_noise_path, partial_correlation], play="middle")


def _memory_panel(stage, axes, title, color, T, early, late):
    top = label(axes[0], title, "step t", "xₜ")
    top.set(xlim=(0, T), ylim=(-3.6, 3.6))
    for t in (early, late):
        top.axvline(t, color=GREY, linewidth=1.2, linestyle=":")
    here = stage.moving(top.axvline(early, color=RED, linewidth=2))
    bottom = label(axes[1], "", f"left of x at step {early}", f"left of x at step {late}")
    bottom.set(xlim=(-2.8, 2.8), ylim=(-3.2, 3.2))
    (dots,) = stage.moving(bottom.plot([], [], "o", color=color, markersize=3, alpha=0.6, markeredgewidth=0))

    def show(middle, left_a, left_b):
        here.set_xdata([middle, middle])
        dots.set_data(left_a[:SHOWN_DOTS], left_b[:SHOWN_DOTS])

    return show


def _residual(a, given):
    slope, intercept = np.polyfit(given, a, 1)
    return a - slope * given - intercept


def _in_words(value, n):
    """What a correlation of n pairs says; four standard errors are what chance alone hardly ever exceeds."""
    if abs(value) < 4 / np.sqrt(n):
        return "no more than chance"
    strength = "almost perfect" if abs(value) > 0.98 else "strong" if abs(value) > 0.5 else "weak but real"
    return f"{strength}: the past still tells about the future"
