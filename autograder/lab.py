"""A student's own copy of the lessons, in ``my_lessons/``, and JupyterLab opened on it.

A file that is there is never written over. ``update`` brings in a lesson that changed since it was copied, and
keeps the student's own file beside it, with the date in its name.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import filelock

QUIET = Path(__file__).parent / "jupyter"
VERSIONS = ".versions.json"  # which version of each file a student's copy was made from


class LessonError(Exception):
    """A sentence for whoever asked for a lesson."""


def find_lesson(root: Path, name: str = "1") -> str:
    """The lesson meant by a number ("3", "03"), its name, or a part of it ("markov")."""
    lessons = lesson_names(root)
    if not lessons:
        raise LessonError(f"{root / 'lessons'} holds no lessons yet. In a clone of the course, make build makes them.")
    if re.fullmatch(r"\d+", name):
        found = [lesson for lesson in lessons if lesson.startswith(f"{int(name):02d}_")]
    else:
        found = [lesson for lesson in lessons if lesson == name] or [lesson for lesson in lessons if name in lesson]
    if len(found) == 1:
        return found[0]
    if found:
        raise LessonError(f"{name!r} may be {' or '.join(found)}: give a little more of the name.")
    raise LessonError(f"There is no lesson {name!r}. The lessons are: {', '.join(lessons)}.")


def lesson_names(root: Path) -> list[str]:
    """The lessons in ``lessons/``, in order."""
    return sorted(notebook.parent.name for notebook in (root / "lessons").glob("*/*.ipynb"))


def copy_lessons(root: Path, lessons: list[str], update: bool = False) -> list[str]:
    """Copy what is missing of these lessons into ``my_lessons/``. Gives back a sentence for each thing to tell."""
    own = root / "my_lessons"
    own.mkdir(exist_ok=True)
    told = []
    with filelock.FileLock(own / ".lab.lock"):
        for leftover in own.rglob(".copying-*"):
            leftover.unlink()
        versions = _read_versions(own)
        for lesson in lessons:
            for released in sorted(path for path in (root / "lessons" / lesson).rglob("*") if path.is_file()):
                place = released.relative_to(root / "lessons")
                told += _bring(released, own / place, versions, place.as_posix(), update)
        _write(own / VERSIONS, json.dumps(versions, indent=1, sort_keys=True).encode())
    return told


def _bring(released, mine, versions, place, update) -> list[str]:
    """Copy one file, or say that a newer version of it is there, or bring that in."""
    content = released.read_bytes()
    version = hashlib.sha256(content).hexdigest()
    if not mine.exists():
        mine.parent.mkdir(parents=True, exist_ok=True)
        _write(mine, content)
        versions[place] = version
        return []
    if versions.get(place) == version or mine.read_bytes() == content:
        versions[place] = version
        return []
    if not update:
        lesson = place.split("/")[0]
        return [f"There is a newer version of {place}. To bring it in, and keep yours beside it: "
                f"gradual lab {lesson} --update"]
    kept = _keep(mine)
    _write(mine, content)
    versions[place] = version
    return [f"my_lessons/{place} is the new version. Yours is kept beside it, as {kept.name}."]


def _keep(mine: Path) -> Path:
    """Copy a student's file beside itself under a name that is free: its stem and today's date."""
    stem = f"{mine.stem}.{date.today():%Y-%m-%d}"
    names = (mine.with_name(f"{stem}{'' if n == 1 else f'-{n}'}{mine.suffix}") for n in range(1, 10_000))
    kept = next(name for name in names if not name.exists())
    _write(kept, mine.read_bytes())
    shutil.copystat(mine, kept)
    return kept


def _write(path: Path, content: bytes):
    """Write under another name first: an interrupted copy leaves no half a lesson."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".copying-")
    with open(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)


def _read_versions(own) -> dict[str, str]:
    """Without the record, or with a damaged one, a file that differs counts as an older version."""
    try:
        versions = json.loads((own / VERSIONS).read_text(encoding="utf-8"))
        return versions if isinstance(versions, dict) else {}
    except (OSError, ValueError):
        return {}


def open_jupyterlab(root: Path, lesson: str, browser: bool = True) -> int:
    """JupyterLab at the student's copy of the lesson, until it is closed; its exit status."""
    return start_jupyterlab(root, f"/lab/tree/my_lessons/{lesson}/{lesson}.ipynb", browser)


def start_jupyterlab(root: Path, address: str, browser: bool = True) -> int:
    """JupyterLab in the course's folder, opened at an address of its own, until it is closed; its exit status."""
    command = [sys.executable, "-m", "jupyterlab", f"--ServerApp.root_dir={root}", f"--LabApp.default_url={address}"]
    if not browser:
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # in a container everyone is root, and JupyterLab would refuse
    # No question about news from the network at the first start.
    settings = os.pathsep.join(filter(None, [str(QUIET), os.environ.get("JUPYTER_CONFIG_PATH")]))
    with subprocess.Popen(command, cwd=root, env=environment() | {"JUPYTER_CONFIG_PATH": settings}) as server:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is JupyterLab's to answer: it asks before it stops
        signal.signal(signal.SIGTERM, lambda *_: server.terminate())  # else it would go on without us
        return server.wait()


def environment() -> dict[str, str]:
    """The environment for Jupyter's programs: nbgrader calls alembic by its bare name, so ours come first on PATH."""
    programs = str(Path(sys.executable).parent)
    return {**os.environ, "PATH": os.pathsep.join([programs, os.environ.get("PATH", "")])}
