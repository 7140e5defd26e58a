"""Lesson 05, Follow the score: for a Gaussian mixture, the score and the best guess are known exactly."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Choice, Exercise, Misconception, Option
from autograder.exercises.mixture_points import LESSON, MIXTURE_LOG_PROB, RESPONSIBILITIES, parts_of
from autograder.exercises.score_and_guess import MIXTURE_SCORE, TWEEDIE
from gradual import mixture

# --- diffuse_mixture ------------------------------------------------------------------------------------------


def diffuse_inputs(K, D, alpha_bar_t):
    return lambda rng: {**parts_of(rng, K, D), "alpha_bar_t": alpha_bar_t}


def diffused(scale, spread):
    """A (possibly wrong) diffuse_mixture: the factor of the means, and the new covariances."""
    return lambda w, m, C, a: (w, scale(a) * m, spread(a, C, np.eye(m.shape[1])))


def diffuse_in_place(weights, means, covs, alpha_bar_t):
    means *= np.sqrt(alpha_bar_t)
    covs *= alpha_bar_t
    covs += (1 - alpha_bar_t) * np.eye(means.shape[1])
    return weights, means, covs


def diffuse_by_loop(weights, means, covs, alpha_bar_t):
    new_means, new_covs = [], []
    for mean, cov in zip(means, covs):
        new_means.append([alpha_bar_t**0.5 * entry for entry in mean])
        new_covs.append(alpha_bar_t * cov + np.diag(np.full(len(mean), 1 - alpha_bar_t)))
    return list(weights), new_means, new_covs


DIFFUSE_MIXTURE = Exercise(
    function=mixture.diffuse_mixture,
    lesson=LESSON,
    points=3,
    axes={"K": "one entry for each component"},
    cases=(
        Case("three components in the plane, ᾱ = 0.6", diffuse_inputs(3, 2, 0.6)),
        Case("ᾱ = 1: no noise yet", diffuse_inputs(3, 2, 1.0)),
        Case("ᾱ = 0: nothing but noise, in three dimensions", diffuse_inputs(4, 3, 0.0)),
        Case("four components in five dimensions, ᾱ = 0.05", diffuse_inputs(4, 5, 0.05), hidden=True),
        Case("one component, ᾱ = 0.9", diffuse_inputs(1, 3, 0.9), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "means_by_alpha_bar",
            diffused(lambda a: a, lambda a, C, eye: a * C + (1 - a) * eye),
            "You scaled the means by ᾱ. That is the factor of a variance; a mean is scaled like the data itself, by √ᾱ.",
        ),
        Misconception(
            "covs_by_the_root",
            diffused(np.sqrt, lambda a, C, eye: np.sqrt(a) * C + (1 - a) * eye),
            "You scaled the covariances by √ᾱ. Scaling data by √ᾱ scales its covariance by the square of that: ᾱ.",
        ),
        Misconception(
            "noise_in_every_entry",
            diffused(np.sqrt, lambda a, C, eye: a * C + (1 - a)),
            "You added 1 − ᾱ to every entry of the covariances. The noise of two coordinates is independent, so only the diagonal grows: add (1 − ᾱ) times the identity.",
        ),
        Misconception(
            "noise_left_out",
            diffused(np.sqrt, lambda a, C, eye: a * C),
            "The mixture shrinks, and no noise comes in. Noise of variance 1 − ᾱ in every direction adds its own covariance.",
        ),
        Misconception(
            "noise_by_standard_deviation",
            diffused(np.sqrt, lambda a, C, eye: a * C + np.sqrt(1 - a) * eye),
            "You added √(1 − ᾱ), the standard deviation of the noise. Covariances are variances: add 1 − ᾱ.",
        ),
        Misconception(
            "covs_not_shrunk",
            diffused(np.sqrt, lambda a, C, eye: C + (1 - a) * eye),
            "You added the noise to the old covariances. The data shrinks first, and its covariance with it, by ᾱ.",
        ),
        Misconception(
            "means_not_shrunk",
            diffused(lambda a: 1, lambda a, C, eye: a * C + (1 - a) * eye),
            "The means stay where they were. The data is scaled by √ᾱ, so the means move towards 0 by the same factor.",
        ),
        Misconception(
            "coefficients_swapped",
            diffused(lambda a: np.sqrt(1 - a), lambda a, C, eye: (1 - a) * C + a * eye),
            "ᾱ and 1 − ᾱ are swapped: ᾱ is the share of the signal, and at ᾱ = 1 the mixture is still the clean one.",
        ),
        Misconception(
            "identity_of_k",
            lambda w, m, C, a: (w, np.sqrt(a) * m, a * C + (1 - a) * np.eye(len(m))),
            "Your identity matrix has one row for each component. It needs one for each dimension of the data: means.shape[1].",
        ),
        Misconception(
            "identity_of_two",
            lambda w, m, C, a: (w, np.sqrt(a) * m, a * C + (1 - a) * np.eye(2)),
            "Your identity matrix is always 2 by 2. Data can have any dimension: its size is means.shape[1].",
        ),
        Misconception(
            "covs_like_data",
            diffused(np.sqrt, lambda a, C, eye: np.sqrt(a) * C + np.sqrt(1 - a) * eye),
            "You used the factors of the data for its covariances. Covariances are variances: theirs are ᾱ and 1 − ᾱ, without roots.",
        ),
        Misconception(
            "means_shifted",
            lambda w, m, C, a: (w, np.sqrt(a) * m + np.sqrt(1 - a), a * C + (1 - a) * np.eye(m.shape[1])),
            "You added something to the means. The noise has mean 0, so it does not move them; they are only scaled.",
        ),
        Misconception(
            "weights_by_the_root",
            lambda w, m, C, a: (np.sqrt(a) * w, np.sqrt(a) * m, a * C + (1 - a) * np.eye(m.shape[1])),
            "You scaled the weights. Noise moves points, and not from one component to another: the weights stay, and sum to 1.",
        ),
        Misconception(
            "changed_its_input",
            diffuse_in_place,
            "The numbers are right, but you changed the arrays you were given (with *= or +=), so the clean mixture is gone. Make new ones.",
        ),
    ),
    alternatives=(
        diffuse_by_loop,
        lambda w, m, C, a: (w, m * a**0.5, np.eye(m.shape[1]) + a * (C - np.eye(m.shape[1]))),
        lambda w, m, C, a: [np.float32(w), np.float32(np.sqrt(a) * m), np.float32(a * C + (1 - a) * np.eye(m.shape[1]))],
    ),
    hints=(
        "A point of component k is scaled by √ᾱ and gets independent noise of variance 1 − ᾱ in each coordinate. What does each of the two do to a mean, and to a covariance?",
        "Means: √ᾱ · μ_k. Covariances: ᾱ · Σ_k + (1 − ᾱ) · I, where I is np.eye(D) and D is means.shape[1]. The weights stay.",
        "identity = np.eye(means.shape[1])\nreturn weights, ... * means, ... * covs + ... * identity",
    ),
)


EXERCISES = (DIFFUSE_MIXTURE, MIXTURE_LOG_PROB, RESPONSIBILITIES, MIXTURE_SCORE, TWEEDIE)

CHOICES = (
    Choice(
        "best_guess_between",
        LESSON,
        "A noisy point lies half way between two clusters of clean data, and its best guess lands in the empty space between them. How can that be right?",
        (
            Option(
                "It is not: the formula holds only where there is data, and has to be corrected elsewhere.",
                "Tweedie's formula is exact for every x_t, for any data. What you see is what a mean does.",
            ),
            Option(
                "It is the mean of the clean points that could have led here, and a mean can lie where no point does.",
                "Yes. Of all guesses it has the smallest expected squared error, and yet it may look like no data at all. At lower noise fewer clean points are possible, and the guess moves into a cluster.",
                right=True,
            ),
            Option(
                "There must be a small third cluster in the middle, which the density is too coarse to show.",
                "The mixture is known exactly, and it has nothing there. The mean of two places is a third one.",
            ),
            Option(
                "The score is zero between clusters, so the point is left where it is and merely scaled up.",
                "Where the density has a saddle the score is indeed zero, but the guess follows the score everywhere, and lands between the clusters off the saddle too.",
            ),
        ),
    ),
    Choice(
        "unknown_constant",
        LESSON,
        "You know a density up to a constant factor: p(x) = c · f(x), with f known and c not. What can you still compute exactly?",
        (
            Option(
                "The log density at a given point, since a log turns the factor into something small.",
                "The log turns the factor into an unknown summand, log c, and how large that is you do not know.",
            ),
            Option(
                "Nothing: without the constant there is no probability to speak of.",
                "Comparisons and directions survive: p(a)/p(b) and the score need no constant.",
            ),
            Option(
                "The score, since log c has no gradient.",
                "Yes. ∇ log p = ∇ log f. The constant is the hardest part of most models, and who works with scores never needs it.",
                right=True,
            ),
        ),
    ),
)
