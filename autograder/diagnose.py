"""A failed trial to the sentence that a student can act on. Never the solution, never a traceback of ours."""

from __future__ import annotations

import numpy as np

from autograder.compare import agree, as_array, leaves, tolerance
from autograder.exercise import Exercise
from autograder.exercises import find_exercise
from autograder.trial import Trial, try_function


def diagnose(exercise: Exercise, failed: Trial, trials: list[Trial]) -> tuple[str, str | None]:
    """The message, and the name of the misconception if it is a known one."""
    early = not_run(exercise, failed)
    if early:
        return early, None
    known = known_misconception(exercise, failed, trials)
    if known:
        return known.sentence, known.name
    for look in (error_of_theirs, not_numbers, wrong_shape, not_finite, changed_its_input, factor_or_offset, where_it_differs):
        message = look(exercise, failed)
        if message:
            return message + reads_globals(exercise, failed), None
    raise AssertionError(f"{exercise.name} failed and nothing says why: {failed}")


def not_run(exercise, trial):
    name, outcome = exercise.name, trial.outcome
    if outcome.kind == "missing":
        if outcome.note:
            return f"{name} is not a function here: {outcome.note}. Run the cell that starts with def {name}."
        return f"There is no function {name} yet. Run the cell that starts with def {name}, then check again."
    if outcome.kind == "stopped":
        return f"{name} was stopped: {outcome.note}."
    if outcome.kind == "raised" and outcome.error.kind == "NotImplementedError":
        return f"{name} is not written yet: put your code in place of raise NotImplementedError, and run that cell."
    if outcome.kind == "returned" and outcome.value is None and trial.expected is not None:
        return f"{name} returned nothing. Does its last line start with return?"
    return None


def known_misconception(exercise, failed, trials):
    """The misconception whose results are the student's on every case tried, or else on the failed one."""
    matching = [m for m in exercise.misconceptions if behaves_like(m, exercise, failed)]
    everywhere = [m for m in matching if all(behaves_like(m, exercise, trial) or trial.passed for trial in trials)]
    exactly = [m for m in everywhere if all(behaves_like(m, exercise, trial) for trial in trials)]
    return next(iter(exactly or everywhere or matching), None)


def behaves_like(misconception, exercise, trial) -> bool:
    """Whether a misconception gives what the student's function gave: value, changed inputs, or the same error."""
    theirs, ours = trial, try_function(misconception.function, exercise, trial)
    if theirs.outcome.kind != ours.outcome.kind:
        return False
    if theirs.outcome.kind == "raised":
        one, other = theirs.outcome.error, ours.outcome.error
        return (one.kind, one.message) == (other.kind, other.message)
    if theirs.outcome.kind != "returned" or theirs.changed_inputs != ours.changed_inputs:
        return False
    return same_values(theirs.outcome.value, ours.outcome.value, trial.case)


def same_values(one, other, case) -> bool:
    """Agreement that also lets NaN equal NaN: two wrong answers can both have it in the same places."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(same_values(a, b, case) for a, b in zip(one, other))
    first, second = as_array(one), as_array(other)
    if first is None or second is None:
        return first is None and second is None and one == other
    if first.shape != second.shape or not np.array_equal(np.isnan(first), np.isnan(second)):
        return False
    return agree(np.nan_to_num(first), np.nan_to_num(second), case)


def error_of_theirs(exercise, trial):
    error = trial.outcome.error
    if error is None:
        return None
    where = f", at line {error.line_number} of the function: {error.line}" if error.line else ""
    hint = ""
    if error.kind == "TypeError" and "positional argument" in error.message:
        hint = f" Keep its parameters as they were: ({', '.join(exercise.parameters)})."
    if error.kind == "TypeError" and "for ^" in error.message:
        hint = " In Python a power is written **."
    if error.kind in ("NameError", "UnboundLocalError"):
        hint = f" {where_the_name_is(error, exercise)}"
    return f"{exercise.name} stopped with {error.kind}: {error.message.rstrip('.')}{where}.{hint}"


def where_the_name_is(error, exercise):
    """For a name that Python does not know: NumPy may have it, or the function's arguments go by other names."""
    name = error.message.split("'")[1] if error.message.count("'") >= 2 else ""
    if name.isidentifier() and hasattr(np, name):
        return f"NumPy has it: np.{name}."
    if find_exercise(name):
        return f"Run the cell that starts with def {name} first."
    if name and f"{name}(" in (error.line or ""):
        return f"{name} is defined nowhere yet: write it out here, or define it first."
    return f"Inside the function, use its parameters: {', '.join(exercise.parameters)}."


def not_numbers(exercise, trial):
    if trial.outcome.kind == "unplain":
        return f"{exercise.name} returned {trial.outcome.note}; it should return {described(trial.expected)}."
    return built_otherwise(trial.outcome.value, trial.expected, exercise.name)


def built_otherwise(got, expected, name, path=()):
    """Where the answer has other parts than expected: at the top, or inside a list of lists."""
    returned, it_should = (f"{place(path)} is", "it should be") if path else (f"{name} returned", "it should return")
    if not isinstance(expected, tuple):
        return f"{returned} {described(got)}; {it_should} {described(expected)}." if as_array(got) is None else None
    if not (isinstance(got, tuple) and len(got) == len(expected)):
        return f"{returned} {described(got)}; {it_should} {counted(expected)}: {described(expected)}."
    inside = (built_otherwise(one, other, name, (*path, i)) for i, (one, other) in enumerate(zip(got, expected)))
    return next(filter(None, inside), None)


def counted(parts):
    return f"{len(parts)} thing{'s' if len(parts) != 1 else ''}"


def wrong_shape(exercise, trial):
    for got, expected, which in pairs(trial):
        got, expected = np.asarray(got), np.asarray(expected)
        if got.shape == expected.shape:
            continue
        axes = "; ".join(f"{axis}: {meaning}" for axis, meaning in exercise.axes.items())
        meaning = f" ({axes})" if axes else ""
        return f"{which or 'The result'} has shape {got.shape}; expected {expected.shape}{meaning}."
    return None


def not_finite(exercise, trial):
    for got, expected, which in pairs(trial):
        got, expected = np.asarray(got, dtype=float), np.asarray(expected, dtype=float)
        wrong = ~np.isfinite(got) & ~((got == expected) & np.isinf(expected))
        if not wrong.any():
            continue
        place = np.argwhere(wrong)[0]
        what = "NaN (not a number)" if np.isnan(got[tuple(place)]) else "infinite"
        where = f" at index {index_text(place)}" if got.ndim else ""
        return f"{which or 'The result'} is {what}{where}. Look for a division by 0, a root or a log of a negative number."
    return None


def changed_its_input(exercise, trial):
    if not trial.value_agrees:
        return None
    name = trial.changed_inputs[0]
    mend = f"Work on {name}.copy(), or make a new array."
    if not isinstance(trial.inputs[name], np.ndarray):
        mend = "Make new arrays; +=, -= and *= change the old ones."
    return f"The result is right, but {exercise.name} changes its input {name}, which the caller still needs. {mend}"


def factor_or_offset(exercise, trial):
    """Right up to a sign, a factor, or a constant: the three near misses that say what to look for."""
    if isinstance(trial.expected, tuple):
        return None
    got, expected = np.asarray(trial.outcome.value, float), np.asarray(trial.expected, float)
    if not np.isfinite(expected).all() or not expected.any() or expected.size < 2:
        return None
    rtol, atol = tolerance(got, expected, trial.case)
    factor = float((got * expected).sum() / (expected * expected).sum())
    if factor and np.allclose(got, factor * expected, rtol=rtol, atol=atol):
        if np.isclose(factor, -1):
            return "Every number has the wrong sign and the right size."
        return f"Everything is right up to one factor: your numbers are {factor:.4g} times the expected ones."
    offset = float((got - expected).mean())
    if np.allclose(got - offset, expected, rtol=rtol, atol=atol):
        return f"Every number is off by the same amount: yours are the expected ones {'+' if offset > 0 else '−'} {abs(offset):.4g}."
    return None


def where_it_differs(exercise, trial):
    for got, expected, which in pairs(trial):
        if agree(got, expected, trial.case):
            continue
        got, expected = np.asarray(got), np.asarray(expected)
        what = which or "The result"
        if got.ndim == 0:
            return f"{what} is {got:.6g}; expected {expected:.6g}."
        right = entries_right(got, expected, trial.case)
        return f"{what} has the right shape, but {differing(right, exercise)}."
    return None


def entries_right(got, expected, case):
    rtol, atol = tolerance(got, expected, case)
    with np.errstate(invalid="ignore"):
        return np.isclose(got, expected, rtol=rtol, atol=atol)


def differing(right, exercise):
    """Where along the first axis the entries go wrong, which often says what is wrong."""
    rows = right.reshape(len(right), -1).all(axis=1)
    axis = next(iter(exercise.axes), "the first axis")
    if not rows.any() or len(rows) == 1:
        return f"{(~right).sum()} of its {right.size} entries differ"
    first = int(np.argmin(rows))
    if rows[:first].all() and not rows[first:].any():
        kept = "only index 0 is right" if first == 1 else f"it is right up to index {first - 1} of {axis} and wrong from index {first} on"
        return kept
    return f"it is wrong at {(~rows).sum()} of the {len(rows)} places along {axis}, the first at index {first}"


def reads_globals(exercise, trial):
    names = trial.outcome.data_read
    if not names:
        return ""
    return f" It also reads {', '.join(names)} from the notebook: a function should use its own arguments only."


def pairs(trial):
    """(got, expected, "The second result") for each part of the answer."""
    return [(got, expected, place(path)) for got, expected, path in leaves(trial.outcome.value, trial.expected)]


def place(path):
    """Which part of the answer: the second of three results, or deeper, as one would index it."""
    if len(path) == 1 and path[0] < 5:
        return f"The {('first', 'second', 'third', 'fourth', 'fifth')[path[0]]} result"
    return "result" + "".join(f"[{i}]" for i in path) if path else ""


def described(value):
    if isinstance(value, tuple):
        return "(" + ", ".join(described(entry) for entry in value) + ")"
    if value is None:
        return "None"
    if isinstance(value, str):
        return "a text"
    shape = np.shape(value)
    return f"an array of shape {shape}" if shape else "one number"


def index_text(place):
    return str(int(place[0])) if len(place) == 1 else str(tuple(int(i) for i in place))
