"""Lesson 04's measure and its repair: the signal-to-noise ratio, and a schedule that ends without signal."""

from __future__ import annotations

import numpy as np

from autograder.exercise import Case, Exercise, Misconception
from autograder.exercises.beta_schedules import LESSON, zero_first
from gradual import schedules

# --- snr ------------------------------------------------------------------------------------------------------


def snr_with_an_if(alpha_bar):
    if alpha_bar == 1:
        return np.inf
    return alpha_bar / (1 - alpha_bar)


def snr_in_place(alpha_bar):
    alpha_bar /= 1 - alpha_bar
    return alpha_bar


def snr_entry_by_entry(alpha_bar):
    values = [np.inf if a == 1 else a / (1 - a) for a in np.ravel(alpha_bar)]
    return np.reshape(values, np.shape(alpha_bar))


def snr_where_there_is_noise(alpha_bar):
    alpha_bar = np.asarray(alpha_bar, dtype=float)
    return np.divide(alpha_bar, 1 - alpha_bar, out=np.full(alpha_bar.shape, np.inf), where=alpha_bar < 1)


SNR = Exercise(
    function=schedules.snr,
    lesson=LESSON,
    points=2,
    axes={"the first axis": "one ratio for each ᾱ"},
    cases=(
        Case("six values of ᾱ", lambda rng: {"alpha_bar": rng.uniform(0.05, 0.9, 6)}),
        Case("a schedule that starts at ᾱ = 1", lambda rng: {"alpha_bar": np.array([1.0, 0.9, 0.6, 0.2, 0.01])}),
        Case("one number", lambda rng: {"alpha_bar": float(rng.uniform(0.2, 0.45))}),
        Case("a column, shape (5, 1)", lambda rng: {"alpha_bar": rng.uniform(0.1, 0.9, (5, 1))}, hidden=True),
        Case("ᾱ = 0 at the end", lambda rng: {"alpha_bar": np.array([1.0, rng.uniform(0.1, 0.4), 0.0])}, hidden=True),
    ),
    misconceptions=(
        Misconception(
            "sizes_instead_of_variances",
            lambda alpha_bar: np.sqrt(alpha_bar) / np.sqrt(1 - alpha_bar),
            "You divided the sizes √ᾱ and √(1 − ᾱ). The SNR compares variances: leave the roots out.",
        ),
        Misconception(
            "root_of_the_signal_only",
            lambda alpha_bar: np.sqrt(alpha_bar) / (1 - alpha_bar),
            "The signal has a root and the noise has none, so you compare a size with a variance. Leave the root out.",
        ),
        Misconception(
            "root_of_the_noise_only",
            lambda alpha_bar: alpha_bar / np.sqrt(1 - alpha_bar),
            "The noise has a root and the signal has none, so you compare a variance with a size. Leave the root out.",
        ),
        Misconception(
            "upside_down",
            lambda alpha_bar: (1 - alpha_bar) / alpha_bar,
            "That is noise over signal. The clean end has much signal and no noise, so its ratio should be the largest.",
        ),
        Misconception(
            "logarithm_taken",
            lambda alpha_bar: np.log(np.divide(alpha_bar, 1 - np.asarray(alpha_bar))),
            "You returned the logarithm of the ratio. snr is the ratio itself; the pictures take the logarithm later.",
        ),
        Misconception(
            "in_decibels",
            lambda alpha_bar: 10 * np.log10(np.divide(alpha_bar, 1 - np.asarray(alpha_bar))),
            "You returned decibels, 10·log₁₀ of the ratio. snr is the plain ratio.",
        ),
        Misconception(
            "signal_over_everything",
            lambda alpha_bar: alpha_bar / (alpha_bar + (1 - alpha_bar)),
            "You divided by signal and noise together, which add up to 1, so you got ᾱ back. Divide by the noise alone.",
        ),
        Misconception(
            "noise_alone",
            lambda alpha_bar: 1 / (1 - np.asarray(alpha_bar)),
            "You divided 1 by the noise. The signal is ᾱ, not 1: it has shrunk while the noise came in.",
        ),
        Misconception(
            "variances_squared",
            lambda alpha_bar: np.divide(alpha_bar, 1 - np.asarray(alpha_bar)) ** 2,
            "You squared. ᾱ and 1 − ᾱ are variances already, so their ratio needs no square.",
        ),
        *(
            Misconception(
                f"{small:.0e}_added",
                lambda alpha_bar, small=small: alpha_bar / (1 - alpha_bar + small),
                "You added a small number to avoid a division by 0. The clean data has no noise, so its ratio is ∞, "
                "and NumPy's own division gives that.",
            )
            for small in (1e-12, 1e-10, 1e-8, 1e-6)
        ),
        Misconception(
            "brackets_missing",
            lambda alpha_bar: alpha_bar / 1 - alpha_bar,
            "Python divides before it subtracts, so alpha_bar / 1 - alpha_bar is 0. Put the 1 − ᾱ in brackets.",
        ),
        Misconception(
            "loop_over_one_number",
            lambda alpha_bar: np.array([np.divide(a, 1 - a) for a in alpha_bar]),
            "alpha_bar may be one number, and a number cannot be looped over. NumPy's division takes arrays and numbers alike.",
        ),
        Misconception(
            "if_on_an_array",
            snr_with_an_if,
            "An if cannot decide for a whole array: some entries are 1 and some are not. Leave the if out; "
            "NumPy divides entry by entry and gives inf where the noise is 0.",
        ),
        Misconception(
            "changed_its_input",
            snr_in_place,
            "The numbers are right, but you changed alpha_bar itself (with /=), and the caller still needs it. "
            "Make a new array.",
        ),
    ),
    alternatives=(
        snr_entry_by_entry,
        snr_where_there_is_noise,
        lambda alpha_bar: 1 / np.asarray(1 / np.asarray(alpha_bar) - 1),
        lambda alpha_bar: np.divide(alpha_bar, 1 - np.asarray(alpha_bar)).astype(np.float32),
    ),
    hints=(
        "Two variances, one above the other: the signal's share above, the noise's share below.",
        "The signal's share is ᾱ. The two shares add up to 1, so the noise's share is what is left of 1.",
        "with np.errstate(divide=\"ignore\"):\n    return np.divide(..., 1 - ...)",
    ),
)


# --- rescale_zero_terminal_snr --------------------------------------------------------------------------------


def schedule_inputs(steps, largest=0.2):
    return lambda rng: {"alpha_bar": np.cumprod(1 - zero_first(rng.uniform(0.05, largest, steps)))}


def linear_inputs(T):
    return lambda rng: {"alpha_bar": np.cumprod(1 - schedules.linear_beta_schedule(T))}


def one_first(alpha_bar):
    return np.concatenate([[1.0], alpha_bar])


def stretched(alpha_bar, first, last):
    return (alpha_bar - last) * first / (first - last)


def rescale_without_root(alpha_bar):
    return one_first(stretched(alpha_bar[1:], alpha_bar[1], alpha_bar[-1]))


def rescale_from_index_0(alpha_bar):
    root = np.sqrt(alpha_bar)
    return stretched(root, root[0], root[-1]) ** 2


def rescale_clean_end_too(alpha_bar):
    root = np.sqrt(alpha_bar)
    return stretched(root, root[1], root[-1]) ** 2


def rescale_first_to_one(alpha_bar):
    root = np.sqrt(alpha_bar)
    return one_first(((root[1:] - root[-1]) / (root[1] - root[-1])) ** 2)


def rescale_last_entry_only(alpha_bar):
    alpha_bar = alpha_bar.copy()
    alpha_bar[-1] = 0
    return alpha_bar


def rescale_to_betas(alpha_bar):
    right = schedules.rescale_zero_terminal_snr(alpha_bar)
    return zero_first(1 - right[1:] / right[:-1])


def rescale_in_place(alpha_bar):
    alpha_bar[1:] = stretched(np.sqrt(alpha_bar[1:]), np.sqrt(alpha_bar[1]), np.sqrt(alpha_bar[-1])) ** 2
    return alpha_bar


def rescale_by_loop(alpha_bar):
    first, last = alpha_bar[1] ** 0.5, alpha_bar[-1] ** 0.5
    return [1.0] + [((a**0.5 - last) / (first - last) * first) ** 2 for a in alpha_bar[1:]]


def rescale_by_interpolation(alpha_bar):
    root = np.sqrt(alpha_bar)
    return one_first(np.interp(root[1:], [root[-1], root[1]], [0, root[1]]) ** 2)


RESCALE = Exercise(
    function=schedules.rescale_zero_terminal_snr,
    lesson=LESSON,
    points=3,
    axes={"T+1": "one ᾱ for each time, ᾱ_0 = 1 first"},
    cases=(
        Case("six steps", schedule_inputs(6)),
        Case("the linear schedule with T = 50", linear_inputs(50)),
        Case("the linear schedule with T = 1000, which ends near 0", linear_inputs(1000)),
        Case("two steps", schedule_inputs(2, 0.4), hidden=True),
        Case("thirty steps", schedule_inputs(30), hidden=True),
    ),
    misconceptions=(
        Misconception(
            "alpha_bar_without_its_root",
            rescale_without_root,
            "You stretched ᾱ itself. The stretch is done on √ᾱ, the size of the signal: take the root first, square last.",
        ),
        Misconception(
            "alpha_bar_without_its_root_and_index_0",
            lambda alpha_bar: stretched(alpha_bar, alpha_bar[1], alpha_bar[-1]),
            "You stretched ᾱ itself, and index 0 with it. The stretch is for √ᾱ, from t = 1 on: take the root first, "
            "square last, and put ᾱ_0 = 1 in front.",
        ),
        Misconception(
            "alpha_bar_spread_from_0_to_1",
            lambda alpha_bar: stretched(alpha_bar, 1, alpha_bar[-1]),
            "You spread ᾱ itself over 0 to 1, so every step moved, the first one too. The stretch is for √ᾱ, and the "
            "step that stays in place is t = 1.",
        ),
        Misconception(
            "square_forgotten",
            lambda alpha_bar: np.sqrt(schedules.rescale_zero_terminal_snr(alpha_bar)),
            "You returned √ᾱ. After the stretch, square it, so that it is ᾱ again.",
        ),
        Misconception(
            "first_step_is_index_0",
            rescale_from_index_0,
            "You held index 0 in place, so ᾱ_1 moved. The first step is index 1: ᾱ_1 keeps its value, and ᾱ_0 = 1 is put in front.",
        ),
        Misconception(
            "clean_end_stretched_too",
            rescale_clean_end_too,
            "ᾱ_0 went above 1, because the stretch was used on it too. It is for t = 1 … T; ᾱ_0 stays 1.",
        ),
        Misconception(
            "first_step_pushed_to_1",
            rescale_first_to_one,
            "ᾱ_1 came out as 1, a first step without noise. After the division, multiply by √ᾱ_1 to bring it back.",
        ),
        Misconception(
            "first_step_and_clean_end_pushed_up",
            lambda alpha_bar: stretched(np.sqrt(alpha_bar), np.sqrt(alpha_bar[1]), np.sqrt(alpha_bar[-1])) ** 2
            / alpha_bar[1],
            "ᾱ_1 came out as 1 and ᾱ_0 even larger. Multiply by √ᾱ_1 to bring the first step back, and put ᾱ_0 = 1 in front.",
        ),
        Misconception(
            "shifted_and_not_stretched",
            lambda alpha_bar: one_first((np.sqrt(alpha_bar[1:]) - np.sqrt(alpha_bar[-1])) ** 2),
            "You moved everything down, so ᾱ_1 became smaller too. Then stretch it back, with √ᾱ_1 and √ᾱ_T as they were "
            "before the shift: keep both in names first.",
        ),
        Misconception(
            "only_the_last_entry_set",
            rescale_last_entry_only,
            "Only the last entry changed, so one single step would have to destroy all that is left. Stretch the whole curve.",
        ),
        Misconception(
            "clean_end_left_out",
            lambda alpha_bar: schedules.rescale_zero_terminal_snr(alpha_bar)[1:],
            "Index 0 is missing: your array starts at ᾱ_1. Put ᾱ_0 = 1 in front, for the clean data.",
        ),
        Misconception(
            "betas_returned",
            rescale_to_betas,
            "You went on to the β, as the paper does. Here the answer is ᾱ: stop one line earlier.",
        ),
        Misconception(
            "changed_its_input",
            rescale_in_place,
            "The numbers are right, but you wrote them into alpha_bar itself, and the caller still needs the old schedule. "
            "Make a new array.",
        ),
    ),
    alternatives=(
        rescale_by_loop,
        rescale_by_interpolation,
        lambda alpha_bar: rescale_in_place(np.array(alpha_bar)),
        lambda alpha_bar: rescale_in_place(np.array(alpha_bar)).astype(np.float32),
    ),
    hints=(
        "Work on √ᾱ from step 1 on. Shift the curve down until its end is 0; the shift moved its start too, so stretch it until the start is back.",
        "Shift: subtract √ᾱ_T. Stretch: multiply by √ᾱ_1/(√ᾱ_1 − √ᾱ_T). Then square, and put ᾱ_0 = 1 in front with np.concatenate.",
        "root = np.sqrt(alpha_bar)\nfirst, last = root[1], root[-1]\nstretched = (root[1:] - ...) * ...",
    ),
)
