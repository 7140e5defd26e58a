"""What the documents name exists: commands, paths, links, lessons, sections, functions, points."""

import io
import re
import runpy

import nbformat
import numpy as np
import pytest
from PIL import Image, ImageFilter

import autograder
import gradual
from autograder.cli import main
from autograder.exercises import all_choices, all_exercises

DOCS = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/instructors.md", "docs/teaching.md", "docs/notation.md")
# The folders and files that a path in code spans starts with; a path elsewhere (my_lessons/, .venv/) is made later.
FOLDERS = r"(?:\.ci|gradual|autograder|source|lessons|solutions|tests|docs|benchmarks)"
OURS = re.compile(rf"^{FOLDERS}/[\w./-]*$|^[\w.-]+\.(?:md|py|yml|toml|lock)$")
MADE_BY_READERS = {"answers.py"}
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
NBGRADER = re.compile(r"\bnbgrader ([a-z_]+)")


def read(root, name):
    return (root / name).read_text(encoding="utf-8")


def code(text):
    """All that stands as code: the lines of fenced blocks, and spans between backticks."""
    fenced = [line.strip() for _, block in FENCE.findall(text) for line in block.splitlines()]
    return [line for line in fenced if line] + SPAN.findall(FENCE.sub("", text))


def anchors(text):
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def lessons(root):
    return {path.stem: nbformat.read(path, as_version=4) for path in sorted((root / "lessons").glob("*/*.ipynb"))}


def headings(notebook):
    """The headings of a lesson, in order: its title first."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    return re.findall(r"^#+ (.+)$", text, re.MULTILINE)


def exercises_of(lesson):
    return [one for one in all_exercises() if one.lesson == lesson]


@pytest.mark.parametrize("name", DOCS)
def test_links_inside_the_repository_resolve(root, name):
    for link in LINK.findall(read(root, name)):
        if "://" in link:
            continue
        path, _, anchor = link.partition("#")
        target = (root / name).parent / path if path else root / name
        assert target.exists(), f"{name} links to {link}"
        assert not anchor or anchor in anchors(target.read_text(encoding="utf-8")), f"{name} links to {link}"


@pytest.mark.parametrize("name", DOCS)
def test_paths_exist(root, name):
    for span in SPAN.findall(FENCE.sub("", read(root, name))):
        if OURS.match(span) and span not in MADE_BY_READERS and "NN_" not in span and "lNN" not in span:
            assert (root / span).exists(), f"{name} names {span}"


@pytest.mark.parametrize("name", DOCS)
def test_commands_of_gradual_exist(root, name):
    for line in code(read(root, name)):
        for words in re.findall(r"(?:^|[\s/\\])gradual ((?:[\w./-]+ ?)+)", line.partition("#")[0]):
            command, *rest = words.split()
            if line.startswith("conda"):
                continue
            assert command in main.commands, f"{name}: gradual {command}"
            options = {option for one in main.commands[command].params for option in one.opts}
            unknown = {word for word in rest if word.startswith("--")} - options
            assert not unknown, f"{name}: gradual {words}"


@pytest.mark.parametrize("name", DOCS)
def test_make_targets_exist(root, name):
    targets = set(re.findall(r"^([a-z]+):", read(root, "Makefile"), re.MULTILINE))
    for line in code(read(root, name)):
        named = re.match(r"make ([a-z]+)", line)
        assert not named or named[1] in targets, f"{name}: {line}"


def test_commands_of_nbgrader_exist(root):
    from nbgrader.apps.nbgraderapp import NbGraderApp

    named = {found for name in DOCS for line in code(read(root, name)) for found in NBGRADER.findall(line)}
    assert {"generate_assignment", "autograde", "generate_feedback", "export"} <= named
    assert named <= {command.replace("-", "_") for command in NbGraderApp.subcommands}


@pytest.mark.parametrize("name", DOCS)
def test_calls_and_imports_name_what_is_there(root, name):
    for line in code(read(root, name)):
        for function in re.findall(r"^(check|hint|progress|yours)\(", line):
            assert callable(getattr(autograder, function))
        for argument in re.findall(r"^(?:check|hint|yours)\(\"(\w+)\"\)", line):
            assert argument in {one.name for one in (*all_exercises(), *all_choices())}


def test_readme_lists_each_lesson_with_its_exercises(root):
    text = read(root, "README.md")
    for lesson, notebook in lessons(root).items():
        names = ", ".join(f"`{one.name}`" for one in exercises_of(lesson))
        number = lesson[:2]
        row = f"| {number} | [{headings(notebook)[0]}](lessons/{lesson}/{lesson}.ipynb) | {names} |"
        wanted = sorted(SPAN.findall(names))
        found = re.search(rf"^\| {number} \| \[(.+)\]\(lessons/{lesson}/{lesson}\.ipynb\) \| (.+) \|$", text, re.MULTILINE)
        assert found, f"README.md lacks the row\n{row}"
        assert (found[1], sorted(SPAN.findall(found[2]))) == (headings(notebook)[0], wanted), f"it should be\n{row}"


def test_questions_point_at_sections_that_exist(root):
    """Each answer names a lesson, then its sections in italics, up to the next lesson."""
    books = lessons(root)
    index = read(root, "README.md").split("## Where is my question answered?")[1].split("\n## ")[0]
    answers = re.findall(r"\[\d\d\]\(lessons/\w+/(\w+)\.ipynb\), ((?:\*[^*]+\*(?:, )?)+)", index)
    assert len(answers) >= 10
    assert {lesson for lesson, _ in answers} == set(books), "the index leaves a lesson out, or names one that is not there"
    for lesson, sections in answers:
        for section in re.findall(r"\*([^*]+)\*", sections):
            assert section in headings(books[lesson]), f"{lesson} has no section {section!r}"


def points(lesson, notebook):
    """Points of a lesson: functions and quiz from the registry, the written ones from the notebook."""
    settings = [cell.metadata.get("nbgrader", {}) for cell in notebook.cells if cell.cell_type == "markdown"]
    functions = sum(one.points for one in exercises_of(lesson))
    quiz = sum(one.points for one in all_choices() if one.lesson == lesson)
    return functions, quiz, sum(one["points"] for one in settings if one.get("grade"))


def test_teaching_has_the_points_and_minutes_of_each_lesson(root):
    text = read(root, "docs/teaching.md")
    for lesson, notebook in lessons(root).items():
        minutes = re.search(r"\*\*How long\.\*\* About (\d+) minutes", notebook.cells[0].source)[1]
        worth = points(lesson, notebook)
        total = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in notebook.cells)
        assert sum(worth) == total, f"{lesson}: the registry and the notebook differ"
        numbers = (lesson, minutes, len(exercises_of(lesson)), *worth, total)
        row = "| " + " | ".join(map(str, numbers)) + " |"
        assert row in text, f"docs/teaching.md lacks the row\n{row}"


def test_teaching_sets_or_skips_each_exercise_once(root):
    table = read(root, "docs/teaching.md").split("## What to set, what to skip")[1].split("\n## ")[0]
    for lesson in lessons(root):
        row = next((line for line in table.splitlines() if line.startswith(f"| {lesson} |")), "")
        assert sorted(SPAN.findall(row)) == sorted(one.name for one in exercises_of(lesson)), f"{lesson}: {row}"


def test_lessons_that_teaching_names_are_there(root):
    assert set(re.findall(r"\b\d\d_[a-z_]+\b", read(root, "docs/teaching.md"))) == set(lessons(root))


def test_package_functions_named_are_there(root):
    named = re.findall(r"own `(\w+)`", read(root, "CONTRIBUTING.md"))
    assert named and all(hasattr(gradual, name) for name in named)


def test_fields_that_contributing_counts_are_those_of_an_exercise():
    from autograder.exercise import Exercise

    assert {"cases", "misconceptions", "alternatives", "hints"} <= set(Exercise.__dataclass_fields__)


def test_the_picture_is_what_its_script_draws(root):
    """The same greys; a border between two squares may fall a pixel aside, and fonts differ a little."""
    drawn = io.BytesIO()
    runpy.run_path(str(root / "docs/picture.py"))["dissolving_digits"]().savefig(drawn)
    kept, fresh = (Image.open(file).convert("L") for file in (root / "docs/dissolve.png", drawn))
    assert (root / "docs/dissolve.png").stat().st_size < 150_000
    assert kept.size == fresh.size
    darkest, lightest = (np.asarray(fresh.filter(one(3)), dtype=int) for one in (ImageFilter.MinFilter, ImageFilter.MaxFilter))
    grey = np.asarray(kept, dtype=int)
    assert np.mean((grey < darkest - 8) | (grey > lightest + 8)) < 0.01
