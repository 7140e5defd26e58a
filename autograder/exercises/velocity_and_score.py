"""Lesson 06's other two conversions: v and the score, from ε."""

from __future__ import annotations

from autograder.exercise import Exercise, Misconception
from autograder.exercises.conversions import at, cases, in_other_words, in_place, root, slips, wrong, x0_rule
from autograder.exercises.one_step_back import LESSON
from gradual import parameterization


def v_rule(x, eps, a):
    return root(a) * eps - root(1 - a) * x0_rule(x, eps, a)


def without_x0(x_t, eps, t, alpha_bar):
    raise NameError("name 'x0' is not defined")


V_FROM_EPS = Exercise(
    function=parameterization.v_from_eps,
    lesson=LESSON,
    points=2,
    axes={"B": "one sample a row"},
    cases=cases("eps"),
    misconceptions=(
        wrong(
            "turned_round", lambda x, e, a: root(1 - a) * x0_rule(x, e, a) - root(a) * e,
            "Your v has the right size and points the other way. The noise comes in with a plus and the data with a minus.",
        ),
        wrong(
            "data_added", lambda x, e, a: root(a) * e + root(1 - a) * x0_rule(x, e, a),
            "You added the data. v is the noise's part minus the data's part.",
        ),
        wrong(
            "coefficients_swapped", lambda x, e, a: root(1 - a) * e - root(a) * x0_rule(x, e, a),
            "The two factors are swapped. In v it is the noise that goes with √ᾱ_t, and the data with √(1 − ᾱ_t): the other way round than in x_t.",
        ),
        wrong(
            "x_t_for_x0", lambda x, e, a: root(a) * e - root(1 - a) * x,
            "You put x_t where x₀ belongs. Find x₀ from x_t and ε first.",
        ),
        wrong(
            "x0_not_scaled_up", lambda x, e, a: root(a) * e - root(1 - a) * (x - root(1 - a) * e),
            "Your x₀ is still shrunken: after the noise is taken away, divide by √ᾱ_t.",
        ),
        wrong(
            "no_roots", lambda x, e, a: a * e - (1 - a) * x0_rule(x, e, a),
            "The factors of ε and x₀ lack their roots: √ᾱ_t and √(1 − ᾱ_t).",
        ),
        wrong(
            "plain_difference", lambda x, e, a: e - x0_rule(x, e, a),
            "You took ε − x₀. In v each of the two has a factor: √ᾱ_t and √(1 − ᾱ_t).",
        ),
        wrong(
            "x_t_again", lambda x, e, a: root(a) * x0_rule(x, e, a) + root(1 - a) * e,
            "You put data and noise together to x_t again. In v the factors change places and the data gets a minus.",
        ),
        wrong(
            "data_minus_noise", lambda x, e, a: root(a) * x0_rule(x, e, a) - root(1 - a) * e,
            "Data and noise have changed roles. In v, √ᾱ_t goes with the noise, and √(1 − ᾱ_t) with the data, which has the minus.",
        ),
        wrong(
            "x0_left_out", lambda x, e, a: root(a) * e,
            "That is the noise's part alone. The data's part, √(1 − ᾱ_t) · x₀, is taken away from it.",
        ),
        wrong(
            "x0_divided_by_alpha_bar", lambda x, e, a: root(a) * e - root(1 - a) * (x - root(1 - a) * e) / a,
            "In your x₀, the division is by ᾱ_t. The data was scaled by √ᾱ_t, so divide by that.",
        ),
        Misconception(
            "x0_from_nowhere",
            without_x0,
            "v_from_eps does not get x0: it gets x_t and eps. Find x0 from them first, as in x0_from_eps.",
        ),
        *slips(v_rule, lambda x, e, raw, a: root(raw) * e - root(1 - raw) * x0_rule(x, e, a)),
        in_place(v_rule),
    ),
    alternatives=(
        *in_other_words(v_rule),
        at(lambda x, e, a: (e - root(1 - a) * x) / root(a)),
    ),
    hints=(
        "v is made of the noise and the data. You have the noise; what you write in x0_from_eps gives the data.",
        "First x₀ = (x_t − √(1 − ᾱ_t) · ε) / √ᾱ_t, then v = √ᾱ_t · ε − √(1 − ᾱ_t) · x₀.",
        "x0 = ...\nreturn ... * eps - ... * x0",
    ),
)


def score_rule(x, eps, a):
    return -eps / root(1 - a)


SCORE_FROM_EPS = Exercise(
    function=parameterization.score_from_eps,
    lesson=LESSON,
    points=2,
    axes={"B": "one sample a row"},
    cases=cases("eps"),
    misconceptions=(
        wrong(
            "minus_missing", lambda x, e, a: e / root(1 - a),
            "The minus is missing. The noise led away from the data, and the score points back to it.",
        ),
        wrong(
            "divided_by_the_variance", lambda x, e, a: -e / (1 - a),
            "You divided by 1 − ᾱ_t. For ε, which has variance 1, it is the standard deviation √(1 − ᾱ_t).",
        ),
        wrong(
            "multiplied", lambda x, e, a: -root(1 - a) * e,
            "You multiplied by √(1 − ᾱ_t). That is the way from the score to ε; here, divide.",
        ),
        wrong(
            "multiplied_by_the_variance", lambda x, e, a: -(1 - a) * e,
            "You multiplied by 1 − ᾱ_t. Divide by √(1 − ᾱ_t): the less noise there is, the longer the score.",
        ),
        wrong(
            "not_divided", lambda x, e, a: -e,
            "The direction is right, the length is not yet: divide by √(1 − ᾱ_t).",
        ),
        wrong(
            "divided_by_the_signal", lambda x, e, a: -e / root(a),
            "You divided by √ᾱ_t, the signal's factor. The score depends on how wide the noise is: √(1 − ᾱ_t).",
        ),
        wrong(
            "one_minus_the_root", lambda x, e, a: -e / (1 - root(a)),
            "You divided by 1 − √ᾱ_t. Subtract first, then take the root: √(1 − ᾱ_t).",
        ),
        wrong(
            "x_t_for_eps", lambda x, e, a: -x / root(1 - a),
            "You used x_t. It is the noise ε that gives the score; of x_t, the shape is all you need.",
        ),
        wrong(
            "x_t_minus_eps", lambda x, e, a: -(x - e) / (1 - a),
            "You took ε for a mean, in −(x − mean) / variance. ε is the noise: the score is −ε divided by √(1 − ᾱ_t).",
        ),
        *slips(score_rule),
        in_place(score_rule, "eps"),
        wrong(
            "pull_to_zero", lambda x, e, a: -x / (1 - a),
            "That is a pull from x_t to 0. The centre is √ᾱ_t · x₀, and the way from it to x_t is √(1 − ᾱ_t) · ε: put that in the place of x_t.",
        ),
    ),
    alternatives=(
        *in_other_words(score_rule),
        at(lambda x, e, a: -(x - root(a) * x0_rule(x, e, a)) / (1 - a)),
    ),
    hints=(
        "x_t is a Gaussian around √ᾱ_t · x₀, so its score is a pull back to that centre. The way from the centre to x_t is the noise in it.",
        "∇ log q = −(x_t − √ᾱ_t · x₀) / (1 − ᾱ_t), and x_t − √ᾱ_t · x₀ is √(1 − ᾱ_t) · ε. One root cancels.",
        "return -eps / ...",
    ),
)
