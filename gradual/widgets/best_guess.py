"""Lesson 08: how well noise can be predicted at all, and a timestep as a row of waves."""

from __future__ import annotations

import functools

import numpy as np

from gradual.elbo import smallest_eps_mse
from gradual.forward import q_sample
from gradual.mixture import GaussianMixture
from gradual.plots import BLACK, BLUE, GREY, ORANGE, RED, label, legend
from gradual.widgets.scene import Scene, choice, drawable, step_slider
from gradual.widgets.stage import Stage

POINTS = 400


def best_prediction(clean, alpha_bar, seed=0):
    """The noise of a point against the best guess of it, step by step; and the squared error that this guess has.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, D), covs (K, D, D)), the mixture of the clean data
    alpha_bar : array (T+1,)

    Controls: the step t.
    """
    T, mixture, rng = len(alpha_bar) - 1, GaussianMixture(*clean), np.random.default_rng(seed)
    x0, exact = mixture.sample(POINTS, rng), mixture.eps_model(alpha_bar)
    noise, floor = rng.standard_normal(x0.shape), smallest_eps_mse(mixture, alpha_bar)
    mean = floor[1:].mean()
    stage = Stage(9, 4.2)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.15, 1])
    label(left, "The error of the best guess", "step t", "mean of (ε − ε̂)²").set(xlim=(0, T + 1), ylim=(0, 1.08))
    left.plot(range(1, T + 1), floor[1:], color=BLUE, linewidth=2, label="at step t")
    left.axhline(mean, color=RED, linestyle="--", linewidth=1.5, label=f"mean over all steps: {mean:.3f}")
    legend(left, loc="upper right")
    (here,) = stage.moving(left.plot([], [], "o", color=BLACK, markersize=10))
    label(right, "One coordinate of 400 points", "the noise ε that was added", "the best guess of it, ε̂").set(
        xlim=(-3.3, 3.3), ylim=(-3.3, 3.3), aspect="equal"
    )
    right.plot([-3.3, 3.3], [-3.3, 3.3], color=GREY, linestyle=":", linewidth=1.5, label="a perfect guess")
    (dots,) = stage.moving(right.plot([], [], "o", color=ORANGE, markeredgecolor=BLACK, markeredgewidth=0.3, alpha=0.7))
    legend(right, loc="upper left")

    def draw(t):
        guess = exact(q_sample(x0, t, alpha_bar, noise), t)
        here.set_data([t], [floor[t]])
        dots.set_data(noise[:, 0], guess[:, 0])
        return (
            f"Step {t} of {T}, ᾱ = {alpha_bar[t]:.3f}: the best guess has a mean squared error of {floor[t]:.3f} "
            f"(on these {POINTS} points: {np.mean((noise - guess) ** 2):.3f}). Guessing 0 would have 1."
        )

    return Scene(stage, draw, {"t": step_slider(T, T // 4, low=1)}, play="t")


def time_waves(T, timestep_embedding, dim=16):
    """What the network is told of the time: a row of waves, at every step and at this one; and which times look alike.

    Parameters
    ----------
    T : int, the number of steps
    timestep_embedding : callable, as in ``gradual.network``
    dim : int, how many numbers describe a timestep

    Controls: the step t, and max_period.
    """
    times, half = np.arange(T + 1), dim // 2
    stage = Stage(9, 4.9)
    axes = stage.figure.subplot_mosaic([["map", "bars"], ["alike", "."]], width_ratios=[2.2, 1], height_ratios=[1.6, 1])
    label(axes["map"], "All timesteps: dark is −1, bright is 1", "step t").grid(False)
    image = stage.moving(
        axes["map"].imshow(np.zeros((dim, T + 1)), cmap="cividis", vmin=-1, vmax=1, aspect="auto", zorder=1)
    )
    axes["map"].set_yticks(
        [(half - 1) / 2, half + (half - 1) / 2], ["cosines,\nfast at the\ntop", "sines,\nfast at the\ntop"]
    )
    stage.moving(axes["map"].axhline(half - 0.5, color="white", linewidth=3, zorder=2))
    (line,) = stage.moving(axes["map"].plot([], [], color=RED, linewidth=2.5, zorder=3))
    label(axes["bars"], "This timestep", "value").set(xlim=(-1.08, 1.08), ylim=(dim - 0.5, -0.5), yticks=[])
    axes["bars"].axvline(0, color=GREY, linewidth=0.8)
    bars = stage.moving(axes["bars"].barh(range(dim), np.zeros(dim), color=[BLUE] * half + [ORANGE] * half))
    label(axes["alike"], "How much another timestep looks like this one", "step", "likeness").set(
        xlim=(-0.5, T + 0.5), ylim=(-0.7, 1.08)
    )
    (alike,) = stage.moving(axes["alike"].plot([], [], color=BLUE, linewidth=2))
    (mark,) = stage.moving(axes["alike"].plot([], [], color=RED, linewidth=2.5))

    @functools.cache
    def all_waves(max_period):
        return drawable("timestep_embedding", timestep_embedding(times, dim, max_period), (T + 1, dim))

    def draw(t, max_period):
        waves = all_waves(max_period)
        row = drawable("timestep_embedding", timestep_embedding(t, dim, max_period), (dim,))
        likeness = waves @ row / half
        image.set_data(waves.T)
        line.set_data([t, t], [-0.5, dim - 0.5])
        mark.set_data([t, t], [-0.7, 1.08])
        alike.set_data(times, likeness)
        for bar, value in zip(bars, row, strict=True):
            bar.set_width(value)
        near = np.abs(times - t) <= 3
        return (
            f"Step {t} of {T}. The fastest pair is ({row[0]:.2f}, {row[half]:.2f}), the slowest ({row[half - 1]:.2f}, "
            f"{row[-1]:.2f}). Likeness is {likeness[near].min():.2f} or more within 3 steps of t, and on average "
            f"{likeness[~near].mean():.2f} further away."
        )

    controls = {"t": step_slider(T, T // 4), "max_period": choice("max_period", [("10 000", 10_000), ("100", 100)])}
    return Scene(stage, draw, controls, [timestep_embedding], play="t")
