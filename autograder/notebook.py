"""What a notebook imports: ``check``, ``hint``, ``progress`` and ``yours``, in the student's own kernel."""

from __future__ import annotations

from IPython import get_ipython
from IPython.display import display

from autograder import show
from autograder.drawing_function import Yours
from autograder.exercise import PRACTICE, Verdict
from autograder.exercises import all_choices, all_exercises, find_choice, find_exercise
from autograder.in_process import caller
from autograder.judge import judge_choice, judge_hidden, judge_visible
from autograder.progress_file import record
from autograder.progress_table import progress  # noqa: F401 (a notebook imports it from here)
from autograder.secret import course_secret

_hints_opened: dict[str, int] = {}


class CheckFailed(Exception):
    """A check that did not pass. Jupyter shows its sentence alone, with no traceback of ours."""

    def __init__(self, verdict: Verdict):
        super().__init__(verdict.message)
        self.verdict = verdict

    def _render_traceback_(self):
        return show.failure_lines(self.verdict)


def check(name: str, hidden: bool = False) -> None:
    """Check your function or your answer of this name, as it is in the notebook now.

    Passing, it says so; failing, it says what is wrong, on which case, and what was expected.
    """
    namespace = get_ipython().user_ns
    verdict = _verdict(name, namespace, hidden)
    if not hidden:
        trouble = record(name, verdict.passed)
        if trouble:
            print(trouble)
    if not verdict.passed:
        raise CheckFailed(verdict)
    display(show.Success(verdict))


def _verdict(name, namespace, hidden) -> Verdict:
    exercise, choice = find_exercise(name), find_choice(name)
    if exercise and hidden:
        return judge_hidden(exercise, caller(namespace), course_secret() or PRACTICE)
    if exercise:
        return judge_visible(exercise, caller(namespace))
    if choice:
        return judge_choice(choice, namespace.get(name))
    raise ValueError(f"check({name!r}): the course has no exercise of that name; {_nearest(name)}")


def hint(name: str) -> None:
    """Show the next rung of help: first the idea, then the formula, then a skeleton of the line that matters."""
    exercise = find_exercise(name)
    if exercise is None:
        raise ValueError(f"hint({name!r}): the course has no exercise of that name; {_nearest(name)}")
    opened = min(_hints_opened.get(name, 0) + 1, len(exercise.hints))
    _hints_opened[name] = opened
    display(show.Hints(exercise, opened))


def yours(name: str) -> Yours:
    """Your function of this name, for a picture to draw with; the reference where yours cannot draw yet."""
    return Yours(name, get_ipython().user_ns)


def _nearest(name):
    import difflib

    names = [one.name for one in (*all_exercises(), *all_choices())]
    near = difflib.get_close_matches(str(name), names, n=1)
    return f"did you mean {near[0]!r}?" if near else "its names are " + ", ".join(names)
