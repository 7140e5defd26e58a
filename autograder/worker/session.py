"""A submission's own process: its cells run in one IPython shell, then its functions are called by name.

IPython's ``InteractiveShell``, because students' cells are IPython cells: magics, ``display``, the value of
the last expression. There is no kernel, no history file and no thread.
"""

from __future__ import annotations

import base64
import contextlib
import io
import linecache
import sys
import traceback

from gradual._edition import Withheld
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.history import HistoryManager
from IPython.core.interactiveshell import InteractiveShell
from IPython.core.pylabtools import select_figure_formats
from matplotlib import pyplot

from autograder.calling import call_function
from autograder.outcome import Unplain, plain

REQUEST_CAP = 2**30
KEPT_CHARACTERS = 2_000
STUDENTS_FILES = ("<ipython-input", "/tmp/ipykernel")


class Output:
    """What the cell that is running has shown so far, up to a number of characters."""

    def __init__(self):
        self.begin(0, 0)

    def begin(self, characters, figures):
        self.entries, self.characters, self.figures = [], characters, figures

    def write(self, name, text):
        kept = text[: self.characters]
        self.characters -= len(kept)
        if not kept:
            return
        if self.entries and self.entries[-1].get("stream") == name:
            self.entries[-1]["parts"].append(kept)
        else:
            self.entries.append({"stream": name, "parts": [kept]})

    def show(self, data):
        text = str(data.get("text/plain", ""))[: self.characters]
        self.characters -= len(text)
        entry = {"text": text}
        png = data.get("image/png")
        if png and self.figures > 0:
            self.figures -= 1
            entry["png"] = base64.b64decode(png) if isinstance(png, str) else png
        self.entries.append(entry)

    def taken(self):
        for entry in self.entries:
            if "parts" in entry:
                entry["text"] = "".join(entry.pop("parts"))
        return self.entries


OUTPUT = Output()


class Stream(io.TextIOBase):
    """Stands in for ``sys.stdout`` and ``sys.stderr`` while a cell runs."""

    def __init__(self, name):
        self.stream_name = name

    def write(self, text):
        OUTPUT.write(self.stream_name, str(text))
        return len(text)

    def writable(self):
        return True


class _Publisher(DisplayPublisher):
    def publish(self, data, metadata=None, **_):
        OUTPUT.show(data)


class _Hook(DisplayHook):
    source = ""

    def quiet(self):
        return self.semicolon_at_end_of_expression(self.source)

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        OUTPUT.show(format_dict)

    def finish_displayhook(self):
        self._is_active = False


class Shell(InteractiveShell):
    display_pub_class = _Publisher
    displayhook_class = _Hook

    def showtraceback(self, *_, **__):
        """Errors are told by ``Session.cell``, in one line each."""

    def enable_matplotlib(self, gui=None):
        """``%matplotlib inline`` and its like: figures are taken at the end of each cell anyway."""
        return "agg", "agg"

    def enable_gui(self, gui=None):
        pass

    def ask_exit(self):
        """What ``exit()`` calls."""
        raise SystemExit


def make_shell():
    HistoryManager.enabled = False
    shell = Shell.instance()
    shell.showsyntaxerror = shell.showtraceback
    select_figure_formats(shell, {"png"})
    return shell


def take_figures(most, most_bytes):
    """Each open pyplot figure as PNG, as the inline backend shows them at the end of a cell."""
    for number in pyplot.get_fignums()[:most]:
        file = io.BytesIO()
        figure = pyplot.figure(number)
        figure.savefig(file, format="png", dpi=72)
        if file.tell() <= most_bytes:
            OUTPUT.show({"text/plain": "<Figure>", "image/png": file.getvalue()})
    pyplot.close("all")


class Session:
    """Answers the requests of the trusted side, one at a time."""

    def __init__(self, channel, shell, limits):
        self.channel, self.shell, self.limits = channel, shell, limits
        if not limits["figures"]:
            shell.display_formatter.active_types = ["text/plain"]  # nothing is drawn that no one will see
            shell.display_formatter.ipython_display_formatter.enabled = False

    def serve(self):
        while True:
            request = self.channel.receive(REQUEST_CAP)
            reply = {"cell": self.cell, "call": self.call, "value": self.value}[request["do"]](request)
            self.channel.send({"nonce": request["nonce"], **reply})

    def cell(self, request):
        OUTPUT.begin(self.limits["output_characters"], self.limits["figures"])
        self.shell.displayhook.source = request["source"]
        with _streams(Stream("stdout"), Stream("stderr")):
            done = self.shell.run_cell(request["source"], store_history=False)
            try:
                take_figures(self.limits["figures"], self.limits["figure_bytes"])
            except Exception as error:
                OUTPUT.write("stderr", f"A figure could not be drawn: {error}\n")
        error = done.error_before_exec or done.error_in_exec
        if isinstance(error, Withheld):
            OUTPUT.write("stdout", f"{error}\n")
            error = None
        return {"outputs": OUTPUT.taken(), "error": describe(error) if error else None}

    def value(self, request):
        """A variable of the notebook's: the answer to a multiple-choice question."""
        if request["name"] not in self.shell.user_ns:
            return {"kind": "missing"}
        try:
            return {"kind": "returned", "value": plain(self.shell.user_ns[request["name"]])}
        except Unplain as found:
            return {"kind": "unplain", "note": str(found)}

    def call(self, request):
        if request["name"] not in self.shell.user_ns:
            return {"kind": "missing"}
        try:
            outcome = call_function(self.shell.user_ns[request["name"]], request["parameters"], request["inputs"])
        except BaseException as error:  # a KeyboardInterrupt of the student's own, an error that cannot be printed
            return {"kind": "raised", "error": describe(error)}
        fields = {**vars(outcome), "error": vars(outcome.error) if outcome.error else None}
        return {name: value for name, value in fields.items() if value is not None}


def describe(error):
    """A cell's error: its type, its message and the student's own line, each cut to a length."""
    line_number = line = None
    for frame in traceback.extract_tb(error.__traceback__):
        if frame.filename.startswith(STUDENTS_FILES):
            line_number, line = frame.lineno, linecache.getline(frame.filename, frame.lineno)
    if line is None and isinstance(error, SyntaxError):
        line_number, line = error.lineno, error.text
    try:
        message = str(error)
    except Exception:
        message = ""
    return {
        "kind": type(error).__name__,
        "message": message[:KEPT_CHARACTERS],
        "line_number": line_number,
        "line": (line or "").strip()[:KEPT_CHARACTERS] or None,
    }


@contextlib.contextmanager
def _streams(out, err):
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = out, err
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
