"""Grade one submission: its bytes in, and out come scores, verdicts and the notebook to show, as plain JSON.

nbgrader's autograde, formgrader's button, ``gradual grade`` and a Dask worker all call ``Marker.grade``.
"""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from autograder.exercise import Verdict
from autograder.exercises import all_choices, all_exercises
from autograder.graded_notebook import graded_notebook, refused_notebook
from autograder.grader import Grader
from autograder.judge import judge_choice, judge_hidden, judge_visible
from autograder.sandbox import Limits, SandboxLost, SandboxUnavailable
from autograder.submission import BrokenSubmission, Lesson, Submission, parse_submission

FAULT = "Gradual itself failed on this notebook ({}), so a person has to look at it: tell your instructor."


@dataclass(frozen=True)
class Graded:
    """What grading found. ``scores`` by grade id, None where a person has to look; ``reason`` if it could not be graded.

    ``verdicts`` by grade id: ``passed``, ``score``, ``message``, ``case`` and ``misconception``.
    """

    lesson: str
    notebook: dict = field(repr=False)
    scores: dict[str, float | None]
    verdicts: dict[str, dict]
    no_response: list[str]
    reason: str = ""
    notes: list[str] = field(default_factory=list)
    unclear: str = ""
    stopped: list[str] = field(default_factory=list)  # what was ended for taking too much, or ended itself
    seconds: float = 0.0
    processor_seconds: float = 0.0  # the submission's own processes
    sandboxed: bool = True

    def to_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=True)

    @classmethod
    def from_json(cls, text: str) -> Graded:
        return cls(**json.loads(text))


class Marker:
    """Marks submissions of one lesson, one after the other, in a warm sandbox of its own."""

    def __init__(self, release: dict, name: str, secret: str, limits: Limits | None = None, sandboxed: bool = True):
        """``release``: the lesson's released notebook, pristine. Raises ``SandboxUnavailable``."""
        self.release, self.name, self.secret, self.sandboxed = release, name, secret, sandboxed
        self.lesson = Lesson.from_notebook(name, release)
        self.exercises = [one for one in all_exercises() if one.lesson == name]
        self.choices = [one for one in all_choices() if one.lesson == name]
        self._grader = Grader(name, all_exercises(), limits, sandboxed=sandboxed)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._grader.__exit__()

    def grade(self, data: bytes | None, reason: str = "") -> Graded:
        """Grade a submitted file's bytes. With ``None``, the ``reason`` says why there are none."""
        begun = time.monotonic()
        try:
            if data is None:
                raise BrokenSubmission(reason)
            submission = parse_submission(data, self.lesson)
            graded = self._run_twice_if_lost(submission)
        except BrokenSubmission as broken:
            graded = self.refuse(str(broken))
        except SandboxUnavailable:
            raise
        except Exception as error:  # a mistake of ours costs one student a second look, never the class its grades
            logging.getLogger(__name__).exception("grading failed on a submission of %s", self.name)
            graded = self.refuse(FAULT.format(type(error).__name__))
        return replace(graded, seconds=round(time.monotonic() - begun, 3), sandboxed=self.sandboxed)

    def refuse(self, reason: str) -> Graded:
        """0 for everything, with the reason."""
        verdicts = {}
        for one in self.exercises:
            for kind in ("check", "hidden"):
                verdicts[f"{one.name}-{kind}"] = Verdict(one.name, False, 0, f"Not graded. {reason}")
        for one in self.choices:
            verdicts[f"{one.name}-check"] = Verdict(one.name, False, 0, f"Not graded. {reason}")
        notebook = refused_notebook(self.release, reason, verdicts)
        answers = [*self.lesson.written, *self.lesson.solutions]
        return self._graded(notebook, verdicts, dict.fromkeys(self.lesson.written, 0.0), answers, reason=reason)

    def _run_twice_if_lost(self, submission: Submission) -> Graded:
        try:
            return self._run(submission)
        except SandboxLost:
            pass
        try:
            return self._run(submission)
        except SandboxLost as lost:
            raise BrokenSubmission(f"The sandbox was lost twice while this notebook ran: {lost}") from None

    def _run(self, submission: Submission) -> Graded:
        with self._grader.submission(submission.sources) as worker:
            verdicts = self._verdicts(worker)
        notebook = graded_notebook(self.release, submission, worker.cell_results, verdicts)
        written = {name: submission.written.get(name, text) for name, text in self.lesson.written.items()}
        unanswered = [name for name, text in written.items() if self._unanswered(name, text)]
        sources = {cell.grade_id: cell.source for cell in submission.cells}
        untouched = [
            name for name in self.lesson.solutions if sources.get(name, "").strip() in ("", self._pristine(name))
        ]
        return self._graded(
            notebook, verdicts, {name: 0.0 if name in unanswered else None for name in written},
            [*unanswered, *untouched], notes=list(submission.notes), unclear=submission.unclear,
            stopped=worker.stopped(), processor_seconds=round(worker.processor_seconds, 4),
        )  # fmt: skip

    def _verdicts(self, worker) -> dict[str, Verdict]:
        """Hidden inputs go in last: what a function is asked after them could tell of them, and is shown to the student."""
        verdicts = {}
        for one in self.choices:
            verdicts[f"{one.name}-check"] = judge_choice(one, worker.value(one.name).value)
        for one in self.exercises:
            verdicts[f"{one.name}-check"] = judge_visible(one, worker.call)
        for one in self.exercises:
            verdicts[f"{one.name}-hidden"] = judge_hidden(one, worker.call, self.secret)
        return verdicts

    def _graded(self, notebook, verdicts, written_scores, no_response, **about) -> Graded:
        kept = ("exercise", "passed", "score", "message", "case", "misconception")
        scores = {grade_id: float(verdict.score) for grade_id, verdict in verdicts.items()} | written_scores
        plain = {grade_id: {name: getattr(verdict, name) for name in kept} for grade_id, verdict in verdicts.items()}
        return Graded(self.name, notebook, scores, plain, sorted(no_response), **about)

    def _unanswered(self, name, text) -> bool:
        return text.strip() in ("", self.lesson.written[name].strip())

    def _pristine(self, grade_id) -> str:
        return next("".join(cell["source"]) for cell in self.release["cells"] if cell["id"] == grade_id).strip()


def release_of(course: Path, lesson: str) -> dict:
    """The released notebook of a lesson, in the course's folder."""
    return json.loads((Path(course) / "lessons" / lesson / f"{lesson}.ipynb").read_text(encoding="utf-8"))
