"""Lesson 06's q_posterior in parts, and the mistakes that students make in t and in shapes."""

from __future__ import annotations

import itertools

import numpy as np

from autograder.exercise import Misconception
from gradual.forward import expand_like

NOT_EXPANDED = (
    "With one t for each sample the weights have shape (B,), and NumPy lines that up with the last axis of x, not with "
    "the batch. expand_like(weight, x0) gives each sample its own."
)


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


def unshaped(blend, variance=True):
    """The weights as they are: ``blend`` gets both, x0 and x_t; the variance is shaped right, or not either."""

    def q_posterior(x0, x_t, t, betas, alpha_bar):
        known = alpha_bar[t], alpha_bar[t - 1], betas[t]
        mean = blend(weight_of_x0(*known), weight_of_x_t(*known), x0, x_t)
        return mean, right(x0, x_t, t, betas, alpha_bar)[1] if variance else spread(*known)

    return q_posterior


def before(c0, c_t, x0, x_t):
    return c0 * x0 + c_t * x_t


def behind(c0, c_t, x0, x_t):
    return x0 * c0 + x_t * c_t


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


SLIPS = (
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
    *(
        Misconception(f"not_expanded_{number}", function, NOT_EXPANDED)
        for number, function in enumerate(unshaped(*how) for how in itertools.product((before, behind), (True, False)))
    ),
    Misconception(
        "only_x0_expanded",
        unshaped(lambda c0, c_t, x0, x_t: expand_like(c0, x0) * x0 + c_t * x_t),
        "x0 has the right weight for each sample, x_t has not: its weight needs expand_like as well.",
    ),
    Misconception(
        "only_x_t_expanded",
        unshaped(lambda c0, c_t, x0, x_t: c0 * x0 + expand_like(c_t, x_t) * x_t),
        "x_t has the right weight for each sample, x0 has not: its weight needs expand_like as well.",
    ),
    Misconception(
        "one_new_axis",
        unshaped(lambda c0, c_t, x0, x_t: c0[:, None] * x0 + c_t[:, None] * x_t),
        "[:, None] asks for an array t and a batch with two axes. t may be one int, and x0 may be images: expand_like(weight, x0) serves all of them.",
    ),
    Misconception(
        "dimensions_of_an_int",
        lambda x0, x_t, t, betas, alpha_bar: right(x0, x_t, t, betas, alpha_bar) if t.ndim else None,
        "t may be a plain int, which has no .ndim. np.ndim(t) works for ints and arrays.",
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
)
