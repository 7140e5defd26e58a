"""Lesson 03's arithmetic of noise: two steps in one, and all of them up to t in one."""

from __future__ import annotations

import itertools

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import forward, schedules

LESSON = "03_closed_form_jump"


# --- merge_steps ----------------------------------------------------------------------------------------------


def two_betas(low, high):
    return lambda rng: {"beta_1": rng.uniform(low, high), "beta_2": rng.uniform(low, high)}


def left(beta_1, beta_2):
    """What both steps leave of the signal's variance."""
    return (1 - beta_1) * (1 - beta_2)


MERGE_STEPS = Exercise(
    function=forward.merge_steps,
    lesson=LESSON,
    points=3,
    cases=(
        Case("two steps of middling size", two_betas(0.1, 0.4)),
        Case("two large steps", two_betas(0.6, 0.9)),
        Case("a first step that does nothing, β₁ = 0", lambda rng: {"beta_1": 0.0, "beta_2": rng.uniform(0.1, 0.5)}),
        Case("two tiny steps", two_betas(1e-4, 2e-3), hidden=True),
        Case(
            "a second step that leaves only noise, β₂ = 1",
            lambda rng: {"beta_1": rng.uniform(0.1, 0.5), "beta_2": 1.0},
            hidden=True,
        ),
        Case(
            "a small step and a large one",
            lambda rng: {"beta_1": rng.uniform(0.01, 0.05), "beta_2": rng.uniform(0.7, 0.95)},
            hidden=True,
        ),
    ),
    misconceptions=(
        Misconception(
            "betas_added",
            lambda beta_1, beta_2: beta_1 + beta_2,
            "You added the two β. The second step also shrinks the noise of the first, so less than the sum comes out.",
        ),
        Misconception(
            "betas_multiplied",
            lambda beta_1, beta_2: beta_1 * beta_2,
            "You multiplied the two β. What multiplies is what each step leaves of the signal: 1 − β₁ and 1 − β₂.",
        ),
        Misconception(
            "one_minus_product_of_betas",
            lambda beta_1, beta_2: 1 - beta_1 * beta_2,
            "You multiplied the two β and subtracted afterwards. Subtract each from 1 first, then multiply, then subtract from 1 again.",
        ),
        Misconception(
            "signal_instead_of_noise",
            left,
            "That is what is left of the signal's variance, 1 − β. The function returns β itself, the noise's share.",
        ),
        Misconception(
            "scale_of_the_signal",
            lambda beta_1, beta_2: np.sqrt(left(beta_1, beta_2)),
            "That is √(1 − β), the factor before x_0. The function returns β, the variance of the noise.",
        ),
        Misconception(
            "what_is_left_subtracted_twice",
            lambda beta_1, beta_2: 1 - (1 - beta_1) - (1 - beta_2),
            "You subtracted 1 − β₁ and 1 − β₂ one after the other. The second step leaves a share *of what the first has left*, so the two multiply.",
        ),
        Misconception(
            "standard_deviation",
            lambda beta_1, beta_2: np.sqrt(1 - left(beta_1, beta_2)),
            "You took a square root at the end. β is a variance; its root would be the noise's standard deviation.",
        ),
        Misconception(
            "scales_instead_of_variances",
            lambda beta_1, beta_2: 1 - np.sqrt(left(beta_1, beta_2)),
            "You subtracted √((1 − β₁)(1 − β₂)), the scale of the signal, from 1. What adds up to 1 is variances: no root here.",
        ),
        Misconception(
            "first_noise_scaled_by_the_root",
            lambda beta_1, beta_2: np.sqrt(1 - beta_2) * beta_1 + beta_2,
            "The second step scales the first noise by √(1 − β₂), and its variance by the square of that: 1 − β₂.",
        ),
        Misconception(
            "second_noise_forgotten",
            lambda beta_1, beta_2: (1 - beta_2) * beta_1,
            "That is what is left of the first step's noise. The second step adds noise of its own, with variance β₂.",
        ),
        Misconception(
            "betas_averaged",
            lambda beta_1, beta_2: (beta_1 + beta_2) / 2,
            "You took the mean of the two β. Two steps add more noise than either alone, so β is at least as large as both.",
        ),
        Misconception(
            "squares_added",
            lambda beta_1, beta_2: np.sqrt(beta_1**2 + beta_2**2),
            "You squared the β before you added them. They are variances already, and variances add as they are, once the first is shrunk.",
        ),
        Misconception(
            "scales_added",
            lambda beta_1, beta_2: (np.sqrt((1 - beta_2) * beta_1) + np.sqrt(beta_2)) ** 2,
            "You added the scales of the two noises and squared the sum. For independent noises it is the variances that add.",
        ),
        Misconception(
            "standard_deviations_added",
            lambda beta_1, beta_2: np.sqrt((1 - beta_2) * beta_1) + np.sqrt(beta_2),
            "You added the scales of the two noises. For independent noises it is the variances that add, without roots.",
        ),
        Misconception(
            "product_with_the_wrong_sign",
            lambda beta_1, beta_2: beta_1 + beta_2 + beta_1 * beta_2,
            "The product β₁·β₂ comes in with the wrong sign. The second step shrinks the first noise, so less than the sum is left.",
        ),
    ),
    alternatives=(
        lambda beta_1, beta_2: beta_1 + beta_2 - beta_1 * beta_2,
        lambda beta_1, beta_2: np.array((1 - beta_2) * beta_1 + beta_2),
        lambda beta_1, beta_2: -np.expm1(np.log1p(-beta_1) + np.log1p(-beta_2)),
        lambda beta_1, beta_2: np.float32(1 - np.prod([1 - beta_1, 1 - beta_2])),
    ),
    hints=(
        "Ask what is left of the signal's variance after the first step, and what the second step leaves of that. The rest is noise.",
        "The first step leaves 1 − β₁, the second leaves 1 − β₂ of it, so (1 − β₁)·(1 − β₂) is left in all. The merged β is what is missing to 1.",
        "signal_left = (1 - beta_1) * ...\nreturn 1 - ...",
    ),
)


# --- alpha_bar_from_betas -------------------------------------------------------------------------------------


def schedule(steps, low=0.05, high=0.4):
    return lambda rng: {"betas": np.concatenate([[0.0], rng.uniform(low, high, steps)])}


def schedule_with(beta, place, steps=5):
    def make(rng):
        betas = np.concatenate([[0.0], rng.uniform(0.05, 0.4, steps)])
        betas[place] = beta
        return {"betas": betas}

    return make


def bars_in_place(betas):
    betas *= -1
    betas += 1
    return np.cumprod(betas)


def bars_in_a_loop(betas):
    bars = [1.0]
    for beta in betas[1:]:
        bars.append(bars[-1] * (1 - beta))
    return bars


def bars_one_at_a_time(betas):
    bars = np.ones(len(betas))
    for t in range(len(betas)):
        bars[t] = np.prod(1 - np.asarray(betas)[: t + 1])
    return bars


ALPHA_BAR_FROM_BETAS = Exercise(
    function=schedules.alpha_bar_from_betas,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one ᾱ for each time, ᾱ_0 first"},
    cases=(
        Case("five steps", schedule(5)),
        Case("one step only", schedule(1)),
        Case("six steps, one of which does nothing", schedule_with(0.0, 3, 6)),
        Case("a thousand small steps", schedule(1000, 1e-4, 0.02), hidden=True),
        Case("a last step that leaves only noise", schedule_with(1.0, -1), hidden=True),
        Case("twelve steps", schedule(12), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "each_step_alone",
            lambda betas: 1 - betas,
            "That is what each step leaves by itself. ᾱ_t counts all steps up to t: a running product.",
        ),
        Misconception(
            "betas_added",
            lambda betas: 1 - np.cumsum(betas),
            "You added up the β. What is left after each step multiplies: (1 − β_1)(1 − β_2)…, which never goes below 0.",
        ),
        Misconception(
            "betas_multiplied",
            np.cumprod,
            "Every entry is 0: a product that starts at 0 stays there. Start at 1, and multiply what the steps leave, 1 − β, not the β themselves.",
        ),
        Misconception(
            "one_minus_product_of_betas",
            lambda betas: 1 - np.cumprod(betas),
            "Every entry is 1, as if no step left a mark. Subtract first, then multiply: the product is over 1 − β.",
        ),
        Misconception(
            "sum_instead_of_product",
            lambda betas: np.cumsum(1 - betas),
            "You added up the 1 − β. Each step leaves a share of what was left before it, so they multiply: a running product.",
        ),
        Misconception(
            "last_one_only",
            lambda betas: np.prod(1 - betas),
            "You returned only the last one, ᾱ_T. Keep the product after every step: a running product.",
        ),
        Misconception(
            "square_root_taken",
            lambda betas: np.sqrt(np.cumprod(1 - betas)),
            "You took the square root. √ᾱ scales the signal; ᾱ itself, its share of the variance, has no root.",
        ),
        Misconception(
            "shares_squared",
            lambda betas: np.cumprod((1 - betas) ** 2),
            "You squared 1 − β. It is a share of variance already: multiply it as it is.",
        ),
        Misconception(
            "noise_instead_of_signal",
            lambda betas: 1 - np.cumprod(1 - betas),
            "That is the noise's share, 1 − ᾱ. ᾱ is what is left of the signal, so it starts at 1 and falls.",
        ),
        Misconception(
            "start_left_out",
            lambda betas: np.cumprod(1 - betas[1:]),
            "ᾱ_0 = 1 is missing. betas[0] is 0, so it gives 1 − 0 = 1 by itself: use all of betas.",
        ),
        Misconception(
            "start_put_in_twice",
            lambda betas: np.concatenate([[1.0], np.cumprod(1 - betas)]),
            "There is one 1 too many at the start. betas[0] is 0, so the product begins with 1 by itself.",
        ),
        Misconception(
            "last_step_missing",
            lambda betas: np.cumprod(1 - betas)[:-1],
            "The last one, ᾱ_T, is missing. There is one ᾱ for each entry of betas; in a loop, range(1, len(betas)) reaches them all.",
        ),
        Misconception(
            "one_step_behind",
            lambda betas: np.concatenate([[1.0], np.cumprod(1 - betas)[:-1]]),
            "Your ᾱ is one step behind: ᾱ_t includes step t's own β, betas[t].",
        ),
        Misconception(
            "changed_its_input",
            bars_in_place,
            "The numbers are right, but you changed betas itself (with *= or +=), and the caller still needs it. Make a new array.",
        ),
    ),
    alternatives=(
        bars_in_a_loop,
        bars_one_at_a_time,
        lambda betas: np.exp(np.cumsum(np.log1p(-np.asarray(betas)))),
        lambda betas: 1 - np.array(list(itertools.accumulate(betas, lambda a, b: a + b - a * b))),
        lambda betas: np.cumprod(1 - betas).astype(np.float32),
    ),
    hints=(
        "Each step leaves 1 − β of what the steps before it have left. So at every time, multiply what all the steps up to then leave.",
        "ᾱ_t = (1 − β_1)(1 − β_2)…(1 − β_t), for every t at once. NumPy's name for a running product is cumprod, as cumsum is for a running sum.",
        "return np.cumprod(...)",
    ),
)
