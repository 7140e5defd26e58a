"""The ``gradual`` command. Each subcommand imports what it needs when it runs, so that ``gradual --help`` is quick."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

import click

SECTIONS = {
    "To learn": ("lab", "check", "hint", "progress", "doctor"),
    "To teach": (
        "init-course", "release", "due", "grade", "regrade", "formgrader", "feedback", "export", "unclear", "demo-class",
    ),
}  # fmt: skip


class Sections(click.Group):
    """A group whose help lists its commands by who uses them, in the order of use."""

    def format_commands(self, ctx, formatter):
        named = {name for names in SECTIONS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in named)
        for title, names in {**SECTIONS, "To write lessons": rest}.items():
            with formatter.section(title):
                formatter.write_dl([(name, self.commands[name].get_short_help_str(96)) for name in names if name in self.commands])


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="gradual-course")
def main():
    """Gradual, a course on diffusion models that you write by hand."""


def course_folder() -> Path:
    """The course's folder, or the end of the command with a sentence that says what to do."""
    from autograder.course import course_root

    root = course_root()
    if root is None:
        raise click.ClickException(
            "The course's folder is not here. Go to the folder that you cloned or unpacked "
            "(it holds lessons/ and pyproject.toml), then run this again."
        )
    return root


@main.command()
@click.argument("lesson", required=False)
@click.option("--update", is_flag=True, help="Bring in newer versions, and keep your own files beside them.")
@click.option("--no-browser", is_flag=True, help="Start JupyterLab and open no browser; the address is printed.")
def lab(lesson, update, no_browser):
    """Copy the lessons into my_lessons/ and open JupyterLab at LESSON (a number or a name; the first if left out).

    Your own files are never written over.
    """
    from autograder import lab as lessons

    root = course_folder()
    try:
        opened = lessons.find_lesson(root, lesson or "1")
        updated = [opened] if update and lesson else lessons.lesson_names(root)
        for sentence in lessons.copy_lessons(root, updated, update):
            click.echo(sentence)
    except lessons.LessonError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Opening my_lessons/{opened}/{opened}.ipynb in JupyterLab. To stop it, press Ctrl-C here, then y and Enter.")
    sys.exit(lessons.open_jupyterlab(root, opened, browser=not no_browser))


@main.command("init-course")
def init_course():
    """Make this course's secret, from which the inputs of the hidden checks come. An old one is kept."""
    from autograder import secret

    file, new = secret.init_course(course_folder())
    if new:
        click.echo(f"Made {file.name}. Keep a copy of it, and keep it to yourself: it decides the hidden inputs.")
    else:
        click.echo(f"{file.name} is there already, and stays as it is.")


@main.command()
@click.argument("lesson")
@click.option("--submitted", type=click.Path(path_type=Path, exists=True), help="nbgrader's folder; submitted/ if left out.")
def unclear(lesson, submitted):
    """Show what a class found unclear in LESSON (a number or a name), in the students' own words."""
    from autograder.instructor_cli import find
    from autograder.unclear import collect

    root, name = find(lesson)
    answers, problems = collect(submitted or root / "submitted", root / "lessons" / name / f"{name}.ipynb")
    for student, answer in answers.items():
        click.echo(f"{student}:\n{textwrap.indent(answer, '    ')}\n")
    for student, reason in problems.items():
        click.echo(f"{student}: not read. {reason}", err=True)
    if not answers:
        click.echo("Nobody has written what was unclear.")


@main.command()
def doctor():
    """Say what is missing or too old, and how to mend it."""
    from rich.console import Console

    from autograder.doctor import examine, report

    findings = examine()
    Console(soft_wrap=True).print(report(findings))
    sys.exit(any(finding.needed and not finding.well for finding in findings))


@main.command()
def progress():
    """Show what you have passed, lesson by lesson, and when."""
    from rich.console import Console

    from autograder.progress_table import progress as table

    Console().print(table())


@main.command()
@click.argument("name")
@click.argument("rung", type=click.IntRange(1, 3), default=1)
def hint(name, rung):
    """Help with the exercise NAME, up to RUNG: 1 the idea, 2 the formula, 3 a skeleton of the line that matters."""
    from autograder.exercises import all_exercises, find_exercise
    from autograder.show import Hints

    exercise = find_exercise(name)
    if exercise is None:
        raise click.ClickException(f"No exercise {name!r}: {', '.join(one.name for one in all_exercises())}.")
    for title, text in Hints(exercise, opened=rung).rungs():
        click.echo(f"{title}: {text}")
    if rung < len(exercise.hints):
        click.echo(f"There is more: gradual hint {name} {rung + 1}")


@main.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object for each exercise, a line each.")
def check(file, as_json):
    """Judge every function in the Python file FILE whose name is an exercise's."""
    import json

    from autograder import check_file, show

    try:
        verdicts = check_file.check_file(file)
    except check_file.FileProblem as problem:
        raise click.ClickException(str(problem)) from None
    for verdict in verdicts:
        if as_json:
            click.echo(json.dumps(check_file.as_json(verdict), ensure_ascii=False))
        else:
            lines = [repr(show.Success(verdict))] if verdict.passed else show.failure_lines(verdict)
            click.echo("\n".join([verdict.exercise, *(f"  {line}".rstrip() for line in lines), ""]))
    sys.exit(not all(verdict.passed for verdict in verdicts))


@main.command()
@click.option("--check", is_flag=True, help="Write nothing; fail where a generated notebook is stale or was edited.")
@click.option("--execute", is_flag=True, help="Run every solution again, the unchanged ones too.")
def build(check, execute):
    """Make the notebooks in lessons/ and solutions/ from source/."""
    from autograder.build import BuildError
    from autograder.build import build as make
    from autograder.lesson_source import SourceError

    try:
        differences = make(course_folder(), check=check, execute=execute, say=click.echo)
    except (BuildError, SourceError) as error:
        raise click.ClickException(str(error)) from None
    for difference in differences:
        click.echo(difference, err=True)
    sys.exit(bool(differences))


from autograder import demo_class_cli, grade_cli, instructor_cli  # noqa: E402 (their commands are added to the group above)

main.add_command(grade_cli.grade)
main.add_command(grade_cli.regrade)
main.add_command(demo_class_cli.demo_class)
for command in instructor_cli.COMMANDS:
    main.add_command(command)
