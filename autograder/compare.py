"""When a returned value counts as the expected one."""

from __future__ import annotations

import numpy as np

SINGLE_PRECISION = 1e-4
"""Relative tolerance for an answer in float32: a thousand products lose three of its seven digits."""


def agree(got, expected, case) -> bool:
    """Same structure, same shape, and every entry within the case's tolerance. NaN never agrees; inf equals inf."""
    if isinstance(expected, tuple):
        return (
            isinstance(got, tuple)
            and len(got) == len(expected)
            and all(agree(one, other, case) for one, other in zip(got, expected))
        )
    if expected is None or isinstance(expected, str):
        return type(got) is type(expected) and got == expected
    got = as_array(got)
    expected = np.asarray(expected)
    if got is None or got.shape != expected.shape:
        return False
    rtol, atol = tolerance(got, expected, case)
    with np.errstate(invalid="ignore"):
        return bool(np.isclose(got, expected, rtol=rtol, atol=atol).all())


def leaves(got, expected, path=()):
    """(got, expected, path) for each array in the answer, however deep; only where both are numbers."""
    if not isinstance(expected, tuple):
        if as_array(got) is not None and as_array(expected) is not None:
            yield as_array(got), as_array(expected), path
    elif isinstance(got, tuple):
        for i, (one, other) in enumerate(zip(got, expected)):
            yield from leaves(one, other, (*path, i))


def as_array(value):
    """Numbers as an array; a ragged tuple, a string or None gives None."""
    if value is None or isinstance(value, str):
        return None
    try:
        array = np.asarray(value)
    except ValueError:
        return None
    return array if array.dtype.kind in "biuf" else None


def tolerance(got, expected, case):
    if got.dtype.itemsize >= 8 or got.dtype.kind != "f":
        return case.rtol, case.atol
    finite = np.abs(expected[np.isfinite(expected)])
    return SINGLE_PRECISION, max(case.atol, SINGLE_PRECISION * float(finite.max(initial=0.0)) * 0.1)
