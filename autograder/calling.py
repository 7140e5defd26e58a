"""One call of a function, in this process, to an ``Outcome``: what it prints and warns about is kept apart."""

from __future__ import annotations

import contextlib
import dis
import functools
import io
import linecache
import threading
import traceback
import types
import warnings

import numpy as np

from autograder.described import realise
from autograder.outcome import Outcome, Raised, Unplain, plain

PRINTED_AT_MOST = 2_000
ONE_AT_A_TIME = threading.RLock()
"""Streams and warnings are the process's own, and JupyterLab may move a slider in another thread than a check runs in."""


def call_function(function, parameters, inputs) -> Outcome:
    """Call with ``inputs`` by position where they lead the ``parameters``, so that a renamed one still works."""
    if not callable(function):
        return Outcome("missing", note=f"it is a {type(function).__name__}, not a function")
    arguments = {name: realise(value) for name, value in inputs.items()}
    leading = [name for name, given in zip(parameters, arguments) if name == given]
    positional = [arguments[name] for name in leading]
    keywords = {name: value for name, value in arguments.items() if name not in leading}
    data_read, functions_read = globals_read(function)
    about = {"data_read": data_read, "functions_read": functions_read}
    printed = io.StringIO()
    try:
        with quiet(printed):
            value = plain(function(*positional, **keywords))
    except Unplain as what:
        return Outcome("unplain", note=str(what), printed=shortened(printed), **about)
    except (Exception, SystemExit) as error:
        return Outcome("raised", error=raised(error, getattr(function, "__code__", None)), printed=shortened(printed), **about)
    after = {name: as_left(value) for name, value in arguments.items() if isinstance(value, (np.ndarray, list, tuple))}
    return Outcome("returned", value=value, inputs_after=after, printed=shortened(printed), **about)


def as_left(argument):
    """An argument as the call left it; None where it is not plain data any more."""
    try:
        return plain(argument)
    except Unplain:
        return None


@contextlib.contextmanager
def quiet(printed):
    """Keep prints, warnings and NumPy's complaints out of the notebook while a function is checked."""
    with (
        ONE_AT_A_TIME,
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


def shortened(printed):
    return printed.getvalue()[:PRINTED_AT_MOST]


def raised(error, code) -> Raised:
    """The error with the last line of it that is the student's: in the file or cell that ``code`` is from."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if code and frame.filename == code.co_filename]
    if not own:
        return Raised(type(error).__name__, str(error))
    line = linecache.getline(own[-1].filename, own[-1].lineno).strip() or None
    return Raised(type(error).__name__, str(error), own[-1].lineno - code.co_firstlineno + 1, line)


def globals_read(function):
    """Names of the notebook's data, and of its functions, that the function loads as globals."""
    code, namespace = getattr(function, "__code__", None), getattr(function, "__globals__", {})
    names = loaded_globals(code) if code else set()
    known = {name: namespace[name] for name in sorted(names) if name in namespace}
    data = tuple(name for name, value in known.items() if isinstance(value, (int, float, list, tuple, np.ndarray)))
    functions = tuple(name for name, value in known.items() if isinstance(value, types.FunctionType))
    return data, functions


@functools.lru_cache
def loaded_globals(code):
    """The same function is called many times, and taking its bytecode apart costs more than most calls."""
    names = {step.argval for step in dis.get_instructions(code) if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            names |= loaded_globals(constant)
    return names
