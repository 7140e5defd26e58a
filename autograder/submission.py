"""Read a submitted notebook without running, following or believing any of it.

Only source is taken: the code cells in their order, and the written answers by grade id. Metadata beside
the ids, outputs and links are dropped. What cannot be read is a ``BrokenSubmission``, with the reason.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path

UNCLEAR = "unclear"  # the id of the cell that asks what was unclear; nbgrader knows nothing of it
MAX_BYTES = 50 * 2**20
MAX_CELLS = 1_000
MAX_SOURCE = 2**20
MAX_SOURCES = 2**22  # of all cells together
MAX_PARTS = 3_000_000  # commas and brackets: each can become an object, and an object is larger than they are
MAX_UNCLEAR = 5_000
DEFINITION = re.compile(r"^(?:async )?def (\w+)\(.*?(?=^[^\s)]|\Z)", re.MULTILINE | re.DOTALL)


class BrokenSubmission(ValueError):
    """Why a submission cannot be read: one plain sentence for the student."""


@dataclass(frozen=True)
class SubmittedCell:
    """A code cell: its source, and what says which cell of the lesson it is."""

    source: str
    grade_id: str | None
    cell_id: str | None


@dataclass(frozen=True)
class Submission:
    """``cells`` to run, in order; ``written`` answers by grade id; ``notes`` for the feedback.

    ``unclear`` is what the student wrote under the lesson's last question, "" if nothing.
    """

    cells: tuple[SubmittedCell, ...]
    written: dict[str, str]
    notes: tuple[str, ...] = ()
    unclear: str = ""

    @property
    def sources(self) -> list[str]:
        return [cell.source for cell in self.cells]


@dataclass
class Lesson:
    """What a released notebook says about its cells: which are answers, which are locked, and their source."""

    name: str
    solutions: set[str] = field(default_factory=set)
    written: dict[str, str] = field(default_factory=dict)  # the pristine text of each, by grade id
    locked: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)  # grade id of a cell id
    unclear: str = ""  # the text of the cell that asks what was unclear

    @classmethod
    def from_notebook(cls, name: str, notebook: dict) -> Lesson:
        """``notebook``: the pristine release, which is ours and believed."""
        lesson = cls(name)
        for cell in notebook["cells"]:
            grading = cell.get("metadata", {}).get("nbgrader", {})
            grade_id = grading.get("grade_id")
            if cell.get("id") == UNCLEAR:
                lesson.unclear = _source(cell)
            if not grade_id:
                continue
            lesson.ids[cell.get("id", "")] = grade_id
            source = _source(cell)
            if cell["cell_type"] == "markdown" and grading.get("solution"):
                lesson.written[grade_id] = source
            elif grading.get("solution"):
                lesson.solutions.add(grade_id)
            else:
                lesson.locked[grade_id] = source
        return lesson


def read_submission(path: Path, lesson: Lesson) -> Submission:
    """The submission at ``path``. Raises ``BrokenSubmission``."""
    return parse_submission(read_file(Path(path)), lesson)


def parse_submission(data: bytes, lesson: Lesson) -> Submission:
    """The submission in a file's bytes. Raises ``BrokenSubmission``."""
    cells = _cells(_notebook(data))
    code, written, notes, unclear = [], {}, [], None
    if sum(len(_source(cell)) for cell in cells) > MAX_SOURCES:
        raise BrokenSubmission("The cells of the notebook have more than four million characters together.")
    for cell in cells:
        grade_id = _grade_id(cell, lesson)
        source = _source(cell)
        if cell["cell_type"] == "code":
            source = lesson.locked.get(grade_id, source)  # a check that was changed is put right
            code.append(SubmittedCell(source, grade_id, _text(cell.get("id"))))
        elif grade_id in lesson.written:
            if grade_id in written and written[grade_id] != source:
                notes.append(
                    f"The answer {grade_id} is there twice, with different text; the last one that you changed counts."
                )
            if grade_id not in written or source.strip() != lesson.written[grade_id].strip():
                written[grade_id] = source
        elif _asks_what_was_unclear(cell, source, lesson):
            unclear = source
    sources = "\n\n".join(cell.source for cell in code)
    known = {cell.grade_id for cell in code} | written.keys()
    if not known & (lesson.solutions | lesson.written.keys()):
        if not {match[1] for match in DEFINITION.finditer(sources)} & lesson.solutions:
            raise BrokenSubmission(
                f"This notebook has none of the answers of {lesson.name}: it seems to be another notebook."
            )
    notes = (*dict.fromkeys(notes), *_twice_defined(sources, lesson.solutions))
    return Submission(tuple(code), written, notes, _added(unclear, lesson.unclear) if unclear else "")


def read_file(path: Path) -> bytes:
    """The bytes of a regular file, read through one descriptor so that nothing can be swapped in between.

    Raises ``BrokenSubmission``.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        raise BrokenSubmission(f"There is no notebook {path.name} in the submission.") from None
    except OSError:
        raise BrokenSubmission(f"{path.name} is a link, or cannot be opened; submit the notebook itself.") from None
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise BrokenSubmission(f"{path.name} is a folder or a device, not a notebook.")
    with open(descriptor, "rb") as file:
        if about.st_size > MAX_BYTES:
            raise BrokenSubmission(
                f"The notebook is {about.st_size / 2**20:.0f} MB large; at most {MAX_BYTES // 2**20} MB can be read. "
                "Clear its outputs and submit it again."
            )
        data = file.read(MAX_BYTES)
    if not data.strip():
        raise BrokenSubmission("The notebook is an empty file.")
    return data


def _notebook(data: bytes) -> dict:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BrokenSubmission("The notebook is not UTF-8 text: save it again from JupyterLab.") from None
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_PARTS:
        raise BrokenSubmission("The notebook has millions of parts: clear its outputs and submit it again.")
    try:
        notebook = json.loads(text)
    except (ValueError, RecursionError):
        raise BrokenSubmission("The notebook is not a notebook file (it is not valid JSON).") from None
    if not isinstance(notebook, dict):
        raise BrokenSubmission("The notebook is not a notebook file (it holds JSON, but no notebook).")
    version = notebook.get("nbformat")
    if version != 4:
        shown = version if type(version) is int and 0 < version < 100 else "unknown"
        raise BrokenSubmission(
            f"The notebook has format version {shown}, not 4: open it in JupyterLab, save it and submit it again."
        )
    return notebook


def _cells(notebook: dict) -> list[dict]:
    cells = notebook.get("cells")
    if not isinstance(cells, list) or not all(isinstance(cell, dict) for cell in cells):
        raise BrokenSubmission("The notebook has no list of cells.")
    if len(cells) > MAX_CELLS:
        raise BrokenSubmission(f"The notebook has {len(cells)} cells; at most {MAX_CELLS} are read.")
    return [cell for cell in cells if cell.get("cell_type") in ("code", "markdown")]


def _source(cell: dict) -> str:
    source = cell.get("source", "")
    if isinstance(source, list) and all(isinstance(line, str) for line in source):
        source = "".join(source)
    if not isinstance(source, str):
        raise BrokenSubmission("A cell of the notebook has no text as its source.")
    if len(source) > MAX_SOURCE:
        raise BrokenSubmission("A cell of the notebook has more than a million characters.")
    return source.encode("utf-8", "replace").decode()


def _grade_id(cell: dict, lesson: Lesson) -> str | None:
    """Identity: the grade id, then the cell id, then (for code) the function that the cell defines."""
    metadata = cell.get("metadata")
    grading = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    grade_id = grading.get("grade_id") if isinstance(grading, dict) else None
    if isinstance(grade_id, str) and grade_id in lesson.ids.values():
        return grade_id
    if _text(cell.get("id")) in lesson.ids:
        return lesson.ids[cell["id"]]
    if cell["cell_type"] == "code":
        return next((m[1] for m in DEFINITION.finditer(_source(cell)) if m[1] in lesson.solutions), None)
    return None


def _asks_what_was_unclear(cell: dict, source: str, lesson: Lesson) -> bool:
    """By the cell's id, or by its heading where an editor has dropped the ids."""
    heading = lesson.unclear.split("\n", 1)[0]
    return bool(lesson.unclear) and (cell.get("id") == UNCLEAR or source.startswith(heading))


def _added(source: str, pristine: str) -> str:
    """The lines of an edited text that the pristine one does not have, and what was added to a line of it."""
    there, source = pristine.splitlines(), source[: len(pristine) + MAX_UNCLEAR]
    ends = [line for line in there if line.strip()]
    left = [line for line in source.splitlines() if line not in there]
    cut = [next((line[len(end) :] for end in ends if line.startswith(end)), line) for line in left]
    return "\n".join(cut).strip()


def _text(value) -> str | None:
    return value if isinstance(value, str) else None


def _twice_defined(source: str, names: set[str]):
    """Notes on functions that are defined more than once, and differ."""
    bodies: dict[str, set[str]] = {}
    for match in DEFINITION.finditer(source):
        bodies.setdefault(match[1], set()).add("".join(match[0].split()))
    for name in sorted(names & {name for name, texts in bodies.items() if len(texts) > 1}):
        yield f"{name} is defined more than once, differently; the last definition counts."
