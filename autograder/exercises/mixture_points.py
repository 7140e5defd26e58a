"""Lesson 05's two functions of a point: its log density, and whose it is; tried near the data and far from it."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import mixture
from gradual.mixture import component_log_prob

LESSON = "05_exact_score"


def parts_of(rng, K, D):
    """A mixture with unequal weights and tilted covariances."""
    weights = rng.uniform(1, 4, K)
    half = rng.normal(0, 0.5, (K, D, D))
    covs = half @ half.swapaxes(1, 2) + 0.3 * np.eye(D)
    return {"weights": weights / weights.sum(), "means": rng.normal(0, 1.5, (K, D)), "covs": covs}


def point_inputs(B, K, D, far=()):
    """B points near the data; those whose rows are named in ``far`` are 250 away, all in about the same place."""

    def make(rng):
        x = rng.normal(0, 1.5, (B, D))
        rows = list(far)
        x[rows] = 250 / np.sqrt(D) + rng.normal(0, 0.1, (len(rows), D))
        return {"x": x, **parts_of(rng, K, D)}

    return make


# The same situations for the three functions of x.
POINT_CASES = (
    Case("five points among three components", point_inputs(5, 3, 2)),
    Case("four points far from all the data", point_inputs(4, 3, 2, far=range(4))),
    Case("two points near and two far away, in one batch", point_inputs(4, 2, 2, far=(1, 3))),
    Case("one point, in five dimensions", point_inputs(1, 4, 5), hidden=True),
    Case("forty numbers on a line", point_inputs(40, 3, 1), hidden=True),
    Case("one point far away, in three dimensions", point_inputs(1, 4, 3, far=(0,)), hidden=True),
)


def bells(x, means, covs):
    """log N(x; μ_k, Σ_k), without the weights."""
    even = np.full(len(means), 1 / len(means))
    return component_log_prob(x, even, means, covs) - np.log(even)


def lse(log_parts, axis=1):
    return np.logaddexp.reduce(log_parts, axis=axis)


def share(x, weights, means, covs):
    log_parts = component_log_prob(x, weights, means, covs)
    return np.exp(log_parts - lse(log_parts)[:, None])


# --- mixture_log_prob -----------------------------------------------------------------------------------------


def log_prob_from(rule):
    """A (possibly wrong) mixture_log_prob, from what it does with the (B, K) log parts."""
    return lambda x, w, m, C: rule(component_log_prob(x, w, m, C))


def log_prob_by_loop(x, weights, means, covs):
    out = []
    for point in x:
        row = []
        for w, mean, cov in zip(weights, means, covs):
            d = point - mean
            row.append(np.log(w) - 0.5 * d @ np.linalg.solve(cov, d) - 0.5 * np.log(np.linalg.det(2 * np.pi * cov)))
        out.append(max(row) + np.log(sum(np.exp(entry - max(row)) for entry in row)))
    return out


def largest_not_put_back(log_parts):
    return np.log(np.exp(log_parts - log_parts.max(axis=1, keepdims=True)).sum(axis=1))


def largest_of_the_batch(log_parts):
    return log_parts.max() + np.log(np.exp(log_parts - log_parts.max()).sum(axis=1))


TINY = tuple(
    Misconception(
        f"added_1e_{power}",
        log_prob_from(lambda log_parts, tiny=10.0**-power: np.log(np.exp(log_parts).sum(axis=1) + tiny)),
        "You added a small number so that the log is never of 0. Now every far point has the same log density, and it is wrong. Take the largest term out of the sum instead.",
    )
    for power in (8, 10, 12)
)

MIXTURE_LOG_PROB = Exercise(
    function=mixture.mixture_log_prob,
    lesson=LESSON,
    points=3,
    axes={"B": "one log density for each point"},
    cases=POINT_CASES,
    misconceptions=(
        Misconception(
            "naive_log_of_sum",
            log_prob_from(lambda log_parts: np.log(np.exp(log_parts).sum(axis=1))),
            "Near the data you are right. Far away every exp underflows to 0, and log 0 is −inf: subtract each row's largest value before exp, and add it again after the log.",
        ),
        Misconception(
            "largest_not_lined_up",
            log_prob_from(lambda log_parts: log_parts - log_parts.max(axis=1)),
            "The largest values have shape (B,) and do not line up with the rows of (B, K). Write largest[:, None] where you subtract them.",
        ),
        Misconception(
            "weights_twice",
            lambda x, w, m, C: lse(np.log(w) + component_log_prob(x, w, m, C)),
            "The weights come in twice: component_log_prob has log w_k in it already, so sum its exponentials as they are.",
        ),
        Misconception(
            "largest_not_put_back",
            log_prob_from(largest_not_put_back),
            "You took the largest value out and did not add it again. log(e^m · S) is m + log S.",
        ),
        Misconception(
            "largest_of_the_whole_batch",
            log_prob_from(largest_of_the_batch),
            "You took out the largest value of the whole batch, so one near point spoils the far ones. Each point has its own largest: axis=1.",
        ),
        Misconception(
            "largest_term_only",
            log_prob_from(lambda log_parts: log_parts.max(axis=1)),
            "You kept the largest term and dropped the others. It is the reference level: the sum of all exp(ℓ_k − m) still counts.",
        ),
        Misconception(
            "sum_of_logs",
            log_prob_from(lambda log_parts: log_parts.sum(axis=1)),
            "You summed the logs. That multiplies the densities; a mixture adds them: exp, then the sum, then the log.",
        ),
        Misconception(
            "mean_of_the_parts",
            log_prob_from(lambda log_parts: lse(log_parts) - np.log(log_parts.shape[1])),
            "You took the mean over the components. The weights are inside ℓ_k already, so the parts are summed.",
        ),
        Misconception(
            "weights_left_out",
            lambda x, w, m, C: lse(bells(x, m, C)),
            "The weights are missing: each component's density counts with its weight w_k. component_log_prob has log w_k in it.",
        ),
        Misconception(
            "density_not_its_log",
            log_prob_from(lambda log_parts: np.exp(lse(log_parts))),
            "That is the density itself. The function returns its logarithm, which can be told apart from 0 far from the data too.",
        ),
        Misconception(
            "summed_over_the_batch",
            log_prob_from(lambda log_parts: lse(log_parts, axis=0)),
            "You summed over the points. Sum over the components, which are the second axis: axis=1.",
        ),
        Misconception(
            "log_to_base_2",
            log_prob_from(lambda log_parts: log_parts.max(axis=1) + np.log2(np.exp(log_parts - log_parts.max(axis=1, keepdims=True)).sum(axis=1))),
            "You mixed bases: np.log2 is in bits, and all else here is in nats. Use np.log.",
        ),
        *TINY,
        Misconception(
            "largest_kept_as_a_column",
            log_prob_from(lambda parts: parts.max(axis=1, keepdims=True) + largest_not_put_back(parts)),
            "A column (B, 1) plus a row (B,) makes a table. keepdims is right where you subtract the largest; where you add it again, take it as (B,): largest[:, 0].",
        ),
    ),
    alternatives=(
        log_prob_from(lse),
        log_prob_by_loop,
        log_prob_from(lambda log_parts: np.float32(lse(log_parts))),
        log_prob_from(lambda log_parts: [row.max() + np.log(np.exp(row - row.max()).sum()) for row in log_parts]),
    ),
    hints=(
        "component_log_prob gives ℓ_k(x) for each point and component. The density is the sum of their exponentials, and its log is wanted. Which number could you take out of every row, so that no row underflows whole?",
        "log p = m + log Σ_k exp(ℓ_k − m), with m = ℓ.max(axis=1). The sum runs over axis 1, and m[:, None] lines up with the rows.",
        "log_parts = component_log_prob(x, weights, means, covs)\nlargest = log_parts.max(axis=1)\nreturn largest + np.log(np.sum(..., axis=1))",
    ),
)


# --- responsibilities -----------------------------------------------------------------------------------------


def shares_from(rule):
    return lambda x, w, m, C: rule(component_log_prob(x, w, m, C))


def normalised(parts, axis=1):
    return parts / parts.sum(axis=axis, keepdims=True)


def one_share_at_a_time(log_parts):
    return [[1 / sum(np.exp(other - one) for other in row) for one in row] for row in log_parts]


RESPONSIBILITIES = Exercise(
    function=mixture.responsibilities,
    lesson=LESSON,
    points=3,
    axes={"B": "one row for each point", "K": "one probability for each component"},
    cases=POINT_CASES,
    misconceptions=(
        Misconception(
            "naive_division",
            shares_from(lambda log_parts: normalised(np.exp(log_parts))),
            "Near the data you are right. Far away every exp underflows to 0, and 0/0 is NaN: subtract each row's largest value before exp.",
        ),
        Misconception(
            "tiny_number_added",
            shares_from(lambda log_parts: np.exp(log_parts) / (np.exp(log_parts).sum(axis=1, keepdims=True) + 1e-12)),
            "A small number in the denominator hides the 0/0: far from the data the probabilities now sum to 0, not to 1. Subtract each row's largest value before exp instead.",
        ),
        Misconception(
            "largest_of_the_whole_batch",
            shares_from(lambda log_parts: normalised(np.exp(log_parts - log_parts.max()))),
            "You subtracted the largest value of the whole batch, so one near point spoils the far ones. Each row has its own: max(axis=1, keepdims=True).",
        ),
        Misconception(
            "sums_not_lined_up",
            shares_from(lambda log_parts: np.exp(log_parts) / np.exp(log_parts).sum(axis=1)),
            "One number for each point has shape (B,), which does not line up with the rows of (B, K). Add keepdims=True to the sum or the maximum.",
        ),
        Misconception(
            "divided_by_everything",
            shares_from(lambda log_parts: np.exp(log_parts - lse(log_parts, axis=None))),
            "You divided by the sum over all points and components. Each point has a sum of its own: axis=1, keepdims=True.",
        ),
        Misconception(
            "weights_twice",
            lambda x, w, m, C: share(x, w, m, C) * w / (share(x, w, m, C) @ w)[:, None],
            "The weights come in twice: component_log_prob has log w_k in it already.",
        ),
        Misconception(
            "columns_sum_to_one",
            shares_from(lambda log_parts: normalised(np.exp(log_parts - log_parts.max(axis=1, keepdims=True)), axis=0)),
            "You divided by sums over the points, so the columns sum to 1. For each point the components sum to 1: divide along axis 1.",
        ),
        Misconception(
            "normalised_over_the_batch",
            shares_from(lambda log_parts: np.exp(log_parts - lse(log_parts, axis=0))),
            "Your columns sum to 1. For each point, the probabilities of the components sum to 1: divide along axis 1.",
        ),
        Misconception(
            "not_normalised",
            shares_from(np.exp),
            "These are the parts of the density, w_k · N(x; μ_k, Σ_k). Divide each by their sum, so that every row sums to 1.",
        ),
        Misconception(
            "largest_becomes_one",
            shares_from(lambda log_parts: np.exp(log_parts - log_parts.max(axis=1, keepdims=True))),
            "You divided by the largest part, so that one is 1. Divide by the sum of the parts: every row sums to 1.",
        ),
        Misconception(
            "weights_left_out",
            lambda x, w, m, C: np.exp(bells(x, m, C) - lse(bells(x, m, C))[:, None]),
            "The weights are missing: a rare component needs stronger evidence. component_log_prob has log w_k in it.",
        ),
        Misconception(
            "winner_takes_all",
            shares_from(lambda log_parts: np.eye(log_parts.shape[1])[log_parts.argmax(axis=1)]),
            "You gave the point to one component. Responsibilities are probabilities: between two components, both have a share.",
        ),
        Misconception(
            "logs_returned",
            shares_from(lambda log_parts: log_parts - lse(log_parts)[:, None]),
            "These are the logarithms of the responsibilities. Return the probabilities: one exp is missing.",
        ),
        Misconception(
            "logs_divided",
            shares_from(normalised),
            "You divided the logs by their sum. Probabilities are what sums to 1, so take exp first.",
        ),
        Misconception(
            "logs_less_the_largest",
            shares_from(lambda parts: parts - parts.max(axis=1, keepdims=True)),
            "These are still logs. Take exp, then divide each row by its sum.",
        ),
        Misconception(
            "divided_by_the_whole_batch",
            shares_from(lambda parts: np.exp(parts - parts.max(axis=1, keepdims=True)) / np.exp(parts - parts.max(axis=1, keepdims=True)).sum()),
            "You divided by the sum of the whole table. Each point has its own sum: axis=1, with keepdims=True.",
        ),
    ),
    alternatives=(
        share,
        shares_from(one_share_at_a_time),
        shares_from(lambda log_parts: np.float32(normalised(np.exp(log_parts - log_parts.max(axis=1, keepdims=True))))),
        shares_from(lambda log_parts: np.array([normalised(np.exp(row - row.max()), axis=0) for row in log_parts])),
    ),
    hints=(
        "Bayes: of all the density at x, which share comes from component k? Far from the data numerator and denominator both become 0; which common factor can you cancel first?",
        "r_k = exp(ℓ_k − m) / Σ_j exp(ℓ_j − m), with m = ℓ.max(axis=1, keepdims=True), and the sum along axis 1 with keepdims=True.",
        "log_parts = component_log_prob(x, weights, means, covs)\nparts = np.exp(log_parts - ...)\nreturn parts / ...",
    ),
)
