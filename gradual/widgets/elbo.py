"""Lesson 07: the bound as a bar of terms, exactly and from samples."""

from __future__ import annotations

import functools

import ipywidgets
import numpy as np

from gradual import elbo
from gradual.plots import BLACK, BLUE, GREY, ORANGE, RED, SKY, label, legend
from gradual.widgets.scene import Scene, choice, drawable, step_slider
from gradual.widgets.stage import Stage

STEPS = (10, 20, 50, 100, 200, 500, 1000)
VARIANCES = [("β", "beta"), ("β̃ (β at t = 1)", "posterior"), ("the best for each step", "best")]
POINTS = (10, 30, 100, 300, 1000, 3000)
THINNEST = 0.025


class Chains:
    """Everything known exactly of one mixture's chains: T of the schedule's noise levels, evenly spaced.

    ``smallest`` is ``smallest_eps_mse(mixture, alpha_bar)``. A denoiser of ``skill`` 0 knows the data's mean and
    variance, one of skill 1 is exact, and one between predicts a mean of the two.
    """

    def __init__(self, mixture, alpha_bar, smallest):
        self.mixture, self.all_levels, self.smallest = mixture, np.asarray(alpha_bar), np.asarray(smallest)
        self.linear = elbo.linear_eps_mse(mixture, self.all_levels)
        self.entropy, self.x0_square = elbo.mixture_entropy(mixture), elbo.mean_square(mixture)

    def schedule(self, T):
        """betas and alpha_bar, (T+1,), of the chain of T steps."""
        alpha_bar = self.all_levels[:: (len(self.all_levels) - 1) // T]
        return np.concatenate([[0.0], 1 - alpha_bar[1:] / alpha_bar[:-1]]), alpha_bar

    def eps_mse(self, skill):
        """The denoiser's squared error at every level: what is missing to the exact one comes on top of the floor."""
        return self.smallest + (1 - skill) ** 2 * (self.linear - self.smallest)

    def errors(self, T, skill=1):
        """E(μ̃_t − μ_t)² of the chain of T steps."""
        return elbo.step_errors(self.eps_mse(skill)[:: (len(self.all_levels) - 1) // T], *self.schedule(T))

    def variances(self, T, skill=1):
        return elbo.reverse_variances(*self.schedule(T), self.errors(T, skill))

    def terms(self, T, sigma2, kl, skill=1):
        """L_0, L_step, L_T, with ``kl`` as the KL."""
        L_0, L_step, L_T = elbo.expected_terms(self.errors(T, skill), sigma2, self.x0_square, *self.schedule(T), kl)
        return float(L_0), drawable("normal_kl", L_step, (T - 1,)), float(drawable("normal_kl", L_T, ()))

    def model(self, alpha_bar, skill=1):
        """The denoiser itself, a callable (x_t, t)."""
        m, mean = self.mixture, self.mixture.weights @ self.mixture.means[:, 0]
        variance, exact = self.x0_square - mean**2, m.eps_model(alpha_bar)

        def eps(x_t, t):
            a = alpha_bar[t]
            linear = np.sqrt(1 - a) * (x_t - np.sqrt(a) * mean) / (a * variance + 1 - a)
            return skill * exact(x_t, t) + (1 - skill) * linear

        return eps


def dial(text, values, value):
    """A labelled slider over a few values."""
    return ipywidgets.SelectionSlider(
        options=values, value=value, description=text,
        style={"description_width": "initial"}, layout={"width": "420px", "max_width": "100%"},
    )  # fmt: skip


def bar_of_terms(mixture, alpha_bar, smallest, normal_kl):
    """The bound, term upon term, beside the entropy; and its gap for chains of every length.

    Parameters
    ----------
    mixture : GaussianMixture with D = 1, the data
    alpha_bar : array (1001,), of which a chain of T steps uses T evenly spaced levels
    smallest : array (1001,), from ``gradual.elbo.smallest_eps_mse``
    normal_kl : callable, computes the terms

    Controls: the number of steps T, the variance σ_t², and the denoiser's skill in per cent.
    """
    chains = Chains(mixture, alpha_bar, smallest)
    stage = Stage(9, 4.6)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.25, 1])
    label(left, "The bound, term upon term", "", "nats").set(xlim=(-0.6, 3.7), ylim=(-0.4, 5.7))
    left.set_xticks(range(4), ["$L_T$", "steps\nt = T … 2", "$L_0$", "the bound:\nall together"], fontsize=10.5)
    left.axhline(chains.entropy, color=RED, linestyle="--", linewidth=1.8, label="entropy of the data")
    bars = stage.moving(left.bar(range(4), np.zeros(4), width=0.62, color=[SKY, BLUE, ORANGE, GREY], edgecolor=BLACK))
    (slices,) = stage.moving(left.plot([], [], color="white", linewidth=0.7))
    texts = [stage.moving(left.text(i, 0, "", ha="center", va="bottom", fontsize=10.5)) for i in range(4)]
    legend(left, loc="upper right")
    label(right, "The gap, for chains of every length", "steps T", "bound − entropy, nats")
    right.set(xscale="log", yscale="log", xlim=(8, 1250), ylim=(0.003, 4))
    (curve,) = stage.moving(right.plot([], [], "o-", color=BLUE, linewidth=1.8, markersize=5))
    (here,) = stage.moving(right.plot([], [], "o", color=RED, markersize=12, markeredgecolor="white"))
    gap_text = stage.moving(right.text(0.03, 0.04, "", transform=right.transAxes, fontsize=15, fontweight="bold"))

    @functools.cache
    def terms(T, variance, skill):
        return chains.terms(T, chains.variances(T, skill)[variance], normal_kl, skill)

    def draw(T, variance, skill):
        gaps = [sum(map(np.sum, terms(n, variance, skill / 100))) - chains.entropy for n in STEPS]
        L_0, L_step, L_T = terms(T, variance, skill / 100)
        steps, gap = L_step.sum(), gaps[STEPS.index(T)]
        bound = L_T + steps + L_0
        for bar, text, start, height in zip(bars, texts, (0, L_T, L_T + steps, 0), (L_T, steps, L_0, bound)):
            bar.set_y(start)
            bar.set_height(height)
            text.set(text=signed(height), y=max(start, start + height) + 0.06)
        # Slices too thin to be told apart are left as one.
        edges = L_T + np.cumsum(L_step[::-1])[:-1][L_step[-2::-1] > THINNEST]
        slices.set_data(np.tile([0.7, 1.3, np.nan], len(edges)), np.repeat(edges, 3))
        curve.set_data(STEPS, gaps)
        here.set_data([T], [gap])
        gap_text.set_text(f"gap {gap:.4f}")
        return (
            f"{T} steps, σ² = {named(variance)}, denoiser at {skill} %: L_T = {L_T:.2g}, the {T - 1} steps cost "
            f"{steps:.4f} (the last slice, t = 2, alone {L_step[0]:.2f}), L₀ = {L_0:.4f}. The bound is {bound:.6f} nats, "
            f"the entropy {chains.entropy:.6f}: a gap of {gap:.6f}."
        )

    controls = {
        "T": dial("steps T", STEPS, 20),
        "variance": choice("σₜ²", VARIANCES),
        "skill": step_slider(100, 100, "denoiser, %", step=5),
    }
    return Scene(stage, draw, controls, [normal_kl])


def named(variance):
    return next(text for text, value in VARIANCES if value == variance)


def signed(number):
    """A term's height beside its bar; what is too small to be seen says so."""
    return (f"{number:+.2f}" if abs(number) >= 0.005 else f"{number:+.0e}").replace("-", "−")


def sampled_terms(mixture, alpha_bar, smallest, vlb_terms, T=50):
    """The terms from a handful of points, beside the exact ones.

    Parameters
    ----------
    mixture, alpha_bar, smallest : as in ``bar_of_terms``
    vlb_terms : callable, computes the terms from samples
    T : int, the number of steps

    Controls: the number of points, which draw of them, and the variance.
    """
    chains = Chains(mixture, alpha_bar, smallest)
    betas, levels = chains.schedule(T)
    model = chains.model(levels)
    stage = Stage(9, 4.4)
    left, right = stage.figure.subplots(1, 2, width_ratios=[1.25, 1])
    label(left, "What each step costs", "step t", "L at step t, nats").set(
        xscale="log", xlim=(1.8, 1.1 * T), ylim=(-0.05, 1.4)
    )
    left.set_xticks([2, 5, 10, 20, 50], ["2", "5", "10", "20", "50"])
    left.minorticks_off()
    (exact,) = stage.moving(left.plot([], [], color=BLACK, linewidth=1.5, label="exact"))
    (counted,) = stage.moving(left.plot([], [], "o", color=BLUE, markersize=6, alpha=0.8, label="from the points"))
    legend(left, loc="upper right")
    label(right, "The bound", "", "nats").set(xlim=(-0.6, 3.6), ylim=(-1.7, 4))
    right.set_xticks(range(4), ["$L_T$", "all steps", "$L_0$", "bound"], fontsize=10.5)
    right.axhline(0, color=GREY, linewidth=0.8)
    right.axhline(chains.entropy, color=RED, linestyle="--", linewidth=1.8, label="entropy of the data")
    bars = stage.moving(right.bar(range(4), np.zeros(4), width=0.55, color=[SKY, BLUE, ORANGE, GREY], edgecolor=BLACK))
    (ticks,) = stage.moving(right.plot([], [], "_", color=BLACK, markersize=38, markeredgewidth=2.5))
    right.plot([], [], "_", color=BLACK, markersize=16, markeredgewidth=2.5, label="exact")
    legend(right, loc="upper right")

    @functools.cache
    def known(variance):
        sigma2 = chains.variances(T)[variance]
        L_0, L_step, L_T = elbo.expected_terms(
            chains.errors(T), sigma2, chains.x0_square, betas, levels, elbo.normal_kl
        )
        return np.array([L_T, L_step.sum(), L_0, L_T + L_step.sum() + L_0]), L_step

    @functools.cache
    def measured(n, seed, variance):
        rng = np.random.default_rng(seed)
        x0, noise = mixture.sample(n, rng), rng.standard_normal((T, n, 1))
        parts = vlb_terms(x0, model, betas, levels, noise, variance)
        if not isinstance(parts, (tuple, list)) or len(parts) != 3:
            raise ValueError("vlb_terms should return three things: L_0, L_step and L_T.")
        L_0, L_step, L_T = (drawable("vlb_terms", part, s) for part, s in zip(parts, ((), (T - 1,), ())))
        return np.array([L_T, L_step.sum(), L_0, L_T + L_step.sum() + L_0]), L_step

    def draw(n, seed, variance):
        (heights, L_step), (truth, true_steps) = measured(n, seed, variance), known(variance)
        exact.set_data(range(2, T + 1), true_steps)
        counted.set_data(range(2, T + 1), L_step)
        for bar, height in zip(bars, heights):
            bar.set_height(height)
        ticks.set_data(range(4), truth)
        below = " Below the entropy, by luck." if heights[-1] < chains.entropy else ""
        return (
            f"{n} points (draw {seed}), {T} steps, σ² = {named(variance)}: the steps cost {heights[1]:.3f} nats, "
            f"L₀ is {heights[2]:.3f}, and the bound {heights[-1]:.3f}; exact: {truth[-1]:.3f}. "
            f"The entropy is {chains.entropy:.3f}.{below}"
        )

    controls = {
        "n": dial("points", POINTS, 100),
        "seed": step_slider(20, 1, "draw", low=1),
        "variance": choice("σₜ²", VARIANCES[:2]),
    }
    return Scene(stage, draw, controls, [vlb_terms])
