"""Lesson 06's q_posterior: the Gaussian of x_{t−1}, when both ends are known."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.posterior_shapes import SLIPS, right, step, weight_of_x0, weight_of_x_t
from gradual import posterior
from gradual.forward import expand_like

LESSON = "06_reverse_posterior"


def step_inputs(shape, times, T=10):
    """``times`` is an int, or None for a time of its own for each sample: 1 is one of them, and no two are equal."""

    def make(rng):
        betas = np.concatenate([[0.0], rng.uniform(0.1, 0.35, T)])
        each = np.concatenate([[1], 2 + rng.permutation(T - 1)])[: shape[0]]
        t = rng.permutation(each) if times is None else times
        x0, x_t = rng.normal(1, 1, shape), rng.normal(-0.5, 1, shape)
        return {"x0": x0, "x_t": x_t, "t": t, "betas": betas, "alpha_bar": np.cumprod(1 - betas)}

    return make


def one_by_one(x0, x_t, t, betas, alpha_bar):
    rows, variances = [], []
    for start, end, s in zip(x0, x_t, np.broadcast_to(t, len(x0))):
        mean, variance = right(start, end, int(s), betas, alpha_bar)
        rows.append(mean)
        variances.append(variance)
    return rows, np.reshape(variances, (-1,) + (1,) * (np.ndim(x0) - 1)) if np.ndim(t) else variances[0]


def by_plain_precisions(x0, x_t, t, betas, alpha_bar):
    prior = 1 - alpha_bar[t - 1]
    variance = 1 / (1 / prior + (1 - betas[t]) / betas[t])
    return step(
        lambda a, before, b: variance * np.sqrt(before) / prior,
        lambda a, before, b: variance * np.sqrt(1 - b) / b,
        lambda a, before, b: variance,
    )(x0, x_t, t, betas, alpha_bar)


def by_precisions(x0, x_t, t, betas, alpha_bar):
    """Both sides of the fraction multiplied by β·(1 − ᾱ_{t−1}), so that t = 1 divides by nothing."""
    b, noise = betas[t], 1 - alpha_bar[t - 1]
    total = b + (1 - b) * noise
    shape = np.shape(t) + (1,) * (np.ndim(x0) - np.ndim(t))
    parts = np.reshape(b * np.sqrt(1 - noise), shape) * x0 + np.reshape(noise * np.sqrt(1 - b), shape) * x_t
    return parts / np.reshape(total, shape), np.reshape(b * noise / total, shape if np.ndim(t) else ())


def through_the_noise(x0, x_t, t, betas, alpha_bar):
    a, b = expand_like(alpha_bar[t], x_t), expand_like(betas[t], x_t)
    eps = (x_t - np.sqrt(a) * x0) / np.sqrt(1 - a)
    return (x_t - b / np.sqrt(1 - a) * eps) / np.sqrt(1 - b), right(x0, x_t, t, betas, alpha_bar)[1]


Q_POSTERIOR = Exercise(
    function=posterior.q_posterior,
    lesson=LESSON,
    points=3,
    axes={"B": "one sample a row"},
    cases=(
        Case("four points, one step back from t = 5", step_inputs((4, 2), 5)),
        Case("four images of 4×4, each from its own t", step_inputs((4, 4, 4), None)),
        Case("from t = 1: the step that ends at the clean data", step_inputs((3, 2), 1)),
        Case("six points, each from its own t", step_inputs((6, 2), None)),
        Case("from the last step, t = T", step_inputs((4, 2), 10), hidden=True),
        Case("three sounds, each from its own t", step_inputs((3, 40), None), hidden=True),
        Case("five images that are not square, each from its own t", step_inputs((5, 3, 4), None), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "weights_swapped",
            step(weight_of_x_t, weight_of_x0),
            "The two weights of the mean are swapped. At t = 1 all the weight belongs to x0, because ᾱ_0 = 1.",
        ),
        Misconception(
            "variance_not_divided",
            step(variance=lambda a, before, b: b * (1 - before)),
            "The variance lacks its division by 1 − ᾱ_t. The mean has the same denominator.",
        ),
        Misconception(
            "nothing_divided",
            step(lambda a, p, b: np.sqrt(p) * b, lambda a, p, b: np.sqrt(1 - b) * (1 - p), lambda a, p, b: b * (1 - p)),
            "The division by 1 − ᾱ_t is missing, in the mean and in the variance.",
        ),
        Misconception(
            "mean_not_divided",
            step(lambda a, before, b: np.sqrt(before) * b, lambda a, before, b: np.sqrt(1 - b) * (1 - before)),
            "The variance is right; the mean lacks its division by 1 − ᾱ_t, which belongs to both of its parts.",
        ),
        Misconception(
            "forward_variance",
            step(variance=lambda a, before, b: b),
            "Your variance is β_t, the one of the step forward. The step back is surer, since x0 is known as well: multiply by (1 − ᾱ_{t−1}) / (1 − ᾱ_t), and mind which of the two has t − 1.",
        ),
        Misconception(
            "standard_deviation",
            step(variance=lambda a, before, b: np.sqrt(b * (1 - before) / (1 - a))),
            "You returned the standard deviation. q_posterior returns the variance, so leave its root out.",
        ),
        Misconception(
            "variance_upside_down",
            step(variance=lambda a, before, b: b * (1 - a) / np.maximum(1 - before, 1e-300)),
            "The fraction in the variance is upside down. 1 − ᾱ_{t−1} stands above the line, so that the variance is 0 at t = 1.",
        ),
        Misconception(
            "x0_weight_at_t",
            step(lambda a, before, b: np.sqrt(a) * b / (1 - a)),
            "In the weight of x0 you took √ᾱ_t. You look for x at t − 1, where √ᾱ_{t−1} of x0 is left: alpha_bar[t - 1].",
        ),
        Misconception(
            "x_t_weight_at_t",
            step(from_x_t=lambda a, before, b: np.sqrt(1 - b) * (1 - a) / (1 - a)),
            "The weight of x_t lacks (1 − ᾱ_{t−1}) / (1 − ᾱ_t). Above the line stands alpha_bar[t - 1], below it alpha_bar[t].",
        ),
        Misconception(
            "x0_weight_no_root",
            step(lambda a, before, b: before * b / (1 - a)),
            "In the weight of x0, ᾱ_{t−1} stands under a root: √ᾱ_{t−1} is what is left of the data itself.",
        ),
        Misconception(
            "x_t_weight_no_root",
            step(from_x_t=lambda a, before, b: (1 - b) * (1 - before) / (1 - a)),
            "In the weight of x_t, 1 − β_t stands under a root: √(1 − β_t) is what the step multiplied the data by.",
        ),
        Misconception(
            "no_roots",
            step(lambda a, p, b: p * b / (1 - a), lambda a, p, b: (1 - b) * (1 - p) / (1 - a)),
            "Both weights of the mean lack a root: √ᾱ_{t−1} before x0, and √(1 − β_t) before x_t.",
        ),
        Misconception(
            "alpha_bar_for_alpha",
            step(from_x_t=lambda a, before, b: np.sqrt(a) * (1 - before) / (1 - a)),
            "In the weight of x_t you took √ᾱ_t, which is what all t steps leave. It is the last step alone that counts here: √(1 − β_t).",
        ),
        Misconception(
            "beta_under_the_root",
            step(from_x_t=lambda a, before, b: np.sqrt(b) * (1 - before) / (1 - a)),
            "In the weight of x_t you took √β_t, the size of the noise. It should be √(1 − β_t), what the step left of the data.",
        ),
        Misconception(
            "denominator_with_a_root",
            step(
                lambda a, before, b: np.sqrt(before) * b / np.sqrt(1 - a),
                lambda a, before, b: np.sqrt(1 - b) * (1 - before) / np.sqrt(1 - a),
            ),
            "The mean is divided by √(1 − ᾱ_t). Its denominator is 1 − ᾱ_t, without a root.",
        ),
        Misconception(
            "brackets_missing",
            step(
                lambda a, p, b: np.sqrt(p) * b / 1 - a,
                lambda a, p, b: np.sqrt(1 - b) * (1 - p) / 1 - a,
                lambda a, p, b: b * (1 - p) / 1 - a,
            ),
            "Python divides before it subtracts, so / 1 - alpha_bar[t] divides by 1. Put brackets around 1 - alpha_bar[t].",
        ),
        Misconception(
            "brackets_missing_in_the_variance",
            step(variance=lambda a, p, b: b * (1 - p) / 1 - a),
            "In the variance, Python divides before it subtracts: / 1 - alpha_bar[t] divides by 1. Put brackets around 1 - alpha_bar[t].",
        ),
        Misconception(
            "divided_by_the_step_before",
            step(
                lambda a, before, b: np.sqrt(before) * b / (1 - before),
                lambda a, before, b: np.sqrt(1 - b) * (1 - before) / (1 - before),
                lambda a, before, b: b * (1 - before) / (1 - before),
            ),
            "You divided by 1 − ᾱ_{t−1}. The denominator, in the mean and in the variance, is 1 − ᾱ_t: alpha_bar[t].",
        ),
        Misconception(
            "root_over_beta_too",
            step(lambda a, before, b: np.sqrt(before * b) / (1 - a)),
            "In the weight of x0 the root covers β_t as well. Only ᾱ_{t−1} stands under it.",
        ),
        Misconception(
            "precisions_at_t_1",
            by_plain_precisions,
            "Where t > 1 you are right. At t = 1 the prior's variance 1 − ᾱ_0 is 0, and so your precision divides by 0: use the form with 1 − ᾱ_t below the line.",
        ),
        *SLIPS,
        Misconception(
            "divided_by_the_signal",
            step(lambda a, p, b: np.sqrt(p) * b / a, lambda a, p, b: np.sqrt(1 - b) * (1 - p) / a, lambda a, p, b: b * (1 - p) / a),
            "You divided by ᾱ_t. Below the line stands the noise's share, 1 − ᾱ_t, in the mean and in the variance.",
        ),
    ),
    alternatives=(
        one_by_one,
        by_precisions,
        through_the_noise,
        lambda *inputs: [np.float32(part) for part in right(*inputs)],
    ),
    hints=(
        "The answer is a compromise between two opinions about x_{t−1}: what is left of x0 after t − 1 steps, and x_t with its last step undone. The surer one gets more weight.",
        "Look up betas[t], alpha_bar[t] and alpha_bar[t - 1]. Weight of x0: √ᾱ_{t−1} · β_t / (1 − ᾱ_t). Weight of x_t: √(1 − β_t) · (1 − ᾱ_{t−1}) / (1 − ᾱ_t). Variance: β_t · (1 − ᾱ_{t−1}) / (1 − ᾱ_t).",
        "mean = expand_like(..., x0) * x0 + expand_like(..., x_t) * x_t\nreturn mean, expand_like(variance, x_t) if np.ndim(t) else variance",
    ),
)
