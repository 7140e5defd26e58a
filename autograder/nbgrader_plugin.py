"""nbgrader's ``Autograde``, with Gradual's safe reading, running and judging in place of its own.

``nbgrader autograde``, formgrader's button and ``gradual grade`` all come here. ``nbgrader_config.py`` calls
``install``; all that nbgrader does afterwards (feedback, export) is its own, and so is formgrader, but for the page that
shows a submission.
"""

from __future__ import annotations

from pathlib import Path

import nbgrader.apps.api
import nbgrader.apps.autogradeapp
import nbgrader.converters
import nbgrader.server_extensions.formgrader.formgrader
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, NbGraderException
from traitlets import Bool, Float

from autograder.arrival import find_arrivals, read_arrival
from autograder.formgrader_page import SubmissionExporter
from autograder.grading import Marker, release_of
from autograder.recording import Recorder
from autograder.sandbox import Limits, SandboxUnavailable
from autograder.secret import course_secret

NO_SECRET = "The course has no secret, from which the hidden checks' inputs are made: run `gradual init-course` first."


class SafeAutograde(Autograde):
    """Grades each submission from outside, in a sandbox: nothing that a student wrote runs in this process."""

    sandboxed = Bool(
        True, help="False runs students' code with no sandbox around it, for trusted work only; every grade says so."
    ).tag(config=True)

    cell_seconds = Float(Limits.cell_seconds, help="A cell that takes longer is ended.").tag(config=True)
    call_seconds = Float(Limits.call_seconds, help="A call of a student's function that takes longer is ended.").tag(
        config=True
    )
    total_seconds = Float(Limits.total_seconds, help="What a submission may take in all.").tag(config=True)

    @property
    def limits(self) -> Limits:
        return Limits(
            cell_seconds=self.cell_seconds, call_seconds=self.call_seconds, total_seconds=self.total_seconds
        )

    @property
    def submitted(self) -> Path:
        # a folder above a student's: its own placeholders are filled in below it
        return Path(self.coursedir.root) / self.coursedir.submitted_directory

    def marker(self, lesson: str, secret: str) -> Marker:
        return Marker(release_of(self.coursedir.root, lesson), lesson, secret, self.limits, self.sandboxed)

    def secret(self) -> str:
        secret = course_secret(Path(self.coursedir.root))
        if not secret:
            raise NbGraderException(NO_SECRET)
        return secret

    def students(self, lesson: str) -> list[str]:
        but = tuple(name.strip() for name in self.coursedir.student_id_exclude.split(","))
        return list(find_arrivals(self.submitted, lesson, self.coursedir.student_id, but))

    def start(self):
        lesson = self.coursedir.assignment_id
        try:
            self._grade(lesson, self.students(lesson))
        except SandboxUnavailable as unavailable:
            self.log.error(str(unavailable))
            raise NbGraderException(str(unavailable)) from None
        except NbGraderException as error:
            self.log.error(str(error))
            raise

    def _grade(self, lesson, students):
        if not students:
            raise NbGraderException(f"No submissions of {lesson} in {self.submitted}/STUDENT/{lesson}.")
        self._must_know(students)
        secret = self.secret()
        with Recorder(self, lesson) as recorder, self.marker(lesson, secret) as marker:
            for student in students:
                arrival = read_arrival(self.submitted, student, lesson)
                if not self.force and recorder.is_current(arrival, self.sandboxed):
                    self.log.info("Skipping %s: this submission is graded already", student)
                    continue
                self.log.info("Autograding %s of %s", lesson, student)
                graded = marker.grade(arrival.data, arrival.reason)
                for line in [graded.reason, *graded.stopped, *recorder.record(arrival, graded)]:
                    if line:
                        self.log.warning("%s: %s", student, line)

    def _must_know(self, students):
        """nbgrader's ``create_student = False``: grade only whom the gradebook knows."""
        if self.create_student:
            return
        with Gradebook(self.coursedir.db_url, self.coursedir.course_id) as book:
            for student in students:
                try:
                    book.find_student(student)
                except MissingEntry:
                    raise NbGraderException(f"No student with ID {student!r} exists in the gradebook.") from None


def install():
    """Make nbgrader build ``SafeAutograde`` wherever it builds ``Autograde``, and formgrader our page of a submission.

    It does so by name, in these places.
    """
    for module in (nbgrader.converters, nbgrader.apps.api, nbgrader.apps.autogradeapp):
        module.Autograde = SafeAutograde
    nbgrader.server_extensions.formgrader.formgrader.HTMLExporter = SubmissionExporter
