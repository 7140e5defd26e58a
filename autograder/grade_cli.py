"""``gradual grade`` and ``gradual regrade``: a whole class from one command."""

from __future__ import annotations

import contextlib
import os
import statistics
from collections import Counter
from pathlib import Path

import click

SUBMITTED = click.option(
    "--submitted", type=click.Path(path_type=Path, exists=True, resolve_path=True),
    help="Take these in first: nbgrader's folder, or a folder or zip from Canvas or Moodle.",
)  # fmt: skip
ROSTER = click.option(
    "--roster", type=click.Path(path_type=Path, exists=True, dir_okay=False, resolve_path=True),
    help="With --submitted: a CSV file with the columns name,id and, if you like, submitted.",
)  # fmt: skip
JOBS = click.option(
    "--jobs", type=click.IntRange(1), default=os.cpu_count(), help="Processes; all processors if left out."
)
SCHEDULER = click.option("--scheduler", metavar="ADDRESS", help="A Dask scheduler, such as tcp://host:8786.")
NO_SANDBOX = click.option("--no-sandbox", is_flag=True, help="Trusted work only: run it bare. Every grade says so.")


@click.command()
@click.argument("lesson")
@SUBMITTED
@ROSTER
@JOBS
@SCHEDULER
@NO_SANDBOX
@click.option("--again", is_flag=True, help="Grade unchanged submissions too.")
def grade(lesson, submitted, roster, jobs, scheduler, no_sandbox, again):
    """Grade everyone's LESSON (a number or a name). Stopped in the middle, run it again: it does the rest."""
    if roster and not submitted:
        raise click.UsageError("--roster says who is who in --submitted: give both.")

    from autograder import class_summary, classroom

    console = plain_console()
    with _course(lesson, no_sandbox) as (name, made):
        if submitted:
            classroom.must_be_ready(made, name)
            _take_in(console, submitted, roster, made, name)
        sitting = classroom.grade_class(made, name, jobs, scheduler, again, _bar(console))
        if not sitting.graded and not sitting.current and not sitting.attention:
            raise click.ClickException(f"No submissions of {name} in {made.submitted}/STUDENT/{name}.")
        console.print(f"Graded {len(sitting.graded)}; {len(sitting.current)} were graded already and have not changed.")
        summary = class_summary.summarize(Path(made.coursedir.root) / made.coursedir.autograded_directory, name)
        for student, lines in sorted((summary.attention | sitting.attention).items()):
            for line in lines:
                console.print(f"{student}: {line}")
        _summary(console, made, summary)


@click.command()
@click.argument("lesson")
@JOBS
@SCHEDULER
@NO_SANDBOX
@click.option("--yes", is_flag=True, help="Write the new scores without asking.")
def regrade(lesson, jobs, scheduler, no_sandbox, yes):
    """Grade everyone's LESSON again, after a check was corrected: shows whose score changes before it writes."""
    from rich.table import Table

    from autograder import classroom

    console = plain_console()
    with _course(lesson, no_sandbox) as (name, made):
        changes, results = classroom.regrade(made, name, jobs, scheduler, _bar(console))
        table = Table("Student", "Cell", "Before", "After", "By hand (stays)", title=f"{name}: scores that change")
        for one in changes:
            table.add_row(one.student, one.name, _points(one.before), _points(one.after), _points(one.by_hand))
        console.print(table if changes else f"{name}: no score of {len(results)} students changes.")
        if not (yes or click.confirm("Write these scores?" if changes else "Write the notebooks again all the same?")):
            console.print("Nothing was written.")
            return
        for student, lines in classroom.write_regrade(made, name, results).items():
            for line in lines:
                console.print(f"{student}: {line}")
        console.print(f"Written for {len(results)} students.")


@contextlib.contextmanager
def _course(lesson, no_sandbox):
    """The lesson's name and the course's settings, with what can go wrong said as one sentence."""
    from autograder.instructor_cli import find

    root, name = find(lesson)

    from nbgrader.converters import NbGraderException

    from autograder.batch import OtherCourse
    from autograder.classroom import converter
    from autograder.crew import ClusterProblem
    from autograder.handed_in import IntakeError
    from autograder.sandbox import SandboxUnavailable

    try:
        with converter(root, not no_sandbox) as made:
            yield name, made
    except (SandboxUnavailable, NbGraderException, ClusterProblem, OtherCourse, IntakeError) as error:
        raise click.ClickException(str(error)) from None
    except KeyboardInterrupt:
        click.echo("\nStopped. Every grade that was written stays; run this again for the rest.", err=True)
        raise SystemExit(130) from None


def plain_console():
    """A terminal that shows text as it is: a student's or a file's name, or a sentence on code, may look like markup."""
    from rich.console import Console

    return Console(markup=False, emoji=False, highlight=False)


def _bar(console):
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    def track(results, total):
        columns = (
            TextColumn("grading"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(elapsed_when_finished=True),
        )
        with Progress(*columns, console=console) as progress:
            yield from progress.track(results, total=total)

    return track


def _take_in(console, source, roster, made, lesson):
    from autograder.intake import take_in

    arrivals = take_in(source, made.submitted, lesson, roster)
    for arrival in arrivals:
        if str(arrival):
            console.print(str(arrival))
    counts = Counter(arrival.status for arrival in arrivals)
    taken = ", ".join(f"{counts[status]} {status}" for status in ("new", "replaced", "unchanged") if counts[status])
    refused = f" Not taken in: {counts['refused']}." if counts["refused"] else ""
    line = f"Taken in: {taken or 'nobody'}.{refused}"
    if not arrivals:
        line = f"{source} is where submissions are kept: nothing to take in."
    console.print(line)


def wrong_table(summary):
    """What the class got wrong, for a terminal."""
    from rich.table import Table

    from autograder.class_summary import rows

    columns = ("Exercise", "Passed", "Most common misconceptions")
    table = Table(*columns, title=f"{summary.lesson}: what the class got wrong", show_lines=True)
    for row in rows(summary):
        table.add_row(*row)
    return table


def _summary(console, made, summary):
    from autograder import class_summary

    console.print(wrong_table(summary))
    totals = summary.totals.values()
    if totals:
        spread = f"lowest {min(totals):g}, median {statistics.median(totals):g}, highest {max(totals):g}"
        console.print(f"Scores of the checks: {spread}.")
    slowest = ", ".join(f"{student} {seconds:.1f} s" for student, seconds in summary.slowest)
    console.print(f"Slowest: {slowest}. Could not be graded: {len(summary.not_run)}.")
    if summary.waiting:
        console.print(f"Students whose written answers wait for you in formgrader: {len(summary.waiting)}.")
    if summary.unsandboxed:
        console.print(f"Graded without a sandbox: {len(summary.unsandboxed)}.")
    page = Path(made.coursedir.root) / "class_summary" / f"{summary.lesson}.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(class_summary.page(summary), encoding="utf-8")
    console.print(f"To show in class, with no names: {page.relative_to(made.coursedir.root)}")


def _points(score) -> str:
    return "–" if score is None else f"{score:g}"
