"""Read a CSV file that an instructor saved: from Excel, Canvas or an editor."""

from __future__ import annotations

import csv
from pathlib import Path


def read_csv(file: Path) -> list[list[str]]:
    """Lines of equal length, none of them empty. Raises ``ValueError``, which says of ``file`` what is wrong.

    Excel and Canvas write semicolons where numbers have a decimal comma.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
        first = text.split("\n", 1)[0]
        separator = ";" if first.count(";") > first.count(",") else ","
        lines = list(csv.reader(text.splitlines(keepends=True), delimiter=separator))
    except UnicodeDecodeError:
        raise ValueError(f'{file} is not UTF-8 text: save it as "CSV UTF-8".') from None
    except (OSError, csv.Error) as error:
        raise ValueError(f"{file} cannot be read: {error}.") from None
    width = max(map(len, lines), default=0)
    return [line + [""] * (width - len(line)) for line in lines if line]
