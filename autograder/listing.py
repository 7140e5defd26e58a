"""Names in a sentence: a class has hundreds, and a terminal's line has room for few."""

from __future__ import annotations


def listed(names: list[str], most: int = 10, separator: str = ", ") -> str:
    """The first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return separator.join(names[:most]) + more
