"""``gradual check answers.py``: judge every function in a plain Python file whose name is an exercise's."""

from __future__ import annotations

import contextlib
import io
import linecache
from pathlib import Path

from autograder.calling import raised
from autograder.exercise import Verdict
from autograder.exercises import all_exercises
from autograder.in_process import caller
from autograder.judge import judge_all


class FileProblem(Exception):
    """A file that cannot be judged, and why."""


def check_file(path: Path) -> list[Verdict]:
    """One verdict for each exercise that the file answers, in the course's order."""
    namespace = run_file(Path(path))
    answered = [exercise for exercise in all_exercises() if callable(namespace.get(exercise.name))]
    if not answered:
        names = ", ".join(exercise.name for exercise in all_exercises())
        raise FileProblem(f"{path} defines no function with an exercise's name. The names are: {names}.")
    return [judge_all(exercise, caller(namespace)) for exercise in answered]


def run_file(path: Path) -> dict:
    """The names that the file defines; what it prints is kept out of the report."""
    try:
        source = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise FileProblem(f"{path} cannot be read: {error}") from None
    namespace = {"__name__": "__answers__", "__file__": str(path)}
    linecache.checkcache(str(path))
    try:
        code = compile(source, str(path), "exec")
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, namespace)
    except SyntaxError as error:
        raise FileProblem(f"{path}, line {error.lineno}: {error.msg}: {(error.text or '').strip()}") from None
    except (Exception, SystemExit) as error:
        problem = raised(error, code)
        raise FileProblem(f"{path}, line {problem.line_number}: {problem.kind}: {problem.message}: {problem.line}") from None
    return namespace


def as_json(verdict: Verdict) -> dict:
    return {name: getattr(verdict, name) for name in ("exercise", "passed", "score", "case", "misconception", "message")}
