"""Lesson 05: a point among noisy modes, its score and its best guess; and what happens far from the data."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.lines import Line2D

from gradual.mixture import GaussianMixture, component_log_prob
from gradual.plots import BLACK, BLUE, COLORS, GREY, LINES, ORANGE, RED, label, legend
from gradual.widgets.plane import (
    CELLS,
    LIMIT,
    arrows_on,
    component_lines,
    coordinates,
    density_on,
    grid,
    outline,
    plane,
    shortened,
)
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

FIELD = grid(15, 0.95 * LIMIT)
UNDERFLOW = -745
"""exp of anything below this is 0 in 64-bit floats."""
FARTHEST, LOWEST = 20, -3200


def drag_point(clean, alpha_bar, diffuse_mixture, mixture_log_prob, mixture_score, tweedie, seed=0):
    """Drag a noisy point: the score there, and the best guess of the clean point, among those that could have led here.

    Left, the density of x_t, the score field, and the point. Right, clean points; the more probable one is as the
    start of this very x_t, the larger its dot. The dots do not use the score, and yet the guess is their mean.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 2), covs (K, 2, 2)), the mixture of the clean data
    alpha_bar : array (T+1,)
    diffuse_mixture, mixture_log_prob, mixture_score, tweedie : callables, as in ``gradual.mixture``

    Controls: the step t, and the point's two coordinates.
    """
    T = len(alpha_bar) - 1
    starts = GaussianMixture(*clean).sample(600, np.random.default_rng(seed))
    stage = Stage(9, 4.9)
    left, right = stage.figure.subplots(1, 2)
    show_density = density_on(stage, plane(left, "The noisy world: density and score of xₜ"))
    show_field, show_score = arrows_on(stage, left, GREY, 0.004, 15), arrows_on(stage, left, BLACK, 0.012)
    plane(right, "The clean world: what could have led here").plot(*starts.T, ".", color="#BBBBBB", markersize=3)
    dots = stage.moving(right.scatter(*starts.T, s=0, color=BLUE, alpha=0.5, linewidths=0))
    marks = [_mark(stage, ax) for ax in (left, right)]
    names = {"noisy point xₜ": ("o", RED), "its score": (r"$\rightarrow$", BLACK), "best guess of x₀": ("*", ORANGE)}
    handles = [Line2D([], [], linestyle="", marker=m, color=c, markersize=12, label=n) for n, (m, c) in names.items()]
    stage.figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False)

    @functools.cache
    def world(t):
        parts = diffuse_mixture(*clean, alpha_bar[t])
        log_density = drawable("mixture_log_prob", mixture_log_prob(grid(), *parts), (CELLS**2,))
        field = drawable("mixture_score", mixture_score(FIELD, *parts), (225, 2))
        return parts, np.exp(log_density - log_density.max()), field

    def draw(t, x1, x2):
        parts, density, field = world(t)
        x_t = np.array([[x1, x2]])
        log_density = drawable("mixture_log_prob", mixture_log_prob(x_t, *parts), (1,))[0]
        score = drawable("mixture_score", mixture_score(x_t, *parts), (1, 2))
        guess = drawable("tweedie", tweedie(x_t, score, alpha_bar[t]), (1, 2))[0]
        show_density(density)
        show_field(FIELD, shortened(field, 0.3))
        show_score(x_t, shortened(score, 2))
        dots.set_sizes(90 * led_here(starts, x_t[0], alpha_bar[t]))
        for mark in marks:
            mark(x_t[0], guess)
        (s1, s2), length = score[0], np.hypot(*score[0])
        return (
            f"Step {t} of {T}, ᾱ = {alpha_bar[t]:.3f}. At xₜ = ({x1:.2f}, {x2:.2f}) the log density is "
            f"{log_density:.2f} nats and the score is ({s1:.2f}, {s2:.2f}), of length {length:.2f}. "
            f"Best guess of the clean point: ({guess[0]:.2f}, {guess[1]:.2f})."
        )

    controls = {"t": step_slider(T, T // 3, low=1), **coordinates(0.6, -0.4)}
    return Scene(stage, draw, controls, [diffuse_mixture, mixture_log_prob, mixture_score, tweedie], play="t")


def merging_modes(clean, alpha_bar, diffuse_mixture):
    """Noise comes in and modes merge: the components in the plane, and what they add up to along x₁.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 2), covs (K, 2, 2))
    alpha_bar : array (T+1,)
    diffuse_mixture : callable, makes the mixture at every step

    Controls: the step t.
    """
    T, K = len(alpha_bar) - 1, len(clean[0])
    stage = Stage(9, 4.6)
    left, right = stage.figure.subplots(1, 2)
    show_density = density_on(stage, plane(left, "Density, and an outline of each component"))
    outlines, humps = component_lines(stage, left, K), component_lines(stage, right, K)
    label(right, "Density along x₁", "x₁", "density").set(xlim=(-LIMIT, LIMIT), ylim=(0, 0.9))
    (total,) = stage.moving(right.plot([], [], color=BLACK, linewidth=2.5, label="all together"))
    legend(right, loc="upper right")
    line = np.linspace(-LIMIT, LIMIT, 301)

    def draw(t):
        weights, means, covs = (np.asarray(part, dtype=float) for part in diffuse_mixture(*clean, alpha_bar[t]))
        density = np.exp(component_log_prob(grid(), weights, means, covs)).sum(axis=1)
        along = np.exp(component_log_prob(line[:, None], weights, means[:, :1], covs[:, :1, :1]))
        show_density(density)
        for k in range(K):
            outlines[k].set_data(*outline(means[k], covs[k]))
            humps[k].set_data(line, along[:, k])
        total.set_data(line, along.sum(axis=1))
        peaks = peaks_of(density.reshape(CELLS, CELLS))
        shape = "one hill" if peaks == 1 else f"{peaks} hills"
        return (
            f"Step {t} of {T}, ᾱ = {alpha_bar[t]:.3f}: {K} components make {shape}. The first has its mean at "
            f"({means[0, 0]:.2f}, {means[0, 1]:.2f}) and spreads by {np.sqrt(covs[0, 0, 0]):.2f} along x₁."
        )

    return Scene(stage, draw, {"t": step_slider(T)}, [diffuse_mixture], play="t")


def far_away(parts, mixture_log_prob, direction=(1.0, 0.4)):
    """Walk away from the data: the log density by your function, and by the log of a plain sum of exponentials.

    Parameters
    ----------
    parts : tuple (weights (K,), means (K, 2), covs (K, 2, 2))
    mixture_log_prob : callable, draws the curve that should go on
    direction : two numbers, the way to walk, from the origin

    Controls: the distance, and whether the largest of the ℓ_k is taken out of all of them.
    """
    away, K = np.linspace(0, FARTHEST, 241), len(parts[0])
    unit = np.asarray(direction) / np.hypot(*direction)
    logs = component_log_prob(away[:, None] * unit, *parts)
    with np.errstate(divide="ignore"):
        naive = np.log(np.exp(logs).sum(axis=1))
    stage = Stage(9, 4.2)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.5, 1])
    label(left, "Log density on the way out", "distance from the origin", "nats").set(
        xlim=(0, FARTHEST + 0.4), ylim=(LOWEST, 150)
    )
    label(right, "The log parts ℓₖ", "component", "nats").set(
        xlim=(0.4, K + 0.6), ylim=(LOWEST, 150), xticks=range(1, K + 1)
    )
    end = away[np.isfinite(naive)][-1]
    left.plot(away, naive, color=ORANGE, linewidth=6, alpha=0.6, label="log of a plain sum of exp")
    left.plot(
        [end],
        [naive[np.isfinite(naive)][-1]],
        "X",
        color=RED,
        markersize=11,
        label="here it becomes log 0 = −∞",
        zorder=4,
    )
    right.axhline(UNDERFLOW, color=RED, linestyle="--", linewidth=1.5, label="below here, exp gives 0")
    (curve,) = stage.moving(left.plot([], [], color=BLUE, linewidth=2, label="mixture_log_prob"))
    (here,) = stage.moving(left.plot([], [], "o", color=BLACK, markersize=9))
    bars = stage.moving(right.bar(range(1, K + 1), np.zeros(K), width=0.5, color=COLORS[:K], edgecolor=BLACK))
    handles = [ax.get_legend_handles_labels() for ax in (left, right)]
    stage.figure.legend(*map(sum, zip(*handles), ([], [])), loc="outside lower center", ncols=2, frameon=False)

    def draw(distance, taken_out):
        x = np.vstack([away[:, None] * unit, distance * unit])
        *log_density, now = drawable("mixture_log_prob", mixture_log_prob(x, *parts), (len(x),))
        log_parts = component_log_prob(distance * unit[None], *parts)[0]
        lost = (log_parts < UNDERFLOW).sum()
        curve.set_data(away, log_density)
        here.set_data([distance], [now])
        for bar, height in zip(bars, log_parts - log_parts.max() * taken_out, strict=True):
            bar.set_height(height)
        plain = "log 0, which is −inf" if lost == K else f"{np.log(np.exp(log_parts).sum()):.1f}"
        shown = "With the largest taken out, one bar stands at 0, and exp of it is 1." if taken_out else ""
        return (
            f"At distance {distance:.1f}, mixture_log_prob says {now:.1f} nats; "
            f"a plain sum of exponentials says {plain}. {lost} of the {K} exponentials are 0 in the computer. {shown}"
        )

    controls = {
        "distance": slider("distance", 0, FARTHEST, 2, 0.1, 1),
        "taken_out": choice("bars", [("ℓₖ as they are", 0), ("largest one taken out", 1)]),
    }
    return Scene(stage, draw, controls, [mixture_log_prob])


def pulls(clean, alpha_bar, diffuse_mixture, responsibilities, mixture_score):
    """Whose word counts: each component's responsibility, and its pull, head to tail; together they are the score.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 2), covs (K, 2, 2))
    alpha_bar : array (T+1,)
    diffuse_mixture, responsibilities, mixture_score : callables, as in ``gradual.mixture``

    Controls: the step t, and the point's two coordinates.
    """
    T, K = len(alpha_bar) - 1, len(clean[0])
    stage = Stage(9, 4.6)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.25, 1])
    show_density = density_on(stage, plane(left, "The pulls, head to tail, and the score"))
    outlines = component_lines(stage, left, K)
    show_score = arrows_on(stage, left, BLACK, 0.02, zorder=3)
    chain = [arrows_on(stage, left, COLORS[k], 0.01, zorder=4) for k in range(K)]
    (point,) = stage.moving(left.plot([], [], "o", color=RED, markersize=10, markeredgecolor="white", zorder=5))
    label(right, "Responsibilities rₖ(x)", "component", "probability").set(
        xlim=(0.4, K + 0.6), ylim=(0, 1.08), xticks=range(1, K + 1)
    )
    bars = stage.moving(right.bar(range(1, K + 1), np.zeros(K), width=0.5, color=COLORS[:K], edgecolor=BLACK))
    handles = [
        Line2D([], [], linestyle=LINES[k], color=COLORS[k], linewidth=2, label=f"component {k + 1}") for k in range(K)
    ]
    handles.append(Line2D([], [], color=BLACK, linewidth=5, label="score"))
    stage.figure.legend(handles=handles, loc="outside lower center", ncols=K + 1, frameon=False)

    def draw(t, x1, x2):
        weights, means, covs = parts = tuple(np.asarray(p, dtype=float) for p in diffuse_mixture(*clean, alpha_bar[t]))
        x = np.array([[x1, x2]])
        r = drawable("responsibilities", responsibilities(x, *parts), (1, K))[0]
        score = drawable("mixture_score", mixture_score(x, *parts), (1, 2))
        pull = r[:, None] * np.einsum("kij,kj->ki", np.linalg.inv(covs), means - x)
        scale = min(1, 1.5 / (np.hypot(*pull.T).sum() + 1e-12))
        tails = x + scale * np.vstack([np.zeros(2), np.cumsum(pull, axis=0)])
        show_density(np.exp(component_log_prob(grid(), *parts)).sum(axis=1))
        show_score(x, scale * score)
        for k in range(K):
            outlines[k].set_data(*outline(means[k], covs[k]))
            chain[k](tails[k : k + 1], scale * pull[k : k + 1])
            bars[k].set_height(r[k])
        point.set_data([x1], [x2])
        said = ", ".join(f"component {k + 1}: {r[k]:.2f}" for k in range(K))
        return (
            f"Step {t} of {T}. Responsibilities at ({x1:.2f}, {x2:.2f}): {said}; they sum to {r.sum():.2f}. "
            f"The score is ({score[0, 0]:.2f}, {score[0, 1]:.2f}); arrows are drawn at {scale:.2f} times their length."
        )

    controls = {"t": step_slider(T, T // 4, low=0), **coordinates(0.6, 0.2)}
    return Scene(stage, draw, controls, [diffuse_mixture, responsibilities, mixture_score], play="t")


def led_here(starts, x_t, alpha_bar_t):
    """How probable each clean point is as the start of x_t, relative to the most probable one."""
    misses = ((x_t - np.sqrt(alpha_bar_t) * starts) ** 2).sum(axis=1) / (1 - alpha_bar_t)
    return np.exp(-0.5 * (misses - misses.min()))


def peaks_of(density):
    """How many entries of a picture are higher than all their eight neighbours."""
    inner, (rows, columns) = density[1:-1, 1:-1], density.shape
    shifts = [(i, j) for i in range(3) for j in range(3) if (i, j) != (1, 1)]
    around = [density[i : rows - 2 + i, j : columns - 2 + j] for i, j in shifts]
    return int((inner > np.max(around, axis=0)).sum())


def _mark(stage, ax):
    """The point, the best guess, and a dashed line from one to the other."""
    (line,) = stage.moving(ax.plot([], [], "--", color=BLACK, linewidth=1.2, zorder=4))
    (point,) = stage.moving(ax.plot([], [], "o", color=RED, markersize=11, markeredgecolor="white", zorder=5))
    (star,) = stage.moving(ax.plot([], [], "*", color=ORANGE, markersize=13, markeredgecolor=BLACK, zorder=6))

    def show(x_t, guess):
        line.set_data(*np.transpose([x_t, guess]))
        point.set_data(*x_t[:, None])
        star.set_data(*guess[:, None])

    return show
