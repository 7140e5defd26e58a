"""Where the course lies on disk: the folder with ``lessons/`` and the course's ``pyproject.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

DISTRIBUTION = "gradual-course"


def course_root() -> Path | None:
    """The course's folder: the working directory or one above it, else where this package runs from, else None."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents, Path(__file__).parents[1]) if is_course(folder)), None)


def is_course(folder: Path) -> bool:
    try:
        project = tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        return project["name"] == DISTRIBUTION and (folder / "lessons").is_dir()
    except (OSError, ValueError, KeyError, TypeError):
        return False
