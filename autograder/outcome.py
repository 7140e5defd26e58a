"""What one call of a student's function gave back: a value or an error, never a verdict."""

from __future__ import annotations

from dataclasses import dataclass, field


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
    memory, the process ended). ``globals_read``: data of the notebook's that the function read by name.
    """

    kind: str
    value: object = None
    inputs_after: dict = field(default_factory=dict)
    error: Raised | None = None
    note: str = ""
    globals_read: tuple[str, ...] = ()
