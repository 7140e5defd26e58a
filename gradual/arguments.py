"""What an argument of the course's functions may be, and the sentence that says so when it is not.

``@checked(beta=variance(), noise=same_shape("x_prev"))`` checks the named arguments, in that order,
before the function runs. It converts nothing, so the body below it stays what a student would write.
"""

from __future__ import annotations

import functools
import inspect

import numpy as np


def checked(**rules):
    """Check each named argument with its rule, a callable ``rule(name, value, arguments)``."""

    def decorate(function):
        signature = inspect.signature(function)

        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            for name, rule in rules.items():
                rule(name, bound.arguments[name], bound.arguments)
            return function(*args, **kwargs)

        return wrapper

    return decorate


def wrong(name, came, expected):
    """The ``ValueError`` for an argument: its name, what came, what was expected."""
    return ValueError(f"{name}: got {came}, expected {expected}")


def numbers(name, value, arguments=None):
    """Rule: a finite number, or an array of them, of any shape."""
    if isinstance(value, (list, tuple)):
        raise wrong(name, f"a {type(value).__name__}", "an array: np.asarray makes one of it")
    array = np.asarray(value)
    if array.dtype.kind not in "biuf":
        raise wrong(name, type(value).__name__, "numbers: a float, or an array of them")
    if not np.isfinite(array).all():
        bad = array[~np.isfinite(array)].flat[0]
        raise wrong(name, f"{bad} among {array.size} entries", "finite numbers only")
    return array


def same_shape(other):
    """Rule: finite numbers in the shape of the argument named ``other``."""

    def rule(name, value, arguments):
        array, wanted = numbers(name, value), np.shape(arguments[other])
        if array.shape != wanted:
            raise wrong(name, f"shape {array.shape}", f"the shape of {other}, {wanted}")

    return rule


def variance(positive=False):
    """Rule: one β, a variance between 0 and 1; with ``positive``, above 0 (a density needs it)."""

    def rule(name, value, arguments):
        array = numbers(name, value)
        if array.ndim:
            raise wrong(name, f"shape {array.shape}", "one number")
        if not (0 <= array <= 1) or (positive and array == 0):
            raise wrong(name, f"{value}", f"a variance {'above 0 and at most' if positive else 'from 0 to'} 1")

    return rule


def fraction(name, value, arguments):
    """Rule: numbers from 0 to 1, of any shape."""
    array = numbers(name, value)
    if ((array < 0) | (array > 1)).any():
        raise wrong(name, f"{array[(array < 0) | (array > 1)].flat[0]}", "numbers from 0 to 1")
    return array


def betas_over_time(positive=False):
    """Rule: T + 1 variances with betas[0] = 0; with ``positive``, the others above 0 (a density needs it)."""

    def rule(name, value, arguments):
        array = _over_time(name, value, 0)
        if positive and (array[1:] == 0).any():
            t = 1 + int(np.argmax(array[1:] == 0))
            raise wrong(name, f"0 at index {t}", "variances above 0 from index 1 on: there is no density without noise")

    return rule


def alpha_bar_over_time(name, value, arguments):
    """Rule: T + 1 numbers from 0 to 1, with alpha_bar[0] = 1."""
    _over_time(name, value, 1)


def alpha_bar_falling(name, value, arguments):
    """Rule: T + 1 numbers from 0 to 1, with alpha_bar[0] = 1, whose last is the smallest and below the first step's."""
    array = _over_time(name, value, 1)
    if array[-1] > array.min() or array[1] <= array[-1]:
        raise wrong(name, f"{array[1]} at index 1 and {array[-1]} at the end", "values that fall to the last one")


def _over_time(name, value, clean):
    array = numbers(name, value)
    if array.ndim != 1 or len(array) < 2:
        raise wrong(name, f"shape {array.shape}", "shape (T+1,), with T at least 1")
    fraction(name, value, None)
    if array[0] != clean:
        raise wrong(name, f"{array[0]} at index 0", f"{clean} at index 0, which belongs to the clean data")
    return array


def step_noise(x, over):
    """Rule: finite numbers in the shape (T, *x.shape), where ``over`` names an array of T + 1 entries."""

    def rule(name, value, arguments):
        array = numbers(name, value)
        wanted = (len(arguments[over]) - 1, *np.shape(arguments[x]))
        if array.shape != wanted:
            raise wrong(name, f"shape {array.shape}", f"shape {wanted}: one noise in the shape of {x} for each step")

    return rule


def states(over=None, varying=False):
    """Rule: a trajectory (T+1, B, …); as long as the argument ``over``; with ``varying``, no state is constant."""

    def rule(name, value, arguments):
        array = numbers(name, value)
        if array.ndim < 2:
            raise wrong(name, f"shape {array.shape}", "shape (T+1, B, …): the state at every time")
        if over and len(array) != len(arguments[over]):
            raise wrong(name, f"{len(array)} states", f"as many as {over} has entries, {len(arguments[over])}")
        if varying:
            constant = np.ptp(array.reshape(len(array), -1), axis=1) == 0
            if constant.any():
                raise wrong(name, f"a constant state at index {np.argmax(constant)}", "states whose entries differ")

    return rule


def timestep(over, batch, first=0):
    """Rule: an int, or an int array (B,), from ``first`` to T; ``over`` has T + 1 entries, ``batch`` has B rows."""

    def rule(name, value, arguments):
        t, last = np.asarray(value), len(arguments[over]) - 1
        if t.dtype.kind not in "iu":
            raise wrong(name, f"{value!r}", "an int, or an array of ints")
        if t.ndim and t.shape != np.shape(arguments[batch])[:1]:
            expected = f"one int, or one for each row of {batch}, whose shape is {np.shape(arguments[batch])}"
            raise wrong(name, f"shape {t.shape}", expected)
        if ((t < first) | (t > last)).any():
            raise wrong(name, f"{t[(t < first) | (t > last)].flat[0]}", f"a timestep from {first} to T = {last}")

    return rule


def positive_int(name, value, arguments):
    """Rule: an int, at least 1."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
        raise wrong(name, f"{value!r}", "an int, 1 or more")


def batch(name, value, arguments):
    """Rule: finite numbers (B, …): the first axis counts samples."""
    if not numbers(name, value).ndim:
        raise wrong(name, "one number", "an array (B, …), whose first axis counts the samples")


def vector(name, value, arguments):
    """Rule: finite numbers (n,)."""
    array = numbers(name, value)
    if array.ndim != 1:
        raise wrong(name, f"shape {array.shape}", "shape (n,)")


def regressor(*others):
    """Rule: an array (n,) or (n, k) whose linear regression leaves something of each of ``others``, arrays (n,)."""

    def rule(name, value, arguments):
        array, n = numbers(name, value), len(arguments[others[0]])
        if array.ndim not in (1, 2) or len(array) != n:
            raise wrong(name, f"shape {array.shape}", f"shape ({n},) or ({n}, k)")
        design = np.column_stack([np.ones(n), array])
        for other in others:
            target = arguments[other]
            left = target - design @ np.linalg.lstsq(design, target)[0]
            if np.linalg.norm(left) <= 1e-12 * np.linalg.norm(target):
                raise wrong(other, f"a straight-line function of {name}", f"something that {name} does not explain")

    return rule


def batch_coefficient(x):
    """Rule: one number, or one for each row of the argument named ``x``."""

    def rule(name, value, arguments):
        array, shape = numbers(name, value), np.shape(arguments[x])
        if array.ndim and array.shape != shape[:1]:
            raise wrong(name, f"shape {array.shape}", f"one number, or one for each row of {x}, whose shape is {shape}")

    return rule


def not_negative(name, value, arguments):
    """Rule: one finite number, 0 or more."""
    array = numbers(name, value)
    if array.ndim or array < 0:
        raise wrong(name, f"{value}", "one number, 0 or more")


def generator(name, value, arguments):
    """Rule: a NumPy random generator."""
    if not isinstance(value, np.random.Generator):
        raise wrong(name, type(value).__name__, "a generator: np.random.default_rng(seed) makes one")
