"""The student edition: what a submission may import as ``gradual`` and ``autograder`` while it is graded.

A copy of the reference package in which every function graded in this lesson or a later one has lost its
body, and widgets draw nothing, beside the inert ``autograder``. It is made on the trusted side, in a private folder.
"""

from __future__ import annotations

import ast
import contextlib
import os
import shutil
import tempfile
from collections import defaultdict
from importlib.util import find_spec
from pathlib import Path

from filelock import FileLock, Timeout

AUTOGRADER = Path(__file__).parent
SHARED = ["calling.py", "described.py", "outcome.py", "wire.py"]
WORKER = ["__init__.py", "isolate.py", "seccomp.py", "session.py", "zygote.py"]
WITHHELD = '''"""Made by the student edition: functions without a body raise this, in one line."""


class Withheld(NotImplementedError):
    def _render_traceback_(self):
        return [str(self)]
'''

UNSEEN = '''"""Made by the student edition: while a notebook is graded no one sees or moves a widget, so it is one line."""


class Unseen:
    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"{self.name}: a picture to move, not drawn while the notebook is graded."


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    return lambda *args, **kwargs: Unseen(name)
'''


PREFIX, IN_USE = "gradual-edition-", ".in_use"


@contextlib.contextmanager
def private_folder():
    """An empty folder for as long as it is used; those of processes that were killed before are cleared away."""
    _clear_abandoned()
    # Another process may clear it away from the moment that the lock is let go, at the same time as this one.
    with tempfile.TemporaryDirectory(prefix=PREFIX, ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)
        with FileLock(folder / ".begun", mode=0o600) as lock:
            os.rename(lock.lock_file, folder / IN_USE)  # under this name it is never seen without its lock
            yield folder


def _clear_abandoned():
    for lock in Path(tempfile.gettempdir()).glob(f"{PREFIX}*/{IN_USE}"):
        with contextlib.suppress(OSError, Timeout):
            if lock.parent.lstat().st_uid == os.getuid():
                with FileLock(lock, timeout=0):
                    shutil.rmtree(lock.parent, ignore_errors=True)


def reference_folder() -> Path:
    return Path(find_spec("gradual").origin).parent


def build(folder: Path, lesson: str, exercises, source: Path | None = None) -> Path:
    """Write the edition for grading ``lesson`` into ``folder``. ``exercises``: all of the course's."""
    source = source or reference_folder()
    shutil.copytree(source, folder / "gradual", ignore=shutil.ignore_patterns("__pycache__", ".*"))
    (folder / "gradual" / "_edition.py").write_text(WITHHELD)
    for path in (folder / "gradual" / "widgets").rglob("*.py"):
        path.write_text(UNSEEN)
    for path, names in _graded_from(lesson, exercises, source).items():
        file = folder / "gradual" / path
        file.write_text(without_bodies(file.read_text(), names, str(path)))
    (folder / "autograder" / "worker").mkdir(parents=True)
    shutil.copy(AUTOGRADER / "worker" / "stand_in.py", folder / "autograder" / "__init__.py")
    for name in SHARED:
        shutil.copy(AUTOGRADER / name, folder / "autograder" / name)
    for name in WORKER:
        shutil.copy(AUTOGRADER / "worker" / name, folder / "autograder" / "worker" / name)
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def _graded_from(lesson, exercises, source) -> dict[Path, set[str]]:
    """The file of each function that this lesson or a later one grades, and its name there."""
    graded = defaultdict(set)
    for exercise in exercises:
        module = exercise.function.__module__.split(".")
        if exercise.lesson < lesson or module[0] != "gradual":
            continue
        path = Path(*module[1:]).with_suffix(".py") if len(module) > 1 else Path("__init__.py")
        if not (source / path).is_file():
            path = Path(*module[1:]) / "__init__.py"
        graded[path].add(exercise.function.__name__)
    return graded


def without_bodies(text: str, names: set[str], path: str = "") -> str:
    """The module's text in which the named functions keep their signature and only say that they are graded."""
    tree = ast.parse(text)
    found = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef) and node.name in names:
            found.add(node.name)
            line = f"{node.name} is graded here, so this copy of gradual has no body for it: call your own."
            node.decorator_list = []
            node.body = ast.parse(f"from gradual._edition import Withheld\nraise Withheld({line!r})").body
    if found != names:
        raise ValueError(f"{path}: no function {', '.join(sorted(names - found))} to take the body from")
    return ast.unparse(tree)
