"""Lesson 04's two schedules: β in a straight line, and ᾱ along a squared cosine."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from gradual import schedules

LESSON = "04_noise_schedules"
AXES = {"T+1": "one β for each time, betas[0] = 0 for the clean data"}


def zero_first(betas):
    return np.concatenate([[0.0], betas])


# --- linear_beta_schedule -------------------------------------------------------------------------------------


def line_inputs(rng):
    return {"T": int(rng.integers(5, 9)), "beta_start": rng.uniform(0.01, 0.05), "beta_end": rng.uniform(0.2, 0.4)}


def line(places):
    """A (possibly wrong) line: ``places(T)`` says how far along it each β is, from 0 to 1."""
    return lambda T, start=1e-4, end=0.02: zero_first(start + (end - start) * places(T))


def line_by_loop(T, beta_start=1e-4, beta_end=0.02):
    betas, rise = [0.0, beta_start], (beta_end - beta_start) / (T - 1)
    for _ in range(T - 1):
        betas.append(betas[-1] + rise)
    return betas


def line_into_zeros(T, beta_start=1e-4, beta_end=0.02):
    betas = np.zeros(T + 1)
    betas[1:] = np.linspace(beta_start, beta_end, T)
    return betas


def line_without_last_step(T, beta_start=1e-4, beta_end=0.02):
    betas = np.zeros(T + 1)
    betas[1:T] = np.linspace(beta_start, beta_end, T)[:-1]
    return betas


LINEAR = Exercise(
    function=schedules.linear_beta_schedule,
    lesson=LESSON,
    points=3,
    axes=AXES,
    cases=(
        Case("a few steps between two ends", line_inputs),
        Case("T = 1000 and nothing else given: the published schedule", lambda rng: {"T": 1000}),
        Case("T = 2: only a first and a last step", lambda rng: {**line_inputs(rng), "T": 2}),
        Case("a constant β", lambda rng: {"T": 40, "beta_start": 0.015, "beta_end": 0.015}, hidden=True),
        Case("a β that falls", lambda rng: {"T": 12, "beta_start": 0.3, "beta_end": rng.uniform(0, 0.1)}, hidden=True),
        Case("T = 150, the published ends", lambda rng: {"T": 150}, hidden=True),
    ),
    misconceptions=(
        Misconception(
            "clean_entry_missing",
            lambda T, start=1e-4, end=0.02: np.linspace(start, end, T),
            "Your array starts at step 1, so it has T entries. Put a 0 in front: betas[0] belongs to the clean data.",
        ),
        Misconception(
            "line_starts_at_the_clean_data",
            lambda T, start=1e-4, end=0.02: np.linspace(start, end, T + 1),
            "Your line has T + 1 points and gives the clean data noise: betas[0] is beta_start. "
            "betas[0] is 0, and the line runs over the T steps after it.",
        ),
        Misconception(
            "starts_one_gap_late",
            line(lambda T: np.arange(1, T + 1) / T),
            "betas[1] is already one gap above beta_start. The line has T points and starts at step 1: "
            "draw it with T points first, and put the clean data's 0 in front.",
        ),
        Misconception(
            "line_starts_at_zero",
            lambda T, start=1e-4, end=0.02: np.linspace(0, end, T + 1),
            "Your line rises from 0, the clean data's entry. It should start at step 1, with betas[1] = beta_start.",
        ),
        Misconception(
            "end_not_reached",
            line(lambda T: np.arange(T) / T),
            "The last β is smaller than beta_end. There are T points and T − 1 gaps between them, so divide by T − 1.",
        ),
        Misconception(
            "root_in_a_straight_line",
            lambda T, start=1e-4, end=0.02: zero_first(np.linspace(start**0.5, end**0.5, T) ** 2),
            "You drew √β as a straight line and squared it. That is another schedule, in use too; here β itself is straight.",
        ),
        Misconception(
            "alpha_instead_of_beta",
            lambda T, start=1e-4, end=0.02: 1 - zero_first(np.linspace(start, end, T)),
            "You returned 1 − β, the share of variance that a step keeps. Return β, the variance of its noise.",
        ),
        Misconception(
            "alpha_bar_instead_of_beta",
            lambda T, start=1e-4, end=0.02: np.cumprod(1 - zero_first(np.linspace(start, end, T))),
            "You returned ᾱ, the product of all 1 − β. Return the β themselves; alpha_bar_from_betas does the rest.",
        ),
        Misconception(
            "ends_not_used",
            lambda T, start=1e-4, end=0.02: zero_first(np.linspace(1e-4, 0.02, T)),
            "Your line always runs from 0.0001 to 0.02. Those are only the defaults: use beta_start and beta_end.",
        ),
        Misconception(
            "formula_at_the_clean_data",
            lambda T, start=1e-4, end=0.02: start + (end - start) * (np.arange(T + 1) - 1) / (T - 1),
            "Steps 1 to T are right. The formula begins at t = 1, and you used it at t = 0 too: betas[0] is 0.",
        ),
        Misconception(
            "last_step_missing",
            line_without_last_step,
            "The last entry is still 0, because the loop ends before step T. range(1, T + 1) goes up to T.",
        ),
        Misconception(
            "zero_not_in_a_list",
            lambda T, start=1e-4, end=0.02: np.concatenate([0.0, np.linspace(start, end, T)]),
            "np.concatenate joins arrays and lists, and 0.0 is a bare number. Put it in a list of its own: [0.0].",
        ),
        Misconception(
            "clean_entry_last",
            lambda T, start=1e-4, end=0.02: np.append(np.linspace(start, end, T), 0.0),
            "The 0 is at the end. It belongs to the clean data, which is index 0, so it comes first.",
        ),
    ),
    alternatives=(
        line_by_loop,
        line_into_zeros,
        line(lambda T: np.arange(T) / (T - 1)),
        lambda T, start=1e-4, end=0.02: zero_first(np.linspace(start, end, T)).astype(np.float32),
    ),
    hints=(
        "Make the T values of β first, evenly spaced from beta_start to beta_end. Then put the clean data's 0 in front.",
        "np.linspace(a, b, n) gives n evenly spaced numbers from a to b, both included. np.concatenate joins a list of arrays.",
        "line = np.linspace(..., ..., T)\nreturn np.concatenate([[0.0], ...])",
    ),
)


# --- cosine_beta_schedule -------------------------------------------------------------------------------------


def squared_cosine(T, s=0.008, quarter=np.pi / 2, power=2, squeeze=True):
    return np.cos((np.arange(T + 1) / T + s) / (1 + s if squeeze else 1) * quarter) ** power


def cosine(betas_of, **about):
    """A (possibly wrong) cosine schedule: ``betas_of(f)`` gives the T values of β."""
    return lambda T, s=0.008, max_beta=0.999: zero_first(np.minimum(betas_of(squared_cosine(T, s, **about)), max_beta))


def step_noise(f):
    return 1 - f[1:] / f[:-1]


def cosine_one_step_at_a_time(T, s=0.008, max_beta=0.999):
    betas = [0.0]
    for t in range(1, T + 1):
        now, before = (np.cos((u / T + s) / (1 + s) * np.pi / 2) ** 2 for u in (t, t - 1))
        betas.append(min(1 - now / before, max_beta))
    return betas


def cosine_by_differences(T, s=0.008, max_beta=0.999):
    alpha_bar = squared_cosine(T, s)
    alpha_bar = alpha_bar / alpha_bar[0]
    betas = np.zeros(T + 1)
    betas[1:] = np.clip(-np.diff(alpha_bar) / alpha_bar[:-1], 0, max_beta)
    return betas


def cosine_of_double_angle(T, s=0.008, max_beta=0.999):
    alpha_bar = (1 + np.cos((np.linspace(0, 1, T + 1) + s) / (1 + s) * np.pi)) / 2
    return zero_first([min(1 - after / before, max_beta) for before, after in zip(alpha_bar, alpha_bar[1:])])


COSINE = Exercise(
    function=schedules.cosine_beta_schedule,
    lesson=LESSON,
    points=3,
    axes=AXES,
    cases=(
        Case("a few steps, another s", lambda rng: {"T": int(rng.integers(6, 11)), "s": rng.uniform(0.03, 0.1)}),
        Case("T = 1000 and nothing else given: the published schedule", lambda rng: {"T": 1000}),
        Case("max_beta = 0.4, which several steps would exceed", lambda rng: {"T": 8, "s": 0.008, "max_beta": 0.4}),
        Case("s = 0", lambda rng: {"T": 12, "s": 0.0}, hidden=True),
        Case("fifty steps, max_beta drawn", lambda rng: {"T": 50, "s": 0.02, "max_beta": rng.uniform(0.3, 0.8)}, hidden=True),
        Case("one step", lambda rng: {"T": 1}, hidden=True),
    ),
    misconceptions=(
        Misconception(
            "alpha_bar_instead_of_beta",
            lambda T, s=0.008, max_beta=0.999: squared_cosine(T, s) / squared_cosine(T, s)[0],
            "You returned ᾱ itself. Return the β that make it: β_t = 1 − ᾱ_t/ᾱ_{t−1}, from each ᾱ and the one before it.",
        ),
        Misconception(
            "noise_so_far_instead_of_the_step",
            cosine(lambda f: 1 - f[1:] / f[0]),
            "You returned 1 − ᾱ_t: all the noise since the start. β_t is the noise of one step: compare ᾱ_t with ᾱ_{t−1}.",
        ),
        Misconception(
            "difference_instead_of_ratio",
            cosine(lambda f: (f[:-1] - f[1:]) / f[0]),
            "You took the difference ᾱ_{t−1} − ᾱ_t. Steps multiply: ᾱ_t = ᾱ_{t−1}·(1 − β_t), so β comes from a ratio.",
        ),
        Misconception(
            "ratio_upside_down",
            cosine(lambda f: 1 - f[:-1] / f[1:]),
            "The ratio is upside down, so the β came out negative. ᾱ falls: divide the later one by the one before it.",
        ),
        Misconception(
            "first_step_lost",
            lambda T, s=0.008, max_beta=0.999: np.delete(cosine(step_noise)(T, s, max_beta), 1),
            "β_1 is missing: it needs f(0), and your times start at 1. Compute f at t = 0, 1, …, T.",
        ),
        Misconception(
            "not_squared",
            cosine(step_noise, power=1),
            "ᾱ follows the cosine without its square. The cosine is the size √ᾱ; ᾱ is a share of variance, the cosine squared.",
        ),
        Misconception(
            "not_clipped",
            lambda T, s=0.008, max_beta=0.999: zero_first(step_noise(squared_cosine(T, s))),
            "max_beta is not used: at the end ᾱ comes down to 0, so the last β comes out as 1. No β may be above max_beta.",
        ),
        Misconception(
            "maximum_for_minimum",
            lambda T, s=0.008, max_beta=0.999: zero_first(np.maximum(step_noise(squared_cosine(T, s)), max_beta)),
            "Every β is at least max_beta, because np.maximum takes the larger of two. No β may be above it: take the smaller.",
        ),
        Misconception(
            "min_of_an_array",
            lambda T, s=0.008, max_beta=0.999: zero_first(min(step_noise(squared_cosine(T, s)), max_beta)),
            "Python's min compares two things as wholes, which an array cannot do. np.minimum compares entry by entry.",
        ),
        Misconception(
            "offset_left_out",
            lambda T, s=0.008, max_beta=0.999: cosine(step_noise)(T, 0.0, max_beta),
            "s is not used. It shifts where the cosine starts: (t/T + s)/(1 + s), and not t/T.",
        ),
        Misconception(
            "not_squeezed",
            cosine(step_noise, squeeze=False),
            "The angle runs past a quarter turn, because t/T + s ends above 1. Divide it by 1 + s.",
        ),
        Misconception(
            "in_degrees",
            cosine(step_noise, quarter=90),
            "np.cos takes radians, and 90 is a quarter turn in degrees. In radians it is np.pi / 2.",
        ),
        Misconception(
            "half_turn",
            cosine(step_noise, quarter=np.pi),
            "The angle runs to π, half a turn, so the squared cosine goes to 0 and comes back. It should end at π/2.",
        ),
        Misconception(
            "clean_entry_missing",
            lambda T, s=0.008, max_beta=0.999: cosine(step_noise)(T, s, max_beta)[1:],
            "Your array starts at step 1, so it has T entries. Put a 0 in front: betas[0] belongs to the clean data.",
        ),
        Misconception(
            "max_beta_fixed",
            lambda T, s=0.008, max_beta=0.999: cosine(step_noise)(T, s, 0.999),
            "You clip at 0.999 whatever max_beta is. That is only its default: clip at the argument.",
        ),
    ),
    alternatives=(
        cosine_one_step_at_a_time,
        cosine_by_differences,
        cosine_of_double_angle,
        lambda T, s=0.008, max_beta=0.999: cosine(step_noise)(T, s, max_beta).astype(np.float32),
    ),
    hints=(
        "Compute f at all T + 1 times at once. Then each β is 1 less a ratio of two neighbours. Clip, and put the clean data's 0 in front.",
        "t is np.arange(T + 1). With f in hand, f[1:] holds the later of each two neighbours and f[:-1] the earlier. "
        "The division by f(0) cancels in the ratio. np.minimum(betas, max_beta) clips.",
        "f = np.cos((np.arange(T + 1) / T + s) / ... * ...) ** 2\nbetas = 1 - f[...] / f[...]",
    ),
)
