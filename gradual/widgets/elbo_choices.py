"""Lesson 07: what a wrong bell costs, what each variance of the reverse steps does, and what each weight."""

from __future__ import annotations

import functools
from statistics import NormalDist

import numpy as np

from gradual.plots import BLACK, BLUE, GREEN, GREY, ORANGE, RED, SKY, label, legend
from gradual.widgets.elbo import STEPS, Chains, dial
from gradual.widgets.scene import Scene, choice, drawable, slider, step_slider
from gradual.widgets.stage import Stage

RANGES = ((1, 10), (11, 100), (101, 300), (301, 1000))


def two_bells(normal_kl):
    """Points come from N(0, 1), and someone believes in another bell: what that costs, and where.

    Parameters
    ----------
    normal_kl : callable

    Controls: the mean and the width (standard deviation) of the bell that is believed in.
    """
    edges = np.linspace(-5, 5, 201)
    x = (edges[1:] + edges[:-1]) / 2
    truth = np.exp(-0.5 * x**2) / np.sqrt(2 * np.pi)
    widths = np.linspace(0.2, 4, 191)
    stage = Stage(9, 4.2)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.3, 1])
    label(left, "Truth, belief, and what it costs where", "x", "density, or nats per unit of x")
    left.set(xlim=(-5, 5), ylim=(-0.5, 1.5))
    left.plot(x, truth, color=BLACK, linewidth=2.2, label="truth, N(0, 1)")
    (belief,) = stage.moving(left.plot([], [], color=BLUE, linestyle="--", linewidth=2.2, label="belief"))
    cost = stage.moving(
        left.stairs(
            0 * x, edges, fill=True, color=ORANGE, alpha=0.6, label="truth × log(truth / belief): its area is the KL"
        )
    )
    label(right, "Nats, for beliefs of every width", "width of the belief", "KL, nats")
    right.set(xlim=(0, 4.1), ylim=(0, 4))
    (there,) = stage.moving(right.plot([], [], color=ORANGE, linewidth=2.4, label="KL(truth, belief)"))
    (back,) = stage.moving(right.plot([], [], color=GREY, linestyle="-.", linewidth=1.8, label="KL(belief, truth)"))
    (here,) = stage.moving(right.plot([], [], "o", color=RED, markersize=11, markeredgecolor="white", zorder=4))
    stage.figure.legend(loc="outside lower center", ncols=3, frameon=False)

    def draw(mean, width):
        zeros, ones = np.zeros(len(widths)), np.ones(len(widths))
        forth = drawable("normal_kl", normal_kl(zeros, ones, zeros + mean, widths**2), widths.shape)
        reverse = drawable("normal_kl", normal_kl(zeros + mean, widths**2, zeros, ones), widths.shape)
        now, other = (
            float(drawable("normal_kl", normal_kl(*pair), (1,))[0])
            for pair in (bells(0, 1, mean, width), bells(mean, width, 0, 1))
        )
        log_ratio = 0.5 * ((x - mean) ** 2 / width**2 - x**2) + np.log(width)
        belief.set_data(x, np.exp(-0.5 * ((x - mean) / width) ** 2) / (np.sqrt(2 * np.pi) * width))
        cost.set_data(truth * log_ratio)
        there.set_data(widths, forth)
        back.set_data(widths, reverse)
        here.set_data([width], [now])
        return (
            f"Truth N(0, 1), belief N({mean:.1f}, {width:.2f}²): the belief costs {now:.3f} nats a point. "
            f"The other way round, with truth and belief swapped, it would be {other:.3f}."
        )

    controls = {"mean": slider("mean of the belief", -2, 2, 1, 0.1, 1), "width": slider("its width", 0.2, 4, 0.6, 0.05)}
    return Scene(stage, draw, controls, [normal_kl])


def bells(mean1, width1, mean2, width2):
    """Two Gaussians as ``normal_kl`` takes them, one entry each."""
    return tuple(np.array([float(number)]) for number in (mean1, width1**2, mean2, width2**2))


def price_of_variance(mixture, alpha_bar, smallest, normal_kl):
    """What every σ_t² from β̃_t to β_t costs, with the exact denoiser: in all, and step by step.

    Parameters
    ----------
    mixture, alpha_bar, smallest, normal_kl : as in ``bar_of_terms``

    Controls: where between β̃ (0) and β (1) the variance lies, on a log scale, and the number of steps T.
    """
    chains, mixes = Chains(mixture, alpha_bar, smallest), np.linspace(0, 1, 41)
    stage = Stage(9, 4.4)
    left, right = stage.figure.subplots(1, 2)
    label(left, "Bound − entropy", "from β̃ (0) to β (1)", "gap, nats").set(
        yscale="log", xlim=(-0.04, 1.04), ylim=(0.003, 3)
    )
    (curve,) = stage.moving(left.plot([], [], color=BLUE, linewidth=2.2, label="one recipe for all steps"))
    (floor,) = stage.moving(left.plot([], [], "--", color=GREEN, linewidth=2, label="the best σ² at each step"))
    (here,) = stage.moving(left.plot([], [], "o", color=RED, markersize=11, markeredgecolor="white", zorder=4))
    legend(left, loc="upper right")
    label(right, "What is paid above the best, step by step", "step t", "nats").set(
        xscale="log", yscale="log", xlim=(0.9, 1100), ylim=(1e-8, 2)
    )
    lines = [
        stage.moving(right.plot([], [], line, color=color, linewidth=width, label=name))[0]
        for line, color, width, name in (
            (":", GREY, 2, "σ² = β̃"),
            ("-.", BLACK, 1.6, "σ² = β"),
            ("-", RED, 2.4, "your mix"),
        )
    ]
    legend(right, loc="lower left")

    said = stage.moving(left.text(0.03, 0.2, "", transform=left.transAxes, fontsize=15, fontweight="bold"))

    def costs(T, sigma2):
        """The terms that depend on σ², from t = 1 on, and L_T."""
        L_0, L_step, L_T = chains.terms(T, sigma2, normal_kl)
        return np.append(L_0, L_step), L_T

    def between(T, mix):
        choices = chains.variances(T)
        sigma2 = choices["beta"].copy()
        sigma2[1:] = choices["posterior"][1:] ** (1 - mix) * choices["beta"][1:] ** mix
        return sigma2

    @functools.cache
    def world(T):
        best, L_T = costs(T, chains.variances(T)["best"])
        gaps = [costs(T, between(T, mix))[0].sum() + L_T - chains.entropy for mix in mixes]
        return best, L_T, np.array(gaps), [costs(T, between(T, mix))[0] - best for mix in (0, 1)]

    def draw(mix, T):
        best, L_T, gaps, ends = world(T)
        now = costs(T, between(T, mix))[0]
        gap, least = now.sum() + L_T - chains.entropy, best.sum() + L_T - chains.entropy
        curve.set_data(mixes, gaps)
        floor.set_data([0, 1], [least, least])
        here.set_data([mix], [gap])
        for line, above in zip(lines, (*ends, now - best)):
            line.set_data(range(1, T + 1), above)
        said.set_text(f"gap {gap:.4f}\nleast {least:.4f}")
        share = (now - best)[:10].sum() / (now - best).sum()
        return (
            f"{T} steps, {mix:.2f} of the way from β̃ to β: a gap of {gap:.6f} nats. With σ² = β̃ it is {gaps[0]:.6f}, "
            f"with β {gaps[-1]:.6f}, and with the best σ² at each step {least:.6f}. "
            f"Of what is paid above the best, {share:.0%} falls to the ten steps t = 1 … 10."
        )

    controls = {"mix": slider("from β̃ to β", 0, 1, 0, 0.025, 3), "T": dial("steps T", STEPS, 1000)}
    return Scene(stage, draw, controls, [normal_kl])


def other_weights(mixture, alpha_bar, smallest, simple_loss, n=1000, seed=0):
    """The squared error of the noise at every t, and how much each t counts: in the bound, and in L_simple.

    Parameters
    ----------
    mixture, alpha_bar, smallest : as in ``bar_of_terms``
    simple_loss : callable, measures the error at about 60 steps, on n points, evenly spread
    n, seed : int

    Controls: the denoiser's skill in per cent, and whose weights are counted.
    """
    chains, T = Chains(mixture, alpha_bar, smallest), len(alpha_bar) - 1
    levels, steps = chains.all_levels, np.arange(1, T + 1)
    at = np.unique(np.geomspace(1, T, 60).round().astype(int))
    x0, noise = evenly_spread(mixture, n, np.random.default_rng(seed))
    weights = {"bound": weights_of_bound(*chains.schedule(T)), "simple": np.full(T, 1 / T)}
    stage = Stage(9, 5)
    grid = stage.figure.add_gridspec(2, 2, width_ratios=[1.2, 1])
    left, top, low = (stage.figure.add_subplot(place) for place in (grid[:, 0], grid[0, 1], grid[1, 1]))
    label(left, "Squared error of the noise", "step t", "mean of (ε − ε̂)²").set(
        xscale="log", xlim=(0.9, 1100), ylim=(0, 1.12)
    )
    left.plot(steps, chains.smallest[1:], color=GREEN, linewidth=2, linestyle="--", label="the smallest possible")
    (dots,) = stage.moving(left.plot([], [], "o", color=BLUE, markersize=5, label="simple_loss, at one t"))
    legend(left, loc="lower left")
    label(top, "How much each t counts", "step t", "weight").set(xscale="log", yscale="log", xlim=(0.9, 1100))
    lines = {
        "bound": top.plot(steps, weights["bound"], color=ORANGE, linewidth=1.5, label="bound")[0],
        "simple": top.plot(steps, weights["simple"], color=BLACK, linestyle="-.", linewidth=1.5, label="L_simple")[0],
    }
    stage.moving(list(lines.values()))
    top.set_ylim(2e-4, 1.5)
    legend(top, loc="upper right")
    names = [f"{first}–{last}" for first, last in RANGES]
    label(low, "Where the sum comes from", "steps t", "share").set(xlim=(-0.5, 3.5), ylim=(0, 1.05))
    low.set_xticks(range(4), names, fontsize=10)
    bars = stage.moving(low.bar(range(4), np.zeros(4), width=0.6, color=SKY, edgecolor=BLACK))

    numbers = stage.moving(left.text(0.03, 0.2, "", transform=left.transAxes, fontsize=12))

    @functools.cache
    def measured(skill):
        model = chains.model(levels, skill)
        values = [drawable("simple_loss", simple_loss(model, x0, int(t), levels, noise), ()) for t in at]
        return np.array(values, dtype=float)

    def draw(skill, counted):
        mse = measured(skill / 100)
        every = np.interp(np.log(steps), np.log(at), mse)
        parts = weights[counted] * every
        shares = [parts[first - 1 : last].sum() / parts.sum() for first, last in RANGES]
        dots.set_data(at, mse)
        numbers.set_text(f"mean over t: {every.mean():.4f}\nsmallest possible: {chains.smallest[1:].mean():.4f}")
        for name, line in lines.items():
            line.set_linewidth(3.5 if name == counted else 1.2)
        for bar, share in zip(bars, shares):
            bar.set_height(share)
        said = ", ".join(f"t = {name}: {share:.0%}" for name, share in zip(names, shares))
        return (
            f"Denoiser at {skill} %. Averaged over all t, the measured error is {every.mean():.4f}; "
            f"no denoiser gets below {chains.smallest[1:].mean():.6f}. "
            f"Counted as in {'the bound' if counted == 'bound' else 'L_simple'}, the sum comes from {said}."
        )

    controls = {
        "skill": step_slider(100, 100, "denoiser, %", step=5),
        "counted": choice("counted as in", [("the bound", "bound"), ("L_simple", "simple")]),
    }
    return Scene(stage, draw, controls, [simple_loss])


def evenly_spread(mixture, n, rng):
    """About n points of a one-dimensional mixture, and one noise for each, both at even quantiles: less is left to luck."""

    def quantiles(n):
        return np.array([NormalDist().inv_cdf((i + 0.5) / n) for i in range(n)])

    parts = zip(mixture.weights, mixture.means[:, 0], mixture.covs[:, 0, 0], strict=True)
    x0 = np.concatenate([mean + np.sqrt(var) * quantiles(round(n * weight)) for weight, mean, var in parts])[:, None]
    return x0, rng.permutation(quantiles(len(x0)))[:, None]


def weights_of_bound(betas, alpha_bar):
    """What the squared error of the noise at each t is multiplied with in the bound, with σ_t² = β_t: (T,)."""
    return betas[1:] / (2 * (1 - betas[1:]) * (1 - alpha_bar[1:]))
