"""Lesson 09's ruler: ``energy_distance`` between two sets of samples, and what goes wrong in it."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.reverse_step import LESSON
from gradual import metrics


def two_sets(B, C, *shape):
    return lambda rng: {"x": rng.normal(0.4, 1.2, (B, *shape)), "y": rng.normal(0, 0.8, (C, *shape))}


def same_set_twice(rng):
    x = rng.normal(0, 1, (5, 2))
    return {"x": x, "y": x.copy()}


def flat(x):
    return np.reshape(x, (len(x), -1))


def differences(a, b):
    return flat(a)[:, None] - flat(b)


def lengths(a, b):
    return np.sqrt((differences(a, b) ** 2).sum(axis=-1))


def pairs(distance=lengths, mean=np.mean, within=None):
    """A (possibly wrong) energy distance, from its distance, its mean over pairs, and the one within a set."""

    def energy(x, y):
        inner = within or (lambda a: mean(distance(a, a)))
        return 2 * mean(distance(x, y)) - inner(x) - inner(y)

    return energy


def put_together(rule):
    """An energy distance from its three means."""
    return lambda x, y: rule(lengths(x, y).mean(), lengths(x, x).mean(), lengths(y, y).mean())


def without_oneself(a):
    return lengths(a, a).sum() / (len(a) * (len(a) - 1)) if len(a) > 1 else 0.0


def each_pair_once(a):
    return lengths(a, a)[np.triu_indices(len(a), 1)].mean() if len(a) > 1 else 0.0


def half_the_pairs(a):
    return np.triu(lengths(a, a)).sum() / len(a) ** 2


def row_by_row(a, b):
    return np.linalg.norm(flat(a)[: len(b)] - flat(b)[: len(a)], axis=1)


def same_rows_only(x, y):
    return 2 * np.linalg.norm(x - y, axis=1).mean() - 0.0 - 0.0


def last_axis(a, b):
    return np.linalg.norm(np.asarray(a)[:, None] - np.asarray(b)[None], axis=-1)


def centred_in_place(x, y):
    middle = x.mean(axis=0)
    x -= middle
    y -= middle
    return pairs()(x, y)


def by_double_loop(x, y):
    def mean(a, b):
        return sum(np.linalg.norm(one - other) for one in a for other in b) / (len(a) * len(b))

    return 2 * mean(x, y) - mean(x, x) - mean(y, y)


def by_gram(x, y):
    x, y = flat(x), flat(y)

    def mean(a, b):
        squared = (a**2).sum(1)[:, None] + (b**2).sum(1) - 2 * a @ b.T
        return np.sqrt(np.maximum(squared, 0)).mean()

    # A root of a rounding error is not small: what is a distance to oneself is 0.
    return 2 * lengths(x, y).mean() - (mean(x, x) if len(x) > 50 else lengths(x, x).mean()) - lengths(y, y).mean()


ENERGY_DISTANCE = Exercise(
    function=metrics.energy_distance,
    lesson=LESSON,
    points=3,
    cases=(
        Case("five points and seven points in the plane", two_sets(5, 7, 2)),
        Case("two sets of images", two_sets(4, 3, 3, 2)),
        Case("the same points twice", same_set_twice),
        Case("a hundred and sixty numbers", two_sets(100, 60, 1), hidden=True),
        Case("one point against nine, in five dimensions", two_sets(1, 9, 5), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "a_root_taken",
            lambda x, y: np.sqrt(np.maximum(pairs()(x, y), 0)),
            "You took the root of the result. Some books define it so; here no root is taken.",
        ),
        Misconception(
            "oneself_left_out",
            pairs(within=without_oneself),
            "Within a set you left out the pairs of a sample with itself. Count all pairs, i = j too: only then is the distance of a set to itself exactly 0.",
        ),
        Misconception(
            "half_the_pairs",
            pairs(within=half_the_pairs),
            "Within a set you summed each pair once and divided by the number of all. A pair counts both ways, so the sum has n² terms.",
        ),
        Misconception(
            "cross_term_once",
            put_together(lambda xy, xx, yy: xy - xx - yy),
            "The mean between the sets counts twice: 2 · E‖X − Y‖. That makes the distance of a set to itself 0.",
        ),
        Misconception(
            "half_of_it",
            put_together(lambda xy, xx, yy: xy - xx / 2 - yy / 2),
            "You have half of it. Here it is 2 · E‖X − Y‖ − E‖X − X′‖ − E‖Y − Y′‖.",
        ),
        Misconception(
            "within_terms_added",
            put_together(lambda xy, xx, yy: 2 * xy + xx + yy),
            "You added the means within the sets. They are taken away: they say how far apart two samples of one set are anyway.",
        ),
        Misconception(
            "sign_turned",
            put_together(lambda xy, xx, yy: xx + yy - 2 * xy),
            "The sign is turned round: the mean between the sets is the positive part, and the result is never below 0.",
        ),
        Misconception(
            "between_only",
            put_together(lambda xy, xx, yy: 2 * xy),
            "Only the mean between the sets is there. Take away the means within each, so that equal sets are at distance 0.",
        ),
        Misconception(
            "mean_between_only",
            put_together(lambda xy, xx, yy: xy),
            "That is the mean distance between the two sets, E‖X − Y‖. Take it twice, and subtract the means within each set.",
        ),
        Misconception(
            "one_set_twice",
            put_together(lambda xy, xx, yy: 2 * xy - 2 * xx),
            "You took the mean within x away twice. One of the two belongs to y.",
        ),
        Misconception(
            "within_y_missing",
            put_together(lambda xy, xx, yy: 2 * xy - xx),
            "The mean within y is missing: take away E‖Y − Y′‖ too.",
        ),
        Misconception(
            "squared_distances",
            pairs(distance=lambda a, b: lengths(a, b) ** 2),
            "You used squared distances. Their energy distance is 2 ‖mean x − mean y‖² and sees nothing but the means: take the root of each pair's distance.",
        ),
        Misconception(
            "root_of_the_mean",
            pairs(mean=lambda d: np.sqrt(np.mean(d**2))),
            "You took the root after the mean. Take each pair's distance first, with its root, then the mean.",
        ),
        Misconception(
            "absolute_differences",
            pairs(distance=lambda a, b: np.abs(differences(a, b)).sum(axis=-1)),
            "You summed absolute differences. ‖·‖ is the ordinary length: the root of the sum of squares.",
        ),
        Misconception(
            "mean_of_absolute_differences",
            pairs(distance=lambda a, b: np.abs(differences(a, b))),
            "You averaged the absolute differences of single entries. First take the length of each difference, the root of its sum of squares over a sample's entries.",
        ),
        Misconception(
            "lengths_over_the_pairs",
            pairs(distance=lambda a, b: np.linalg.norm(differences(a, b), axis=1)),
            "Your lengths run along the axis of the second set. A difference's entries are on the last axis: axis=-1.",
        ),
        Misconception(
            "all_in_one_row",
            pairs(distance=lambda a, b: np.abs(np.reshape(a, -1)[:, None] - np.reshape(b, -1))),
            "You put all samples into one row of numbers. Each sample keeps a row of its own: x.reshape(len(x), -1).",
        ),
        Misconception(
            "mean_left_out",
            pairs(mean=lambda d: d),
            "The tables of distances differ in shape, (B, C), (B, B) and (C, C). Take the mean of each before you put them together.",
        ),
        Misconception(
            "mean_over_entries",
            pairs(distance=lambda a, b: np.sqrt((differences(a, b) ** 2).mean(axis=-1))),
            "You averaged over a sample's entries. The length of a difference sums their squares.",
        ),
        Misconception(
            "sums_of_pairs",
            pairs(mean=np.sum),
            "You summed over the pairs. Take means: the sets can differ in size.",
        ),
        Misconception(
            "length_of_all_differences",
            pairs(distance=lambda a, b: np.linalg.norm(differences(a, b))),
            "np.linalg.norm without axis gives one number for all pairs together. Add axis=-1: one length for each pair.",
        ),
        Misconception(
            "images_not_flattened",
            pairs(distance=last_axis),
            "For points you are right. A sample can have more axes: reshape each to one row first, x.reshape(len(x), -1).",
        ),
        Misconception(
            "row_against_row",
            pairs(distance=row_by_row),
            "You compare each sample with the one in the same row. All pairs count: every x with every y.",
        ),
        Misconception(
            "same_rows_only",
            same_rows_only,
            "x − y compares each sample with the one in the same row, and fails when the sets differ in size. All pairs count: x[:, None] − y, or a loop.",
        ),
        Misconception(
            "distance_of_the_means",
            lambda x, y: np.linalg.norm(flat(x).mean(axis=0) - flat(y).mean(axis=0)),
            "That is the distance between the two means. Different sets can have the same mean: compare all pairs.",
        ),
        Misconception(
            "changed_its_input",
            centred_in_place,
            "The number is right, but you changed x and y themselves. Make new arrays.",
        ),
        Misconception(
            "lengths_over_the_first_set",
            pairs(distance=lambda a, b: np.linalg.norm(differences(a, b), axis=0)),
            "Your lengths run along the axis of the first set. A difference's entries are on the last axis: axis=-1.",
        ),
    ),
    alternatives=(
        pairs(),
        by_double_loop,
        by_gram,
        lambda x, y: np.float32(pairs()(x, y)),
        lambda x, y: float(pairs()(x, y)),
    ),
    hints=(
        "Three means of distances: between the sets, within x, and within y. Write one small function that gives the mean distance over all pairs of two sets, and call it three times.",
        "For sets a (B, D) and b (C, D), the differences of all pairs are a[:, None] − b, of shape (B, C, D); their lengths are np.linalg.norm(…, axis=-1). A loop over the rows of a needs less memory. Flatten each sample first.",
        "x, y = x.reshape(len(x), -1), ...\n\ndef mean_distance(a, b):\n    return np.mean(...)\n\nreturn 2 * mean_distance(x, y) - ... - ...",
    ),
)
