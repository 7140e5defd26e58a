"""The text of a registered alternative or misconception, as a student could have written it into a cell.

The registry's functions lean on helpers, closures and the reference package. In a submission there is none of these,
so what such a function needs is written out with it.
"""

from __future__ import annotations

import ast
import functools
import inspect
import textwrap
import types
from dataclasses import dataclass

import numpy as np

from autograder.exercises import find_exercise
from autograder.reference_source import function_text


@dataclass(frozen=True)
class AnswerText:
    """``needed``: imports and helpers; ``function``: the answer itself."""

    needed: str
    function: str

    @property
    def whole(self) -> str:
        return f"{self.needed}\n\n\n{self.function}" if self.needed else self.function


def answer_text(exercise, function) -> AnswerText:
    """``function`` as a definition of the exercise's name, by itself: right or wrong whatever the others are.

    A reference keeps its own text where it does not call another answer of its lesson.
    """
    if function is exercise.function and not _leans_on_its_lesson(exercise):
        return AnswerText("", function_text(function).solved)
    writer = _Writer(exercise)
    if isinstance(function, types.FunctionType):
        arguments, body = writer.rewritten(inspect.unwrap(function))
    else:
        given = ", ".join(exercise.parameters)
        call = f"{ast.unparse(writer.expression(function))}({given})"
        arguments, body = ast.parse(f"lambda {given}: 0").body[0].value.args, [ast.parse(f"return {call}").body[0]]
    names = [one.arg for one in arguments.args]
    plain = names == exercise.parameters and not (arguments.defaults or arguments.kwonlyargs)
    head = function_text(exercise.function).head if plain else f"def {exercise.name}({ast.unparse(arguments)}):"
    needed = "\n\n\n".join(filter(None, ["\n".join(sorted(writer.imports)), *writer.helpers.values()]))
    return AnswerText(needed, f"{head}\n{_indented(body)}")


def _leans_on_its_lesson(exercise) -> bool:
    called = map(find_exercise, _outside(inspect.unwrap(exercise.function)))
    return any(other and other.lesson == exercise.lesson for other in called)


class _Writer:
    """Writes functions out, each helper once and before what uses it, with names of the exercise's own."""

    def __init__(self, exercise):
        self.exercise = exercise.name
        self.lesson = exercise.lesson
        self.imports: set[str] = set()
        self.helpers: dict[str, str] = {}
        self._names: dict[object, str] = {}

    def expression(self, value) -> ast.expr:
        """Code that gives this value in a submission."""
        if value is None or isinstance(value, (bool, int, float, str)):
            return ast.Constant(value)
        if isinstance(value, (tuple, list)):
            kind = ast.Tuple if isinstance(value, tuple) else ast.List
            return kind([self.expression(one) for one in value], ast.Load())
        if isinstance(value, dict):
            return ast.Dict([self.expression(one) for one in value], [self.expression(one) for one in value.values()])
        if isinstance(value, types.FunctionType) and self._is_there(value):
            self.imports.add(f"from {value.__module__} import {value.__name__}")
            return ast.Name(value.__name__, ast.Load())
        if isinstance(value, types.FunctionType) and _is_ours(value.__module__):
            return ast.Name(self._helper(inspect.unwrap(value)), ast.Load())
        return ast.parse(self._public_name(value), mode="eval").body

    def _is_there(self, function) -> bool:
        """Whether a submission can import it: the course's, and nothing that this lesson or a later one asks for."""
        asked = find_exercise(function.__name__)
        if not function.__module__.startswith("gradual.") or function.__name__.startswith("_"):
            return False
        inner = (one for one in _outside(inspect.unwrap(function)).values() if isinstance(one, types.FunctionType))
        return not (asked and asked.lesson >= self.lesson) and all(map(self._is_there, inner))

    def _public_name(self, value) -> str:
        for prefix, module in (("np", np), ("np.linalg", np.linalg)):
            if getattr(module, getattr(value, "__name__", ""), None) is value:
                return f"{prefix}.{value.__name__}"
        if isinstance(value, types.ModuleType) and "." not in value.__name__:
            if value is np:
                return "np"
            self.imports.add(f"import {value.__name__}")
            return value.__name__
        if isinstance(value, type) and _is_ours(value.__module__):
            self.imports.add(f"from {value.__module__} import {value.__name__}")
            return value.__name__
        raise ValueError(f"{self.exercise}: {value!r} cannot be written out")

    def _helper(self, function) -> str:
        if function not in self._names:
            wanted = "part" if function.__name__ == "<lambda>" else function.__name__.strip("_")
            name, number = f"_{self.exercise}_{wanted}", 2
            while name in self._names.values():
                name, number = f"_{self.exercise}_{wanted}_{number}", number + 1
            self._names[function] = name
            arguments, body = self.rewritten(function)
            self.helpers[name] = f"def {name}({ast.unparse(arguments)}):\n{_indented(body)}"
        return self._names[function]

    def rewritten(self, function) -> tuple[ast.arguments, list[ast.stmt]]:
        """The arguments and the body, in which every name from outside is one that a submission has."""
        node = _node(function)
        body = node.body if isinstance(node.body, list) else [ast.Return(node.body)]
        if len(body) > 1 and ast.get_docstring(node) is not None:
            body = body[1:]
        outside = _outside(function)
        rename = _Rename(outside, self)
        arguments = node.args
        values = [self.expression(value) for value in function.__defaults__ or ()]
        keywords = function.__kwdefaults__ or {}
        arguments = ast.arguments(
            arguments.posonlyargs, arguments.args, arguments.vararg, arguments.kwonlyargs,
            [self.expression(keywords[one.arg]) if one.arg in keywords else None for one in arguments.kwonlyargs],
            arguments.kwarg, values,
        )  # fmt: skip
        return arguments, [ast.fix_missing_locations(rename.visit(_copy(statement))) for statement in body]


class _Rename(ast.NodeTransformer):
    """Puts in place of each outside name, and of each ``module.name``, what a submission has for it."""

    def __init__(self, outside, writer):
        self.outside, self.writer = outside, writer

    def visit_Attribute(self, node):
        owner = self.outside.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if isinstance(owner, types.ModuleType) and _is_ours(owner.__name__):
            return self.writer.expression(getattr(owner, node.attr))
        return self.generic_visit(node)

    def visit_Name(self, node):
        if node.id in self.outside and isinstance(node.ctx, ast.Load):
            return self.writer.expression(self.outside[node.id])
        return node


def _outside(function) -> dict[str, object]:
    """Globals and closure variables that the function reads, and their values."""
    found = dict(zip(function.__code__.co_freevars, (cell.cell_contents for cell in function.__closure__ or ())))
    inner = list(_codes(function.__code__))
    read = {name for code in inner for name in code.co_names}
    found |= {name: function.__globals__[name] for name in read if name in function.__globals__ and name not in found}
    local = {name for code in inner for name in (*code.co_varnames, *code.co_cellvars)}
    if found.keys() & local:
        raise ValueError(f"{function.__qualname__} has {found.keys() & local} inside and outside")
    return found


def _codes(code):
    yield code
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _codes(constant)


def _node(function) -> ast.FunctionDef | ast.Lambda:
    """The definition in the file that the function stands in."""
    code = function.__code__
    spans = [span for span in code.co_positions() if None not in span and (span[0], span[2]) != (span[1], span[3])]
    hull = min((span[0], span[2]) for span in spans), max((span[1], span[3]) for span in spans)
    for node in ast.walk(_tree(inspect.getsourcefile(function))):
        if isinstance(node, ast.FunctionDef) and node.name == code.co_name:
            if code.co_firstlineno in (node.lineno, *(one.lineno for one in node.decorator_list)):
                return node
        elif isinstance(node, ast.Lambda) and code.co_name == "<lambda>":
            body = node.body
            if ((body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)) == hull:
                return node
    raise ValueError(f"{function.__qualname__} of {function.__module__} is not found in its file")


@functools.cache
def _tree(file: str) -> ast.Module:
    with open(file, encoding="utf-8") as source:
        return ast.parse(source.read())


def _copy(node):
    return ast.parse(ast.unparse(ast.fix_missing_locations(node))).body[0]


def _is_ours(module: str) -> bool:
    return module.split(".")[0] in ("gradual", "autograder")


def _indented(body: list[ast.stmt]) -> str:
    return textwrap.indent("\n".join(ast.unparse(statement) for statement in body), "    ")
