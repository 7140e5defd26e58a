"""Lesson 03: walking and jumping agree at every step; two steps are one; what no jump gives is a path."""

from __future__ import annotations

import functools

import numpy as np

from gradual.markov import partial_correlation
from gradual.plots import BLACK, BLUE, COLORS, GREEN, GREY, ORANGE, RED, label, legend
from gradual.widgets.gradual_noise import step_through
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

# Of two samples of n from one distribution, the largest gap times √(n/2): its mean, and what it is below, or
# above, once in 1000 (Smirnov 1948).
ON_AVERAGE, HARDLY_LESS, HARDLY_EVER = 0.869, 0.374, 1.949
MISTAKES = ("none", "noise scaled by 1 − ᾱ", "data scaled by ᾱ", "40 steps too far")

def normal_density(x, mean, variance):
    """The density of N(mean, variance) at x."""
    return np.exp(-0.5 * (x - mean) ** 2 / variance) / np.sqrt(2 * np.pi * variance)


def step_or_jump(mixture, betas, alpha_bar, q_step, q_sample, n=4000, seed=0):
    """Two crowds from the same data: one takes t steps, the other jumps to t at once. Same histogram?

    Parameters
    ----------
    mixture : tuple (weights, means, deviations), each (K,): the data, a mixture of normal densities in one
        dimension, so that the exact density at every t is known and drawn too
    betas : array (T+1,), the variance of each step
    alpha_bar : array (T+1,), what ``q_sample`` gets
    q_step : callable, called for every step of the first crowd, once
    q_sample : callable, called for each picture with t, by the second crowd
    n : int, the size of each crowd
    """
    T = len(betas) - 1
    rng = np.random.default_rng(seed)
    walkers, jumpers = _crowd(mixture, n, rng), _crowd(mixture, n, rng)
    noise, jump_noise = rng.standard_normal((T, n)), rng.standard_normal(n)
    walked = functools.cache(lambda: step_through(q_step, walkers, betas, noise))

    grid, edges = np.linspace(-4, 4, 321), np.linspace(-4, 4, 65)
    stage = Stage(9, 3.8)
    ax = label(stage.figure.add_subplot(), "Two ways to the same step", "xₜ", "density")
    ax.set(xlim=(-4, 4), ylim=(0, 1.15 * _density_at(0, grid, mixture, betas).max()))
    steps = stage.moving(ax.stairs(np.zeros(64), edges, fill=True, color=ORANGE, alpha=0.5, label="walked, t steps"))
    jumps = stage.moving(ax.stairs(np.zeros(64), edges, color=BLUE, linewidth=2, label="jumped, 1 call"))
    (exact,) = stage.moving(ax.plot([], [], color=BLACK, linewidth=1.5, linestyle="--", label="exact density"))
    legend(ax, loc="upper right")

    def draw(t):
        there = walked()[t]
        landed = drawable("q_sample", q_sample(jumpers, t, alpha_bar, jump_noise), (n,))
        steps.set_data(np.histogram(there, edges, density=True)[0])
        jumps.set_data(np.histogram(landed, edges, density=True)[0])
        exact.set_data(grid, _density_at(t, grid, mixture, betas))
        gap = largest_gap(there, landed)
        same = "no more than chance" if gap < HARDLY_EVER * np.sqrt(2 / n) else "more than chance: they are not the same"
        return (
            f"At step {t} of {T}: walked, mean {there.mean():.2f} and deviation {there.std():.2f}; jumped, "
            f"mean {landed.mean():.2f} and deviation {landed.std():.2f}. The largest gap between the two crowds is "
            f"{gap:.3f}, where chance alone makes about {ON_AVERAGE * np.sqrt(2 / n):.3f}: {same}."
        )

    return Scene(stage, draw, {"t": step_slider(T, T // 8)}, [q_step, q_sample], play="t")


def gap_test(mixture, betas, alpha_bar, q_step, q_sample, most=10_000, times=16, seed=0):
    """Would you notice a wrong jump? The largest gap between walked and jumped crowds, over time.

    The shaded band is what chance makes: 998 of 1000 gaps of two crowds with one distribution lie in it.

    Parameters
    ----------
    mixture, betas, alpha_bar : as in ``step_or_jump``
    q_step, q_sample : callables; ``q_sample`` gets many t at once, one for each row of the batch
    most : int, the size of the largest crowds
    times : int, at how many t the two crowds are compared

    Controls: a mistake to put into the jump, and the size of the crowds.
    """
    T, rng = len(betas) - 1, np.random.default_rng(seed)
    moments = np.linspace(0, T, times + 1).round().astype(int)[1:]
    jumpers = _crowd(mixture, times * most, rng).reshape(times, most)
    jump_noise = rng.standard_normal((times, most))

    @functools.cache
    def walked():
        # All states of so many walkers would fill the memory: only those that are compared are kept.
        draws, kept = np.random.default_rng([seed, 1]), []
        x = _crowd(mixture, most, draws)
        for t in range(1, T + 1):
            x = drawable("q_step", q_step(x, betas[t], draws.standard_normal(most)), (most,))
            if t in moments:
                kept.append(x)
        return np.stack(kept)

    stage = Stage(9, 3.4)
    ax = label(stage.figure.add_subplot(), "Walked against jumped", "step t", "largest gap")
    ax.set(xlim=(0, 1.02 * T), ylim=(0.003, 0.5), yscale="log")
    (band,) = stage.moving(ax.fill([0], [1], facecolor="#D9D9D9", edgecolor=GREY, label="chance alone"))
    (line,) = stage.moving(ax.plot([], [], "o-", color=BLUE, markersize=6, linewidth=1.2, label="the two crowds"))
    legend(ax, loc="upper right", ncols=2)

    def jump(mistake, size):
        x, noise, t = jumpers[:, :size], jump_noise[:, :size], moments
        left = np.asarray(alpha_bar, dtype=float)[moments][:, np.newaxis]
        if mistake == "noise scaled by 1 − ᾱ":
            noise = np.sqrt(1 - left) * noise
        if mistake == "data scaled by ᾱ":
            x = np.sqrt(left) * x
        if mistake == "40 steps too far":
            t = np.minimum(moments + 40, T)
        return drawable("q_sample", q_sample(x, t, alpha_bar, noise), x.shape)

    def draw(mistake, size):
        pairs = zip(walked()[:, :size], jump(mistake, size), strict=True)
        gaps = np.array([largest_gap(one, other) for one, other in pairs])
        low, high = HARDLY_LESS * np.sqrt(2 / size), HARDLY_EVER * np.sqrt(2 / size)
        band.set_xy([(0, low), (1.02 * T, low), (1.02 * T, high), (0, high)])
        line.set_data(moments, gaps)
        outside = int((gaps > high).sum())
        said = f"at {outside} of {times} times more: they are not the same" if outside else "never more than chance"
        return (
            f"Mistake: {mistake}. Crowds of {size}: the largest gap is {gaps.mean():.3f} on average over time, and "
            f"{gaps.max():.3f} at most. Chance alone makes {ON_AVERAGE * np.sqrt(2 / size):.3f} on average and passes "
            f"{high:.3f} once in 1000; here, {said}."
        )

    controls = {"mistake": choice("mistake", MISTAKES), "size": step_slider(most, most, "points in a crowd", 100, 100)}
    return Scene(stage, draw, controls, [q_step, q_sample])


def _crowd(mixture, n, rng):
    weights, means, deviations = (np.asarray(part, dtype=float) for part in mixture)
    part = rng.choice(len(weights), n, p=weights)
    return rng.normal(means[part], deviations[part])


def _density_at(t, x, mixture, betas):
    """The exact density of x_t: each part of the mixture shrinks and widens by itself."""
    weights, means, deviations = (np.asarray(part, dtype=float) for part in mixture)
    left = np.prod(1 - betas[: t + 1])
    spread = left * deviations**2 + 1 - left
    return sum(w * normal_density(x, m, v) for w, m, v in zip(weights, np.sqrt(left) * means, spread, strict=True))


def largest_gap(a, b):
    """Kolmogorov and Smirnov's distance of two samples: the largest gap between their cumulated shares."""
    values = np.concatenate([a, b])
    order = np.argsort(values)
    ahead = np.cumsum(np.where(order < len(a), 1 / len(a), -1 / len(b)))
    # Among equal values the order says nothing: look after the last of them.
    return np.abs(ahead[np.append(np.diff(values[order]) > 0, True)]).max()


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


def three_ways(x0, betas, alpha_bar, q_step, q_sample, shown=4, seed=0):
    """Three ways to have a state at every t: walk; jump with one ε; jump with a new ε for each t.

    At any one t the three crowds look alike. Their paths do not, and only the first is a chain.

    Parameters
    ----------
    x0 : array (N,), the starts; a few thousand, of which the paths of ``shown`` are drawn
    betas, alpha_bar : arrays (T+1,) of one schedule
    q_step, q_sample : callables; ``q_sample`` gets every t at once, one for each row of the batch
    """
    x0, T = np.asarray(x0, dtype=float), len(betas) - 1
    shape = (T + 1, len(x0))
    every = max(1, T // 500)
    ways = ("walked", "jumped, one ε", "jumped, new ε for each t")

    def jumped(noise):
        starts = np.broadcast_to(x0, shape).copy()
        return drawable("q_sample", q_sample(starts, np.arange(T + 1), alpha_bar, noise), shape)

    @functools.cache
    def states():
        rng = np.random.default_rng(seed)
        walked = step_through(q_step, x0, betas, rng.standard_normal((T, len(x0))))
        one = np.broadcast_to(rng.standard_normal(len(x0)), shape).copy()
        return dict(zip(ways, (walked, jumped(one), jumped(rng.standard_normal(shape))), strict=True))

    stage = Stage(9, 3.4)
    lines = {}
    for ax, name in zip(stage.figure.subplots(1, 3, sharey=True), ways, strict=True):
        label(ax, name[0].upper() + name[1:], "step t", "xₜ" if not lines else "")
        ax.set(xlim=(0, T), ylim=(-3.4, 3.4))
        lines[name] = [
            stage.moving(ax.plot([], [], color=color, linewidth=1.1, alpha=0.85))[0] for color in COLORS[:shown]
        ]

    def draw(t):
        a, b = max(t - 50, 1), min(t + 50, T)
        said = {"deviation": [], "move": [], "memory": []}
        for name, paths in states().items():
            for line, path in zip(lines[name], paths.T, strict=False):
                line.set_data(np.arange(0, t + 1, every), path[: t + 1 : every])
            said["deviation"].append(f"{paths[t].std():.2f}")
            said["move"].append(f"{np.abs(paths[t] - paths[t - 1]).mean():.3f}")
            said["memory"].append(_memory(paths[a], paths[b], paths[t]))
        deviation, move, memory = (", ".join(each) for each in said.values())
        return (
            f"Left to right, at step {t}: deviation {deviation}. Size of the move from step {t - 1} to {t}, on "
            f"average: {move}. Correlation of steps {a} and {b} once step {t} is known (chance: "
            f"±{2 / np.sqrt(len(x0)):.2f}): {memory}."
        )

    return Scene(stage, draw, {"t": step_slider(T - 1, T // 4, "step t", 2)}, [q_step, q_sample], play="t")


def _memory(past, future, present):
    try:
        return f"{partial_correlation(past, future, present):+.2f}"
    except ValueError:
        # A wrong jump can return one state for all times: nothing is left to correlate.
        return "undefined"
