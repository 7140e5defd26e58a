"""Lesson 01's third exercise: what is left of the start."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.one_step import LESSON
from gradual import forward


def path_inputs(shape, steps, offset=3.0):
    def make(rng):
        states = [rng.normal(offset, 1, shape)]
        for _ in range(steps):
            states.append(0.8 * states[-1] + 0.6 * rng.normal(1, 1, shape))
        return {"trajectory": np.stack(states)}

    return make


def rows_of(trajectory):
    return trajectory.reshape(len(trajectory), -1)


def cosine(rows, start):
    return rows @ start / np.sqrt((rows**2).sum(axis=1) * (start @ start))


def left_not_centred(trajectory):
    rows = rows_of(trajectory)
    return cosine(rows, rows[0])


def left_covariance(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows @ rows[0] / rows.shape[1]


def left_of_the_step_before(trajectory):
    rows = rows_of(trajectory)
    return np.array([1.0, *(np.corrcoef(rows[t], rows[t - 1])[0, 1] for t in range(1, len(rows)))])


def left_against_the_end(trajectory):
    rows = rows_of(trajectory)
    return np.array([np.corrcoef(row, rows[-1])[0, 1] for row in rows])


def left_squared(trajectory):
    return np.array([np.corrcoef(row, rows_of(trajectory)[0])[0, 1] ** 2 for row in rows_of(trajectory)])


def left_centred_over_time(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean()
    return cosine(rows, rows[0])


def left_divided_by_start_only(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean(axis=1, keepdims=True)
    return rows @ rows[0] / (rows[0] @ rows[0])


def left_not_flattened(trajectory):
    return np.array([np.corrcoef(x, trajectory[0])[0, 1] for x in trajectory])


def left_all_pairs(trajectory):
    return np.corrcoef(rows_of(trajectory))


def left_tables(trajectory):
    return np.array([np.corrcoef(row, rows_of(trajectory)[0]) for row in rows_of(trajectory)])


def left_mean_over_time(trajectory):
    rows = rows_of(trajectory - trajectory.mean(axis=0))
    return cosine(rows, rows[0])


def left_mean_without_axis_kept(trajectory):
    rows = rows_of(trajectory)
    rows = rows - rows.mean(axis=1)
    return cosine(rows, rows[0])


def left_by_standard_scores(trajectory):
    flat = rows_of(trajectory)
    scores = (flat - flat.mean(axis=1, keepdims=True)) / flat.std(axis=1, keepdims=True)
    return (scores * scores[0]).mean(axis=1)


STRUCTURE_LEFT = Exercise(
    function=forward.structure_left,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one correlation for each time"},
    cases=(
        Case("six states of a batch of points", path_inputs((10, 2), 5)),
        Case("four states of two small images", path_inputs((2, 4, 4), 3)),
        Case("a start against itself", path_inputs((8, 2), 0)),
        Case("thirty states of a sound", path_inputs((100,), 29, 1.0), hidden=True),
        Case("ten states of points around zero", path_inputs((20, 2), 9, 0.2), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "mean_not_subtracted",
            left_not_centred,
            "You did not subtract each state's own mean. Without that, two states that only share an offset look alike.",
        ),
        Misconception(
            "covariance_not_correlation",
            left_covariance,
            "That is the covariance. Divide by both standard deviations, so that the start has correlation 1 with itself.",
        ),
        Misconception(
            "compared_with_the_step_before",
            left_of_the_step_before,
            "You compared each state with the one before it. Compare each with the start, trajectory[0].",
        ),
        Misconception(
            "compared_with_the_end",
            left_against_the_end,
            "You compared each state with the last one. Compare each with the start, trajectory[0].",
        ),
        Misconception(
            "correlation_squared",
            left_squared,
            "You squared the correlation. structure_left is the correlation itself, which keeps its sign.",
        ),
        Misconception(
            "one_mean_for_all_times",
            left_centred_over_time,
            "You subtracted one mean for the whole trajectory. Each state has a mean of its own.",
        ),
        Misconception(
            "not_made_into_a_row",
            left_not_flattened,
            "You compared the first two rows of a table that np.corrcoef made of unflattened states. Make each state one long row first.",
        ),
        Misconception(
            "every_pair_returned",
            left_all_pairs,
            "That is the correlation of every state with every other. Asked for is one number for each state: its correlation with the start.",
        ),
        Misconception(
            "two_by_two_tables",
            left_tables,
            "np.corrcoef returns a table of 2 × 2 for each state. The number you want is the one off the diagonal: [0, 1].",
        ),
        Misconception(
            "mean_over_time",
            left_mean_over_time,
            "You subtracted the mean over time, axis 0. Each state's own mean is over its entries.",
        ),
        Misconception(
            "axis_not_kept",
            left_mean_without_axis_kept,
            "The means have shape (T+1,) and meet the wrong axis of the rows. keepdims=True keeps them as a column.",
        ),
        Misconception(
            "divided_by_the_start_only",
            left_divided_by_start_only,
            "You divided by the start's variance only. Pearson's correlation divides by both standard deviations.",
        ),
    ),
    alternatives=(
        lambda trajectory: [np.corrcoef(np.ravel(x), np.ravel(trajectory[0]))[0, 1] for x in trajectory],
        left_by_standard_scores,
        lambda trajectory: np.corrcoef(rows_of(trajectory))[0] if len(trajectory) > 1 else np.ones(1),
    ),
    hints=(
        "Make one long row of numbers out of each state, subtract its mean, and ask how well it lines up with the first row.",
        "r_t = Σ a·b / √(Σ a² · Σ b²), where a is state t less its mean and b is state 0 less its mean. trajectory.reshape(len(trajectory), -1) gives the rows.",
        "rows = rows - rows.mean(axis=1, keepdims=True)\nreturn rows @ rows[0] / np.sqrt(... * ...)",
    ),
)
