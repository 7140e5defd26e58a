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
    """Rule: finite numbers, of any shape."""
    try:
        array = np.asarray(value, dtype=float)
    except (TypeError, ValueError):
        raise wrong(name, type(value).__name__, "numbers: a float, or an array of them") from None
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
