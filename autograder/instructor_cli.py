"""The instructor's commands of ``gradual``: release, due, feedback, formgrader, export. What they use is imported in them."""

from __future__ import annotations

import sys
from pathlib import Path

import click

FORMATS = click.Choice(["canvas", "moodle", "csv"])


def find(lesson):
    """(the course's folder, the lesson's name), or the end of the command with a sentence that says what to do."""
    from autograder.cli import course_folder
    from autograder.lab import LessonError, find_lesson

    root = course_folder()
    try:
        return root, find_lesson(root, lesson)
    except LessonError as error:
        raise click.ClickException(str(error)) from None


def in_gradebook(api, lesson):
    from nbgrader.api import MissingEntry

    with api.gradebook as book:
        try:
            book.find_assignment(lesson)
        except MissingEntry:
            raise click.ClickException(f"{lesson} is not in the gradebook yet. Run: gradual release {lesson}") from None


@click.command()
@click.argument("lesson")
@click.option("--force", is_flag=True, help="Replace the notebook in lessons/ where source/ gives another one.")
@click.option("--exchange", is_flag=True, help="Also put it into nbgrader's exchange, for students on the same machine.")
def release(lesson, force, exchange):
    """Put LESSON into the gradebook with its points, and its notebook into lessons/.

    Repeat it as often as you like: grades stay.
    """
    from autograder import instructor

    root, name = find(lesson)
    api = instructor.open_course(root)
    try:
        points = instructor.release(api, name, force)
        click.echo(f"{name} is in the gradebook, with {sum(points.values()):g} points for {len(points)} cells.")
        if exchange:
            instructor.release_to_exchange(api, name)
            click.echo(f"It is in the exchange at {api.exchange_root}: students find it with `nbgrader fetch_assignment {name}`.")
        else:
            click.echo(f"Give students lessons/{name}/{name}.ipynb, or let them run: gradual lab {int(name[:2])}")
    except instructor.NbgraderError as error:
        raise click.ClickException(str(error)) from None


@click.command()
@click.argument("lesson")
@click.argument("date", required=False)
@click.option("--student", help="An extension for this student only.")
@click.option("--clear", is_flag=True, help="Take the date away.")
def due(lesson, date, student, clear):
    """Show or set when LESSON is due: DATE like 2027-02-01, or "2027-02-01 18:00" in this machine's time.

    Penalties for late work follow nbgrader_config.py, and are set again at once for what is graded already.
    """
    from autograder import instructor, late

    root, name = find(lesson)
    try:
        moment = late.in_utc(date) if date else None
    except ValueError:
        raise click.ClickException(f'{date!r} is no date. Write it like 2027-02-01, or "2027-02-01 18:00".') from None
    api = instructor.open_course(root)
    in_gradebook(api, name)
    with api.gradebook as book:
        whole = book.find_assignment(name).duedate
    if student and moment and (whole is None or moment < whole):
        before = f"is due {late.local(whole)}" if whole else "has no due date yet"
        raise click.ClickException(f"{name} {before}: an extension gives a student more time than that.")
    if student and (date or clear):
        late.extend(root / late.EXTENSIONS, name, student, moment)
    elif date or clear:
        with api.gradebook as book:
            book.update_or_create_assignment(name, duedate=moment)
    with api.gradebook as book:
        whole = book.find_assignment(name).duedate
    click.echo(f"{name} is due {late.local(whole)}." if whole else f"{name} has no due date.")
    for (extended, one), moment in sorted(late.extensions(root / late.EXTENSIONS).items()):
        if extended == name:
            click.echo(f"  {one}: {late.local(moment)}")
    if whole and api.config.LatePenalty.get("penalty_method", "none") == "none":
        click.echo("Late work costs nothing so far: LatePenalty.penalty_method in nbgrader_config.py decides.")
    if date or clear:
        for one, (before, after) in sorted(late.set_penalties(api, name).items()):
            click.echo(f"  {one}: the penalty was {before:g} points, and is {after:g} now.")


@click.command()
@click.argument("lesson")
@click.option("--student", help="For this student only.")
@click.option("--exchange", is_flag=True, help="Also release the pages through nbgrader's exchange.")
def feedback(lesson, student, exchange):
    """Write a page with scores, messages and comments for each student graded in LESSON, into feedback/."""
    from rich.progress import track

    from autograder import instructor
    from autograder.listing import listed

    root, name = find(lesson)
    api = instructor.open_course(root)
    in_gradebook(api, name)
    graded = instructor.students_graded(api, name)
    if student and student not in graded:
        raise click.ClickException(f"{student} has no graded submission of {name}, or a newer one than was graded.")
    failed = {}
    students = [student] if student else graded
    for one in track(students, description="Writing pages", disable=not sys.stderr.isatty()):
        try:
            instructor.feedback(api, name, one)
            if exchange:
                instructor.release_feedback(api, name, one)
        except instructor.NbgraderError as error:
            failed[one] = error
    written = len(students) - len(failed)
    where = f"feedback/STUDENT/{name}/{name}.html"
    click.echo(f"{written} page{'' if written == 1 else 's'}: {where}" + (", and in the exchange." if exchange else ""))
    waiting = [one for one in instructor.waiting(api, name) if one in students]
    if waiting:
        click.echo(f"Not fully graded by hand yet: {listed(waiting)}. Open them with: gradual formgrader")
    for error in failed.values():
        click.echo(str(error), err=True)
    sys.exit(bool(failed))


@click.command()
@click.option("--no-browser", is_flag=True, help="Start the server and open no browser; the address is printed.")
def formgrader(no_browser):
    """Open nbgrader's formgrader: grade written answers, write comments, see the whole gradebook."""
    from autograder.cli import course_folder
    from autograder.lab import start_jupyterlab

    click.echo("Opening formgrader. To stop it, press Ctrl-C here, then y and Enter.")
    sys.exit(start_jupyterlab(course_folder(), "/formgrader", browser=not no_browser))


@click.command()
@click.argument("lesson")
@click.option("--format", "form", type=FORMATS, required=True, help="csv has every cell's score.")
@click.option("--to", type=click.Path(path_type=Path, dir_okay=False), help="The file; LESSON.csv or LESSON-FORMAT.csv if left out.")
@click.option("--roster", type=click.Path(path_type=Path, exists=True, dir_okay=False),
              help="canvas: the gradebook as Canvas exports it, for its students and its column.")  # fmt: skip
@click.option("--column", help="canvas, with --roster: the assignment's name there, if it is not LESSON.")
@click.option("--identify", type=click.Choice(["email", "id"]), default="email", help="moodle: how it finds a student.")
@click.option("--missing-as-zero", is_flag=True, help="A student who handed in nothing gets 0; else no score.")
def export(lesson, form, to, roster, column, identify, missing_as_zero):
    """Write LESSON's grades for Canvas, for Moodle or as plain CSV, late penalties taken off."""
    from autograder import exports, instructor

    if (roster or column) and form != "canvas" or column and not roster:
        raise click.ClickException("--roster and --column go with --format canvas, and --column with --roster.")
    # Paths are meant from where the command was typed; nbgrader works in the course's folder.
    roster, to = roster and roster.resolve(), to and to.resolve()
    root, name = find(lesson)
    to = to or Path.cwd() / (f"{name}.csv" if form == "csv" else f"{name}-{form}.csv")
    if roster == to:
        raise click.ClickException(f"{to} is the roster: write to another file.")
    api = instructor.open_course(root)
    in_gradebook(api, name)
    with api.gradebook as book:
        grades = exports.read_grades(book, name, root / "lessons" / name / f"{name}.ipynb", missing_as_zero)
    try:
        if form == "moodle":
            table = exports.moodle(grades, identify)
        elif form == "canvas":
            table = exports.canvas_with_roster(grades, roster, column) if roster else exports.canvas(grades)
        else:
            table = exports.plain(grades)
    except exports.ExportError as error:
        raise click.ClickException(str(error)) from None
    exports.write(table, to)
    click.echo(f"Wrote {to}.")
    for note in [*exports.notes_on(grades), *table.notes]:
        click.echo(note)


COMMANDS = (release, due, feedback, formgrader, export)
