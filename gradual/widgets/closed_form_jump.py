"""Lesson 03: stepping and jumping land in the same place; two steps are one."""

from __future__ import annotations

import functools

import numpy as np

from gradual.plots import BLACK, BLUE, GREEN, ORANGE, RED, label, legend
from gradual.widgets.gradual_noise import step_through
from gradual.widgets.scene import Scene, drawable, slider, step_slider
from gradual.widgets.stage import Stage


def normal_density(x, mean, variance):
    """The density of N(mean, variance) at x."""
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def step_or_jump(mixture, betas, alpha_bar, q_step, q_sample, n=4000, seed=0):
    """Two crowds start from the same data: one takes t steps, the other jumps to t at once. Same histogram?

    Parameters
    ----------
    mixture : tuple (weights, means, deviations), each (K,): the data, a mixture of normal densities in one
        dimension, so that the exact density at every t is known and drawn too
    betas, alpha_bar : arrays (T+1,) of one schedule
    q_step : callable, called for every step of the first crowd, once, when the widget is made
    q_sample : callable, called for each picture with t, by the second crowd
    n : int, the size of each crowd
    """
    weights, means, deviations = (np.asarray(part, dtype=float) for part in mixture)
    rng = np.random.default_rng(seed)
    part = rng.choice(len(weights), n, p=weights)
    x0 = rng.normal(means[part], deviations[part])
    T = len(betas) - 1
    noise, jump_noise = rng.standard_normal((T, n)), rng.standard_normal(n)
    stepped = functools.cache(lambda: step_through(q_step, x0, betas, noise))
    truth = np.asarray(alpha_bar, dtype=float)

    grid, edges = np.linspace(-4, 4, 321), np.linspace(-4, 4, 65)
    stage = Stage(9, 3.8)
    ax = label(stage.figure.add_subplot(), "Two ways to the same step", "xₜ", "density")
    ax.set(xlim=(-4, 4), ylim=(0, 1.15 * _mixture(grid, weights, means, deviations**2).max()))
    steps = stage.moving(ax.stairs(np.zeros(64), edges, fill=True, color=ORANGE, alpha=0.5, label="stepped, t steps"))
    jumps = stage.moving(ax.stairs(np.zeros(64), edges, color=BLUE, linewidth=2, label="jumped, 1 call"))
    (exact,) = stage.moving(ax.plot([], [], color=BLACK, linewidth=1.5, linestyle="--", label="exact density"))
    legend(ax, loc="upper right")

    def draw(t):
        walkers = stepped()[t]
        jumpers = drawable("q_sample", q_sample(x0, t, alpha_bar, jump_noise), x0.shape)
        steps.set_data(np.histogram(walkers, edges, density=True)[0])
        jumps.set_data(np.histogram(jumpers, edges, density=True)[0])
        spread = truth[t] * deviations**2 + 1 - truth[t]
        exact.set_data(grid, _mixture(grid, weights, np.sqrt(truth[t]) * means, spread))
        gap = _largest_gap(walkers, jumpers)
        same = "no more than chance" if gap < 1.95 * np.sqrt(2 / n) else "more than chance: they are not the same"
        return (
            f"At step {t} of {T}: stepped, mean {walkers.mean():.2f} and deviation {walkers.std():.2f}; jumped, "
            f"mean {jumpers.mean():.2f} and deviation {jumpers.std():.2f}. The two crowds differ by {gap:.3f} "
            f"at most (the largest gap of their cumulated shares), {same}."
        )

    return Scene(stage, draw, {"t": step_slider(T)}, [q_step, q_sample], play="t")


def _mixture(x, weights, means, variances):
    return sum(w * normal_density(x, m, v) for w, m, v in zip(weights, means, variances, strict=True))


def _largest_gap(a, b):
    """Kolmogorov and Smirnov's distance of two samples; below 1.95 √(2/n) in 999 of 1000 equal ones."""
    everywhere = np.sort(np.concatenate([a, b]))
    shares = [np.searchsorted(np.sort(sample), everywhere, side="right") / len(sample) for sample in (a, b)]
    return np.abs(shares[0] - shares[1]).max()


def merge_two(merge_steps, q_step, start=2.0, n=4000, seed=0):
    """Two steps with β₁ and β₂ against one step with the β that ``merge_steps`` returns.

    Parameters
    ----------
    merge_steps : callable, ``(beta_1, beta_2)`` → the one β
    q_step : callable, takes the two steps, and the merged one, n times from ``start``
    """
    rng = np.random.default_rng(seed)
    first, second, once = rng.standard_normal((3, n))
    x0 = np.full(n, float(start))
    grid, edges = np.linspace(-4, 4, 321), np.linspace(-4, 4, 65)
    stage = Stage(9, 3.6)
    ax = label(stage.figure.add_subplot(), f"Two steps from x = {start:g}, and one", "x", "density")
    ax.set(xlim=(-4, 4), ylim=(0, 1.3))
    two = stage.moving(ax.stairs(np.zeros(64), edges, fill=True, color=ORANGE, alpha=0.5, label="β₁, then β₂"))
    one = stage.moving(ax.stairs(np.zeros(64), edges, color=BLUE, linewidth=2, label="one step, merged β"))
    (between,) = stage.moving(ax.plot([], [], color=GREEN, linewidth=1.5, linestyle=":", label="after β₁ alone"))
    (origin,) = stage.moving(ax.plot([start], [0.02], "v", color=RED, markersize=11, clip_on=False, label="start"))
    legend(ax, loc="upper left")

    def draw(beta_1, beta_2):
        beta = float(drawable("merge_steps", merge_steps(beta_1, beta_2), ()))
        halfway = drawable("q_step", q_step(x0, beta_1, first), x0.shape)
        after_two = drawable("q_step", q_step(halfway, beta_2, second), x0.shape)
        after_one = drawable("q_step", q_step(x0, beta, once), x0.shape)
        two.set_data(np.histogram(after_two, edges, density=True)[0])
        one.set_data(np.histogram(after_one, edges, density=True)[0])
        between.set_data(grid, normal_density(grid, np.sqrt(1 - beta_1) * start, beta_1))
        return (
            f"β₁ = {beta_1:.2f}, then β₂ = {beta_2:.2f}: mean {after_two.mean():.2f}, deviation "
            f"{after_two.std():.2f}. One step with β = {beta:.3f}: mean {after_one.mean():.2f}, deviation "
            f"{after_one.std():.2f}. Added up, the two β would be {beta_1 + beta_2:.2f}."
        )

    controls = {"beta_1": slider("β₁", 0.02, 0.98, 0.2, 0.01), "beta_2": slider("β₂", 0.02, 0.98, 0.3, 0.01)}
    return Scene(stage, draw, controls, [merge_steps, q_step])
