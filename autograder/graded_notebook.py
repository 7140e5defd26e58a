"""The notebook that a graded submission becomes: the lesson's own cells, the student's sources, what they showed.

It is made from the pristine release and from plain text, so nothing else of the submitted file is in it.
"""

from __future__ import annotations

import copy

from autograder import show
from autograder.exercise import Verdict
from autograder.submission import UNCLEAR, Submission

NOTES = "gradual-notes"


def graded_notebook(pristine: dict, submission: Submission, cell_results, verdicts: dict[str, Verdict]) -> dict:
    """The student's code cells in their order, with their outputs; what the student left out is put back."""
    places = {cell["id"]: place for place, cell in enumerate(pristine["cells"]) if cell["cell_type"] == "code"}
    last = {cell.grade_id: index for index, cell in enumerate(submission.cells) if cell.grade_id}
    cells, shown, reached = [], set(), 0
    for index, (cell, result) in enumerate(zip(submission.cells, cell_results)):
        place = places.get(cell.grade_id or cell.cell_id)
        if place is not None and place not in shown:
            cells += [_untouched(one, submission, verdicts) for one in _left_out(pristine, reached, place, last)]
            reached = max(reached, place + 1)
        counts = place is not None and last.get(cell.grade_id, index) == index and place not in shown
        if counts:
            shown.add(place)
        made = _code(pristine["cells"][place] if counts else None, cell.source, index)
        grade_id = cell.grade_id if counts else None
        made["outputs"] = verdict_outputs(verdicts[grade_id]) if grade_id in verdicts else list(result.outputs)
        cells.append(made)
    cells += [_untouched(one, submission, verdicts) for one in _left_out(pristine, reached, len(pristine["cells"]), last)]
    return _with_notes({**copy.deepcopy(pristine), "cells": cells}, submission.notes)


def refused_notebook(pristine: dict, reason: str, verdicts: dict[str, Verdict]) -> dict:
    """The pristine lesson with the reason on top, for a submission that could not be read or run."""
    cells = [_untouched(cell, Submission((), {}), verdicts) for cell in pristine["cells"]]
    return _with_notes({**copy.deepcopy(pristine), "cells": cells}, [reason])


def verdict_outputs(verdict: Verdict) -> list[dict]:
    """What stands under a check's cell: text only."""
    if verdict.passed:
        data = {"text/plain": repr(show.Success(verdict))}
        return [{"output_type": "display_data", "data": data, "metadata": {}}]
    lines = show.failure_lines(verdict)
    return [{"output_type": "error", "ename": "CheckFailed", "evalue": verdict.message, "traceback": lines}]


def _left_out(pristine, start, stop, last):
    """The lesson's cells from ``start`` to ``stop``: its text, and the graded cells that the submission lacks."""
    for cell in pristine["cells"][start:stop]:
        if cell["cell_type"] != "code" or (cell["metadata"].get("nbgrader") and cell["id"] not in last):
            yield cell


def _untouched(cell, submission, verdicts):
    cell = copy.deepcopy(cell)
    if cell["cell_type"] == "markdown":
        cell["source"] = submission.written.get(cell["id"], cell["source"])
        if cell["id"] == UNCLEAR and submission.unclear:
            cell["source"] = f"{_text(cell)}\n\n{verbatim(submission.unclear)}"
    elif cell["id"] in verdicts:
        cell["outputs"] = verdict_outputs(verdicts[cell["id"]])
    return cell


def _code(pristine, source, index):
    """A code cell: with the lesson's metadata where it counts as that cell, bare otherwise."""
    cell = copy.deepcopy(pristine) if pristine else {"cell_type": "code", "metadata": {}, "id": f"submitted-{index:03}"}
    return {**cell, "source": source, "execution_count": index + 1}


def _with_notes(notebook, notes):
    if notes:
        text = "**About this submission**\n\n" + "\n\n".join(verbatim(note) for note in notes)
        notebook["cells"].insert(0, {"cell_type": "markdown", "id": NOTES, "metadata": {}, "source": text})
    return notebook


def verbatim(text: str) -> str:
    """Markdown that shows the text letter by letter."""
    return "\n".join(f"    {line}" for line in text.splitlines())


def _text(cell) -> str:
    return "".join(cell["source"])
