"""Five hundred mutated notebooks, always the same ones: each is read, or refused with one plain sentence."""

import copy
import json
import random
import re
from pathlib import Path

import pytest

from autograder import submission
from autograder.submission import BrokenSubmission, Lesson, Submission, parse_submission, read_submission

LESSON = "03_closed_form_jump"
RELEASE = json.loads((Path(__file__).parents[2] / "lessons" / LESSON / f"{LESSON}.ipynb").read_text())
SOLVED = json.loads((Path(__file__).parents[2] / "solutions" / LESSON / f"{LESSON}.ipynb").read_text())
for one in SOLVED["cells"]:
    one["outputs"] = [
        out for out in one.get("outputs", []) if len(json.dumps(out)) < 1000
    ]  # so that mutations hit the rest
PRISTINE = Lesson.from_notebook(LESSON, RELEASE)
ODD = [
    None, True, False, 0, -1, 7, 4, 3, 1e308, -1.5, 10**30, float("nan"), float("inf"), "", "\ud800", "\udfff\ud800", "\x00\x1b[2J\x07",
    "\u202e\u2028\ufeff", "q_sample", "q_sample-hidden", "unclear", "markdown", "x" * 100_000, "def q_sample(", "def q_sample(:\n" * 500,
    [], {}, [[]], [None], ["a", 5], ["\ud800"], {"": {}}, {"nbgrader": 3}, {"nbgrader": {"grade_id": ["q_sample"]}},
    {"nbgrader": {"grade_id": "q_sample", "solution": "yes"}}, {"source": "x"}, [{}] * 50, {"__class__": "str"}, ["\n"] * 10_000,
]  # fmt: skip


def odd(chance):
    return copy.deepcopy(chance.choice(ODD))


def places(tree):
    """Every (container, key) of a JSON tree."""
    waiting = [tree]
    while waiting:
        container = waiting.pop()
        for key in list(container) if isinstance(container, dict) else range(len(container)):
            yield container, key
            if isinstance(container[key], (dict, list)):
                waiting.append(container[key])


def cells_of(notebook):
    cells = notebook.get("cells")
    return [cell for cell in cells if isinstance(cell, dict)] if isinstance(cells, list) else []


def any_place(notebook, chance, wanted=lambda key, value: True):
    found = [(container, key) for container, key in places(notebook) if wanted(key, container[key])]
    return chance.choice(found) if found else (notebook, chance.choice(list(notebook) or ["cells"]))


# --- Mutations of the tree ------------------------------------------------------------------------------------


def other_value(notebook, chance):
    container, key = any_place(notebook, chance)
    container[key] = odd(chance)


def other_value_near_the_top(notebook, chance):
    """Where a reader looks: the notebook's and the cells' own fields."""
    where = chance.choice([notebook, chance.choice(cells_of(notebook) or [notebook])])
    fields = (
        ("nbformat", "cells", "metadata") if where is notebook else ("id", "cell_type", "source", "metadata", "outputs")
    )
    where[chance.choice(fields)] = odd(chance)


def removed(notebook, chance):
    container, key = any_place(notebook, chance)
    del container[key]


def type_swapped(notebook, chance):
    container, key = any_place(notebook, chance)
    value = container[key]
    container[key] = {
        dict: lambda: list(value.items()), list: lambda: {str(i): one for i, one in enumerate(value)}, str: lambda: list(value[:50]),
    }.get(type(value), lambda: str(value))()  # fmt: skip


def nested(notebook, chance):
    container, key = any_place(notebook, chance)
    for _ in range(chance.choice([5, 50, 400])):
        container[key] = [container[key]] if chance.random() < 0.5 else {"cells": container[key]}


def renamed(notebook, chance):
    container, key = any_place(notebook, chance, lambda key, value: isinstance(key, str))
    if isinstance(container, dict) and key in container:
        container[chance.choice(["", "\ud800", key.upper(), key + "\x00", "x" * 5000])] = container.pop(key)


def cells_swapped(notebook, chance):
    cells = notebook.get("cells")
    if isinstance(cells, list):
        chance.shuffle(cells)


def cells_repeated(notebook, chance):
    cells = notebook.get("cells")
    if isinstance(cells, list) and cells:
        one = chance.choice(cells)
        cells.extend([one] * (chance.choice([1, 10, 1100]) if len(json.dumps(one)) < 5_000 else 1))


def ids_gone_or_one_for_all(notebook, chance):
    one = chance.choice([None, "q_sample", "unclear", "", "\ud800", 5, ["q_sample"], {"a": 1}])
    for cell in cells_of(notebook):
        cell.pop("id", None)
        if one is not None:
            cell["id"] = one


def metadata_of_another_kind(notebook, chance):
    for cell in cells_of(notebook):
        if chance.random() < 0.5:
            cell["metadata"] = odd(chance)


def source_garbled(notebook, chance):
    container, key = any_place(notebook, chance, lambda key, value: key == "source")
    text = container.get(key) if isinstance(container, dict) else ""
    text = "".join(text) if isinstance(text, list) and all(isinstance(one, str) for one in text) else str(text)
    for _ in range(20):
        place = chance.randrange(len(text) + 1)
        text = (
            text[:place]
            + chance.choice(["\x00", "\ud800", "\r", "\u2028", "'''", "(", "\\", "\x1b]0;", "€", "\U0001f600"])
            + text[place:]
        )
    container[key] = text


TREE = [
    other_value, other_value_near_the_top, removed, type_swapped, nested, renamed, cells_swapped, cells_repeated, ids_gone_or_one_for_all,
    metadata_of_another_kind, source_garbled,
]  # fmt: skip


# --- Mutations of the bytes -----------------------------------------------------------------------------------


def bytes_flipped(data, chance):
    for _ in range(chance.choice([1, 3, 30])):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def cut_short(data, chance):
    del data[chance.randrange(len(data)) :]


def cut_out(data, chance):
    place = chance.randrange(len(data))
    del data[place : place + chance.choice([1, 100, 5000])]


def put_in(data, chance):
    strange = [
        b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"NaN", b"-Infinity", b"1" * 4000, b"1" * 5000, b"1e999999", b"[" * 3000,
        b'{"cells":' * 3000, b'"', b",", b"\\u0000", b"\\ud800", b"\xef\xbb\xbf", b"/* */", b"}", b"'",
    ]  # fmt: skip
    place = chance.randrange(len(data))
    data[place:place] = chance.choice(strange)


def number_replaced(data, chance):
    numbers = list(re.finditer(rb"(?<=: )-?\d+", bytes(data)))
    if numbers:
        found = chance.choice(numbers)
        new = [b"NaN", b"Infinity", b"1" * 4200, b"1" * 9000, b"4.0", b"4e0", b"04", b"true"]
        data[found.start() : found.end()] = chance.choice(new)


def put_in_another_encoding(data, chance):
    data[:] = data.decode("utf-8", "replace").encode(
        chance.choice(["utf-16", "latin-1", "utf-8-sig", "utf-32", "cp1252"]), "replace"
    )


BYTES = [bytes_flipped, cut_short, cut_out, put_in, number_replaced, put_in_another_encoding]


def mutant(number) -> bytes:
    """The same number always gives the same file."""
    chance = random.Random(number)
    notebook = json.loads(json.dumps(chance.choice([SOLVED, RELEASE])))
    for _ in range(chance.choice([0, 1, 1, 2, 4])):
        chance.choice(TREE)(notebook, chance)
    data = bytearray(json.dumps(notebook, ensure_ascii=chance.random() < 0.5).encode("utf-8", "surrogatepass"))
    for _ in range(chance.choice([0, 0, 1, 2])):
        if data:
            chance.choice(BYTES)(data, chance)
    return bytes(data)


def outcome(data):
    """A ``Submission`` that is what it says, or the sentence; anything else is a failure of ours."""
    try:
        read = parse_submission(data, PRISTINE)
    except BrokenSubmission as reason:
        sentence = str(reason)
        assert re.fullmatch(r"[A-Z0-9].{10,300}\.", sentence), sentence[:500]
        assert sentence.isprintable()
        return sentence
    assert type(read) is Submission
    assert all(type(cell.source) is str and cell.source.encode() is not None for cell in read.cells)
    assert all(cell.grade_id is None or cell.grade_id in PRISTINE.ids.values() for cell in read.cells)
    assert all(cell.cell_id is None or type(cell.cell_id) is str for cell in read.cells)
    assert read.written.keys() <= PRISTINE.written.keys() and all(
        text.encode() is not None for text in read.written.values()
    )
    assert (
        all(type(note) is str and note.isprintable() and len(note) < 300 for note in read.notes)
        and len(read.notes) < 20
    )
    assert read.unclear.encode() is not None
    assert all(cell.source == PRISTINE.locked[cell.grade_id] for cell in read.cells if cell.grade_id in PRISTINE.locked)
    return None


def test_five_hundred_mutants_are_read_or_refused_with_a_sentence():
    said = [outcome(mutant(number)) for number in range(500)]
    assert said.count(None) > 100 and len(said) - said.count(None) > 100
    reasons = {re.sub(r"\d+", "…", sentence) for sentence in said if sentence}
    assert len(reasons) >= 7, reasons  # the mutations reach more than the first line of defence


# --- What it found, and what looking for more of it found -----------------------------------------------------------


def notebook_of(cells, **fields) -> bytes:
    return json.dumps({"nbformat": 4, "metadata": {}, "cells": cells, **fields}).encode()


def code(source):
    return {"cell_type": "code", "metadata": {}, "source": source}


def markdown(source, **fields):
    return {"cell_type": "markdown", "metadata": {}, "source": source, **fields}


@pytest.mark.parametrize("version", ["true", "false", "-3", "1" * 4000, "1e400", "NaN", "[4]"])
def test_format_version_that_is_no_version(version):
    assert "format version unknown, not 4" in outcome(b'{"nbformat": ' + version.encode() + b', "cells": []}')


def test_an_answer_there_a_thousand_times_is_told_once():
    answer = {"nbgrader": {"grade_id": next(iter(PRISTINE.written))}}
    read = parse_submission(notebook_of([markdown(f"answer {n}", metadata=answer) for n in range(900)]), PRISTINE)
    assert len(read.notes) == 1 and list(read.written.values()) == ["answer 899"]


def test_fifty_megabytes_of_nothing_are_not_made_into_objects(monkeypatch):
    """Every {} takes three bytes in the file and a hundred in memory."""
    data = notebook_of([])[:-1] + b', "x": [' + b"{}," * 2_000_000 + b"{}]}"
    monkeypatch.setattr(json, "loads", lambda *_: pytest.fail("it was parsed"))
    assert outcome(data) == "The notebook has millions of parts: clear its outputs and submit it again."


def test_outputs_with_many_numbers_are_read():
    shown = {"output_type": "stream", "name": "stdout", "text": "0.5, " * 500_000}
    cell = {**code("def q_sample(x0): return x0"), "outputs": [shown]}
    assert parse_submission(notebook_of([cell]), PRISTINE).sources == ["def q_sample(x0): return x0"]


def test_sources_are_limited_together():
    cells = [code("def q_sample(\n" * 70_000)] * 5
    assert outcome(notebook_of(cells)) == "The cells of the notebook have more than four million characters together."
    assert outcome(notebook_of(cells[:4])) is None


def test_what_was_unclear_is_cut_and_the_last_one_counts(monkeypatch):
    asked = [markdown(PRISTINE.unclear + "\n" + text, id="unclear") for text in ("first", "why? " * 50_000)]
    looked_at = []
    added = submission._added
    monkeypatch.setattr(submission, "_added", lambda *texts: looked_at.append(texts) or added(*texts))
    read = parse_submission(notebook_of([code("def q_sample(x0): return x0"), *asked]), PRISTINE)
    assert read.unclear.startswith("why? why?") and len(read.unclear) <= submission.MAX_UNCLEAR and len(looked_at) == 1


def test_mutants_are_the_same_each_time():
    assert [mutant(number) for number in range(5)] == [mutant(number) for number in range(5)]


def test_a_mutated_file_is_read_as_its_bytes_are(tmp_path):
    file = tmp_path / f"{LESSON}.ipynb"
    for number in range(20):
        file.write_bytes(mutant(number) or b"\n")
        try:
            assert read_submission(file, PRISTINE) == parse_submission(file.read_bytes(), PRISTINE)
        except BrokenSubmission:
            assert outcome(file.read_bytes())
