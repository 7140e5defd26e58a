"""The course's own secret, from which the inputs of hidden checks are made. It never enters the repository."""

from __future__ import annotations

import secrets
from pathlib import Path

FILE_NAME = "course_secret"


def course_secret(start: Path | None = None) -> str | None:
    """The secret of the course that the folder lies in, or None where there is none."""
    folder = Path(start or Path.cwd()).resolve()
    for parent in (folder, *folder.parents):
        file = parent / FILE_NAME
        if file.is_file():
            return file.read_text().strip()
    return None


def init_course(folder: Path) -> tuple[Path, bool]:
    """Make the secret where there is none yet; the file, and whether it is new. An old one is never replaced."""
    file = Path(folder) / FILE_NAME
    try:
        with file.open("x") as new:
            file.chmod(0o600)
            new.write(secrets.token_hex(32) + "\n")
    except FileExistsError:
        return file, False
    return file, True
