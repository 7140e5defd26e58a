"""Lesson 07's third exercise: the squared error of the noise, every step counted alike."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.bound_parts import LESSON, schedule_of, small_model
from gradual import elbo


def loss_inputs(shape, T, t=None):
    """``t``: one step for all, or None for one of each sample's own."""

    def make(rng):
        _, alpha_bar = schedule_of(rng, T)
        return {
            "eps_model": small_model(rng, T),
            "x0": rng.normal(0.3, 1, shape),
            "t": rng.permutation(np.arange(1, T + 1))[: shape[0]] if t is None else t,
            "alpha_bar": alpha_bar,
            "noise": rng.standard_normal(shape),
        }

    return make


def lined_up(coefficient, x):
    return np.reshape(coefficient, np.shape(coefficient) + (1,) * (np.ndim(x) - np.ndim(coefficient)))


def mixed(x0, a, noise):
    return np.sqrt(a) * x0 + np.sqrt(1 - a) * noise


def loss(
    at=lambda t: t,
    make=mixed,
    model_t=lambda t: t,
    sees=lambda x_t, x0: x_t,
    target=lambda x0, noise, x_t: noise,
    cost=lambda error: np.mean(error**2),
):
    """simple_loss with one of its parts exchanged."""

    def simple_loss(eps_model, x0, t, alpha_bar, noise):
        x_t = make(x0, lined_up(alpha_bar[at(t)], x0), noise)
        return cost(eps_model(sees(x_t, x0), model_t(t)) - target(x0, noise, x_t))

    return simple_loss


def loss_not_lined_up(eps_model, x0, t, alpha_bar, noise):
    x_t = np.sqrt(alpha_bar[t]) * x0 + np.sqrt(1 - alpha_bar[t]) * noise
    return np.mean((eps_model(x_t, t) - noise) ** 2)


def loss_of_x0(eps_model, x0, t, alpha_bar, noise):
    a = lined_up(alpha_bar[t], x0)
    x_t = mixed(x0, a, noise)
    guess = (x_t - np.sqrt(1 - a) * eps_model(x_t, t)) / np.sqrt(a)
    return np.mean((guess - x0) ** 2)


def loss_in_place(eps_model, x0, t, alpha_bar, noise):
    a = lined_up(alpha_bar[t], x0)
    x0 *= np.sqrt(a)
    x0 += np.sqrt(1 - a) * noise
    return np.mean((eps_model(x0, t) - noise) ** 2)


def loss_one_by_one(eps_model, x0, t, alpha_bar, noise):
    steps = np.broadcast_to(t, len(x0))
    rows = [mixed(x0[i : i + 1], alpha_bar[steps[i]], noise[i : i + 1]) for i in range(len(x0))]
    each = [(eps_model(row, int(steps[i])) - noise[i : i + 1]) ** 2 for i, row in enumerate(rows)]
    return sum(square.sum() for square in each) / x0.size


SIMPLE_LOSS = Exercise(
    function=elbo.simple_loss,
    lesson=LESSON,
    points=3,
    cases=(
        Case("five points, each at a step of its own", loss_inputs((5, 3), 8)),
        Case("four points at step 3", loss_inputs((4, 2), 6, 3)),
        Case("the last step", loss_inputs((3, 2), 5, 5)),
        Case("small images, each at a step of its own", loss_inputs((4, 2, 3), 9), hidden=True),
        Case("a batch of one at the first step", loss_inputs((1, 4), 7, 1), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "root_of_the_mean",
            loss(cost=lambda e: np.sqrt(np.mean(e**2))),
            "You took the root of the mean. The loss is the mean of the squares itself.",
        ),
        Misconception(
            "halved",
            loss(cost=lambda e: np.mean(e**2) / 2),
            "Your loss is half of what it should be: this one has no ½ in front.",
        ),
        Misconception(
            "summed",
            loss(cost=lambda e: np.sum(e**2)),
            "You summed the squares. Take their mean, so that the loss does not grow with the batch.",
        ),
        Misconception(
            "summed_over_entries",
            loss(cost=lambda e: np.sum(e**2) / len(e)),
            "You summed over the entries of each sample. Here the mean runs over the batch and over the entries.",
        ),
        Misconception(
            "one_for_each_sample",
            loss(cost=lambda e: np.mean(e.reshape(len(e), -1) ** 2, axis=1)),
            "You return one loss for each sample. The mean runs over the batch too: one number.",
        ),
        Misconception(
            "squares_not_averaged",
            loss(cost=lambda e: e**2),
            "These are the squared errors, one for each entry. Return their mean: one number.",
        ),
        Misconception(
            "absolute_error",
            loss(cost=lambda e: np.mean(np.abs(e))),
            "You averaged absolute errors. Square them: a KL of Gaussians has squares in it.",
        ),
        Misconception(
            "squared_after_the_mean",
            loss(cost=lambda e: np.mean(e) ** 2),
            "You squared the mean error, in which errors of both signs cancel. Square first, then take the mean.",
        ),
        Misconception(
            "not_squared",
            loss(cost=np.mean),
            "You averaged the errors as they are, and those of both signs cancel. Square them first.",
        ),
        Misconception(
            "noise_squared_alone",
            loss(target=lambda x0, noise, x_t: noise**2, cost=np.mean),
            "You squared the noise only. The square is of the whole difference: put it in brackets.",
        ),
        Misconception(
            "difference_of_squares",
            lambda eps_model, x0, t, a, noise: np.mean(
                eps_model(mixed(x0, lined_up(a[t], x0), noise), t) ** 2 - noise**2
            ),
            "You squared prediction and noise each by itself. Take the difference first, then the square.",
        ),
        Misconception(
            "length_of_the_error",
            loss(cost=lambda e: np.sqrt(np.sum(e**2))),
            "That is the length of the error, a root of a sum. The loss is the mean of the squares, with no root.",
        ),
        Misconception(
            "variance_of_the_error",
            loss(cost=np.var),
            "np.var subtracts the mean error first, so a model that is always off by the same amount would get away with it. Square the errors as they are.",
        ),
        Misconception(
            "median_for_mean",
            loss(cost=lambda e: np.median(e**2)),
            "You took the median of the squares. Take their mean.",
        ),
        Misconception(
            "averaged_over_the_batch_only",
            loss(cost=lambda e: np.mean(e**2, axis=0)),
            "You averaged over the batch only. The mean runs over the entries too: one number.",
        ),
        Misconception(
            "errors_added",
            loss(target=lambda x0, noise, x_t: -noise),
            "You added the noise to the prediction. The error is their difference.",
        ),
        Misconception(
            "model_not_asked",
            lambda eps_model, x0, t, a, noise: np.mean((mixed(x0, lined_up(a[t], x0), noise) - noise) ** 2),
            "You compared x_t with the noise. The model has to be asked: eps_model(x_t, t).",
        ),
        Misconception(
            "model_without_t",
            lambda eps_model, x0, t, a, noise: eps_model(x0),
            "eps_model needs two things, the noisy data and its timestep: eps_model(x_t, t).",
        ),
        Misconception(
            "model_given_the_level",
            lambda eps_model, x0, t, a, noise: eps_model(x0, a[t]),
            "eps_model takes x_t first and then the timestep itself, t: whole numbers, not noise levels or data.",
        ),
        Misconception(
            "compared_with_clean_data",
            loss(target=lambda x0, noise, x_t: x0),
            "You compared the prediction with x0. The model predicts the noise, so compare it with noise.",
        ),
        Misconception(
            "compared_with_noisy_data",
            loss(target=lambda x0, noise, x_t: x_t),
            "You compared the prediction with x_t. The model predicts the noise in it, so compare it with noise.",
        ),
        Misconception(
            "error_of_clean_data",
            loss_of_x0,
            "That is the squared error of the clean data. It is the error of the noise times (1 − ᾱ_t)/ᾱ_t, so it counts the steps otherwise: compare ε̂ with noise.",
        ),
        Misconception(
            "model_sees_clean_data",
            loss(sees=lambda x_t, x0: x0),
            "You gave the clean data to the model. It sees x_t: make that first, from x0 and noise.",
        ),
        Misconception(
            "model_one_step_early",
            loss(model_t=lambda t: t - 1),
            "You called eps_model with t − 1. x_t belongs to timestep t, and t counts from 1 here.",
        ),
        Misconception(
            "noise_of_the_step_before",
            loss(at=lambda t: t - 1),
            "You made x_t with alpha_bar[t - 1]. Its noise level is alpha_bar[t].",
        ),
        Misconception(
            "roots_left_out",
            loss(make=lambda x0, a, noise: a * x0 + (1 - a) * noise),
            "Your x_t lacks its roots: √ᾱ_t for the data and √(1 − ᾱ_t) for the noise. q_sample makes it.",
        ),
        Misconception(
            "root_of_noise_left_out",
            loss(make=lambda x0, a, noise: np.sqrt(a) * x0 + (1 - a) * noise),
            "The noise in your x_t lacks its root: its factor is √(1 − ᾱ_t). q_sample makes x_t.",
        ),
        Misconception(
            "coefficients_swapped",
            loss(make=lambda x0, a, noise: np.sqrt(1 - a) * x0 + np.sqrt(a) * noise),
            "The factors in your x_t are swapped: √ᾱ_t belongs to the data. q_sample makes x_t.",
        ),
        Misconception(
            "not_lined_up",
            loss_not_lined_up,
            "With one step for each sample, alpha_bar[t] has shape (B,) and meets the wrong axis of x0. q_sample lines it up for you, or expand_like does.",
        ),
        Misconception(
            "first_step_for_all",
            loss(at=lambda t: np.ravel(t)[0]),
            "You made every x_t at the first sample's step. t can hold one step for each sample.",
        ),
        Misconception(
            "noise_only",
            loss(make=lambda x0, a, noise: noise + 0 * x0),
            "You gave the pure noise to the model. It sees x_t, which has the data in it too: q_sample makes it.",
        ),
        Misconception(
            "changed_its_input",
            loss_in_place,
            "The loss is right, but you changed x0 (with *= or +=), which the caller still needs. Make a new array.",
        ),
    ),
    alternatives=(
        loss(),
        loss_one_by_one,
        loss(cost=lambda e: np.float32(np.mean(np.square(e)))),
        loss(cost=lambda e: float(np.dot(e.ravel(), e.ravel()) / e.size)),
    ),
    hints=(
        "Make the noisy data from x0 and the noise you are given, ask the model what the noise is, and compare with what it really was.",
        "x_t = q_sample(x0, t, alpha_bar, noise), which takes one t for all or one for each sample. Then the mean of (eps_model(x_t, t) − noise)², over everything.",
        "x_t = q_sample(...)\nreturn np.mean((... - noise) ** 2)",
    ),
)
