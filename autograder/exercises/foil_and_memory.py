"""Lesson 02's foil, and the number that finds its memory."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import markov

LESSON = "02_markov_property"


# --- shared_noise_path ----------------------------------------------------------------------------------------


def foil_inputs(shape, steps):
    def make(rng):
        alpha_bar = np.cumprod(np.concatenate([[1.0], 1 - rng.uniform(0.05, 0.4, steps)]))
        return {"x0": rng.normal(1, 1, shape), "alpha_bar": alpha_bar, "noise": rng.normal(size=shape)}

    return make


def mix(x0, signal, noise_scale, noise):
    """One state for each pair of scales."""
    return np.stack([s * x0 + n * noise for s, n in zip(signal, noise_scale)])


def foil_from_the_state_before(x0, alpha_bar, noise):
    states = [x0]
    for a in alpha_bar[1:]:
        states.append(np.sqrt(a) * states[-1] + np.sqrt(1 - a) * noise)
    return np.stack(states)


def foil_by_steps_of_lesson_01(x0, alpha_bar, noise):
    states = [x0]
    for a in alpha_bar[1:]:
        states.append(np.sqrt(1 - a) * states[-1] + np.sqrt(a) * noise)
    return np.stack(states)


def foil_with_a_noise_for_each_step(x0, alpha_bar, noise):
    jumps = [np.sqrt(alpha_bar[t]) * x0 + np.sqrt(1 - alpha_bar[t]) * noise[t - 1] for t in range(1, len(alpha_bar))]
    return np.stack([x0, *jumps])


def foil_preallocated(x0, alpha_bar, noise):
    path = np.empty((len(alpha_bar), *np.shape(x0)))
    for t in range(len(alpha_bar)):
        path[t] = alpha_bar[t] ** 0.5 * x0
        path[t] += (1 - alpha_bar[t]) ** 0.5 * noise
    return path


def foil_by_broadcasting(x0, alpha_bar, noise):
    a = np.reshape(alpha_bar, (-1,) + (1,) * np.ndim(x0))
    return np.sqrt(a) * x0 + np.sqrt(1 - a) * noise


SHARED_NOISE_PATH = Exercise(
    function=markov.shared_noise_path,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one state for each time, x_0 first", "the rest": "the shape of x0"},
    cases=(
        Case("five steps on a batch of points", foil_inputs((4, 2), 5)),
        Case("one step only", foil_inputs((3, 2), 1)),
        Case("three steps on two small images", foil_inputs((2, 5, 5), 3)),
        Case("forty steps on single numbers", foil_inputs((7,), 40), hidden=True),
        Case("twelve steps on a batch of points", foil_inputs((6, 3), 12), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "no_square_roots",
            lambda x0, alpha_bar, noise: mix(x0, alpha_bar, 1 - alpha_bar, noise),
            "You mixed with ᾱ and 1 − ᾱ. Those are variances; the numbers themselves are scaled by their square roots.",
        ),
        Misconception(
            "noise_not_square_rooted",
            lambda x0, alpha_bar, noise: mix(x0, np.sqrt(alpha_bar), 1 - alpha_bar, noise),
            "The noise is scaled by 1 − ᾱ, which is its variance. Scale it by the root of that.",
        ),
        Misconception(
            "one_minus_the_root",
            lambda x0, alpha_bar, noise: mix(x0, np.sqrt(alpha_bar), 1 - np.sqrt(alpha_bar), noise),
            "You scaled the noise by 1 − √ᾱ. It is the variances that add up to 1: take 1 − ᾱ first, then the root.",
        ),
        Misconception(
            "coefficients_swapped",
            lambda x0, alpha_bar, noise: mix(x0, np.sqrt(1 - alpha_bar), np.sqrt(alpha_bar), noise),
            "The two factors are swapped: alpha_bar[0] is 1, and at t = 0 all of it should be x0 and none of it noise.",
        ),
        Misconception(
            "made_from_the_state_before",
            foil_from_the_state_before,
            "You made each state from the one before it, so the shrinking piles up. ᾱ_t counts from the start: make every state from x0.",
        ),
        Misconception(
            "multiplied_up_again",
            lambda x0, alpha_bar, noise: markov.shared_noise_path(x0, np.cumprod(alpha_bar), noise),
            "You took a running product of alpha_bar. It is one already: alpha_bar[t] is what is left after t steps.",
        ),
        Misconception(
            "a_step_of_lesson_01",
            foil_by_steps_of_lesson_01,
            "You took lesson 01's step, with ᾱ in place of β. Here no state is made from another: each comes from x0 at once, and ᾱ is the share of the signal, not of the noise.",
        ),
        Misconception(
            "a_noise_for_each_step",
            foil_with_a_noise_for_each_step,
            "You took noise[t-1], as in lesson 01. Here noise has the shape of x0 and no axis for time: the whole of it serves every t.",
        ),
        Misconception(
            "start_twice",
            lambda x0, alpha_bar, noise: np.stack([x0, *markov.shared_noise_path(x0, alpha_bar, noise)]),
            "x_0 is in the path twice. alpha_bar[0] = 1 gives it already: one state for each entry of alpha_bar is enough.",
        ),
        Misconception(
            "last_state_only",
            lambda x0, alpha_bar, noise: markov.shared_noise_path(x0, alpha_bar, noise)[-1],
            "You returned only the last state. Keep every state on the way, and stack them.",
        ),
        Misconception(
            "start_left_out",
            lambda x0, alpha_bar, noise: markov.shared_noise_path(x0, alpha_bar, noise)[1:],
            "The path starts at x_1. It should start with x_0: there is one state for each entry of alpha_bar, index 0 included.",
        ),
        Misconception(
            "time_on_the_last_axis",
            lambda x0, alpha_bar, noise: np.moveaxis(markov.shared_noise_path(x0, alpha_bar, noise), 0, -1),
            "Time is on the last axis. Put it first, as in lesson 01: np.stack(states) does that.",
        ),
        Misconception(
            "no_axis_for_time",
            lambda x0, alpha_bar, noise: np.sqrt(alpha_bar) * x0 + np.sqrt(1 - alpha_bar) * noise,
            "You multiplied all of alpha_bar with x0 at once, and their shapes do not fit. Take one alpha_bar[t] at a time, and stack the states.",
        ),
    ),
    alternatives=(
        foil_preallocated,
        foil_by_broadcasting,
        lambda x0, alpha_bar, noise: [a**0.5 * x0 + (1 - a) ** 0.5 * noise for a in alpha_bar],
        lambda x0, alpha_bar, noise: foil_by_broadcasting(x0, alpha_bar, noise).astype(np.float32),
    ),
    hints=(
        "Each state is made from x0 in one go, with the share of signal that is left at its time, and always with the same noise.",
        "x_t = √ᾱ_t · x_0 + √(1 − ᾱ_t) · ε, for each ᾱ_t in alpha_bar. At the end, np.stack makes one array of the list of states.",
        "np.stack([np.sqrt(a) * ... + np.sqrt(...) * ... for a in alpha_bar])",
    ),
)


# --- partial_correlation --------------------------------------------------------------------------------------


def common_cause(n, k=0):
    """a and b hang together through ``given`` and beyond it; all with offsets, so that the intercept matters."""

    def make(rng):
        given = rng.normal(2, 1, (n, k) if k else n)
        cause = given @ rng.uniform(0.5, 1.5, k) if k else given
        own = rng.normal(size=n)
        a = 3 + rng.uniform(0.5, 1.5) * cause + own
        b = 5 - rng.uniform(0.5, 1.5) * cause + 0.6 * own + rng.normal(size=n)
        return {"a": a, "b": b, "given": given}

    return make


def three_of_a_chain(n):
    def make(rng):
        a = rng.normal(1, 1, n)
        given = 0.8 * a + 0.6 * rng.normal(size=n)
        return {"a": a, "b": 0.7 * given + 0.7 * rng.normal(size=n), "given": given}

    return make


def fitted(target, given, intercept=True):
    columns = [np.ones(len(target)), given] if intercept else [given]
    design = np.column_stack(columns)
    return design @ np.linalg.lstsq(design, target, rcond=None)[0]


def left(target, given, intercept=True):
    return target - fitted(target, given, intercept)


def cosine(a, b):
    return a @ b / np.sqrt((a @ a) * (b @ b))


def one_regressor_by_polyfit(a, b, given):
    left_a = a - np.polyval(np.polyfit(given, a, 1), given)
    left_b = b - np.polyval(np.polyfit(given, b, 1), given)
    return np.corrcoef(left_a, left_b)[0, 1]


def one_regressor_by_formula(a, b, given):
    ab, ag, bg = np.corrcoef(a, b)[0, 1], np.corrcoef(a, given)[0, 1], np.corrcoef(b, given)[0, 1]
    return (ab - ag * bg) / np.sqrt((1 - ag**2) * (1 - bg**2))


def lstsq_not_unpacked(a, b, given):
    design = np.column_stack([np.ones(len(a)), given])
    return a - design @ np.linalg.lstsq(design, a)


def from_the_inverse_covariance(a, b, given):
    precision = np.linalg.inv(np.cov(np.column_stack([a, b, given]).T))
    return -precision[0, 1] / (precision[0, 0] * precision[1, 1]) ** 0.5


def by_removing_one_at_a_time(a, b, given):
    rest = [np.asarray(a) - np.mean(a), np.asarray(b) - np.mean(b)]
    known = np.linalg.qr(np.column_stack([np.ones(len(a)), given]))[0]
    for column in known.T:
        rest = [one - column * (column @ one) for one in rest]
    return float(cosine(*rest))


PARTIAL_CORRELATION = Exercise(
    function=markov.partial_correlation,
    lesson=LESSON,
    points=3,
    cases=(
        Case("a common cause, and something beyond it", common_cause(40)),
        Case("three states of a chain", three_of_a_chain(50)),
        Case("two variables held fixed at once", common_cause(40, 2)),
        Case("a larger sample", common_cause(300), hidden=True),
        Case("three variables held fixed at once", common_cause(60, 3), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "given_ignored",
            lambda a, b, given: np.corrcoef(a, b)[0, 1],
            "That is the plain correlation of a and b. First subtract from each what a regression on given explains.",
        ),
        Misconception(
            "no_intercept",
            lambda a, b, given: cosine(left(a, given, False), left(b, given, False)),
            "Your regression has no intercept, so its line goes through 0. Put a column of ones beside given in the design.",
        ),
        Misconception(
            "no_intercept_but_centred",
            lambda a, b, given: np.corrcoef(left(a, given, False), left(b, given, False))[0, 1],
            "Your regression has no intercept, so its slope is wrong even if you centre afterwards. Put a column of ones beside given in the design.",
        ),
        Misconception(
            "residual_of_a_only",
            lambda a, b, given: np.corrcoef(left(a, given), b)[0, 1],
            "You took what is left of a and all of b. Subtract from b, too, what given explains.",
        ),
        Misconception(
            "residual_of_b_only",
            lambda a, b, given: np.corrcoef(a, left(b, given))[0, 1],
            "You took what is left of b and all of a. Subtract from a, too, what given explains.",
        ),
        Misconception(
            "covariance_of_residuals",
            lambda a, b, given: left(a, given) @ left(b, given) / len(a),
            "That is the covariance of what is left. Divide by both standard deviations to make it a correlation.",
        ),
        Misconception(
            "predictions_not_residuals",
            lambda a, b, given: np.corrcoef(fitted(a, given), fitted(b, given))[0, 1],
            "You correlated what given explains. What counts is what it leaves: the data minus the prediction.",
        ),
        Misconception(
            "subtracted_without_regression",
            lambda a, b, given: np.corrcoef(
                a - np.column_stack([given]).sum(axis=1), b - np.column_stack([given]).sum(axis=1)
            )[0, 1],
            "You subtracted given itself. Subtract the best straight-line prediction from it: a slope times given, plus an intercept.",
        ),
        Misconception(
            "correlation_squared",
            lambda a, b, given: cosine(left(a, given), left(b, given)) ** 2,
            "You squared the correlation, which loses its sign. Return the correlation itself.",
        ),
        Misconception(
            "products_not_summed",
            lambda a, b, given: (
                left(a, given) * left(b, given) / np.linalg.norm(left(a, given)) / np.linalg.norm(left(b, given))
            ),
            "You multiplied the two leftovers entry by entry and did not add up. The sum of products is left_a @ left_b.",
        ),
        Misconception(
            "sum_under_the_root",
            lambda a, b, given: (
                left(a, given) @ left(b, given) / np.sqrt(np.sum(left(a, given) ** 2) + np.sum(left(b, given) ** 2))
            ),
            "Under the root you added the two sums of squares. They are multiplied.",
        ),
        Misconception(
            "brackets_missing",
            lambda a, b, given: (
                left(a, given) @ left(b, given) / np.sum(left(a, given) ** 2) * np.sum(left(b, given) ** 2)
            ),
            "Your denominator needs brackets and a root: a / b * c is (a / b) * c in Python. Divide by the square root of the product.",
        ),
        Misconception(
            "lstsq_not_unpacked",
            lstsq_not_unpacked,
            "np.linalg.lstsq returns four things. The weights are the first of them: put [0] behind the call.",
        ),
        Misconception(
            "one_given_only_by_polyfit",
            one_regressor_by_polyfit,
            "Right for one present, and np.polyfit takes no more than one. given can have k columns: use np.column_stack and np.linalg.lstsq.",
        ),
        Misconception(
            "one_given_only_by_formula",
            one_regressor_by_formula,
            "Right for one present, and the formula takes no more than one. given can have k columns: use np.column_stack and np.linalg.lstsq.",
        ),
        Misconception(
            "first_column_only",
            lambda a, b, given: markov.partial_correlation(a, b, given[:, 0] if given.ndim > 1 else given),
            "You used only the first column of given. It can have several, shape (n, k): np.column_stack takes them all.",
        ),
        Misconception(
            "whole_matrix",
            lambda a, b, given: np.corrcoef(left(a, given), left(b, given)),
            "np.corrcoef gives a 2 × 2 table. The correlation of the first with the second is its entry [0, 1].",
        ),
    ),
    alternatives=(
        from_the_inverse_covariance,
        by_removing_one_at_a_time,
        lambda a, b, given: np.corrcoef(left(a, given), left(b, given))[0, 1],
        lambda a, b, given: np.float32(cosine(left(a, given), left(b, given))),
    ),
    hints=(
        "Predict a from given with a straight line, and keep what the line gets wrong. Do the same with b. Then correlate the two leftovers.",
        "r_a = a − D·w, where D has a column of ones and the column(s) of given, and w = np.linalg.lstsq(D, a)[0]. The answer is Σ r_a·r_b / √(Σ r_a² · Σ r_b²).",
        "design = np.column_stack([np.ones(len(a)), given])\nleft_a = a - design @ ...",
    ),
)
