"""Lesson 08's first exercise: a timestep as a row of waves."""

from __future__ import annotations

import math

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import network

LESSON = "08_learn_to_denoise"


def times(low, high, size, dim, **other):
    return lambda rng: {"t": rng.integers(low, high, size), "dim": dim, **other}


def waves(frequencies=None, join=None, angles=None):
    """A (possibly wrong) timestep_embedding: the frequencies, what is joined how, and the angles."""
    frequencies = frequencies or (lambda half, period: period ** (-np.arange(half) / half))
    angles = angles or (lambda t, omega: np.multiply.outer(t, omega))
    join = join or (lambda a: np.concatenate([np.cos(a), np.sin(a)], axis=-1))
    return lambda t, dim, max_period=10_000: join(angles(t, frequencies(dim // 2, max_period)))


def interleaved(angles):
    return np.stack([np.cos(angles), np.sin(angles)], axis=-1).reshape(*angles.shape[:-1], -1)


def waves_of_one_batch(t, dim, max_period=10_000):
    angles = t[:, None] * max_period ** (-np.arange(dim // 2) / (dim // 2))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def waves_not_lined_up(t, dim, max_period=10_000):
    angles = t * max_period ** (-np.arange(dim // 2) / (dim // 2))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def as_many_waves_as_numbers(t, dim, max_period=10_000):
    angles = t * max_period ** (-np.arange(dim) / dim)
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def waves_by_outer(t, dim, max_period=10_000):
    angles = np.outer(t, max_period ** (-np.arange(dim // 2) / (dim // 2)))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=-1)


def waves_along_axis_one(t, dim, max_period=10_000):
    angles = np.multiply.outer(t, max_period ** (-np.arange(dim // 2) / (dim // 2)))
    return np.concatenate([np.cos(angles), np.sin(angles)], axis=1)


def waves_by_loop(t, dim, max_period=10_000):
    half = dim // 2

    def row(one):
        angles = [float(one) / max_period ** (i / half) for i in range(half)]
        return [math.cos(a) for a in angles] + [math.sin(a) for a in angles]

    return row(t) if np.ndim(t) == 0 else [row(one) for one in t]


def waves_by_exp(t, dim, max_period=10_000):
    omega = np.exp(-np.log(max_period) * np.arange(0, dim // 2) / (dim // 2))
    angles = np.asarray(t)[..., None] * omega
    return np.hstack([np.cos(angles), np.sin(angles)])


TIMESTEP_EMBEDDING = Exercise(
    function=network.timestep_embedding,
    lesson=LESSON,
    points=3,
    axes={"B": "one row for each timestep", "dim": "cosines, then sines"},
    cases=(
        Case("seven timesteps at once, dim = 8", times(1, 1000, 7, 8)),
        Case("one timestep alone gives one row, (dim,)", lambda rng: {"t": int(rng.integers(10, 1000)), "dim": 6}),
        Case("another slowest wave: max_period = 100", times(1, 100, 5, 8, max_period=100)),
        Case("t = 0: every cosine is 1, every sine 0", lambda rng: {"t": np.array([0, 1]), "dim": 4}, hidden=True),
        Case("a thousand steps, dim = 32", lambda rng: {"t": rng.permutation(1001), "dim": 32}, hidden=True),
        Case("dim = 2: a single wave", times(0, 50, 3, 2), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "sines_first",
            waves(join=lambda a: np.concatenate([np.sin(a), np.cos(a)], axis=-1)),
            "Your waves are right and in the other order: here the cosines come first, then the sines.",
        ),
        Misconception(
            "interleaved",
            waves(join=interleaved),
            "You put cosines and sines in turn. Here all cosines come first, then all sines: join two blocks.",
        ),
        Misconception(
            "interleaved_sines_first",
            waves(join=lambda a: interleaved(a + np.pi / 2) * np.resize([-1, 1], 2 * a.shape[-1])),
            "You put sines and cosines in turn. Here all cosines come first, then all sines: join two blocks.",
        ),
        Misconception(
            "power_before_division",
            waves(lambda half, period: period ** -np.arange(half) / half),
            "Python takes the power before it divides, and NumPy has no negative powers of whole numbers. Put brackets around the exponent: max_period ** (-np.arange(h) / h).",
        ),
        Misconception(
            "half_minus_one",
            waves(lambda half, period: period ** (-np.arange(half) / (half - 1))),
            "You divided the exponent by h − 1, so that the slowest wave has the frequency 1/max_period exactly. Here it is divided by h = dim // 2 (both are in use).",
        ),
        Misconception(
            "exponent_over_dim",
            waves(lambda half, period: period ** (-np.arange(half) / (2 * half))),
            "You divided the exponent by dim. It is −i/h with h = dim // 2, so the frequencies fall from 1 nearly to 1/max_period.",
        ),
        Misconception(
            "exponent_twice",
            waves(lambda half, period: period ** (-2 * np.arange(half) / half)),
            "Your frequencies fall too fast. In −2i/dim the two is part of h = dim / 2: the exponent is −i/h.",
        ),
        Misconception(
            "exponent_positive",
            waves(lambda half, period: period ** (np.arange(half) / half)),
            "Your waves get faster and faster. The exponent has a minus sign: they start fast, at ω = 1, and get slower.",
        ),
        Misconception(
            "starts_at_one",
            waves(lambda half, period: period ** (-np.arange(1, half + 1) / half)),
            "You count i from 1. It runs from 0 to h − 1, so the first wave has the frequency 1.",
        ),
        Misconception(
            "frequencies_evenly_spaced",
            waves(lambda half, period: np.linspace(1, 1 / period, half)),
            "Your frequencies are evenly spaced. They fall by the same factor from each to the next: a power of max_period.",
        ),
        Misconception(
            "turns_for_radians",
            waves(lambda half, period: 2 * np.pi * period ** (-np.arange(half) / half)),
            "There is a factor of 2π too many: the angle is t · ω, in radians.",
        ),
        Misconception(
            "max_period_not_used",
            lambda t, dim, max_period=10_000: network.timestep_embedding(t, dim),
            "Your slowest wave is always the same. Use the argument max_period instead of 10 000.",
        ),
        Misconception(
            "logarithm_to_base_ten",
            waves(lambda half, period: np.exp(-np.log10(period) * np.arange(half) / half)),
            "You wrote the power with np.exp and np.log10. np.exp goes with the natural logarithm, np.log.",
        ),
        Misconception(
            "logarithm_left_out",
            waves(lambda half, period: np.exp(-np.arange(half) / half)),
            "max_period does not come in: the frequency is max_period to the power −i/h, not e to that power.",
        ),
        Misconception(
            "whole_number_division",
            waves(lambda half, period: period ** (-np.arange(half) // half * 1.0)),
            "You divided with //, which rounds down, so all frequencies but the first are the same. The exponent −i/h is a fraction: use /.",
        ),
        Misconception(
            "one_half_too_long",
            lambda t, dim, max_period=10_000: network.timestep_embedding(t, 2 * dim, max_period),
            "You made dim cosines and dim sines. Together they are dim numbers: half of them each, h = dim // 2.",
        ),
        Misconception(
            "only_the_sines",
            waves(join=np.sin),
            "These are the sines alone. Each angle gives a cosine and a sine: join both blocks, cosines first.",
        ),
        Misconception(
            "added_instead_of_joined",
            waves(join=lambda a: np.cos(a) + np.sin(a)),
            "You added cosines and sines. Put them side by side: np.concatenate([…, …], axis=-1).",
        ),
        Misconception(
            "joined_below_each_other",
            waves(join=lambda a: np.concatenate([np.cos(a), np.sin(a)])),
            "You joined the blocks below each other. They belong side by side, in the same row: axis=-1.",
        ),
        Misconception(
            "joined_along_axis_one",
            waves_along_axis_one,
            "For many timesteps you are right. For one alone there is no axis 1: join along the last axis, axis=-1.",
        ),
        Misconception(
            "time_does_not_line_up",
            waves_not_lined_up,
            "t (B,) and the frequencies (h,) do not line up for a product: you want every timestep times every frequency, (B, h). np.multiply.outer does that.",
        ),
        Misconception(
            "as_many_waves_as_numbers",
            as_many_waves_as_numbers,
            "There are dim frequencies in your code. Each wave gives two numbers, so there are h = dim // 2; and np.multiply.outer takes every timestep times every frequency.",
        ),
        Misconception(
            "one_timestep_as_a_batch",
            waves_by_outer,
            "For many timesteps you are right. For one alone np.outer still makes a row of a table, (1, dim): np.multiply.outer leaves (dim,).",
        ),
        Misconception(
            "rows_and_columns_swapped",
            waves(angles=lambda t, omega: np.multiply.outer(omega, t)),
            "Your angles have one row for each frequency. Swap the two: one row for each timestep.",
        ),
        Misconception(
            "many_timesteps_only",
            waves_of_one_batch,
            "For many timesteps you are right. t can also be one number, which has no [:, None]: np.multiply.outer(t, …) takes both.",
        ),
        Misconception(
            "time_counted_from_zero",
            lambda t, dim, max_period=10_000: network.timestep_embedding(np.asarray(t) - 1, dim, max_period),
            "Your waves belong to t − 1. Time needs no shift here: the angle is t · ω.",
        ),
        Misconception(
            "blocks_not_joined",
            waves(join=lambda a: (np.cos(a), np.sin(a))),
            "You returned two blocks. Join them side by side to one array: np.concatenate([…, …], axis=-1).",
        ),
    ),
    alternatives=(
        waves_by_loop,
        waves_by_exp,
        lambda t, dim, max_period=10_000: np.float32(network.timestep_embedding(t, dim, max_period)),
        waves(join=lambda a: np.concatenate([np.sin(a + np.pi / 2), np.sin(a)], axis=-1)),
    ),
    hints=(
        "Think of a clock: one hand runs fast, the next one slower, the last one hardly moves. Each hand is an angle, t times its frequency, and an angle is told by its cosine and its sine.",
        "h = dim // 2 frequencies ω_i = max_period^(−i/h), with i = np.arange(h). All angles at once, one row for each t: np.multiply.outer(t, frequencies).",
        "angles = np.multiply.outer(t, max_period ** (...))\nreturn np.concatenate([..., ...], axis=-1)",
    ),
)
