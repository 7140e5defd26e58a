"""Lesson 07's first exercise: what it costs to believe in another Gaussian."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.bound_parts import LESSON
from gradual import posterior


def two_bells(shape, var1=None, var2=None):
    """Two Gaussians for each entry; a variance that is not given is drawn, one for each."""

    def make(rng):
        means = rng.normal(0, 1, (2, *shape))
        widths = [rng.uniform(0.3, 3, shape) if v is None else v for v in (var1, var2)]
        return {"mean1": means[0], "var1": widths[0], "mean2": means[1], "var2": widths[1]}

    return make


def same_bell_twice(rng):
    mean, var = rng.normal(0, 1, (3, 2)), rng.uniform(0.3, 3, (3, 2))
    return {"mean1": mean, "var1": var, "mean2": mean, "var2": var}


def numbers_only(rng):
    mean1, var1, mean2, var2 = rng.uniform(0.5, 2, 4)
    return {"mean1": float(mean1), "var1": float(var1), "mean2": -float(mean2), "var2": float(var2)}


KL = posterior.normal_kl.__wrapped__


def kl_in_place(mean1, var1, mean2, var2):
    mean1 -= mean2
    return 0.5 * (np.log(var2 / var1) + (var1 + mean1**2) / var2 - 1)


def kl_by_logs(mean1, var1, mean2, var2):
    log1, log2 = np.log(var1), np.log(var2)
    return 0.5 * (-1.0 + log2 - log1 + np.exp(log1 - log2) + np.square(np.subtract(mean1, mean2)) * np.exp(-log2))


def kl_one_by_one(mean1, var1, mean2, var2):
    entries = np.broadcast(mean1, var1, mean2, var2)
    costs = [np.log(np.sqrt(d / b)) + (b + (a - c) ** 2) / (2 * d) - 0.5 for a, b, c, d in entries]
    return np.array(costs).reshape(entries.shape)


NORMAL_KL = Exercise(
    function=posterior.normal_kl,
    lesson=LESSON,
    points=3,
    axes={"B": "samples", "D": "one KL for each entry"},
    cases=(
        Case("six pairs of Gaussians", two_bells((3, 2))),
        Case("one width for all of each kind", two_bells((4, 3), 0.5, 2.0)),
        Case("a Gaussian against itself", same_bell_twice),
        Case(
            "small images, one width for each image",
            two_bells((2, 3, 3), np.array([[[0.4]], [[1.7]]]), 0.9),
            hidden=True,
        ),
        Case("plain numbers", numbers_only, hidden=True),
    ),
    misconceptions=(
        Misconception(
            "turned_round",
            lambda m1, v1, m2, v2: KL(m2, v2, m1, v1),
            "The two Gaussians are swapped. The average runs over the first, so the second's variance is the one you divide by.",
        ),
        Misconception(
            "log_turned_round",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v1 / v2) + (v1 + (m1 - m2) ** 2) / v2 - 1),
            "The fraction inside the log is upside down: believing in too wide a bell costs log σ₂², so σ₂² stands on top.",
        ),
        Misconception(
            "half_left_out",
            lambda *a: 2 * KL(*a),
            "Every number is twice too large: the ½ in front of the bracket is missing.",
        ),
        Misconception(
            "one_left_out",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / v2),
            "A Gaussian against itself costs ½ with yours, and should cost 0: the −1 is missing.",
        ),
        Misconception(
            "one_outside_the_half",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / v2) - 1,
            "The −1 belongs inside the bracket, so that the ½ halves it too.",
        ),
        Misconception(
            "half_of_the_log_only",
            lambda m1, v1, m2, v2: 0.5 * np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / v2 - 1,
            "The ½ stands before the log only. It halves the whole bracket.",
        ),
        Misconception(
            "divided_by_the_first",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / v1 - 1),
            "You divided by σ₁². How much a distance costs is up to the Gaussian that is believed in: divide by σ₂².",
        ),
        Misconception(
            "distance_not_divided",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + v1 / v2 + (m1 - m2) ** 2 - 1),
            "You divided only σ₁² by σ₂². The squared distance of the means is divided by it too: put the sum in brackets.",
        ),
        Misconception(
            "width_not_divided",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + v1 + (m1 - m2) ** 2 / v2 - 1),
            "You divided only the squared distance by σ₂². σ₁² is divided by it too: put the sum in brackets.",
        ),
        Misconception(
            "distance_left_out",
            lambda m1, v1, m2, v2: 0 * m1 + 0.5 * (np.log(v2 / v1) + v1 / v2 - 1),
            "Your KL does not see the means. The squared distance between them, over σ₂², is missing.",
        ),
        Misconception(
            "width_left_out",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (m1 - m2) ** 2 / v2 - 1),
            "σ₁² is missing beside the squared distance: the points of the first Gaussian scatter, and that costs as well.",
        ),
        Misconception(
            "log_left_out",
            lambda m1, v1, m2, v2: 0.5 * ((v1 + (m1 - m2) ** 2) / v2 - 1),
            "The log of the variances' ratio is missing. Without it, the widest Gaussian would always be the cheapest.",
        ),
        Misconception(
            "distance_not_squared",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + np.abs(m1 - m2)) / v2 - 1),
            "The distance of the means is not squared.",
        ),
        Misconception(
            "difference_not_squared",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + m1 - m2) / v2 - 1),
            "The difference of the means is not squared: with yours, a KL can be negative, and none is.",
        ),
        Misconception(
            "sum_squared",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + m1 - m2) ** 2 / v2 - 1),
            "You squared the variance together with the difference. Only mean1 - mean2 is squared: the bracket closes before + var1.",
        ),
        Misconception(
            "difference_doubled",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + 2 * (m1 - m2)) / v2 - 1),
            "You doubled the difference of the means. Python's square is **2, with two stars.",
        ),
        Misconception(
            "distance_summed",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + np.sum((m1 - m2) ** 2)) / v2 - 1),
            "You summed the squared distances before the rest, so every entry pays for all of them. Work entry by entry.",
        ),
        Misconception(
            "divided_by_the_square",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / np.square(v2) - 1),
            "You divided by var2 squared. var2 is σ₂² already.",
        ),
        Misconception(
            "divided_by_both",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / (v1 + v2) - 1),
            "You divided by the sum of the variances. Only σ₂², the variance believed in, stands below the line.",
        ),
        Misconception(
            "fraction_subtracted",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) - (v1 + (m1 - m2) ** 2) / v2 - 1),
            "You subtracted the fraction. A larger distance costs more: it is added.",
        ),
        Misconception(
            "one_added",
            lambda *a: 1 + KL(*a),
            "A Gaussian against itself costs 1 with yours, and should cost 0: the 1 in the bracket is subtracted.",
        ),
        Misconception(
            "logs_divided",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2) / np.log(v1) + (v1 + (m1 - m2) ** 2) / v2 - 1),
            "You divided two logs. The log of a ratio is one log of the ratio, or a difference of logs.",
        ),
        Misconception(
            "roots_taken",
            lambda m1, v1, m2, v2: KL(m1, np.sqrt(v1), m2, np.sqrt(v2)),
            "You took roots of the variances first. The formula has variances everywhere: var1 and var2 as they come.",
        ),
        Misconception(
            "averaged_over_the_batch",
            lambda *a: np.mean(KL(*a), axis=0),
            "You averaged over the first axis. Return one KL for each entry; the caller decides what to average.",
        ),
        Misconception(
            "means_added",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + (m1 + m2) ** 2) / v2 - 1),
            "You added the means. What counts is how far they lie apart: mean1 - mean2.",
        ),
        Misconception(
            "squares_apart",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (v1 + m1**2 - m2**2) / v2 - 1),
            "You squared each mean by itself. Take the difference first, then the square.",
        ),
        Misconception(
            "variances_squared",
            lambda m1, v1, m2, v2: KL(m1, np.square(v1), m2, np.square(v2)),
            "You squared the variances as if they were standard deviations. var1 and var2 are σ² already.",
        ),
        Misconception(
            "variances_squared_in_the_sum",
            lambda m1, v1, m2, v2: 0.5 * (np.log(v2 / v1) + (np.square(v1) + (m1 - m2) ** 2) / np.square(v2) - 1),
            "You squared the variances in the fraction as if they were standard deviations. var1 and var2 are σ² already.",
        ),
        Misconception(
            "log_of_the_deviations",
            lambda m1, v1, m2, v2: 0.5 * (0.5 * np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / v2 - 1),
            "The log is half of what it should be. With the ½ before the bracket, it is the log of the variances, not of the standard deviations.",
        ),
        Misconception(
            "formula_of_deviations",
            lambda m1, v1, m2, v2: np.log(v2 / v1) + (v1 + (m1 - m2) ** 2) / (2 * v2) - 0.5,
            "That is the formula for standard deviations, log(σ₂/σ₁) + …, with variances put into its log: that log needs a ½.",
        ),
        Misconception(
            "summed_up",
            lambda *a: np.sum(KL(*a)),
            "You summed over all entries. Return one KL for each entry; the caller decides what to sum.",
        ),
        Misconception(
            "averaged",
            lambda *a: np.mean(KL(*a)),
            "You averaged over all entries. Return one KL for each entry; the caller decides what to average.",
        ),
        Misconception(
            "summed_over_a_sample",
            lambda *a: np.sum(KL(*a), axis=-1),
            "You summed over the last axis. Return one KL for each entry; the caller decides what to sum.",
        ),
        Misconception(
            "both_ways",
            lambda m1, v1, m2, v2: 0.5 * (KL(m1, v1, m2, v2) + KL(m2, v2, m1, v1)),
            "You averaged both directions. A KL has one: it averages over the first Gaussian.",
        ),
        Misconception(
            "cross_entropy",
            lambda m1, v1, m2, v2: 0.5 * (np.log(2 * np.pi * v2) + (v1 + (m1 - m2) ** 2) / v2),
            "That is what describing the first Gaussian by the second costs in all. A KL is what it costs more than by itself: subtract the first one's entropy, ½ log(2πe σ₁²).",
        ),
        Misconception(
            "counted_in_bits",
            lambda *a: KL(*a) / np.log(2),
            "These are bits, from log to base 2. Nats are asked for: np.log.",
        ),
        Misconception(
            "log_to_base_ten",
            lambda m1, v1, m2, v2: 0.5 * (np.log10(v2 / v1) + (v1 + (m1 - m2) ** 2) / v2 - 1),
            "You took the log to base 10. The natural one, np.log, is meant.",
        ),
        Misconception(
            "sign_turned",
            lambda *a: -KL(*a),
            "Every number has the wrong sign: a KL is 0 or above.",
        ),
        Misconception(
            "changed_its_input",
            kl_in_place,
            "The numbers are right, but you changed mean1 (with -=), which the caller still needs. Make a new array.",
        ),
        Misconception(
            "in_bits",
            lambda mean1, var1, mean2, var2: KL(mean1, var1, mean2, var2) + 0.5 * (np.log2(var2 / var1) - np.log(var2 / var1)),
            "You took log2 for the widths, which counts in bits, and the rest counts in nats. Take np.log.",
        ),
    ),
    alternatives=(
        kl_by_logs,
        kl_one_by_one,
        lambda *a: np.float32(KL(*a)),
        lambda m1, v1, m2, v2: 0.5 * (v1 / v2 - np.log(v1 / v2) - 1) + (m2 - m1) ** 2 / (2 * v2),
    ),
    hints=(
        "What does it cost to describe points of the first Gaussian with the second? A wrong mean costs its squared distance, measured in the second one's variance. A wrong width costs too, and being right costs nothing.",
        "½ · (log(σ₂²/σ₁²) + (σ₁² + (μ₁ − μ₂)²)/σ₂² − 1), entry by entry, with var1 and var2 for σ₁² and σ₂². NumPy broadcasts a single number by itself.",
        "return 0.5 * (np.log(...) + (var1 + ...) / ... - 1)",
    ),
)
