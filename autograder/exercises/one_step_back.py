"""Lesson 06's q_posterior: the Gaussian of x_{t−1}, when both ends are known."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
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


def weight_of_x0(a, before, b):
    return np.sqrt(before) * b / (1 - a)


def weight_of_x_t(a, before, b):
    return np.sqrt(1 - b) * (1 - before) / (1 - a)


def spread(a, before, b):
    return b * (1 - before) / (1 - a)


def step(from_x0=weight_of_x0, from_x_t=weight_of_x_t, variance=spread):
    """A (possibly wrong) q_posterior: each part is a function of ᾱ_t, ᾱ_{t−1} and β_t."""

    def q_posterior(x0, x_t, t, betas, alpha_bar):
        known = alpha_bar[t], alpha_bar[t - 1], betas[t]
        mean = expand_like(from_x0(*known), x0) * x0 + expand_like(from_x_t(*known), x_t) * x_t
        return mean, expand_like(variance(*known), x_t) if np.ndim(t) else variance(*known)

    return q_posterior


right = step()


def not_expanded(x0, x_t, t, betas, alpha_bar):
    known = alpha_bar[t], alpha_bar[t - 1], betas[t]
    return weight_of_x0(*known) * x0 + weight_of_x_t(*known) * x_t, spread(*known)


def not_expanded_on_the_right(x0, x_t, t, betas, alpha_bar):
    known = alpha_bar[t], alpha_bar[t - 1], betas[t]
    return x0 * weight_of_x0(*known) + x_t * weight_of_x_t(*known), spread(*known)


def variance_one_axis(x0, x_t, t, betas, alpha_bar):
    return right(x0, x_t, t, betas, alpha_bar)[0], spread(alpha_bar[t], alpha_bar[t - 1], betas[t])


def variance_always_expanded(x0, x_t, t, betas, alpha_bar):
    mean, variance = right(x0, x_t, t, betas, alpha_bar)
    return mean, expand_like(variance, x_t) if np.ndim(t) == 0 else variance


def variance_in_the_shape_of_x(x0, x_t, t, betas, alpha_bar):
    mean, variance = right(x0, x_t, t, betas, alpha_bar)
    return mean, variance * np.ones_like(x_t)


def with_an_if(x0, x_t, t, betas, alpha_bar):
    if t == 1:
        return x0, 0.0
    return right(x0, x_t, t, betas, alpha_bar)


def in_place(x0, x_t, t, betas, alpha_bar):
    known = alpha_bar[t], alpha_bar[t - 1], betas[t]
    x0 *= expand_like(weight_of_x0(*known), x0)
    x0 += expand_like(weight_of_x_t(*known), x_t) * x_t
    return x0, expand_like(spread(*known), x_t) if np.ndim(t) else spread(*known)


def one_by_one(x0, x_t, t, betas, alpha_bar):
    rows, variances = [], []
    for start, end, s in zip(x0, x_t, np.broadcast_to(t, len(x0))):
        mean, variance = right(start, end, int(s), betas, alpha_bar)
        rows.append(mean)
        variances.append(variance)
    return rows, np.reshape(variances, (-1,) + (1,) * (np.ndim(x0) - 1)) if np.ndim(t) else variances[0]


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
            "beta_of_the_step_before",
            lambda x0, x_t, t, betas, alpha_bar: right(x0, x_t, t, np.roll(betas, 1), alpha_bar),
            "You used betas[t - 1]. The step that led to x_t is step t, so its variance is betas[t].",
        ),
        Misconception(
            "one_step_early",
            lambda x0, x_t, t, betas, alpha_bar: right(x0, x_t, t - 1, betas, alpha_bar),
            "Everything is taken one step too early. In this course code t is the formula's t: ᾱ_t is alpha_bar[t], and ᾱ_{t−1} is alpha_bar[t - 1].",
        ),
        Misconception(
            "one_step_late",
            lambda x0, x_t, t, betas, alpha_bar: right(x0, x_t, np.minimum(t + 1, len(betas) - 1), betas, alpha_bar),
            "You went from t + 1 to t. q_posterior goes from t to t − 1: take betas[t], alpha_bar[t] and alpha_bar[t - 1].",
        ),
        Misconception(
            "variance_one_axis",
            variance_one_axis,
            "The numbers are right. With an array t, the variance has shape (B,) and does not line up with a batch: return expand_like(variance, x_t), but for an int t the number itself.",
        ),
        Misconception(
            "variance_always_expanded",
            variance_always_expanded,
            "The numbers are right. For an int t, return the variance as one number; only for an array t does it need expand_like.",
        ),
        Misconception(
            "variance_in_the_shape_of_x",
            variance_in_the_shape_of_x,
            "The numbers are right, but the variance is not one for each entry: it is one number for an int t, and (B, 1, …) for an array t.",
        ),
        Misconception(
            "not_expanded",
            not_expanded,
            "With one t for each sample the weights have shape (B,), and NumPy lines that up with the last axis of x, not with the batch. expand_like(weight, x0) gives each sample its own.",
        ),
        Misconception(
            "not_expanded_on_the_right",
            not_expanded_on_the_right,
            "With one t for each sample the weights have shape (B,), and NumPy lines that up with the last axis of x, not with the batch. expand_like(weight, x0) gives each sample its own.",
        ),
        Misconception(
            "if_t_is_1",
            with_an_if,
            "t can be an array with a time for each sample, and an if needs one truth value. No if is needed: at t = 1, ᾱ_0 = 1 makes the mean x0 and the variance 0 by itself.",
        ),
        Misconception(
            "time_made_an_int",
            lambda x0, x_t, t, betas, alpha_bar: right(x0, x_t, int(t), betas, alpha_bar),
            "t can be an array with a time for each sample, and int() takes one number only. alpha_bar[t] works for both.",
        ),
        Misconception(
            "variance_first",
            lambda *inputs: right(*inputs)[::-1],
            "Both results are right, in the wrong order: return mean, variance.",
        ),
        Misconception(
            "mean_alone",
            lambda *inputs: right(*inputs)[0],
            "The mean is right. Return the variance as well: return mean, variance.",
        ),
        Misconception(
            "changed_its_input",
            in_place,
            "The numbers are right, but you changed x0 itself (with *= or +=), and the caller still needs it. Make a new array.",
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
