"""Grade one submission's functions from outside: its cells run in a sandbox, and only values come back.

    with Grader("01_gradual_noise", all_exercises()) as grader, grader.submission(cells) as worker:
        verdict = judge(exercise, worker.call)

Fail closed, and fail small. What the worker says is a value or nothing; a cell or a function that ends the
process, or uses up its time, is set aside, and the rest goes on in a fresh process.
"""

from __future__ import annotations

import base64
import contextlib
import secrets
import time
from dataclasses import dataclass, field

from autograder.outcome import Outcome, Raised, Unplain, plain
from autograder.sandbox import Limits, Zygote
from autograder.wire import Closed, Malformed

KINDS = {"returned", "raised", "missing", "unplain"}  # what a worker may claim; "stopped" is said here only
KEPT_CHARACTERS = 2_000
KEPT_NAMES = 50
MOST_HALVINGS = 4
ALL_USED = "the time for the whole notebook was used up"
PNG = b"\x89PNG\r\n\x1a\n"


class Stopped(Exception):
    """The worker was ended, or cannot be believed; the text says why, to the student."""


class OutOfTime(Stopped):
    """All the time that one submission has is used up."""


class TookTooLong(Stopped):
    """A cell or a call was not done in its time."""


@dataclass
class CellResult:
    """What a cell showed, in nbformat's form, and whether it ran to its end without an error."""

    outputs: list[dict] = field(default_factory=list)
    ok: bool = False


class Grader:
    """A warm process for one lesson; submissions one after the other, each in a process of its own."""

    def __init__(self, lesson, exercises, limits=None, source=None, sandboxed=True):
        self.limits = limits or Limits()
        self.parameters = {exercise.name: exercise.parameters for exercise in exercises}
        self._start = lambda: Zygote(lesson, exercises, self.limits, source, sandboxed)
        self._zygote = self._start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._zygote.close()

    @contextlib.contextmanager
    def submission(self, cells: list[str]):
        if self._zygote.lost:
            self._zygote.close()
            self._zygote = self._start()
        worker = Worker(self._zygote, cells, self.parameters)
        try:
            with contextlib.suppress(OutOfTime):
                worker.run_cells()
            yield worker
        finally:
            worker.close()


class Worker:
    """One submission. ``call`` is what the judge needs; ``cell_results`` is what each cell showed."""

    def __init__(self, zygote, cells, parameters):
        self._zygote, self._limits, self._cells, self._parameters = zygote, zygote.limits, cells, parameters
        self._channel = None
        self._called: set[str] = set()  # what this process has run, and may be disturbed by
        self._fatal_cells: set[int] = set()
        self._fatal_calls: dict[str, str] = {}
        self._endless_cells = 0
        self._spent = 0.0
        self.processor_seconds = 0.0
        self.cell_results: list[CellResult | None] = [None] * len(cells)

    def run_cells(self):
        """Start a process in which every cell has run, but for those that ended a process before."""
        while True:
            self._fresh()
            for index in range(len(self._cells)):
                if index not in self._fatal_cells and not self._run_cell(index):
                    break
            else:
                return

    def _run_cell(self, index) -> bool:
        request = {"do": "cell", "source": self._cells[index]}
        try:
            result = _cell_result(self._ask(request, self._cell_seconds(index)), self._limits)
        except OutOfTime as why:
            unrun = [place for place, result in enumerate(self.cell_results) if result is None]
            for place in unrun:
                self.cell_results[place] = CellResult([_error_output("Stopped", f"not run: {why}")])
            raise
        except Stopped as why:
            self._fatal_cells.add(index)
            self._endless_cells += isinstance(why, TookTooLong)
            self.cell_results[index] = CellResult([_error_output("Stopped", str(why))])
            return False
        if self.cell_results[index] is None:
            self.cell_results[index] = result
        return True

    def _cell_seconds(self, index) -> float:
        """Half as long after each endless cell: one endless function may be drawn in many, and others need the time."""
        ran_before = self.cell_results[index] is not None
        return self._limits.cell_seconds / (1 if ran_before else 2 ** min(self._endless_cells, MOST_HALVINGS))

    def stopped(self) -> list[str]:
        """What was ended from outside, or ended its own process: cells by number, and functions by name, with why."""
        cells = [f"cell {index + 1}: {self._results_end(index)}" for index in sorted(self._fatal_cells)]
        return cells + [f"{name}: {why}" for name, why in self._fatal_calls.items()]

    def _results_end(self, index) -> str:
        return self.cell_results[index].outputs[-1]["evalue"]

    def call(self, name, inputs) -> Outcome:
        """The submission's function ``name`` on ``inputs``: what it gave back, and never more than that."""
        return self._outcome(name, {"do": "call", "parameters": self._parameters[name], "inputs": inputs})

    def value(self, name) -> Outcome:
        """The submission's variable ``name``: the letter that a multiple-choice question asks for."""
        return self._outcome(name, {"do": "value"})

    def _outcome(self, name, request) -> Outcome:
        if name in self._fatal_calls:
            return Outcome("stopped", note=self._fatal_calls[name])
        request["name"] = name
        try:
            if self._channel is None or self._channel.pending():
                self.run_cells()
            try:
                reply = self._ask(request, self._limits.call_seconds)
            except OutOfTime:
                raise
            except Stopped:
                if self._called <= {name}:
                    raise
                # another function ran here before, so this one may not be to blame: try it alone
                self.run_cells()
                reply = self._ask(request, self._limits.call_seconds)
        except Stopped as why:
            self._fatal_calls[name] = str(why)
            return Outcome("stopped", note=str(why))
        self._called.add(name)
        return reply_outcome(reply)

    def _ask(self, request, seconds):
        """One request, one answer within ``seconds``; anything else ends the process and raises ``Stopped``."""
        allowed, seconds = seconds, min(seconds, self._limits.total_seconds - self._spent)
        if seconds <= 0:
            raise OutOfTime(ALL_USED)
        nonce, begun = secrets.token_hex(16), time.monotonic()
        try:
            self._channel.send({**request, "nonce": nonce}, seconds)
            while True:
                reply = self._channel.receive(self._limits.reply_bytes, begun + seconds, self._watch)
                if isinstance(reply, dict) and reply.pop("nonce", None) == nonce:
                    return reply
        except TimeoutError:
            why = TookTooLong(f"it took more than {seconds:.3g} seconds" if seconds == allowed else ALL_USED)
        except Closed:
            why = Stopped("it ended its own process, or used more memory than there is")
        except Malformed as error:
            why = Stopped(f"what came back could not be read: {error}")
        except Stopped as stopped:
            why = stopped
        finally:
            self._spent += time.monotonic() - begun
        self._stop()
        raise why

    def _watch(self):
        used = self._zygote.usage()["bytes"]
        if used > self._limits.memory_bytes:
            raise Stopped(f"it used more than the {self._limits.memory_bytes / 2**30:.1f} GB of memory allowed")

    def _fresh(self):
        self._stop()
        self._called.clear()
        begun = time.monotonic()
        self._channel = self._zygote.fork()
        self._spent += time.monotonic() - begun

    def _stop(self):
        self.processor_seconds += self._zygote.kill()["processor_seconds"]
        if self._channel:
            self._channel.socket.close()
            self._channel = None

    close = _stop


def reply_outcome(reply: dict) -> Outcome:
    """An ``Outcome`` from what the worker claims; every field is checked, none is believed."""
    kind = reply.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        return Outcome("stopped", note="what came back was not an answer")
    about = {
        "printed": clean(reply.get("printed")),
        "data_read": _names(reply.get("data_read")),
        "functions_read": _names(reply.get("functions_read")),
    }
    if kind == "raised":
        return Outcome("raised", error=_raised(reply.get("error")), **about)
    if kind != "returned":
        return Outcome(kind, note=clean(reply.get("note")), **about)
    try:
        value = plain(reply.get("value"))
        after = reply.get("inputs_after")
        after = {name: plain(array) for name, array in after.items()} if isinstance(after, dict) else {}
    except Unplain as found:
        return Outcome("unplain", note=str(found), **about)
    return Outcome("returned", value=value, inputs_after=after, **about)


def clean(text) -> str:
    """Text of a student's to show: no control characters, and not too much of it."""
    if not isinstance(text, str):
        return ""
    text = text[:KEPT_CHARACTERS].replace("\r\n", "\n")
    return "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")


def _names(names) -> tuple[str, ...]:
    names = names if isinstance(names, (list, tuple)) else ()
    return tuple(clean(name) for name in names[:KEPT_NAMES] if isinstance(name, str) and name.isidentifier())


def _raised(error) -> Raised:
    error = error if isinstance(error, dict) else {}
    number = error.get("line_number")
    return Raised(
        clean(error.get("kind")) or "Error",
        clean(error.get("message")),
        number if type(number) is int and 0 < number < 10**6 else None,
        clean(error.get("line")) or None,
    )


def _cell_result(reply, limits) -> CellResult:
    """A cell's outputs from what the worker claims: text and PNG pictures, nothing else, nothing active."""
    entries = reply.get("outputs")
    if not isinstance(entries, list):
        raise Stopped("what came back was not a cell's output")
    outputs, left, figures = [], limits.output_characters, limits.figures
    for entry in entries[:1000]:
        entry = entry if isinstance(entry, dict) else {}
        raw = entry.get("text") if isinstance(entry.get("text"), str) else ""
        text = "".join(letter for letter in raw[:left] if letter.isprintable() or letter in "\n\t")
        left -= len(text)
        if entry.get("stream") in ("stdout", "stderr"):
            outputs.append({"output_type": "stream", "name": entry["stream"], "text": text})
            continue
        data, png = {"text/plain": text}, entry.get("png")
        if type(png) is bytes and png.startswith(PNG) and len(png) <= limits.figure_bytes and figures:
            figures -= 1
            data["image/png"] = base64.b64encode(png).decode()
        outputs.append({"output_type": "display_data", "data": data, "metadata": {}})
    if reply.get("error") is None:
        return CellResult(outputs, ok=True)
    error = _raised(reply["error"])
    outputs.append(_error_output(error.kind, error.message, error.line_number, error.line))
    return CellResult(outputs)


def _error_output(kind, message, number=None, line=None):
    where = [f"line {number}: {line}"] if line else []
    return {"output_type": "error", "ename": kind, "evalue": message, "traceback": [*where, f"{kind}: {message}"]}
