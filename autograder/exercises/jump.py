"""Lesson 03's jump, for one t and for a t of its own for each sample."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.merged_noise import LESSON
from gradual import forward


def jump_inputs(shape, times, T=10):
    """``times`` is an int, or None for a time of its own for each sample: 0 is one of them, and no two are equal."""

    def make(rng):
        alpha_bar = np.cumprod(1 - np.concatenate([[0.0], rng.uniform(0.1, 0.35, T)]))
        each = np.concatenate([[0], 1 + rng.permutation(T)])[: shape[0]]
        t = rng.permutation(each) if times is None else times
        return {"x0": rng.normal(1, 1, shape), "t": t, "alpha_bar": alpha_bar, "noise": rng.normal(size=shape)}

    return make


def mixed(signal, noise_scale):
    """A jump with other scales: both are functions of the ᾱ of each sample, shaped for the batch."""

    def jump(x0, t, alpha_bar, noise):
        a = forward.expand_like(alpha_bar[t], x0)
        return signal(a) * x0 + noise_scale(a) * noise

    return jump


def root_of_the_rest(a):
    return np.sqrt(1 - a)


def same(a):
    return a


def jump_not_expanded(x0, t, alpha_bar, noise):
    return np.sqrt(alpha_bar[t]) * x0 + np.sqrt(1 - alpha_bar[t]) * noise


def jump_half_expanded(x0, t, alpha_bar, noise):
    return np.sqrt(forward.expand_like(alpha_bar[t], x0)) * x0 + np.sqrt(1 - alpha_bar[t]) * noise


def jump_with_an_if(x0, t, alpha_bar, noise):
    if t == 0:
        return x0
    return forward.q_sample(x0, t, alpha_bar, noise)


def jump_in_place(x0, t, alpha_bar, noise):
    a = forward.expand_like(alpha_bar[t], x0)
    x0 *= np.sqrt(a)
    x0 += np.sqrt(1 - a) * noise
    return x0


def jump_one_by_one(x0, t, alpha_bar, noise):
    jumped = []
    for x, e, one in zip(x0, noise, np.broadcast_to(t, len(x0))):
        jumped.append(alpha_bar[one] ** 0.5 * x + (1 - alpha_bar[one]) ** 0.5 * e)
    return jumped


def jump_on_a_copy(x0, t, alpha_bar, noise):
    x, a = np.array(x0, dtype=float), np.reshape(alpha_bar[t], np.shape(t) + (1,) * (np.ndim(x0) - np.ndim(t)))
    x *= np.sqrt(a)
    x += np.sqrt(1 - a) * noise
    return x


def jump_transposed(x0, t, alpha_bar, noise):
    return (np.sqrt(alpha_bar[t]) * x0.T + np.sqrt(1 - alpha_bar[t]) * noise.T).T


Q_SAMPLE = Exercise(
    function=forward.q_sample,
    lesson=LESSON,
    points=3,
    axes={"B": "one sample a row"},
    cases=(
        Case("a batch of points, all to t = 4", jump_inputs((5, 2), 4)),
        Case("four images of 4×4, each to its own t", jump_inputs((4, 4, 4), None)),
        Case("t = 0 gives back the clean data", jump_inputs((3, 2), 0)),
        Case("six points, each to its own t", jump_inputs((6, 2), None)),
        Case("to the last step, t = T", jump_inputs((4, 2), 10), hidden=True),
        Case("three sounds, each to its own t", jump_inputs((3, 40), None), hidden=True),
        Case("five images that are not square, each to its own t", jump_inputs((5, 3, 4), None), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "noise_not_square_rooted",
            mixed(np.sqrt, lambda a: 1 - a),
            "You scaled the noise by 1 − ᾱ. That is its variance: scale it by the square root.",
        ),
        Misconception(
            "signal_not_square_rooted",
            mixed(same, root_of_the_rest),
            "You scaled the data by ᾱ. That is the share of its variance that is left: scale the data by √ᾱ.",
        ),
        Misconception(
            "no_square_roots",
            mixed(same, lambda a: 1 - a),
            "You mixed with ᾱ and 1 − ᾱ. Those are variances; the numbers themselves are scaled by their square roots.",
        ),
        Misconception(
            "one_minus_the_root",
            mixed(np.sqrt, lambda a: 1 - np.sqrt(a)),
            "You scaled the noise by 1 − √ᾱ. It is the variances that add up to 1: take 1 − ᾱ first, then the root.",
        ),
        Misconception(
            "alpha_bar_as_a_scale",
            mixed(same, lambda a: np.sqrt(1 - a**2)),
            "You treated ᾱ as a scale and squared it. ᾱ is a share of variance already: use √ᾱ and √(1 − ᾱ).",
        ),
        Misconception(
            "coefficients_swapped",
            mixed(root_of_the_rest, np.sqrt),
            "The two factors are swapped: at t = 0, ᾱ is 1, and all of x_t should be x0.",
        ),
        Misconception(
            "signal_not_shrunk",
            mixed(lambda a: 1, root_of_the_rest),
            "You added the noise without shrinking the data. Of the signal, √ᾱ_t is left at time t.",
        ),
        Misconception(
            "noise_subtracted",
            mixed(np.sqrt, lambda a: -np.sqrt(1 - a)),
            "The noise comes in with a minus sign. It is added: √ᾱ·x_0 + √(1 − ᾱ)·ε.",
        ),
        Misconception(
            "one_step_early",
            lambda x0, t, alpha_bar, noise: mixed(np.sqrt, root_of_the_rest)(x0, t - 1, alpha_bar, noise),
            "You used alpha_bar[t - 1]. In this course code t is the formula's t, so the jump to t uses alpha_bar[t].",
        ),
        Misconception(
            "not_expanded",
            jump_not_expanded,
            "With one t for each sample, alpha_bar[t] has shape (B,), and NumPy lines that up with the last axis of x0, not with the batch. expand_like(alpha_bar[t], x0) gives it the right shape.",
        ),
        Misconception(
            "only_one_factor_expanded",
            jump_half_expanded,
            "The data has the right factor for each sample, the noise has not. Expand once, a = expand_like(alpha_bar[t], x0), and use a in both places.",
        ),
        Misconception(
            "no_index",
            lambda x0, t, alpha_bar, noise: np.sqrt(alpha_bar) * x0 + np.sqrt(1 - alpha_bar) * noise,
            "You used all of alpha_bar at once. Look the time up first, alpha_bar[t].",
        ),
        Misconception(
            "no_index_on_the_right",
            lambda x0, t, alpha_bar, noise: x0 * np.sqrt(alpha_bar) + noise * np.sqrt(1 - alpha_bar),
            "You used all of alpha_bar at once. Look the time up first, alpha_bar[t].",
        ),
        Misconception(
            "time_made_an_int",
            lambda x0, t, alpha_bar, noise: forward.q_sample(x0, int(t), alpha_bar, noise),
            "t can be an array with a time for each sample, and int() takes one number only. alpha_bar[t] works for both.",
        ),
        Misconception(
            "if_t_is_0",
            jump_with_an_if,
            "t can be an array with a time for each sample, and an if needs one truth value. No if is needed: at t = 0, ᾱ is 1, and the formula returns x0 by itself.",
        ),
        Misconception(
            "one_new_axis",
            lambda x0, t, alpha_bar, noise: mixed(np.sqrt, root_of_the_rest)(x0, t, alpha_bar[t][:, None], noise),
            "[:, None] asks for an array t and a batch with two axes. t may be one int, and x0 may be images: expand_like(alpha_bar[t], x0) serves all of them.",
        ),
        Misconception(
            "one_time_for_all",
            lambda x0, t, alpha_bar, noise: forward.q_sample(x0, int(np.ravel(t)[0]), alpha_bar, noise),
            "You sent the whole batch to the first sample's t. With an array t, each sample has its own.",
        ),
        Misconception(
            "multiplied_up_again",
            lambda x0, t, alpha_bar, noise: forward.q_sample(x0, t, np.cumprod(alpha_bar), noise),
            "You took a running product of alpha_bar. It is one already: alpha_bar[t] is what is left after t steps.",
        ),
        Misconception(
            "changed_its_input",
            jump_in_place,
            "The numbers are right, but you changed x0 itself (with *= or +=), and the caller still needs it. Make a new array.",
        ),
    ),
    alternatives=(
        jump_one_by_one,
        jump_on_a_copy,
        jump_transposed,
        lambda x0, t, alpha_bar, noise: forward.q_sample(x0, t, alpha_bar, noise).astype(np.float32),
    ),
    hints=(
        "The jump is one step with a β of its own: the merged one, 1 − ᾱ_t. So write q_step again, with ᾱ_t in place of 1 − β.",
        "x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε. Look ᾱ_t up with alpha_bar[t], which also works for an array t, and give it the batch's shape with expand_like.",
        "a = expand_like(alpha_bar[t], ...)\nreturn np.sqrt(a) * ... + ...",
    ),
)
