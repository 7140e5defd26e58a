"""Lesson 02's two densities: of one step, and of a whole path."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import markov

LESSON = "02_markov_property"


# --- transition_log_prob --------------------------------------------------------------------------------------


def transition_inputs(shape, beta):
    def make(rng):
        x_prev = rng.normal(1, 1, shape)
        return {
            "x_t": np.sqrt(1 - beta) * x_prev + np.sqrt(beta) * rng.normal(size=shape),
            "x_prev": x_prev,
            "beta": beta,
        }

    return make


def gaussian(x, mean, variance):
    return -0.5 * ((x - mean) ** 2 / variance + np.log(2 * np.pi * variance))


def per_sample(entries):
    return entries.reshape(len(entries), -1).sum(axis=1)


def implied_noise(x_t, x_prev, beta):
    return (x_t - np.sqrt(1 - beta) * x_prev) / np.sqrt(beta)


def transition(x_t, x_prev, beta):
    return per_sample(gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta))


def one_sample_at_a_time(x_t, x_prev, beta):
    found = []
    for after, before in zip(x_t, x_prev):
        squares = np.sum((after - (1 - beta) ** 0.5 * before) ** 2)
        found.append(-squares / (2 * beta) - np.size(after) / 2 * np.log(2 * np.pi * beta))
    return found


def log_of_the_density(x_t, x_prev, beta):
    density = np.exp(-0.5 * implied_noise(x_t, x_prev, beta) ** 2) / np.sqrt(2 * np.pi * beta)
    return per_sample(np.log(density))


TRANSITION_LOG_PROB = Exercise(
    function=markov.transition_log_prob,
    lesson=LESSON,
    points=3,
    axes={"B": "one log density for each sample"},
    cases=(
        Case("a batch of five points, β = 0.3", transition_inputs((5, 2), 0.3)),
        Case("three small images, β = 0.02", transition_inputs((3, 4, 4), 0.02)),
        Case("single numbers, β = 0.8", transition_inputs((6,), 0.8)),
        Case("β = 1: where the step came from does not matter", transition_inputs((4, 3), 1.0), hidden=True),
        Case("eight images, β = 0.0001", transition_inputs((8, 6, 6), 1e-4), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "mean_not_square_rooted",
            lambda x_t, x_prev, beta: per_sample(gaussian(x_t, (1 - beta) * x_prev, beta)),
            "You centred the density at (1 − β)·x_prev. A step shrinks the data by √(1 − β).",
        ),
        Misconception(
            "mean_not_shrunk",
            lambda x_t, x_prev, beta: per_sample(gaussian(x_t, x_prev, beta)),
            "You centred the density at x_prev. A step shrinks the data first: the mean is √(1 − β)·x_prev.",
        ),
        Misconception(
            "beta_as_standard_deviation",
            lambda x_t, x_prev, beta: per_sample(gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta**2)),
            "You took β for the standard deviation of the step. It is the variance: divide the difference by √β, and use log(2πβ).",
        ),
        Misconception(
            "log_of_the_root_missing",
            lambda x_t, x_prev, beta: per_sample(
                -0.5 * implied_noise(x_t, x_prev, beta) ** 2 - 0.5 * np.log(2 * np.pi)
            ),
            "β is missing inside the log. A narrow density is a high one, and log(2πβ) says how high.",
        ),
        Misconception(
            "not_normalised",
            lambda x_t, x_prev, beta: per_sample(-0.5 * implied_noise(x_t, x_prev, beta) ** 2),
            "The term log(2πβ) is missing: without it the density does not have an area of 1 under it.",
        ),
        Misconception(
            "normalised_once_per_sample",
            lambda x_t, x_prev, beta: (
                per_sample(-0.5 * implied_noise(x_t, x_prev, beta) ** 2) - 0.5 * np.log(2 * np.pi * beta)
            ),
            "You counted log(2πβ) once for a sample. Every entry of a sample has a density of its own, so it comes once for each entry.",
        ),
        Misconception(
            "difference_not_divided",
            lambda x_t, x_prev, beta: per_sample(
                -0.5 * ((x_t - np.sqrt(1 - beta) * x_prev) ** 2 + np.log(2 * np.pi * beta))
            ),
            "You squared the difference without dividing it by √β first, so it is not measured in standard deviations of the step.",
        ),
        Misconception(
            "divided_by_beta",
            lambda x_t, x_prev, beta: per_sample(
                gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta**2) + 0.5 * np.log(beta)
            ),
            "You divided the difference by β. β is the variance; divide by the standard deviation, √β.",
        ),
        Misconception(
            "brackets_missing",
            lambda x_t, x_prev, beta: per_sample(
                gaussian(x_t - np.sqrt(1 - beta) / np.sqrt(beta) * x_prev, 0, 1) - 0.5 * np.log(beta)
            ),
            "Only x_prev is divided by √β. Put brackets around the whole difference before you divide.",
        ),
        Misconception(
            "half_for_the_noise_only",
            lambda x_t, x_prev, beta: per_sample(
                -0.5 * implied_noise(x_t, x_prev, beta) ** 2 + np.log(2 * np.pi * beta)
            ),
            "The −½ stands before both terms: put brackets around noise**2 + log(2πβ).",
        ),
        Misconception(
            "log_not_halved",
            lambda x_t, x_prev, beta: per_sample(
                -0.5 * implied_noise(x_t, x_prev, beta) ** 2 - np.log(2 * np.pi * beta)
            ),
            "The ½ belongs to the log as well: it comes from the root in 1/√(2πβ).",
        ),
        Misconception(
            "log_to_base_10",
            lambda x_t, x_prev, beta: per_sample(
                -0.5 * (implied_noise(x_t, x_prev, beta) ** 2 + np.log10(2 * np.pi * beta))
            ),
            "You took the logarithm to base 10. The course measures in nats, with the natural logarithm, np.log.",
        ),
        Misconception(
            "density_not_its_log",
            lambda x_t, x_prev, beta: np.exp(transition(x_t, x_prev, beta)),
            "That is the density itself. Return its logarithm: for many entries the density is too small or too large for a float.",
        ),
        Misconception(
            "mean_over_entries",
            lambda x_t, x_prev, beta: (
                gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta).reshape(len(x_t), -1).mean(axis=1)
            ),
            "You averaged over the entries of a sample. The densities of independent entries multiply, so their logs are summed.",
        ),
        Misconception(
            "not_summed",
            lambda x_t, x_prev, beta: gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta),
            "You returned one number for each entry. Sum over the entries of a sample, so that one number is left for each of the B samples.",
        ),
        Misconception(
            "summed_over_one_axis",
            lambda x_t, x_prev, beta: gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta).sum(axis=1),
            "You summed over axis 1 only, and a sample can have more axes, or none. Make one row of each sample first: .reshape(len(x_t), -1).",
        ),
        Misconception(
            "summed_over_the_last_axis",
            lambda x_t, x_prev, beta: gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta).sum(axis=-1),
            "You summed over the last axis only, and a sample can have more axes, or none. Make one row of each sample first: .reshape(len(x_t), -1).",
        ),
        Misconception(
            "summed_over_the_batch",
            lambda x_t, x_prev, beta: gaussian(x_t, np.sqrt(1 - beta) * x_prev, beta).sum(),
            "You summed over the whole batch. Keep the first axis: one log density for each sample.",
        ),
    ),
    alternatives=(
        one_sample_at_a_time,
        log_of_the_density,
        lambda x_t, x_prev, beta: transition(x_t, x_prev, beta).astype(np.float32),
        lambda x_t, x_prev, beta: [float(entry) for entry in transition(x_t, x_prev, beta)],
    ),
    hints=(
        "Which noise would have led from x_prev to x_t? Work that out, and ask how probable such noise is under a normal distribution of variance β.",
        "noise = (x_t − √(1 − β)·x_prev) / √β. Each entry contributes −½·(noise² + log(2πβ)). Sum over everything but the first axis.",
        "log_density = -0.5 * (noise**2 + np.log(...))\nreturn log_density.reshape(len(x_t), -1).sum(axis=...)",
    ),
)


# --- chain_log_prob -------------------------------------------------------------------------------------------


def chain_inputs(shape, steps, low=0.05, high=0.5):
    def make(rng):
        betas, states = np.concatenate([[0.0], rng.uniform(low, high, steps)]), [rng.normal(1, 1, shape)]
        for beta in betas[1:]:
            states.append(np.sqrt(1 - beta) * states[-1] + np.sqrt(beta) * rng.normal(size=shape))
        return {"trajectory": np.stack(states), "betas": betas}

    return make


def each_step(trajectory, betas, first=1, last=None):
    """The log density of each step t from ``first`` to ``last``: (steps, B)."""
    times = range(first, len(betas) if last is None else last)
    return np.array([transition(trajectory[t], trajectory[t - 1], betas[t]) for t in times]).reshape(
        -1, trajectory.shape[1]
    )


def from_the_start_each_time(trajectory, betas):
    return sum(transition(trajectory[t], trajectory[0], betas[t]) for t in range(1, len(betas)))


def backwards(trajectory, betas):
    total = 0
    for t in reversed(range(1, len(betas))):
        total = total + transition(np.asarray(trajectory[t]), trajectory[t - 1], betas[t])
    return total


def all_steps_at_once(trajectory, betas):
    beta = betas[1:].reshape(-1, *(1,) * (trajectory.ndim - 1))
    logs = gaussian(trajectory[1:], np.sqrt(1 - beta) * trajectory[:-1], beta)
    return logs.sum(axis=(0, *range(2, trajectory.ndim)))


def first_step_and_the_rest(trajectory, betas):
    if len(betas) == 1:
        return np.zeros(trajectory.shape[1])
    return transition(trajectory[1], trajectory[0], betas[1]) + first_step_and_the_rest(trajectory[1:], betas[1:])


CHAIN_LOG_PROB = Exercise(
    function=markov.chain_log_prob,
    lesson=LESSON,
    points=3,
    axes={"B": "one log density for each sample"},
    cases=(
        Case("four steps of a batch of points", chain_inputs((6, 2), 4)),
        Case("a single step", chain_inputs((3, 2), 1)),
        Case("six steps of two small images", chain_inputs((2, 3, 3), 6)),
        Case("fifty steps of single numbers", chain_inputs((8,), 50), hidden=True),
        Case("twenty small steps of a batch of points", chain_inputs((4, 3), 20, 0.001, 0.02), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "a_step_with_beta_0",
            lambda trajectory, betas: sum(
                transition(trajectory[t], trajectory[t - 1], betas[t]) for t in range(len(betas))
            ),
            "You used betas[0], which is 0 and belongs to the clean data: nothing is added there, so there is no density. t runs from 1 to T, and step t uses betas[t].",
        ),
        Misconception(
            "last_step_missing",
            lambda trajectory, betas: each_step(trajectory, betas, last=len(betas) - 1).sum(axis=0),
            "The last step is missing: t runs from 1 to T, and range(1, len(betas)) does that.",
        ),
        Misconception(
            "every_step_from_the_start",
            from_the_start_each_time,
            "You took every step from x_0. By the Markov property the density of x_t depends on the state before it, trajectory[t-1].",
        ),
        Misconception(
            "only_the_last_step",
            lambda trajectory, betas: each_step(trajectory, betas)[-1],
            "You returned one step, the last. Add each step's log density to a running total (+=).",
        ),
        Misconception(
            "only_the_first_step",
            lambda trajectory, betas: each_step(trajectory, betas)[0],
            "Only the first step counts. Is return inside the loop? It belongs after it, at the level of for.",
        ),
        Misconception(
            "mean_over_steps",
            lambda trajectory, betas: each_step(trajectory, betas).mean(axis=0),
            "You averaged over the steps. The densities of the steps multiply, so their logs are summed.",
        ),
        Misconception(
            "logs_multiplied",
            lambda trajectory, betas: each_step(trajectory, betas).prod(axis=0),
            "You multiplied the log densities. It is the densities that multiply; their logs are added.",
        ),
        Misconception(
            "density_not_its_log",
            lambda trajectory, betas: np.exp(each_step(trajectory, betas).sum(axis=0)),
            "That is the density of the path. Return its logarithm: over many steps the density is too small or too large for a float.",
        ),
        Misconception(
            "not_summed_over_steps",
            each_step,
            "You returned one number for each step. Sum over the steps, so that one number is left for each sample.",
        ),
        Misconception(
            "summed_over_the_batch",
            lambda trajectory, betas: each_step(trajectory, betas).sum(),
            "You summed over the samples too. Each sample has a path of its own: return one log density for each.",
        ),
        Misconception(
            "time_on_the_second_axis",
            lambda trajectory, betas: sum(
                transition(trajectory[:, t], trajectory[:, t - 1], betas[t]) for t in range(1, len(betas))
            ),
            "Time is the first axis: the state at time t is trajectory[t]. With trajectory[:, t] you take sample t at all times.",
        ),
        Misconception(
            "before_and_after_swapped",
            lambda trajectory, betas: sum(
                transition(trajectory[t - 1], trajectory[t], betas[t]) for t in range(1, len(betas))
            ),
            "You swapped the two states: x_t, trajectory[t], is drawn around √(1 − β_t) times x_{t−1}, trajectory[t-1].",
        ),
    ),
    alternatives=(
        backwards,
        all_steps_at_once,
        first_step_and_the_rest,
        lambda trajectory, betas: all_steps_at_once(trajectory, betas).astype(np.float32),
    ),
    hints=(
        "The density of a path is the product of its steps' densities. Start with a total of 0 and add, for each step, the log density that you wrote before.",
        "log q = Σ over t = 1 … T of log q(x_t | x_{t−1}), where x_t is trajectory[t], x_{t−1} is trajectory[t-1], and the variance is betas[t].",
        "for t in range(1, len(betas)):\n    log_prob += ...  # the log density of the step from trajectory[t-1] to trajectory[t]",
    ),
)
