"""Lesson 06's conversions: x₀ and ε from each other, and the mistakes in t and in shapes that all four share."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.one_step_back import LESSON
from gradual import parameterization
from gradual.forward import expand_like

root = np.sqrt


def conversion_inputs(given, shape, times, T=10):
    """``given`` is the second argument's name; ``times`` is an int, or None for a time of its own for each sample."""

    def make(rng):
        alpha_bar = np.cumprod(1 - np.concatenate([[0.0], rng.uniform(0.1, 0.35, T)]))
        t = 1 + rng.permutation(T)[: shape[0]] if times is None else times
        return {"x_t": rng.normal(1, 1, shape), given: rng.normal(size=shape), "t": t, "alpha_bar": alpha_bar}

    return make


def cases(given):
    return (
        Case("a batch of points, all at t = 4", conversion_inputs(given, (5, 2), 4)),
        Case("four images of 4×4, each at its own t", conversion_inputs(given, (4, 4, 4), None)),
        Case("six points, each at its own t", conversion_inputs(given, (6, 2), None)),
        Case("at the first step, t = 1", conversion_inputs(given, (3, 2), 1), hidden=True),
        Case("at the last step, t = T", conversion_inputs(given, (4, 2), 10), hidden=True),
        Case("five images that are not square, each at its own t", conversion_inputs(given, (5, 3, 4), None), hidden=True),
    )


def at(rule):
    """A conversion from its rule, a function of x_t, what is given, and the expanded ᾱ_t."""
    return lambda x, given, t, alpha_bar: rule(x, given, expand_like(alpha_bar[t], x))


def slips(rule, *halves):
    """The mistakes in t and in shapes, for the conversion with this rule; ``halves`` expand one factor of two."""
    convert = at(rule)
    yield Misconception(
        "one_step_early",
        lambda x, given, t, alpha_bar: convert(x, given, t - 1, alpha_bar),
        "You used alpha_bar[t - 1]. x_t is at time t, so its ᾱ_t is alpha_bar[t].",
    )
    yield Misconception(
        "not_expanded",
        lambda x, given, t, alpha_bar: rule(x, given, alpha_bar[t]),
        "With one t for each sample, alpha_bar[t] has shape (B,), and NumPy lines that up with the last axis of x_t, not with the batch. expand_like(alpha_bar[t], x_t) gives it the right shape.",
    )
    for number, half in enumerate(halves):
        yield Misconception(
            f"one_factor_expanded_{number}",
            lambda x, given, t, alpha_bar, half=half: half(x, given, alpha_bar[t], expand_like(alpha_bar[t], x)),
            "One factor is right for each sample, another has not been expanded. Expand once, a = expand_like(alpha_bar[t], x_t), and use a in every place.",
        )
    yield Misconception(
        "one_new_axis",
        lambda x, given, t, alpha_bar: rule(x, given, alpha_bar[t][:, None]),
        "[:, None] asks for an array t and a batch with two axes. t may be one int, and x_t may be images: expand_like(alpha_bar[t], x_t) serves all of them.",
    )
    yield Misconception(
        "no_index",
        lambda x, given, t, alpha_bar: rule(x, given, alpha_bar),
        "You used all of alpha_bar at once. Look the time up first, alpha_bar[t].",
    )
    yield Misconception(
        "all_expanded",
        lambda x, given, t, alpha_bar: convert(x, given, slice(None), alpha_bar),
        "You expanded all of alpha_bar. Look the time up first: expand_like(alpha_bar[t], x_t).",
    )
    yield Misconception(
        "time_made_an_int",
        lambda x, given, t, alpha_bar: convert(x, given, int(t), alpha_bar),
        "t can be an array with a time for each sample, and int() takes one number only. alpha_bar[t] works for both.",
    )
    yield Misconception(
        "one_time_for_all",
        lambda x, given, t, alpha_bar: convert(x, given, int(np.ravel(t)[0]), alpha_bar),
        "You used the first sample's t for the whole batch. With an array t, each sample has its own.",
    )


def in_other_words(rule):
    """The same conversion as a loop over samples, and in single precision."""

    def by_loop(x, given, t, alpha_bar):
        return [rule(row, one, alpha_bar[s]) for row, one, s in zip(x, given, np.broadcast_to(t, len(x)))]

    return by_loop, lambda x, given, t, alpha_bar: np.float32(at(rule)(x, given, t, alpha_bar))


def in_place(rule, name="x_t"):
    """A conversion that works on its argument of that name."""

    def convert(x_t, given, t, alpha_bar):
        changed = x_t if name == "x_t" else given
        changed[...] = at(rule)(x_t, given, t, alpha_bar)
        return changed

    return Misconception(
        "changed_its_input",
        convert,
        f"The numbers are right, but you changed {name} itself (with -= or /=), and the caller still needs it. Make a new array.",
    )


def wrong(name, rule, sentence):
    return Misconception(name, at(rule), sentence)


def x0_rule(x, eps, a):
    return (x - root(1 - a) * eps) / root(a)


X0_FROM_EPS = Exercise(
    function=parameterization.x0_from_eps,
    lesson=LESSON,
    points=2,
    axes={"B": "one sample a row"},
    cases=cases("eps"),
    misconceptions=(
        wrong(
            "not_scaled_up", lambda x, e, a: x - root(1 - a) * e,
            "You have √ᾱ_t · x₀, the data in its shrunken form. Divide by √ᾱ_t to come back to its own scale.",
        ),
        wrong(
            "divided_by_alpha_bar", lambda x, e, a: (x - root(1 - a) * e) / a,
            "You divided by ᾱ_t. The data was scaled by √ᾱ_t, so undo that: divide by √ᾱ_t.",
        ),
        wrong(
            "scaled_down_again", lambda x, e, a: (x - root(1 - a) * e) * root(a),
            "You multiplied by √ᾱ_t. The data was shrunk by it on the way here; going back, divide.",
        ),
        wrong(
            "noise_added", lambda x, e, a: (x + root(1 - a) * e) / root(a),
            "You added the noise once more. It was added on the way here, so take it away.",
        ),
        wrong(
            "noise_by_its_variance", lambda x, e, a: (x - (1 - a) * e) / root(a),
            "You took away (1 − ᾱ_t) · ε. That is the noise's variance; the noise itself was scaled by the root of it.",
        ),
        wrong(
            "no_roots", lambda x, e, a: (x - (1 - a) * e) / a,
            "Both roots are missing. ᾱ_t and 1 − ᾱ_t are variances; the numbers themselves are scaled by √ᾱ_t and √(1 − ᾱ_t).",
        ),
        wrong(
            "brackets_missing", lambda x, e, a: x - root(1 - a) * e / root(a),
            "Only the noise is divided by √ᾱ_t. Put brackets around the difference: first take the noise away, then scale up.",
        ),
        wrong(
            "noise_not_scaled_up", lambda x, e, a: x / root(a) - root(1 - a) * e,
            "Only x_t is divided by √ᾱ_t. Put brackets around the difference: first take the noise away, then scale up.",
        ),
        wrong(
            "coefficients_swapped", lambda x, e, a: (x - root(a) * e) / root(1 - a),
            "The two factors are swapped. √(1 − ᾱ_t) belongs to the noise, √ᾱ_t to the data.",
        ),
        wrong(
            "full_noise", lambda x, e, a: (x - e) / root(a),
            "You took away the whole ε. Only √(1 − ᾱ_t) times ε is in x_t.",
        ),
        wrong(
            "eps_taken_for_a_score", lambda x, e, a: (x + (1 - a) * e) / root(a),
            "That would be right if the argument were the score, as in Tweedie's formula. It is the noise ε: it comes in with √(1 − ᾱ_t) and a minus.",
        ),
        wrong(
            "one_minus_the_root", lambda x, e, a: (x - (1 - root(a)) * e) / root(a),
            "You scaled the noise by 1 − √ᾱ_t. Subtract first, then take the root: √(1 − ᾱ_t).",
        ),
        *slips(
            x0_rule,
            lambda x, e, raw, a: (x - root(1 - raw) * e) / root(a),
            lambda x, e, raw, a: (x - root(1 - a) * e) / root(raw),
        ),
        in_place(x0_rule),
    ),
    alternatives=(
        *in_other_words(x0_rule),
        at(lambda x, e, a: x / root(a) - root(1 / a - 1) * e),
    ),
    hints=(
        "x_t is two things added: shrunken data and scaled noise. Take the noise away, then undo the shrinking.",
        "x₀ = (x_t − √(1 − ᾱ_t) · ε) / √ᾱ_t, with ᾱ_t = expand_like(alpha_bar[t], x_t).",
        "alpha_bar_t = expand_like(alpha_bar[t], x_t)\nreturn (x_t - ... * eps) / ...",
    ),
)


def eps_rule(x, x0, a):
    return (x - root(a) * x0) / root(1 - a)


EPS_FROM_X0 = Exercise(
    function=parameterization.eps_from_x0,
    lesson=LESSON,
    points=2,
    axes={"B": "one sample a row"},
    cases=cases("x0"),
    misconceptions=(
        wrong(
            "not_divided", lambda x, c, a: x - root(a) * c,
            "You have √(1 − ᾱ_t) · ε, the noise as it stands in x_t. Divide by √(1 − ᾱ_t), so that it has variance 1 again.",
        ),
        wrong(
            "divided_by_the_variance", lambda x, c, a: (x - root(a) * c) / (1 - a),
            "You divided by 1 − ᾱ_t, the noise's variance. The noise was scaled by the root of it.",
        ),
        wrong(
            "multiplied", lambda x, c, a: (x - root(a) * c) * root(1 - a),
            "You multiplied by √(1 − ᾱ_t). The noise was scaled by it on the way here; going back, divide.",
        ),
        wrong(
            "data_not_shrunk", lambda x, c, a: (x - c) / root(1 - a),
            "You took away all of x₀. Only √ᾱ_t of it is left in x_t.",
        ),
        wrong(
            "data_by_alpha_bar", lambda x, c, a: (x - a * c) / root(1 - a),
            "You took away ᾱ_t · x₀. ᾱ_t is the share of the variance; the data itself is scaled by √ᾱ_t.",
        ),
        wrong(
            "no_roots", lambda x, c, a: (x - a * c) / (1 - a),
            "Both roots are missing. ᾱ_t and 1 − ᾱ_t are variances; the numbers themselves are scaled by √ᾱ_t and √(1 − ᾱ_t).",
        ),
        wrong(
            "data_added", lambda x, c, a: (x + root(a) * c) / root(1 - a),
            "You added the data once more. Take it away from x_t: what remains is noise.",
        ),
        wrong(
            "turned_round", lambda x, c, a: (root(a) * c - x) / root(1 - a),
            "The difference is the wrong way round. The noise is what x_t has and the shrunken data has not: x_t − √ᾱ_t · x₀.",
        ),
        wrong(
            "coefficients_swapped", lambda x, c, a: (x - root(1 - a) * c) / root(a),
            "The two factors are swapped. √ᾱ_t belongs to the data, √(1 − ᾱ_t) to the noise.",
        ),
        wrong(
            "divided_by_the_signal", lambda x, c, a: (x - root(a) * c) / root(a),
            "You divided by √ᾱ_t. What is left after the subtraction is noise, and that was scaled by √(1 − ᾱ_t).",
        ),
        wrong(
            "brackets_missing", lambda x, c, a: x - root(a) * c / root(1 - a),
            "Only the data is divided by √(1 − ᾱ_t). Put brackets around the difference: first take the data away, then divide.",
        ),
        wrong(
            "one_minus_the_root", lambda x, c, a: (x - root(a) * c) / (1 - root(a)),
            "You divided by 1 − √ᾱ_t. Subtract first, then take the root: √(1 − ᾱ_t).",
        ),
        *slips(
            eps_rule,
            lambda x, c, raw, a: (x - root(raw) * c) / root(1 - a),
            lambda x, c, raw, a: (x - root(a) * c) / root(1 - raw),
        ),
        in_place(eps_rule),
        wrong(
            "difference_alone", lambda x, x0, a: x - x0,
            "You took x_t − x₀. Only √ᾱ_t of x₀ is left in x_t, and what is left over is √(1 − ᾱ_t) · ε: divide by that root.",
        ),
    ),
    alternatives=(
        *in_other_words(eps_rule),
        at(lambda x, c, a: (x / root(a) - c) / root(1 / a - 1)),
    ),
    hints=(
        "x_t is two things added: shrunken data and scaled noise. This time take the data away, then undo the scaling of the noise.",
        "ε = (x_t − √ᾱ_t · x₀) / √(1 − ᾱ_t), with ᾱ_t = expand_like(alpha_bar[t], x_t).",
        "alpha_bar_t = expand_like(alpha_bar[t], x_t)\nreturn (x_t - ... * x0) / ...",
    ),
)
