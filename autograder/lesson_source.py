"""A lesson as people write it, ``source/NN_name/NN_name.py``, read into cells that know their line."""

from __future__ import annotations

import ast
import builtins
import re
from dataclasses import dataclass
from pathlib import Path

import jupytext

KINDS = ("exercise", "check", "choice", "question")
MARKER = re.compile(r"^# %%")
IPYTHON_LINE = re.compile(r"^\s*[%!].*$", re.MULTILINE)


class SourceError(Exception):
    """A mistake in a lesson's source, with its file and line."""

    def __init__(self, path: Path, line: int, problem: str):
        super().__init__(f"{path}:{line}: {problem}")


@dataclass(frozen=True)
class SourceCell:
    """One cell: its text, and what its header asks for (``kind`` is "exercise", "check" … or None)."""

    path: Path
    line: int
    cell_type: str
    text: str
    kind: str | None
    name: str | None
    options: dict

    def error(self, problem: str) -> SourceError:
        return SourceError(self.path, self.line, problem)


def read_lesson(path: Path) -> list[SourceCell]:
    """The cells of a lesson's source, in order."""
    text = path.read_text(encoding="utf-8")
    lines = [number for number, line in enumerate(text.splitlines(), start=1) if MARKER.match(line)]
    if not text.startswith("# %%"):
        raise SourceError(path, 1, "a lesson's source starts with a cell marker, # %%")
    cells = jupytext.reads(text, fmt="py:percent").cells
    if len(cells) != len(lines):
        raise SourceError(path, 1, f"{len(lines)} cell markers but {len(cells)} cells: is there a # %% inside a cell?")
    return [source_cell(path, line, cell) for line, cell in zip(lines, cells)]


def source_cell(path, line, cell) -> SourceCell:
    metadata = dict(cell.metadata)
    kinds = [kind for kind in KINDS if kind in metadata]
    if len(kinds) > 1:
        raise SourceError(path, line, f"a cell is one thing, not {' and '.join(kinds)}")
    kind = kinds[0] if kinds else None
    name = metadata.pop(kind) if kind else None
    # jupytext notes the blank lines between two cells.
    metadata.pop("lines_to_next_cell", None)
    unknown = set(metadata) - {"tags", "points"}
    if unknown:
        raise SourceError(path, line, f"unknown cell option {', '.join(sorted(unknown))}; known are {', '.join(KINDS)}, points and tags")
    return SourceCell(path, line, cell.cell_type, cell.source, kind, name, metadata)


def names_bound(code: str) -> set[str]:
    """The names that a cell's code defines at the top level."""
    bound = set()
    for node in ast.walk(ast.parse(without_ipython(code))):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            bound |= {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            bound.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            bound.add(node.id)
    return bound


def names_used(function_source: str) -> set[str]:
    """The names that a function takes from outside: not its parameters, its own variables or Python's built-ins."""
    tree = ast.parse(function_source)
    used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
    arguments = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return used - arguments - names_bound(function_source) - set(dir(builtins))


def without_ipython(code: str) -> str:
    """The code with IPython's own lines (%magic, !command) left out, so that Python can read it."""
    return IPYTHON_LINE.sub("", code)
