"""Lesson 09: noise becomes a swiss roll, and digits, under one slider; and how near the result comes to true data."""

from __future__ import annotations

import functools

import numpy as np
from threadpoolctl import threadpool_limits

from gradual.metrics import nearest_distance
from gradual.plots import BLACK, BLUE, ORANGE, RED, bare, draw_tiles, label, legend, tile
from gradual.pretrained import nearest_levels, respaced
from gradual.samplers import ddpm_trajectory
from gradual.widgets.scene import Scene, choice, drawable, step_slider
from gradual.widgets.stage import Stage

STEPS = (10, 50, 250, 1000)
LIMIT = 5.5
SMALLEST = 1e-3
"""Where the axis of the distances starts."""
PLACES = np.arange(0, 101, 10)
PAIRS = 20
"""How many pairs of true samples make a floor: the energy distance of two varies by as much as its mean."""
on_one_core = threadpool_limits.wrap(limits=1)
"""Matrices of some hundred points gain nothing by a second thread, and on a busy machine they wait for it 20 times as long."""


@on_one_core
def walk_back(eps_model, shape, ddpm_step, steps, variance="beta", seed=0):
    """All states from noise to data, (steps+1, *shape), and the clean data that each one's predicted noise points to.

    ``eps_model`` knows the linear schedule of T = 1000; fewer steps visit some of its noise levels.
    """
    betas, alpha_bar = respaced(steps)
    model, guesses = nearest_levels(eps_model, alpha_bar), []

    def watched(x_t, t):
        eps = model(x_t, t)
        guesses.append((x_t - np.sqrt(1 - alpha_bar[t]) * eps) / np.sqrt(alpha_bar[t]))
        return eps

    def step(*arguments):
        return drawable("ddpm_step", ddpm_step(*arguments), shape)

    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):  # a wrong step may send points to infinity, which ``drawable`` tells
        states = [*ddpm_trajectory(watched, shape, betas, alpha_bar, rng, variance, step)]
    return np.array(states), np.array([*guesses, states[-1]])


def roll_back(eps_model, truth, ddpm_step, steps=250, points=300):
    """Noise becomes points on a swiss roll: the states on the way back, and where each of them seems to come from.

    Parameters
    ----------
    eps_model : callable (x_t, t), trained on the linear schedule of T = 1000, as ``swiss_roll_model`` gives it
    truth : array (N, 2), true points, drawn in grey and for the distance in the caption
    ddpm_step : callable, takes every step
    steps : int, the T that the picture starts with, one of 10, 50, 250 and 1000

    Controls: how much of the way back is done, the number of steps T, and the variance.
    """
    stage = Stage(9, 4.7)
    titles = ("The state xₜ", "The guess of x₀, from the predicted noise")
    dots = [_cloud(stage, ax, title, truth) for ax, title in zip(stage.figure.subplots(1, 2), titles)]
    walk = functools.cache(functools.partial(walk_back, eps_model, (points, 2), ddpm_step))

    def draw(done, steps, variance):
        at = _at(steps, done)
        shown = [path[at] for path in walk(steps, variance)]
        for move, state in zip(dots, shown):
            move(state)
        far, guessed = (nearest_distance(np.clip(state, -99, 99), truth).mean() for state in shown)
        return (
            f"Step t = {steps - at} of {steps}, σ² {_named(variance)}. On average a point of xₜ lies {far:.3f} from the nearest "
            f"true point, and its guess of x₀ lies {guessed:.3f} from one."
        )

    return Scene(stage, draw, _dials(85, steps), [ddpm_step], play="done")


def digits_back(eps_model, seen, unseen, ddpm_step, steps=250):
    """Noise becomes handwritten digits: the states on the way back, and the images they seem to come from.

    Parameters
    ----------
    eps_model : callable (x_t, t), as ``digits_model`` gives it
    seen, unseen : arrays (N, 8, 8), the digits that the network was trained on, and others
    ddpm_step : callable, takes every step

    Controls: how much of the way back is done, the number of steps T, and the variance.
    """
    stage = Stage(9, 3.7)
    blank, titles = np.zeros((24, 8, 8)), ("The states xₜ", "The guesses of x₀")
    panels = [bare(ax, title) for ax, title in zip(stage.figure.subplots(1, 2), titles)]
    grids = [stage.moving(draw_tiles(ax, blank, columns=6)) for ax in panels]
    walk = functools.cache(functools.partial(walk_back, eps_model, blank.shape, ddpm_step))
    usual = nearest_distance(unseen, seen).mean()

    def draw(done, steps, variance):
        at = _at(steps, done)
        shown = [path[at] for path in walk(steps, variance)]
        for grid, images in zip(grids, shown):
            grid.set_data(tile(images, 6))
        far, guessed = (nearest_distance(np.clip(images, -99, 99), seen).mean() for images in shown)
        return (
            f"Step t = {steps - at} of {steps}, σ² {_named(variance)}. On average a state lies {far:.2f} from the nearest "
            f"training digit, and its guess {guessed:.2f}; a true digit that training never saw lies {usual:.2f} away."
        )

    return Scene(stage, draw, _dials(65, steps), [ddpm_step], play="done")


def distance_on_the_way(eps_model, more_truth, ddpm_step, energy_distance, steps=250, points=400):
    """How far the states are from true data on the way back, against the floor: what two true samples are apart.

    Parameters
    ----------
    eps_model : callable (x_t, t), as ``swiss_roll_model`` gives it
    more_truth : callable (n, rng) → array (n, 2), draws true points
    ddpm_step, energy_distance : callables

    Controls: how much of the way back is done, the number of steps T, and the variance.
    """
    truth = more_truth(points, np.random.default_rng(100))
    stage = Stage(9, 4.7)
    left, right = stage.figure.subplots(1, 2)
    move = _cloud(stage, left, "The state xₜ", truth)
    label(right, "Energy distance to true data", "% of the way back", "energy distance").set(
        xlim=(0, 102), ylim=(SMALLEST, 10), yscale="log"
    )
    lines = [
        stage.moving(right.plot([], [], color=BLUE, marker="o", markersize=4, label="your samples"))[0],
        stage.moving(right.plot([], [], "o", color=ORANGE, markeredgecolor=BLACK, markersize=11, label="here"))[0],
        stage.moving(right.plot([], [], "--", color=RED, linewidth=2, label="floor: two true samples, on average"))[0],
    ]
    band = stage.moving(right.axhspan(1, 1, color=RED, alpha=0.15, linewidth=0, label="and from least to most"))
    legend(right, loc="upper right")
    ruler = _ruler("energy_distance", energy_distance)
    floor = functools.cache(lambda: floor_of(ruler, more_truth, points))

    @functools.cache
    def walk(steps, variance):
        states = walk_back(eps_model, truth.shape, ddpm_step, steps, variance)[0][_at(steps, PLACES)]
        return states, np.array([ruler(state, truth) for state in states])

    def draw(done, steps, variance):
        states, distances = walk(steps, variance)
        here, (low, middle, high) = done // 10, floor()
        move(states[here])
        for line, x, y in zip(lines, (PLACES, [done], [0, 102]), (distances, [distances[here]], [middle, middle])):
            line.set_data(x, np.maximum(y, SMALLEST))
        band.set(y=low, height=high - low)
        return (
            f"{done} % of the way back in {steps} steps, σ² {_named(variance)}: energy distance {distances[here]:.4f}. "
            f"Two true samples of {points} points are {middle:.4f} apart on average, {PAIRS} pairs of them from {low:.4f} to {high:.4f}."
        )

    controls = _dials(100, steps) | {"done": step_slider(100, 100, "% of the way back", step=10)}
    return Scene(stage, draw, controls, [ddpm_step, energy_distance])


def fresh_samples(eps_model, more_truth, betas, alpha_bar, sample, count, rulers=None):
    """New data from each seed, by your sampler, beside true data, with distances between the two and their floors.

    Parameters
    ----------
    eps_model : callable (x_t, t), for this schedule
    more_truth : callable (n, rng) → array, draws n true samples, (n, 2) or (n, H, W)
    betas, alpha_bar : arrays (T+1,)
    sample : callable, as ``gradual.samplers.sample``
    count : int, how many to draw
    rulers : dict, by name, of callables (x, y) → number, optional

    Controls: the seed.
    """
    truth, rulers = more_truth(count, np.random.default_rng(100)), rulers or {}
    stage = Stage(9, 4.7 if truth.ndim == 2 else 3.7)
    left, right = stage.figure.subplots(1, 2)
    if truth.ndim == 2:
        _cloud(stage, left, "True data", None)(truth)
        move = _cloud(stage, right, "From noise, by sample", None)
        limit = 1.15 * np.abs(truth).max()
        for ax in (left, right):
            ax.set(xlim=(-limit, limit), ylim=(-limit, limit))
    else:
        draw_tiles(bare(left, "True data"), truth[:24], 6)
        grid = stage.moving(draw_tiles(bare(right, "From noise, by sample"), truth[:24], 6))

        def move(images):
            grid.set_data(tile(images[:24], 6))

    used = [sample, *rulers.values()]
    rulers = {name: _ruler(name, ruler) for name, ruler in rulers.items()}
    rulers["from a sample to the nearest true one"] = _to_the_nearest
    floors = {
        name: functools.cache(functools.partial(floor_of, ruler, more_truth, count)) for name, ruler in rulers.items()
    }

    @functools.cache
    @on_one_core
    def made(seed):
        with np.errstate(all="ignore"):
            x = sample(eps_model, truth.shape, betas, alpha_bar, np.random.default_rng(seed))
        x = drawable("sample", x, truth.shape)
        return x, [f"{name} {ruler(x, truth):.4f} (floor {floors[name]()[1]:.4f})" for name, ruler in rulers.items()]

    def draw(seed):
        x, distances = made(seed)
        move(x)
        said = "; ".join(distances)
        return f"Seed {seed}, {len(betas) - 1} steps, {count} samples: {said}. The floors are what two true samples get."

    return Scene(stage, draw, {"seed": step_slider(9, 1, "seed")}, used)


def floor_of(ruler, more_truth, count):
    """What a ruler says of two true samples that share nothing: the smallest, the mean and the largest of some pairs."""
    rng = np.random.default_rng(200)
    pairs = [ruler(*np.split(more_truth(2 * count, rng), 2)) for _ in range(PAIRS)]
    return min(pairs), sum(pairs) / PAIRS, max(pairs)


def _to_the_nearest(x, y):
    """The mean distance from a sample to the nearest of others; two hundred samples tell it well enough."""
    return nearest_distance(np.clip(x[:200], -99, 99), y).mean()


def _ruler(name, function):
    """A distance whose result is one number that can be drawn, or a sentence."""

    return lambda x, y: float(drawable(name, function(x, y), ()))


def _cloud(stage, ax, title, truth):
    """Points in the plane; returns ``show(points (B, 2))``."""
    label(ax, title, "x₁", "x₂").set(xlim=(-LIMIT, LIMIT), ylim=(-LIMIT, LIMIT), aspect="equal")
    if truth is not None:
        ax.plot(*truth.T, ".", color="#C8C8C8", markersize=2.5, zorder=1)
    (dots,) = stage.moving(ax.plot([], [], "o", color=BLUE, markersize=3, alpha=0.7, markeredgewidth=0))
    return lambda points: dots.set_data(*points.T)


def _dials(done, steps):
    return {
        "done": step_slider(100, done, "% of the way back"),
        "steps": choice("steps T", [(f"{count:,}".replace(",", " "), count) for count in STEPS], steps),
        "variance": choice("variance σ²", [("β", "beta"), ("posterior", "posterior")]),
    }


def _at(steps, done):
    """The index of the state at some percent of the way back."""
    return steps - np.round(steps * (1 - np.asarray(done) / 100)).astype(int)


def _named(variance):
    return "= β" if variance == "beta" else "of the posterior"
