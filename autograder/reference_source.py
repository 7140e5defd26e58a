"""A reference function's own text, as a notebook shows it: no decorators, no "Raises", solved or as a stub."""

from __future__ import annotations

import ast
import functools
import inspect
import re
import textwrap
from dataclasses import dataclass

INDENT = "    "
RAISES = re.compile(r"\n[ \t]*Raises\n[ \t]*-+\n(?:(?![ \t]*(?:Source:|\w+\n[ \t]*-+\n)).*\n)*")


@dataclass(frozen=True)
class FunctionText:
    """The head (signature and docstring) and the body of a function, both indented as they stand in a cell."""

    head: str
    body: str

    @property
    def solved(self) -> str:
        return f"{self.head}\n{self.body}"

    @property
    def instructor(self) -> str:
        """As nbgrader's source has it: the body between the markers that its release replaces with a stub."""
        return f"{self.head}\n    ### BEGIN SOLUTION\n{self.body}\n    ### END SOLUTION"


@functools.cache
def function_text(function) -> FunctionText:
    """The text of a reference function, from the file it stands in."""
    source = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    lines = source.splitlines()
    tree = ast.parse(source).body[0]
    if ast.get_docstring(tree) is None:
        raise ValueError(f"{tree.name} has no docstring: a student reads it with Shift-Tab")
    first_line, doc_end = tree.lineno, tree.body[0].end_lineno
    head = "\n".join(lines[first_line - 1 : doc_end])
    head = RAISES.sub("\n", head).replace(f"\n\n{INDENT}\"\"\"", f"\n{INDENT}\"\"\"")
    return FunctionText(head, "\n".join(lines[doc_end:]).rstrip())
