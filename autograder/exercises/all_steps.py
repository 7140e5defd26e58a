"""Lesson 01's second exercise: every step, and every state on the way."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.one_step import LESSON
from gradual import forward


def walk_inputs(shape, steps, low=0.05, high=0.4):
    def make(rng):
        betas = np.concatenate([[0.0], rng.uniform(low, high, steps)])
        return {"x0": rng.normal(1, 1, shape), "betas": betas, "noise": rng.normal(size=(steps, *shape))}

    return make


def step(x, beta, noise):
    return np.sqrt(1 - beta) * x + np.sqrt(beta) * noise


def walk_without_start(x0, betas, noise):
    states, x = [], x0
    for t in range(1, len(betas)):
        x = step(x, betas[t], noise[t - 1])
        states.append(x)
    return np.stack(states)


def walk_noise_one_late(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t], noise[min(t, len(noise) - 1)]))
    return np.stack(states)


def walk_noise_past_the_end(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t], noise[t]))
    return np.stack(states)


def walk_all_betas_at_once(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas, noise[t - 1]))
    return np.stack(states)


def walk_from_nothing(x0, betas, noise):
    states = np.zeros((len(betas), *x0.shape))
    for t in range(1, len(betas)):
        states[t] = step(states[t - 1], betas[t], noise[t - 1])
    return states


def walk_beta_one_early(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t - 1], noise[t - 1]))
    return np.stack(states)


def walk_always_from_start(x0, betas, noise):
    return np.stack([x0, *(step(x0, betas[t], noise[t - 1]) for t in range(1, len(betas)))])


def walk_one_noise(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(step(states[-1], betas[t], noise[0]))
    return np.stack(states)


def walk_last_state_only(x0, betas, noise):
    return walk_without_start(x0, betas, noise)[-1]


def walk_stops_early(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas) - 1):
        states.append(step(states[-1], betas[t], noise[t - 1]))
    return np.stack(states)


def walk_noise_not_rooted(x0, betas, noise):
    states = [x0]
    for t in range(1, len(betas)):
        states.append(np.sqrt(1 - betas[t]) * states[-1] + betas[t] * noise[t - 1])
    return np.stack(states)


def walk_in_closed_form(x0, betas, noise):
    root = np.sqrt(np.cumprod(1 - np.asarray(betas)))
    states = [np.array(x0, dtype=float)]
    for t in range(1, len(betas)):
        pushes = [root[t] / root[s] * np.sqrt(betas[s]) * noise[s - 1] for s in range(1, t + 1)]
        states.append(root[t] * x0 + np.sum(pushes, axis=0))
    return states


def walk_preallocated(x0, betas, noise):
    states = np.empty((len(betas), *np.shape(x0)))
    states[0] = x0
    for t, (beta, push) in enumerate(zip(betas[1:], noise), start=1):
        states[t] = step(states[t - 1], beta, push)
    return states


def walk_recursive(x0, betas, noise):
    if len(betas) == 1:
        return [x0]
    before = walk_recursive(x0, betas[:-1], noise[:-1])
    return [*before, step(before[-1], betas[-1], noise[-1])]


NOISE_TRAJECTORY = Exercise(
    function=forward.noise_trajectory,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one state for each time, x_0 first", "the rest": "the shape of x0"},
    cases=(
        Case("five steps on a batch of points", walk_inputs((4, 2), 5)),
        Case("one step only", walk_inputs((3, 2), 1)),
        Case("six steps on two small images", walk_inputs((2, 3, 3), 6)),
        Case("forty steps on a batch of points", walk_inputs((6, 2), 40), hidden=True),
        Case("twelve steps on a sound", walk_inputs((50,), 12), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "start_left_out",
            walk_without_start,
            "The trajectory starts at x_1. It should start with the clean data x_0, so that it has T + 1 states.",
        ),
        Misconception(
            "noise_off_by_one",
            walk_noise_one_late,
            "The noise is one step late: step t uses noise[t-1], because noise has no entry for t = 0.",
        ),
        Misconception(
            "beta_off_by_one",
            walk_beta_one_early,
            "Step t uses betas[t], not betas[t-1]: betas[0] belongs to the clean data and is 0.",
        ),
        Misconception(
            "noise_past_the_end",
            walk_noise_past_the_end,
            "You asked for noise[t] where t can be T, and noise ends at index T − 1. Step t uses noise[t-1], for t from 1 to T.",
        ),
        Misconception(
            "all_betas_at_once",
            walk_all_betas_at_once,
            "You used all of betas in one step. Step t has one number: betas[t].",
        ),
        Misconception(
            "start_not_put_in",
            walk_from_nothing,
            "The trajectory starts from zeros. Its first state is the clean data: put x0 in at index 0 before the first step.",
        ),
        Misconception(
            "every_step_from_the_start",
            walk_always_from_start,
            "Every state was made from x0. A chain goes on from the state before: x_t is made from x_{t−1}.",
        ),
        Misconception(
            "same_noise_every_step",
            walk_one_noise,
            "Every step used the same noise. Step t has its own: noise[t-1].",
        ),
        Misconception(
            "last_state_only",
            walk_last_state_only,
            "You returned only the last state. Keep every state on the way, x_0 first, and stack them.",
        ),
        Misconception(
            "last_step_missing",
            walk_stops_early,
            "The last step is missing: t runs from 1 to T, and range(1, len(betas)) does that.",
        ),
        Misconception(
            "beta_not_sqrt_beta",
            walk_noise_not_rooted,
            "The noise of a step is scaled by √β: β is its variance.",
        ),
    ),
    alternatives=(walk_in_closed_form, walk_preallocated, walk_recursive),
    hints=(
        "Start a list with x0. For each t from 1 to T, make the next state from the last one in the list, and append it.",
        "x_t = √(1 − β_t) · x_{t−1} + √β_t · ε_t, where β_t is betas[t] and ε_t is noise[t-1]. At the end, np.stack makes one array of the list.",
        "for t in range(1, len(betas)):\n    x_prev = trajectory[-1]\n    trajectory.append(...)",
    ),
)
