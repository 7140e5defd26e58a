"""Expected against returned, to a Verdict.

Pure and trusted: it knows nothing of processes, notebooks or displays. ``call(name, inputs)`` reaches the
student's function, wherever it lives, and gives back an ``Outcome``: plain values, never a verdict.
"""

from __future__ import annotations

from dataclasses import replace

from autograder.diagnose import diagnose, not_run, same_values
from autograder.exercise import PRACTICE, Exercise, Verdict
from autograder.exercises import find_exercise
from autograder.trial import try_case


def judge(exercise: Exercise, call, cases=None, points=None, secret: str = PRACTICE) -> Verdict:
    """Try the cases (the visible ones by default) and say what was found; all or nothing."""
    cases = exercise.visible_cases() if cases is None else cases
    points = exercise.points if points is None else points
    trials = []
    for case in cases:
        trials.append(try_case(exercise, call, case, secret))
        if trials[-1].outcome.kind != "returned":
            break
    failed = next((trial for trial in trials if not trial.passed), None)
    if failed is None:
        return Verdict(exercise.name, True, points, f"{exercise.name} passes all {len(cases)} cases.")
    if secret != PRACTICE:
        failed = without_note(failed)
    blocked = failing_prerequisite(exercise, failed, call, secret)
    message, misconception = blocked or diagnose(exercise, failed, trials)
    if not (blocked or misconception) and draws_by_itself(exercise, failed, call, secret):
        message = (
            f"{exercise.name} gives another result each time for the same inputs: it draws random numbers of its own. "
            f"Use its arguments instead: {', '.join(exercise.parameters)}."
        )
    elif secret != PRACTICE and not (blocked or misconception or not_run(exercise, failed)):
        # Whatever else there is to say could carry a hidden input out, in an error's words or a result.
        message = f'{exercise.name} fails on inputs that are not shown. check("{exercise.name}") says what it can.'
    shown = {}
    if secret == PRACTICE:
        shown = {"got": failed.outcome.value, "expected": failed.expected, "printed": failed.outcome.printed}
    # Where nothing was called, the case says nothing.
    seen_on = None if failed.outcome.kind == "missing" else failed.case.title
    return Verdict(exercise.name, False, 0, message, seen_on, misconception, **shown)


def judge_visible(exercise: Exercise, call) -> Verdict:
    """What ``check("q_step")`` shows and the visible cell scores."""
    return judge(exercise, call, points=exercise.visible_points)


def judge_hidden(exercise: Exercise, call, secret: str) -> Verdict:
    """What the hidden cell scores: every case, on inputs that the course's secret makes."""
    return judge(exercise, call, exercise.cases, exercise.hidden_points, secret)


def judge_all(exercise: Exercise, call) -> Verdict:
    """Every case on practice inputs; the score is what the two graded cells add up to."""
    everything = judge(exercise, call, exercise.cases)
    if everything.passed:
        return everything
    return replace(everything, score=judge_visible(exercise, call).score)


def judge_choice(choice, answer) -> Verdict:
    """The option's own explanation, right or wrong."""
    letter = answer.strip().lower() if isinstance(answer, str) else ""
    if letter not in tuple(choice.letters):
        wanted = ", ".join(f'"{one}"' for one in choice.letters)
        message = f"Nothing is chosen yet: set {choice.name} to one of {wanted}, run that cell, and check again."
        if answer is not None:
            message = f"{choice.name} is {answer!r}; it should be one of {wanted}."
        return Verdict(choice.name, False, 0, message)
    option = choice.options[choice.letters.index(letter)]
    return Verdict(choice.name, option.right, choice.points if option.right else 0, f"({letter}) {option.explanation}")


def draws_by_itself(exercise, failed, call, secret) -> bool:
    """Whether a second call with the same inputs returns other numbers."""
    first = failed.outcome
    if first.kind != "returned":
        return False
    second = try_case(exercise, call, failed.case, secret).outcome
    return second.kind == "returned" and not same_values(first.value, second.value, failed.case)


def without_note(failed):
    """A hidden trial without what the submission's process said of a thing that is no function: that could be an input."""
    if failed.outcome.kind != "missing":
        return failed
    return replace(failed, outcome=replace(failed.outcome, note=""))


def failing_prerequisite(exercise, failed, call, secret=PRACTICE):
    """The first exercise that the student's function calls and that fails by itself: mend that one first."""
    for name in failed.outcome.functions_read:
        called = find_exercise(name)
        if called is None or name == exercise.name:
            continue
        verdict = judge(called, call)
        if not verdict.passed:
            # its message is from practice inputs, but its process has seen hidden ones by now, and could tell of them
            why = f": {verdict.message}" if secret == PRACTICE else "."
            return f"{exercise.name} calls your {name}, which does not pass yet. Mend {name} first{why}", None
    return None
