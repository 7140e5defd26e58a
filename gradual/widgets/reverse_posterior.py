"""Lesson 06: Bayes' rule for one step back, with x₀ known, and what the step back is when it is not."""

from __future__ import annotations

import functools

import numpy as np
from matplotlib.lines import Line2D

from gradual.mixture import GaussianMixture
from gradual.plots import BLACK, BLUE, GREY, ORANGE, RED, SKY, label
from gradual.widgets.scene import Scene, drawable, slider, step_slider
from gradual.widgets.stage import Stage

LIMIT = 3.2
# Wider than the picture, so that no tail is lost when a curve comes near its edge.
EDGES = np.linspace(-6, 6, 1502)
GRID = (EDGES[1:] + EDGES[:-1]) / 2
STEP = GRID[1] - GRID[0]
STARTS = np.linspace(-2.5, 2.5, 201)
FIRST_BETA = 0.1
STEP_SIZES = np.linspace(0.01, 0.99, 50)


def bayes_drawn(betas, alpha_bar, q_posterior):
    """Bayes' rule for x_{t−1}: the prior that x₀ gives, the likelihood that x_t gives, and the posterior.

    Left, each curve is scaled to the same height; the grey area is the product of the first two, point by point,
    and knows no formula. Right, the two weights of the posterior's mean, and its spread, at every step.

    Parameters
    ----------
    betas, alpha_bar : arrays (T+1,)
    q_posterior : callable, draws the posterior, its weights and its spread

    Controls: the step t, x_t and x₀.
    """
    T = len(betas) - 1
    stage = Stage(9, 4.4)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.7, 1])
    label(left, "Where was it one step ago?", "x at step t − 1", "height").set(
        xlim=(-LIMIT, LIMIT), ylim=(0, 1.08), yticks=[]
    )
    show = _three_curves(stage, left)
    label(right, "The posterior at every step", "step t", "weight, or spread").set(xlim=(0, T + 1), ylim=(0, 1.55))
    marks = [_curve_with_a_dot(stage, right, *style) for style in ((BLUE, "--"), (ORANGE, "-."), (BLACK, "-"))]
    names = {"weight of x₀": (BLUE, "--"), "weight of xₜ": (ORANGE, "-."), "spread": (BLACK, "-")}
    handles = [Line2D([], [], color=c, linestyle=line, marker="o", label=n) for n, (c, line) in names.items()]
    right.legend(handles=handles, frameon=False, fontsize=10, loc="upper right")

    @functools.cache
    def at_every_step():
        steps = np.arange(1, T + 1)
        ones, zeros = np.ones((T, 1)), np.zeros((T, 1))
        from_x0, variance = _posterior(q_posterior(ones, zeros, steps, betas, alpha_bar), (T, 1), (T, 1))
        from_x_t, _ = _posterior(q_posterior(zeros, ones, steps, betas, alpha_bar), (T, 1), (T, 1))
        return steps, (from_x0[:, 0], from_x_t[:, 0], np.sqrt(variance[:, 0]))

    def draw(t, x_t, x0):
        beta, before = betas[t], alpha_bar[t - 1]
        mean, variance = _posterior(q_posterior(np.array([[x0]]), np.array([[x_t]]), t, betas, alpha_bar), (1, 1), ())
        prior = np.sqrt(before) * x0, np.sqrt(1 - before)
        likelihood = x_t / np.sqrt(1 - beta), np.sqrt(beta / (1 - beta))
        drawn = mean[0, 0], np.sqrt(variance)
        product = _product(prior, likelihood)
        show(x0, x_t, prior, likelihood, drawn, product)
        steps, curves = at_every_step()
        for mark, curve in zip(marks, curves, strict=True):
            mark(steps, curve, t)
        return (
            f"Step {t} of {T}. x₀ = {x0:.2f} alone expects {_said(*prior)}; xₜ = {x_t:.2f} alone, {_said(*likelihood)}. "
            f"Both together, multiplied on a grid: {_said(*_moments(product, x0, before))}. q_posterior: {_said(*drawn)}."
        )

    controls = {
        "t": step_slider(T, T // 2, low=1),
        "x_t": slider("xₜ", -2.5, 2.5, -0.6, 0.1, 1),
        "x0": slider("x₀", -2, 2, 1.5, 0.1, 1),
    }
    return Scene(stage, draw, controls, [q_posterior], play="t")


def step_back(clean, q_posterior):
    """The step back when x₀ is not known: the average of q_posterior over every x₀ that could have led to x_t.

    Two steps lead to x_t: a small one, then one whose β is a slider. Left, the exact density of the state between
    them, by Bayes on a grid, and the Gaussian with the same mean and variance. Right, how far the two are apart.

    Parameters
    ----------
    clean : tuple (weights (K,), means (K, 1), covs (K, 1, 1)), the mixture of the clean data
    q_posterior : callable; its Gaussians, one for each of 201 values of x₀, are averaged

    Controls: β of the second step, and x_t.
    """
    data = GaussianMixture(*clean)
    before = data.diffuse(1 - FIRST_BETA)
    log_prior, log_start = before.log_prob(GRID[:, None]), data.log_prob(STARTS[:, None])
    stage = Stage(9, 4.6)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.7, 1])
    label(left, "The step back, without knowing x₀", "x at step t − 1", "height").set(
        xlim=(-LIMIT, LIMIT), ylim=(0, 1.3), yticks=[]
    )
    area = stage.moving(
        left.stairs(0 * GRID, EDGES, fill=True, color=SKY, alpha=0.6, label="exact, by Bayes on a grid")
    )
    everywhere = np.exp(log_prior - log_prior.max())
    left.plot(GRID, everywhere, color=GREY, linestyle=":", linewidth=1.5, label="before xₜ is seen")
    (line,) = stage.moving(left.plot([], [], color=BLACK, linewidth=2, label="q_posterior, averaged over x₀"))
    (bell,) = stage.moving(left.plot([], [], color=RED, linestyle="--", linewidth=2.2, label="best single Gaussian"))
    (here,) = stage.moving(left.plot([], [], "o", color=ORANGE, markersize=11, markeredgecolor=BLACK, clip_on=False))
    here.set_label("xₜ")
    label(right, "What one Gaussian gets wrong", "β of the step", "share in the wrong place").set(
        xlim=(0, 1), ylim=(0, 0.4)
    )
    (share_line,) = stage.moving(right.plot([], [], color=RED, linewidth=2))
    (share_dot,) = stage.moving(right.plot([], [], "o", color=RED, markersize=10, markeredgecolor=BLACK))
    stage.figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)

    @functools.cache
    def shares(x_t):
        return [
            misplaced(exact, _gaussian(GRID, *fit))
            for exact, fit in (exact_step_back(log_prior, x_t, b) for b in STEP_SIZES)
        ]

    def draw(beta, x_t):
        exact, (mean, spread) = exact_step_back(log_prior, x_t, beta)
        blend = _blended(q_posterior, log_start, beta, x_t)
        fitted = _gaussian(GRID, mean, spread)
        share = misplaced(exact, fitted)
        for artist, density in ((line, blend), (bell, fitted)):
            artist.set_data(GRID, density / exact.max())
        area.set_data(exact / exact.max())
        here.set_data([x_t], [0])
        share_line.set_data(STEP_SIZES, shares(x_t))
        share_dot.set_data([beta], [share])
        return (
            f"A step of β = {beta:.2f} led to xₜ = {x_t:.1f}. One step back there {_peaks_said(exact)}. The best single Gaussian, "
            f"{_said(mean, spread)}, puts {share:.0%} of its samples in the wrong place. "
            f"q_posterior, averaged over x₀, differs from the exact curve by {misplaced(exact, blend):.1%}."
        )

    controls = {"beta": slider("β", 0.01, 0.99, 0.9, 0.01), "x_t": slider("xₜ", -2, 2, 0.2, 0.1, 1)}
    return Scene(stage, draw, controls, [q_posterior])


def exact_step_back(log_prior, x_t, beta):
    """q(x_{t−1} given x_t) on the grid, by Bayes, with its mean and its standard deviation."""
    log_density = log_prior - (x_t - np.sqrt(1 - beta) * GRID) ** 2 / (2 * beta)
    density = np.exp(log_density - log_density.max())
    mean = (density @ GRID) / density.sum()
    spread = np.sqrt(density @ (GRID - mean) ** 2 / density.sum())
    return density / density.sum() / STEP, (mean, spread)


def misplaced(density, other):
    """The share of one density's samples that would have to move to make it the other: half the area between them."""
    return 0.5 * np.abs(density - other).sum() * STEP


def peaks_of(density):
    """Where a curve on the grid is higher than on both sides."""
    inner = density[1:-1]
    return GRID[1:-1][(inner > density[:-2]) & (inner >= density[2:]) & (inner > 0.01 * density.max())]


def _blended(q_posterior, log_start, beta, x_t):
    """The average of q_posterior's densities over x₀, each as probable as it is to have led to x_t."""
    betas = np.array([0, FIRST_BETA, beta])
    alpha_bar = np.cumprod(1 - betas)
    x0, end = STARTS[:, None], np.full((len(STARTS), 1), x_t)
    means, variance = _posterior(q_posterior(x0, end, 2, betas, alpha_bar), x0.shape, ())
    if variance == 0:
        raise ValueError("q_posterior returned variance 0 at t = 2, where x at step t − 1 is not certain.")
    log_weight = log_start - (x_t - np.sqrt(alpha_bar[2]) * STARTS) ** 2 / (2 * (1 - alpha_bar[2]))
    weight = np.exp(log_weight - log_weight.max())
    return (weight / weight.sum()) @ _gaussian(GRID, means, np.sqrt(variance))


def _posterior(result, mean_shape, variance_shape):
    """A mean and a variance that can be drawn."""
    if not isinstance(result, tuple) or len(result) != 2:
        raise ValueError("q_posterior returned one thing, and the picture needs two: mean, variance.")
    mean, variance = (drawable("q_posterior", *one) for one in zip(result, (mean_shape, variance_shape), strict=True))
    if (variance < 0).any():
        raise ValueError(f"q_posterior returned the variance {variance.min():.3g}; a variance is 0 or more.")
    return mean, variance


def _gaussian(x, mean, spread):
    return np.exp(-0.5 * ((x - mean) / spread) ** 2) / (np.sqrt(2 * np.pi) * spread)


def _log_height(x, mean, spread):
    """The log of a Gaussian whose top is 1."""
    return -0.5 * ((x - mean) / spread) ** 2


def _product(prior, likelihood):
    """Prior times likelihood, point by point, scaled to height 1; None where the prior is a single point."""
    if prior[1] == 0:
        return None
    log_product = _log_height(GRID, *prior) + _log_height(GRID, *likelihood)
    return np.exp(log_product - log_product.max())


def _moments(product, x0, before):
    if product is None:
        return x0, 0.0
    mean = (product @ GRID) / product.sum()
    return mean, np.sqrt(product @ (GRID - mean) ** 2 / product.sum())


def _said(mean, spread):
    return f"{mean:.2f} ± {spread:.2f}"


def _peaks_said(density):
    peaks = peaks_of(density)
    if len(peaks) == 1:
        return f"is one peak, at {peaks[0]:.2f}"
    return f"are {len(peaks)} peaks, at {' and '.join(f'{peak:.2f}' for peak in peaks)}"


def _three_curves(stage, ax):
    """Prior, likelihood and posterior, each with its top at 1, over the area of the product."""
    area = stage.moving(ax.stairs(0 * GRID, EDGES, fill=True, color="#C4C4C4", label="prior × likelihood"))
    styles = {
        "prior, from x₀": (BLUE, "--", 2.8),
        "likelihood, from xₜ": (ORANGE, "-.", 2.8),
        "q_posterior": (BLACK, "-", 1.8),
    }
    lines = [
        stage.moving(ax.plot([], [], color=color, linestyle=line, linewidth=width, label=name))[0]
        for name, (color, line, width) in styles.items()
    ]
    ends = [
        stage.moving(
            ax.plot([], [], shape, color=color, markersize=11, markeredgecolor=BLACK, clip_on=False, label=name)
        )[0]
        for name, shape, color in (("x₀", "^", BLUE), ("xₜ", "o", ORANGE))
    ]
    stage.figure.legend(
        *ax.get_legend_handles_labels(),
        loc="outside lower center",
        ncols=6,
        frameon=False,
        handlelength=2.6,
        columnspacing=1.2,
    )

    def show(x0, x_t, prior, likelihood, drawn, product):
        area.set_data(0 * GRID if product is None else product)
        for line, (mean, spread) in zip(lines, (prior, likelihood, drawn), strict=True):
            # Narrower than the grid, all lies in one point: a spike.
            line.set_data(*([mean, mean], [0, 1]) if spread < STEP else (GRID, np.exp(_log_height(GRID, mean, spread))))
        for end, x in zip(ends, (x0, x_t), strict=True):
            end.set_data([x], [0])

    return show


def _curve_with_a_dot(stage, ax, color, line_style):
    (line,) = stage.moving(ax.plot([], [], color=color, linestyle=line_style, linewidth=2))
    (dot,) = stage.moving(ax.plot([], [], "o", color=color, markersize=8, markeredgecolor=BLACK))

    def show(steps, values, t):
        line.set_data(steps, values)
        dot.set_data([t], [values[t - 1]])

    return show
