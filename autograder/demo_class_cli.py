"""``gradual demo-class``: a made-up class to try grading on."""

from __future__ import annotations

import shlex
from collections import Counter
from pathlib import Path

import click


@click.command("demo-class")
@click.option("--lesson", default="1", show_default=True, help="A number or a name.")
@click.option("--students", type=click.IntRange(1, 100_000), default=50, show_default=True)
@click.option(
    "--to", type=click.Path(path_type=Path, file_okay=False), help="nbgrader's folder; submitted/ if left out."
)
@click.option("--seed", type=int, default=0, show_default=True, help="The same seed makes the same class.")
@click.option("--kind", "kinds", multiple=True, metavar="KIND",
              help="Only such submissions: honest, unusual, broken, hostile, or one kind's name. Give it again for more.")  # fmt: skip
def demo_class(lesson, students, to, seed, kinds):
    """Make a class of submissions to try grading on: right, wrong, partly right, broken and hostile.

    A list beside them says what each one is and the points that it should get. Real submissions are never touched.
    """
    from autograder import demo_class as demo
    from autograder.demo_kinds import KINDS
    from autograder.grading import release_of
    from autograder.instructor_cli import find

    to = to and to.resolve()
    root, name = find(lesson)
    to = to or root / "submitted"
    try:
        made = demo.make_class(to, release_of(root, name), name, students, seed, kinds or None)
    except (demo.NotADemo, ValueError) as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"Made {len(made)} submissions of {name} in {to}:")
    counts = Counter(one.kind for one in made)
    for kind in filter(counts.get, KINDS):
        click.echo(f"  {counts[kind]:5} {kind.replace('_', ' ')}")
    click.echo(f"What each one should get: {to / f'demo_class-{name}.csv'}")
    number = int(name[:2])
    click.echo(f"Some are late, once there is a date: gradual due {number} {demo.DUE:%Y-%m-%dT%H:%M:%S}+00:00")
    where = "" if to == root / "submitted" else f" --submitted {shlex.quote(str(to))}"
    click.echo(f"Grade them with: gradual grade {number}{where}")
