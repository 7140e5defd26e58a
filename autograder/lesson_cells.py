"""Source cells to notebook cells: the short headers are expanded, from the registry and the reference functions."""

from __future__ import annotations

import re

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.exercises import all_choices, all_exercises, find_choice, find_exercise
from autograder.lesson_source import SourceCell, names_bound, names_used
from autograder.reference_source import function_text

FAILS_ON_PURPOSE = "raises-exception"
RUBRIC = re.compile(r"^---$", re.MULTILINE)
IMPORT_GUARD = re.compile(r"^from autograder import .*$", re.MULTILINE)
NOT_INSTALLED = (
    "Gradual is not installed in this Python. In the course's folder, run ",
    "`python -m pip install .` with the Python of this notebook, then restart the kernel.",
)
UNCLEAR = """\
## What was unclear?

One last question, with no points and no wrong answer: which part of this lesson was hardest to follow? \
Double-click and write below. If you take the course in a class, your teacher reads this.

*Your words:*"""


def notebook_cells(lesson: str, cells: list[SourceCell]) -> list[NotebookNode]:
    """The instructor's cells of a lesson, with solutions in nbgrader's markers."""
    check_completeness(lesson, cells)
    known, made = set(), []
    for cell in cells:
        made += expand(cell, known)
        if cell.kind == "exercise":
            known.add(cell.name)
        elif cell.cell_type == "code" and cell.kind is None:
            known |= bound_names(cell)
    made.append(new_markdown_cell(UNCLEAR, id="unclear"))
    for place, cell in enumerate(made):
        cell.id = cell.id if cell.metadata.pop("named", False) or cell.id == "unclear" else f"cell-{place:03}"
    return made


def expand(cell, known) -> list[NotebookNode]:
    """The one or more notebook cells that a source cell stands for."""
    if cell.kind == "exercise":
        return [exercise_cell(cell, known)]
    if cell.kind == "check":
        return check_cells(cell)
    if cell.kind == "choice":
        return choice_cells(cell)
    if cell.kind == "question":
        return question_cells(cell)
    metadata = {"tags": cell.options["tags"]} if "tags" in cell.options else {}
    if cell.cell_type == "markdown":
        return [new_markdown_cell(cell.text, metadata=metadata)]
    return [new_code_cell(guarded(cell.text), metadata=metadata)]


def guarded(text):
    """Where the grading machine lacks the package, the set-up cell says so in one sentence."""
    sentence = "\n".join(f"        {line!r}" for line in NOT_INSTALLED)
    guard = f"except ModuleNotFoundError:\n    raise SystemExit(\n{sentence}\n    ) from None"
    return IMPORT_GUARD.sub(lambda line: f"try:\n    {line[0]}\n{guard}", text)


def exercise_cell(cell, known):
    exercise = find_exercise(cell.name)
    if cell.text.strip():
        raise cell.error(f"the exercise cell of {cell.name} has code in it; the reference function is the solution, so leave it empty")
    text = function_text(exercise.function)
    unknown = names_used(text.solved) - known - {exercise.name}
    if unknown:
        raise cell.error(f"{cell.name} uses {', '.join(sorted(unknown))}, which the lesson has not introduced before this cell")
    return graded_cell(new_code_cell(text.instructor), exercise.name, solution=True)


def check_cells(cell):
    exercise = find_exercise(cell.name)
    name = cell.name
    visible = new_code_cell(f'check("{name}")  # stuck? hint("{name}") in a new cell helps, one rung at a time')
    hidden = new_code_cell(
        f"# The hidden checks of {name} run here when a class is graded: the same questions, on more inputs.\n"
        f'### BEGIN HIDDEN TESTS\ncheck("{name}", hidden=True)\n### END HIDDEN TESTS'
    )
    return [
        graded_cell(visible, f"{name}-check", points=exercise.visible_points),
        graded_cell(hidden, f"{name}-hidden", points=exercise.hidden_points),
    ]


def choice_cells(cell):
    choice = find_choice(cell.name)
    options = "\n".join(f"- **{letter})** {option.text}" for letter, option in zip(choice.letters, choice.options))
    question = new_markdown_cell(f"{choice.question}\n\n{options}")
    letters = [f'"{letter}"' for letter in choice.letters]
    answer = new_code_cell(f"{choice.name} = None  # {', '.join(letters[:-1])} or {letters[-1]}")
    check = new_code_cell(f'check("{choice.name}")')
    return [
        named(question, f"{choice.name}-question"),
        named(answer, choice.name),
        graded_cell(check, f"{choice.name}-check", points=choice.points),
    ]


def question_cells(cell):
    parts = RUBRIC.split(cell.text)
    if len(parts) != 2 or not parts[1].strip():
        raise cell.error("a written question is its text, a line ---, and the rubric that graders use")
    if not isinstance(cell.options.get("points"), int):
        raise cell.error("a written question needs points=…, a whole number")
    question = named(new_markdown_cell(parts[0].strip()), f"{cell.name}-question")
    answer = new_markdown_cell(parts[1].strip())
    return [question, graded_cell(answer, cell.name, points=cell.options["points"], solution=True)]


def named(cell, name):
    cell.id, cell.metadata["named"] = name, True
    return cell


def graded_cell(cell, grade_id, points=None, solution=False):
    """Mark a cell for nbgrader: points make it graded, and a graded cell that is no answer is locked."""
    grade = points is not None
    cell.metadata["nbgrader"] = {
        "grade": grade,
        "grade_id": grade_id,
        "locked": grade and not solution,
        "schema_version": 3,
        "solution": solution,
        "task": False,
    }
    if grade:
        cell.metadata["nbgrader"]["points"] = points
    if grade and cell.cell_type == "code":
        cell.metadata["tags"] = [FAILS_ON_PURPOSE]
    return named(cell, grade_id)


def bound_names(cell):
    try:
        return names_bound(cell.text)
    except SyntaxError as error:
        raise cell.error(f"this cell is not Python: {error.msg} in line {error.lineno} of the cell") from None


def check_completeness(lesson, cells):
    """Each exercise once, its check after it; each choice once; at least two choices and one written question."""
    known = {
        "exercise": [one.name for one in all_exercises() if one.lesson == lesson],
        "choice": [one.name for one in all_choices() if one.lesson == lesson],
    }
    seen = []
    for cell in cells:
        if cell.kind is None:
            continue
        if cell.name not in known.get(cell.kind, [cell.name]):
            raise cell.error(f"unknown {cell.kind} {cell.name!r}; this lesson's are {', '.join(known[cell.kind])}")
        key = (cell.kind, cell.name)
        if key in seen:
            raise cell.error(f"{cell.kind} {cell.name!r} stands in this lesson twice")
        if cell.kind == "check" and ("exercise", cell.name) not in seen:
            raise cell.error(f"the check of {cell.name!r} comes before its exercise, or has none")
        if cell.kind in ("check", "choice") and cell.text.strip():
            raise cell.error(f"the {cell.kind} cell of {cell.name} has text in it; the registry fills it, so leave it empty")
        seen.append(key)
    wanted = [(kind, name) for kind in ("exercise", "check") for name in known["exercise"]]
    wanted += [("choice", name) for name in known["choice"]]
    for kind, name in wanted:
        if (kind, name) not in seen:
            raise cells[-1].error(f"the lesson has no {kind} cell for {name!r}, which the registry gives it")
    if sum(kind == "choice" for kind, _ in seen) < 2 or not any(kind == "question" for kind, _ in seen):
        raise cells[-1].error("a lesson ends in at least two choices and one written question")


def solved(cell: NotebookNode, instructor: NotebookNode) -> NotebookNode:
    """A released cell with its answer in it: the reference, the rubric, or the right letter."""
    settings = cell.metadata.get("nbgrader", {})
    if settings.get("solution"):
        cell.source = without_markers(instructor.source)
    choice = find_choice(cell.id)
    if choice and cell.cell_type == "code" and not settings:
        cell.source = f'{choice.name} = "{choice.answer}"'
    return cell


def without_markers(text):
    return "\n".join(line for line in text.splitlines() if not line.strip().startswith(("### BEGIN", "### END")))
