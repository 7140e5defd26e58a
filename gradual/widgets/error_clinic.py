"""Lesson 09: well-known bugs in a sampler, each one chosen, seen and measured."""

from __future__ import annotations

import functools

import numpy as np

from gradual.metrics import nearest_distance
from gradual.plots import BLACK, BLUE, ORANGE, RED, label
from gradual.pretrained import nearest_levels, respaced
from gradual.samplers import ddpm_trajectory
from gradual.schedules import alpha_bar_from_betas, linear_beta_schedule
from gradual.widgets.ddpm_sampling import LIMIT, STEPS, floor_of, on_one_core
from gradual.widgets.scene import Scene, choice, drawable, step_slider
from gradual.widgets.stage import Stage

BUGS = {
    "none": ("none: your step as it is", "Nothing is wrong here but what your own step does."),
    "last": (
        "if t > 0: noise at the last step too",
        "The noise of the last step, σ = {sigma:.3f}, stays on the finished points.",
    ),
    "signal": (
        "β from 0.0001 to 0.02, whatever T is",
        "At T = {steps} the forward process still has √ᾱ = {left:.3f} of the signal, "
        "and the way back starts from noise that has none.",
    ),
    "time": (
        "the network is asked at t − 1",
        "At every step the network thinks that there is less noise than there is, and leaves some behind.",
    ),
    "beta": ("β · z where √β · z belongs", "The fresh noise is too weak, so the points gather in too few places."),
}


@on_one_core
def sick_walk(bug, eps_model, shape, ddpm_step, steps, seed=0):
    """The states of a walk back with one of the bugs around a step: array (T+1, *shape); and its betas and alpha_bar."""
    betas, alpha_bar = respaced(steps)
    if bug == "signal":
        betas = linear_beta_schedule(steps)
        alpha_bar = alpha_bar_from_betas(betas)
    model, rng = nearest_levels(eps_model, alpha_bar), np.random.default_rng(seed)
    extra = np.sqrt(betas[1]) * np.random.default_rng([seed, 1]).standard_normal(shape)

    def asked(x_t, t):
        return model(x_t, t - 1 if bug == "time" else t)

    def step(x_t, eps, t, betas, alpha_bar, noise, variance):
        noise = np.sqrt(betas[t]) * noise if bug == "beta" else noise
        x = drawable("ddpm_step", ddpm_step(x_t, eps, t, betas, alpha_bar, noise, variance), shape)
        return x + extra if bug == "last" and t == 1 else x

    with np.errstate(all="ignore"):  # a bug may send points to infinity, which ``drawable`` tells
        states = np.array([*ddpm_trajectory(asked, shape, betas, alpha_bar, rng, "beta", step)])
    return states, betas, alpha_bar


def error_clinic(eps_model, more_truth, ddpm_step, energy_distance, steps=50, points=400):
    """Choose a bug, and see what it does to the points, by eye and by two distances, each against its floor.

    Parameters
    ----------
    eps_model : callable (x_t, t), as ``swiss_roll_model`` gives it
    more_truth : callable (n, rng) → array (n, 2), draws true points
    ddpm_step, energy_distance : callables; the bugs are put around the step, none into it

    Controls: the bug, the number of steps T, and how much of the way back is done.
    """
    truth, many = (more_truth(n, np.random.default_rng(100 + n)) for n in (points, 2000))
    stage = Stage(9, 4.7)
    left, *right = stage.figure.subplots(1, 3, width_ratios=[2.2, 1, 1])
    label(left, "", "x₁", "x₂").set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")
    left.set_title("The state xₜ, with the bug", loc="left", fontsize=12)
    left.plot(*truth.T, ".", color="#C8C8C8", markersize=2.5, zorder=1)
    (dots,) = stage.moving(left.plot([], [], "o", color=BLUE, markersize=3, alpha=0.7, markeredgewidth=0))
    rulers = {
        "energy distance": lambda x, y: float(drawable("energy_distance", energy_distance(x, y), ())),
        "to a true point": lambda x, y: nearest_distance(np.clip(x, -99, 99), many).mean(),
    }
    scales = [_bars(stage, ax, name) for ax, name in zip(right, rulers)]

    @functools.cache
    def floors():
        return [floor_of(ruler, more_truth, points)[1] for ruler in rulers.values()]

    @functools.cache
    def treated(bug, steps):
        states, betas, alpha_bar = sick_walk(bug, eps_model, truth.shape, ddpm_step, steps)
        said = BUGS[bug][1].format(steps=steps, sigma=np.sqrt(betas[1]), left=np.sqrt(alpha_bar[-1]))
        return states, [ruler(states[-1], truth) for ruler in rulers.values()], said

    def draw(bug, steps, done):
        states, ill, said = treated(bug, steps)
        well = treated("none", steps)[1]
        t = round(steps * (1 - done / 100))
        dots.set_data(*states[steps - t].T)
        for show, *heights in zip(scales, well, ill, floors()):
            show(*heights)
        return (
            f"Step t = {t} of {steps}. {said} At the end, energy distance {ill[0]:.4f} (without the bug {well[0]:.4f}, floor "
            f"{floors()[0]:.4f}); from a point to the nearest true one {ill[1]:.4f} (without {well[1]:.4f}, floor {floors()[1]:.4f})."
        )

    controls = {
        "bug": choice("bug", [(text, bug) for bug, (text, _) in BUGS.items()], "last"),
        "steps": choice("steps T", list(STEPS[1:]), steps),
        "done": step_slider(100, 100, "% of the way back"),
    }
    return Scene(stage, draw, controls, [ddpm_step, energy_distance])


def _bars(stage, ax, name):
    """Two bars and a floor, on a log axis; returns ``show(well, ill, floor)``."""
    label(ax, name).set(xlim=(-0.6, 1.6), ylim=(1e-3, 10), yscale="log")
    ax.set_xticks([0, 1], ["without\nbug", "with\nbug"], color=BLACK)
    bars = stage.moving(ax.bar([0, 1], [1, 1], width=0.6, bottom=1e-4, color=[BLUE, ORANGE], edgecolor=BLACK))
    (line,) = stage.moving(ax.plot([], [], "--", color=RED, linewidth=2))
    ax.text(0.98, 0.98, "dashed: floor", color=RED, ha="right", va="top", transform=ax.transAxes, fontsize=9.5)

    def show(well, ill, floor):
        for bar, height in zip(bars, (well, ill)):
            bar.set_height(max(height, 1e-4))
        line.set_data([-0.6, 1.6], [floor, floor])

    return show
