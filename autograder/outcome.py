"""What one call of a student's function gave back: a value or an error, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Raised:
    """An error of the student's: its type's name, its message, and the student's own line."""

    kind: str
    message: str
    line_number: int | None = None
    line: str | None = None


@dataclass(frozen=True)
class Outcome:
    """A call's result. ``kind`` tells which fields count.

    ``returned``: value, and inputs_after (the arguments as the call left them).
    ``raised``: error. ``missing``: the submission defines no such function. ``unplain``: it returned something
    that is not plain numbers, described in ``note``. ``stopped``: the call was ended, ``note`` says why (time,
    memory, the process ended). ``data_read`` and ``functions_read`` name the globals that the function uses.
    """

    kind: str
    value: object = None
    inputs_after: dict = field(default_factory=dict)
    error: Raised | None = None
    note: str = ""
    printed: str = ""
    data_read: tuple[str, ...] = ()
    functions_read: tuple[str, ...] = ()


class Unplain(Exception):
    """A returned value that is not numbers, or arrays, tuples and lists of them."""


def plain(value, depth=0):
    """The value as base arrays, Python scalars, None, and tuples of these; ``Unplain`` if it is not that."""
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, (np.ndarray, np.generic)):
        array = np.array(value, subok=False)
        if array.dtype.kind not in "biuf":
            raise Unplain(f"an array of {array.dtype}")
        return array
    if isinstance(value, (list, tuple)) and depth < 6:
        return tuple(plain(entry, depth + 1) for entry in value)
    raise Unplain(f"a {type(value).__name__}")
