"""Lesson 01's first exercise: one step of the forward process."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import forward

LESSON = "01_gradual_noise"


def step_inputs(shape, beta):
    return lambda rng: {"x_prev": rng.normal(2, 1, shape), "beta": beta, "noise": rng.normal(size=shape)}


def step_in_place(x_prev, beta, noise):
    x_prev *= np.sqrt(1 - beta)
    x_prev += np.sqrt(beta) * noise
    return x_prev


def step_one_entry_at_a_time(x_prev, beta, noise):
    pairs = zip(np.ravel(x_prev), np.ravel(noise))
    return np.array([(1 - beta) ** 0.5 * x + beta**0.5 * e for x, e in pairs]).reshape(np.shape(x_prev))


def step_on_a_copy(x_prev, beta, noise):
    x = np.array(x_prev, dtype=float)
    x *= np.sqrt(1 - beta)
    x += np.sqrt(beta) * noise
    return x


Q_STEP = Exercise(
    function=forward.q_step,
    lesson=LESSON,
    points=3,
    axes={"the batch": "one row a sample"},
    cases=(
        Case("a batch of five points, β = 0.3", step_inputs((5, 2), 0.3)),
        Case("β = 0 adds nothing and changes nothing", step_inputs((4, 2), 0.0)),
        Case("β = 1 leaves only noise", step_inputs((4, 2), 1.0)),
        Case("a batch of images, β = 0.02", step_inputs((3, 8, 8), 0.02), hidden=True),
        Case("a sound, β = 0.6", step_inputs((200,), 0.6), hidden=True),
        Case("one point, β = 0.0001", step_inputs((1, 2), 1e-4), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "beta_not_sqrt_beta",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev + beta * noise,
            "You scaled the noise by β. β is a variance, and noise is scaled by a standard deviation: √β.",
        ),
        Misconception(
            "signal_not_square_rooted",
            lambda x_prev, beta, noise: (1 - beta) * x_prev + np.sqrt(beta) * noise,
            "You scaled the data by 1 − β. That is the share of its variance that stays; the data itself is scaled by √(1 − β).",
        ),
        Misconception(
            "no_square_roots",
            lambda x_prev, beta, noise: (1 - beta) * x_prev + beta * noise,
            "You mixed with 1 − β and β, so the variances do not add up to 1. β is a variance: both factors need a square root.",
        ),
        Misconception(
            "coefficients_swapped",
            lambda x_prev, beta, noise: np.sqrt(beta) * x_prev + np.sqrt(1 - beta) * noise,
            "The two factors are swapped: with a small β, nearly all of x_prev should stay and a little noise should come.",
        ),
        Misconception(
            "signal_not_shrunk",
            lambda x_prev, beta, noise: x_prev + np.sqrt(beta) * noise,
            "You added the noise without shrinking the data. Each step would then make the variance larger; √(1 − β) keeps it in bounds.",
        ),
        Misconception(
            "beta_as_standard_deviation",
            lambda x_prev, beta, noise: np.sqrt(1 - beta**2) * x_prev + beta * noise,
            "You treated β as a standard deviation and squared it. β is the variance already: use √(1 − β) and √β.",
        ),
        Misconception(
            "noise_subtracted",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev - np.sqrt(beta) * noise,
            "The noise comes in with a minus sign. It is added: x_t = √(1 − β)·x + √β·ε.",
        ),
        Misconception(
            "noise_left_out",
            lambda x_prev, beta, noise: np.sqrt(1 - beta) * x_prev,
            "You shrank the data and added no noise. Add √β times the argument noise.",
        ),
        Misconception(
            "changed_its_input",
            step_in_place,
            "The numbers are right, but you changed x_prev itself (with *= or +=), and the caller still needs it. Make a new array.",
        ),
    ),
    alternatives=(
        step_one_entry_at_a_time,
        step_on_a_copy,
        lambda x_prev, beta, noise: (np.sqrt(1 - beta) * x_prev + np.sqrt(beta) * noise).astype(np.float32),
        lambda x_prev, beta, noise: (np.power(1 - beta, 0.5) * x_prev + np.power(beta, 0.5) * noise).tolist(),
        lambda x_prev, beta, noise: np.sqrt(beta) * (noise + np.sqrt((1 - beta) / beta) * x_prev) if beta else x_prev,
    ),
    hints=(
        "Two things happen in a step: the data shrinks a little, and a little noise is added, so that the total variance can stay the same.",
        "x_t = √(1 − β) · x_{t−1} + √β · ε. In code: x_{t−1} is x_prev, ε is noise, and the root is np.sqrt.",
        "return np.sqrt(...) * x_prev + np.sqrt(...) * noise",
    ),
)
