"""The kinds of submissions in a demo class: how each is made, and what the honest work in it earns."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

from autograder import demo_attacks
from autograder.answer_text import answer_text
from autograder.demo_words import UNCLEAR_WORDS, WRITTEN_WORDS
from autograder.exercises import all_choices, all_exercises
from autograder.submission import UNCLEAR


@dataclass
class Material:
    """What a lesson gives to make submissions of: its release, its exercises, points by grade id, written answers."""

    pristine: str  # the release, as JSON
    lesson: str
    exercises: list
    choices: list
    points: dict[str, float]
    written: list[str]
    texts: dict = field(default_factory=dict)

    @classmethod
    def of(cls, release: dict, lesson: str) -> Material:
        graded = [cell for cell in release["cells"] if cell["metadata"].get("nbgrader", {}).get("grade")]
        points = {cell["metadata"]["nbgrader"]["grade_id"]: cell["metadata"]["nbgrader"]["points"] for cell in graded}
        return cls(
            json.dumps(release), lesson,
            [one for one in all_exercises() if one.lesson == lesson],
            [one for one in all_choices() if one.lesson == lesson],
            points, [cell["id"] for cell in graded if cell["cell_type"] == "markdown"],
        )  # fmt: skip

    def text(self, exercise, function):
        """The written-out answer, made once."""
        key = exercise.name, id(function)
        if key not in self.texts:
            self.texts[key] = answer_text(exercise, function)
        return self.texts[key]

    def right(self, exercise) -> str:
        return self.text(exercise, exercise.function).whole


@dataclass
class Made:
    """A submission in the making: its notebook, or its raw bytes (None: no file), and its scores by grade id."""

    notebook: dict
    scores: dict[str, float | None]
    detail: str = ""
    raw: bytes | None = b""

    def cell(self, name: str) -> dict:
        return next(cell for cell in self.notebook["cells"] if cell.get("id") == name)

    def put(self, name: str, source: str):
        self.cell(name)["source"] = source

    def add(self, source: str, before: str | None = None):
        """A cell of the student's own, at the end or before another one."""
        cells = self.notebook["cells"]
        place = len(cells) if before is None else cells.index(self.cell(before))
        cells.insert(place, _code(f"added-{len(cells)}", source))

    def files(self, material: Material) -> dict[str, bytes]:
        if self.raw is None:
            return {"notes.txt": b"I could not open the notebook."}
        name = f"{material.lesson}.ipynb"
        return {name: self.raw or json.dumps(self.notebook, ensure_ascii=False).encode()}


def _code(cell_id, source):
    return {
        "cell_type": "code",
        "id": cell_id,
        "metadata": {},
        "source": source,
        "outputs": [],
        "execution_count": None,
    }


# --- Answers ----------------------------------------------------------------------------------------------------


def untouched(material: Material) -> Made:
    """The released notebook, and no points."""
    return Made(json.loads(material.pristine), dict.fromkeys(material.points, 0.0))


def solve(made: Made, material: Material, exercise, text: str | None = None):
    """A right answer to one exercise."""
    made.put(exercise.name, material.right(exercise) if text is None else text)
    score(made, material, exercise, right=True)


def score(made: Made, material: Material, exercise, right: bool):
    for cell in (f"{exercise.name}-check", f"{exercise.name}-hidden"):
        made.scores[cell] = float(material.points[cell]) if right else 0.0


def choose(made: Made, material: Material, choice, right: bool, chance: Random):
    letter = choice.answer if right else chance.choice([one for one in choice.letters if one != choice.answer])
    made.put(choice.name, f'{choice.name} = "{letter}"')
    made.scores[f"{choice.name}-check"] = float(choice.points) if right else 0.0


def write(made: Made, material: Material, chance: Random, often=0.8):
    """Answers in words, which wait for a person, and what was unclear."""
    for name in material.written:
        if chance.random() < often:
            made.put(name, chance.choice(WRITTEN_WORDS))
            made.scores[name] = None
    if chance.random() < 0.3 and any(cell.get("id") == UNCLEAR for cell in made.notebook["cells"]):
        made.put(UNCLEAR, f"{''.join(made.cell(UNCLEAR)['source'])}\n\n{chance.choice(UNCLEAR_WORDS)}")


def solved(material: Material, chance: Random, choices=1.0) -> Made:
    """Every function right, choices right as often as asked, most written answers there."""
    made = untouched(material)
    for exercise in material.exercises:
        solve(made, material, exercise)
    for choice in material.choices:
        choose(made, material, choice, chance.random() < choices, chance)
    write(made, material, chance)
    return made


# --- Honest kinds -------------------------------------------------------------------------------------------------


def alternative(material, chance):
    """Right in other ways than the reference's."""
    made = solved(material, chance, 0.8)
    for exercise in material.exercises:
        if exercise.alternatives and chance.random() < 0.8:
            solve(made, material, exercise, material.text(exercise, chance.choice(exercise.alternatives)).whole)
    return made


def misconception(material, chance):
    """Some functions wrong in a way that the course knows."""
    made, said = solved(material, chance, 0.6), []
    for exercise in chance.sample(material.exercises, chance.randint(1, len(material.exercises))):
        if exercise.misconceptions:
            wrong = chance.choice(exercise.misconceptions)
            made.put(exercise.name, material.text(exercise, wrong.function).whole)
            score(made, material, exercise, right=False)
            said.append(f"{exercise.name}: {wrong.name}")
    made.detail = "; ".join(sorted(said))
    return made


def partly(material, chance):
    """Some exercises done, the others as they came."""
    made = untouched(material)
    for exercise in chance.sample(material.exercises, chance.randint(1, max(1, len(material.exercises) - 1))):
        solve(made, material, exercise)
    for choice in material.choices:
        if chance.random() < 0.5:
            choose(made, material, choice, chance.random() < 0.5, chance)
    write(made, material, chance, often=0.3)
    return made


def syntax_error(material, chance):
    """One answer that Python cannot read."""
    made = solved(material, chance)
    exercise = chance.choice(material.exercises)
    made.put(exercise.name, f"def {exercise.name}({', '.join(exercise.parameters)}:\n    return")
    score(made, material, exercise, right=False)
    made.detail = exercise.name
    return made


def each_with(lines):
    """Every function right, and wrapped in one that does something besides."""

    def make(material, chance):
        made = solved(material, chance)
        for exercise in material.exercises:
            name = exercise.name
            inner = "\n".join(f"    {line}" for line in lines)
            wrapped = f"{name}_before = {name}\n\n\ndef {name}(*args, **kwargs):\n{inner}\n    return {name}_before(*args, **kwargs)"
            made.put(name, f"{material.right(exercise)}\n\n\n{wrapped}")
        return made

    return make


def reordered(material, chance):
    """The answers moved to the top."""
    made = solved(material, chance)
    names = {exercise.name for exercise in material.exercises}
    made.notebook["cells"].sort(key=lambda cell: cell["id"] not in names)
    return made


def split(material, chance):
    """Helpers in cells of their own."""
    made = solved(material, chance)
    for exercise in material.exercises:
        texts = [material.text(exercise, function) for function in exercise.alternatives]
        helped = next((text for text in texts if text.needed), None)
        if helped:
            made.put(exercise.name, helped.function)
            made.add(helped.needed, before=exercise.name)
        else:
            made.add("# a cell for trying things\nattempts = 0", before=exercise.name)
    return made


# --- Honest, in files that plain nbgrader stumbles over -----------------------------------------------------------


def other_editor(material, chance):
    """No cell ids, another kernel's name, old outputs, the source as lines."""
    made = solved(material, chance)
    made.notebook["nbformat_minor"] = 4
    made.notebook["metadata"]["kernelspec"] = {"name": "diffusion-env", "display_name": "My env", "language": "python"}
    for cell in made.notebook["cells"]:
        del cell["id"]
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        if cell["cell_type"] == "code":
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["an old output\n"]}]
            cell["execution_count"] = 7
    return made


def copied_cell(material, chance):
    """An answer's cell twice, with its metadata."""
    made = solved(material, chance)
    cell = made.cell(chance.choice(material.exercises).name)
    made.notebook["cells"].insert(made.notebook["cells"].index(cell), {**copy.deepcopy(cell), "id": "copied"})
    return made


def defined_twice(material, chance):
    """A wrong answer, put right in a cell further down: the last definition counts."""
    made = solved(material, chance)
    exercise = chance.choice([one for one in material.exercises if one.misconceptions])
    wrong = chance.choice(exercise.misconceptions)
    made.put(exercise.name, material.text(exercise, wrong.function).whole)
    made.add(material.right(exercise))
    made.detail = exercise.name
    return made


# --- Broken and hostile -------------------------------------------------------------------------------------------


def broken(change: Callable[[Made], bytes | None]):
    """A file that cannot be read; it earns nothing."""

    def make(material, chance):
        raw = change(solved(material, chance))
        return Made({}, dict.fromkeys(material.points, 0.0), raw=raw)

    return make


def _bytes(made: Made) -> bytes:
    return json.dumps(made.notebook, ensure_ascii=False).encode()


def _in_latin_1(made: Made) -> bytes:
    made.notebook["metadata"]["authors"] = [{"name": "Zoë"}]
    return _bytes(made).decode().encode("latin-1", "replace")


ANOTHER = {
    "nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [_code("cell-a", "import pandas as pd\npd.DataFrame()")],
}  # fmt: skip


def hostile(attack, spares=False):
    """All right but for one exercise, in whose place, or beside which, stands an attack; ``spares``: it stands beside."""

    def make(material, chance):
        made = solved(material, chance)
        exercise = chance.choice(material.exercises)
        if not spares:
            score(made, material, exercise, right=False)
        made.detail = exercise.name
        attack(made, exercise)
        return made

    return make


@dataclass(frozen=True)
class Kind:
    """``group``: honest (plain nbgrader gives the same scores), unusual (it does not), broken or hostile."""

    group: str
    share: int  # of fifty students
    make: Callable[[Material, Random], Made]


KINDS = {
    "right": Kind("honest", 7, solved),
    "alternative": Kind("honest", 4, alternative),
    "misconception": Kind("honest", 7, misconception),
    "partly": Kind("honest", 3, partly),
    "unsolved": Kind("honest", 2, lambda material, chance: untouched(material)),
    "syntax_error": Kind("honest", 1, syntax_error),
    "slow": Kind("honest", 1, each_with(["import time", "time.sleep(0.03)"])),
    "prints": Kind("honest", 1, each_with(['print("here", args)'])),
    "warns": Kind("honest", 1, each_with(["import warnings", 'warnings.warn("careful")'])),
    "reordered": Kind("honest", 1, reordered),
    "split": Kind("honest", 1, split),
    "late": Kind("honest", 2, lambda material, chance: solved(material, chance, 0.8)),
    "other_editor": Kind("unusual", 1, other_editor),
    "copied_cell": Kind("unusual", 1, copied_cell),
    "defined_twice": Kind("unusual", 1, defined_twice),
    "not_json": Kind("broken", 1, broken(lambda made: _bytes(made)[: len(_bytes(made)) * 2 // 3])),
    "empty": Kind("broken", 1, broken(lambda made: b"\n")),
    "another_notebook": Kind("broken", 1, broken(lambda made: json.dumps(ANOTHER).encode())),
    "latin_1": Kind("broken", 1, broken(_in_latin_1)),
    "format_3": Kind("broken", 1, broken(lambda made: b'{"nbformat": 3, "nbformat_minor": 0, "worksheets": []}')),
    "no_notebook": Kind("broken", 1, broken(lambda made: None)),
    **{
        name: Kind("hostile", 1, hostile(attack, name in demo_attacks.BESIDE))
        for name, attack in demo_attacks.ATTACKS.items()
    },
}
