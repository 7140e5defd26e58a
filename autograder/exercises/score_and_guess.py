"""Lesson 05's two functions of a direction: the score, and the best guess that it leads to."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.mixture_points import LESSON, POINT_CASES, normalised, share
from gradual import mixture
from gradual.mixture import component_log_prob

# --- mixture_score --------------------------------------------------------------------------------------------


def pulls(x, means, covs, matrix=np.linalg.inv):
    return np.einsum("kij,bkj->bki", matrix(covs), means - x[:, None, :])


def score_from(shares, matrix=np.linalg.inv):
    return lambda x, w, m, C: np.einsum("bk,bki->bi", shares(x, w, m, C), pulls(x, m, C, matrix))


def naive_shares(x, w, m, C):
    return normalised(np.exp(component_log_prob(x, w, m, C)))


def winner(x, w, m, C):
    return np.eye(len(w))[component_log_prob(x, w, m, C).argmax(axis=1)]


def diagonal_only(covs):
    return np.array([np.diag(1 / np.diag(cov)) for cov in covs])


def score_by_loop(x, weights, means, covs):
    r = share(x, weights, means, covs)
    return [sum(r[b, k] * np.linalg.solve(covs[k], means[k] - point) for k in range(len(weights))) for b, point in enumerate(x)]


def score_expanded(x, weights, means, covs):
    inverse, r = np.linalg.inv(covs), share(x, weights, means, covs)
    return r @ np.einsum("kij,kj->ki", inverse, means) - np.einsum("bk,kij,bj->bi", r, inverse, x)


SCORE = score_from(share)

MIXTURE_SCORE = Exercise(
    function=mixture.mixture_score,
    lesson=LESSON,
    points=3,
    axes={"B": "one row for each point", "D": "one entry for each dimension"},
    cases=POINT_CASES,
    misconceptions=(
        Misconception(
            "points_away",
            lambda *a: -SCORE(*a),
            "Your arrows have the right length and point away from the data. The score points uphill, towards the means: μ_k − x.",
        ),
        Misconception(
            "naive_responsibilities",
            score_from(naive_shares),
            "Near the data you are right. Far away the responsibilities become 0/0, which is NaN: subtract each row's largest log part before exp.",
        ),
        Misconception(
            "points_not_lined_up",
            lambda x, w, m, C: m - x,
            "The means (K, D) and the points (B, D) do not line up. means - x[:, None, :] has one offset for each point and component.",
        ),
        Misconception(
            "responsibilities_not_normalised",
            score_from(lambda *a: share(*a) / share(*a).max(axis=1, keepdims=True)),
            "Your responsibilities do not sum to 1: after the exp, divide each row by its sum.",
        ),
        Misconception(
            "weights_twice",
            score_from(lambda x, w, m, C: share(x, w, m, C) * w),
            "The weights come in twice: they are inside the responsibilities already.",
        ),
        Misconception(
            "covariance_left_out",
            score_from(share, lambda covs: np.broadcast_to(np.eye(covs.shape[1]), covs.shape)),
            "Σ_k⁻¹ is missing: a narrow component pulls harder than a wide one.",
        ),
        Misconception(
            "covariance_not_inverted",
            score_from(share, lambda covs: covs),
            "You multiplied by Σ_k. It is its inverse that counts, np.linalg.inv(covs): the narrower the bell, the steeper its sides.",
        ),
        Misconception(
            "one_over_each_entry",
            score_from(share, lambda covs: 1 / covs),
            "You took 1 over each entry of the covariances. The inverse of a matrix is np.linalg.inv(covs).",
        ),
        Misconception(
            "diagonal_only",
            score_from(share, diagonal_only),
            "You used only the variances on the diagonal. The components are tilted: invert the whole matrices.",
        ),
        Misconception(
            "weights_for_responsibilities",
            score_from(lambda x, w, m, C: np.tile(w, (len(x), 1))),
            "You averaged the pulls with the weights w_k. The weights are the same everywhere; what counts at x is r_k(x), the responsibilities.",
        ),
        Misconception(
            "gradient_of_the_density",
            score_from(lambda x, w, m, C: np.exp(component_log_prob(x, w, m, C))),
            "That is the gradient of the density. The score is the gradient of its log: divide by the density, which turns the parts into responsibilities.",
        ),
        Misconception(
            "winner_takes_all",
            score_from(winner),
            "Only the most probable component pulls. All of them do, each with its responsibility.",
        ),
        Misconception(
            "pulls_not_weighted",
            lambda x, w, m, C: pulls(x, m, C).sum(axis=1),
            "You summed the pulls as they are. Each one counts with its responsibility r_k(x).",
        ),
        Misconception(
            "pulls_not_averaged",
            lambda x, w, m, C: pulls(x, m, C),
            "These are the pulls of the single components, (B, K, D). Average them over the components, each with its responsibility r_k(x).",
        ),
    ),
    alternatives=(
        score_by_loop,
        score_expanded,
        lambda *a: np.float32(SCORE(*a)),
        lambda x, w, m, C: (share(x, w, m, C)[..., None] * np.linalg.solve(C, (m - x[:, None])[..., None])[..., 0]).sum(1),
    ),
    hints=(
        "Each component alone would pull x towards its mean, harder the narrower it is. The score is the average of these pulls. Whose word counts most at x?",
        "Σ_k r_k · Σ_k⁻¹ (μ_k − x). The offsets means - x[:, None, :] have shape (B, K, D), np.linalg.inv(covs) has (K, D, D), and r is (B, K), computed as in responsibilities.",
        'pulls = np.einsum("kij,bkj->bki", np.linalg.inv(covs), ...)\nreturn np.einsum("bk,bki->bi", r, pulls)',
    ),
)


# --- tweedie --------------------------------------------------------------------------------------------------


def guess_inputs(shape, alpha_bar_t):
    return lambda rng: {"x_t": rng.normal(0.5, 1, shape), "score": rng.normal(0, 2, shape), "alpha_bar_t": alpha_bar_t}


def tweedie_through_the_noise(x_t, score, alpha_bar_t):
    eps = -np.sqrt(1 - alpha_bar_t) * np.asarray(score)
    return (x_t - np.sqrt(1 - alpha_bar_t) * eps) / np.sqrt(alpha_bar_t)


def tweedie_by_loop(x_t, score, alpha_bar_t):
    flat = [(x + (1 - alpha_bar_t) * s) / alpha_bar_t**0.5 for x, s in zip(np.ravel(x_t), np.ravel(score))]
    return np.reshape(flat, np.shape(x_t))


TWEEDIE = Exercise(
    function=mixture.tweedie,
    lesson=LESSON,
    points=3,
    axes={"B": "one row for each point"},
    cases=(
        Case("five points, ᾱ = 0.4", guess_inputs((5, 2), 0.4)),
        Case("ᾱ = 1: without noise, x_t is the clean point", guess_inputs((3, 2), 1.0)),
        Case("a batch of images, ᾱ = 0.8", guess_inputs((2, 4, 4), 0.8), hidden=True),
        Case("nearly all noise, ᾱ = 0.0001", guess_inputs((6, 3), 1e-4), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "not_scaled_up",
            lambda x, s, a: x + (1 - a) * s,
            "You have the guess in shrunken form, √ᾱ · x₀. Divide by √ᾱ to come back to the scale of clean data.",
        ),
        Misconception(
            "divided_by_alpha_bar",
            lambda x, s, a: (x + (1 - a) * s) / a,
            "You divided by ᾱ. The data was scaled by √ᾱ, so undo that: divide by √ᾱ.",
        ),
        Misconception(
            "scaled_down_again",
            lambda x, s, a: (x + (1 - a) * s) * np.sqrt(a),
            "You multiplied by √ᾱ. The data was shrunk by it on the way here; going back, divide.",
        ),
        Misconception(
            "score_subtracted",
            lambda x, s, a: (x - (1 - a) * s) / np.sqrt(a),
            "You stepped against the score. It points towards where the data is, so add (1 − ᾱ) · score.",
        ),
        Misconception(
            "step_by_standard_deviation",
            lambda x, s, a: (x + np.sqrt(1 - a) * s) / np.sqrt(a),
            "You stepped by √(1 − ᾱ). The step along the score has the length of the noise's variance, 1 − ᾱ.",
        ),
        Misconception(
            "step_by_alpha_bar",
            lambda x, s, a: (x + a * s) / np.sqrt(a),
            "You stepped by ᾱ, the signal's share. The more noise there is, the longer the step: 1 − ᾱ.",
        ),
        Misconception(
            "brackets_missing",
            lambda x, s, a: x + (1 - a) * s / np.sqrt(a),
            "Only the score is divided by √ᾱ. The point is shrunk as well: put brackets around the sum.",
        ),
        Misconception(
            "score_not_scaled_up",
            lambda x, s, a: x / np.sqrt(a) + (1 - a) * s,
            "Only the point is divided by √ᾱ. The step along the score is shrunk as well: put brackets around the sum.",
        ),
        Misconception(
            "score_taken_for_noise",
            lambda x, s, a: (x - np.sqrt(1 - a) * s) / np.sqrt(a),
            "That would be right if the argument were the noise ε. The score is −ε/√(1 − ᾱ): it has the other sign and another length.",
        ),
        Misconception(
            "divided_by_the_noise",
            lambda x, s, a: (x + (1 - a) * s) / np.sqrt(1 - a),
            "You divided by √(1 − ᾱ). The data was scaled by √ᾱ on the way here, so that is what you undo.",
        ),
        Misconception(
            "full_step",
            lambda x, s, a: (x + s) / np.sqrt(a),
            "You added the whole score. Its step is scaled by the noise's variance, 1 − ᾱ.",
        ),
    ),
    alternatives=(
        tweedie_through_the_noise,
        tweedie_by_loop,
        lambda x, s, a: np.float32(x / np.sqrt(a) + (1 - a) / np.sqrt(a) * s),
    ),
    hints=(
        "Two moves: a step along the score, longer the more noise there is; then undo the shrinking that the forward process did.",
        "E[x₀ given x_t] = (x_t + (1 − ᾱ_t) · score) / √ᾱ_t.",
        "return (x_t + ... * score) / ...",
    ),
)
