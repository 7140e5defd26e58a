"""Progress survives: two notebooks at once, a damaged file, a full or closed disk, a check with nobody there."""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from types import SimpleNamespace

import filelock
import pytest

from autograder import progress_file
from autograder.progress_file import Mark, read, record
from autograder.progress_table import summary

MONDAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)


def moment(text):
    return datetime.fromisoformat(text)


def test_a_pass_is_kept_with_its_time(progress_path):
    record("q_step", False, MONDAY)
    record("q_step", True, TUESDAY)
    mark = read()[0]["q_step"]
    assert (mark.passing, mark.checks, moment(mark.passed_at)) == (True, 2, TUESDAY)


def test_the_first_pass_stays_when_a_later_check_fails(progress_path):
    record("q_step", True, MONDAY)
    record("q_step", False, TUESDAY)
    mark = read()[0]["q_step"]
    assert (mark.passing, moment(mark.passed_at), moment(mark.checked_at)) == (False, MONDAY, TUESDAY)


def test_nothing_read_where_nothing_is_kept(progress_path):
    assert read() == ({}, "")
    assert list(progress_path.parent.iterdir()) == []


@pytest.mark.parametrize("variable", ["NBGRADER_EXECUTION", "GRADUAL_NO_PROGRESS", "PYTEST_VERSION"])
def test_nothing_is_written_with_nobody_there(progress_path, monkeypatch, variable):
    monkeypatch.setenv(variable, "1")
    assert record("q_step", True) == ""
    assert list(progress_path.parent.iterdir()) == []


WRITER = """
import sys
from autograder.progress_file import record
for n in range(25):
    record(f"{sys.argv[1]}_{n}", True)
    record("shared", True)
"""


def test_notebooks_that_write_at_once_lose_nothing(progress_path):
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, f"notebook{n}"]) for n in range(4)]
    assert [writer.wait() for writer in writers] == [0] * 4
    marks, message = read()
    assert message == ""
    assert set(marks) == {"shared", *(f"notebook{n}_{i}" for n in range(4) for i in range(25))}
    assert marks["shared"].checks == 100
    assert {path.name for path in progress_path.parent.iterdir()} <= {"progress.json", "progress.json.lock"}


KILLED_WHILE_WRITING = """
import os, signal
from autograder import progress_file
def die(*_): os.kill(os.getpid(), signal.SIGKILL)
progress_file.os.replace = die
progress_file.record("tweedie", True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
def test_a_kill_in_the_middle_of_writing_keeps_what_was_there(progress_path):
    record("q_step", True)
    before = progress_path.read_bytes()
    assert subprocess.run([sys.executable, "-c", KILLED_WHILE_WRITING]).returncode == -9
    assert progress_path.read_bytes() == before
    assert record("tweedie", True) == ""
    assert set(read()[0]) == {"q_step", "tweedie"}


NOON = "2026-03-02T12:00:00+00:00"
GOOD = {"passing": True, "passed_at": NOON, "checked_at": NOON, "checks": 1}
DAMAGED = {
    "empty": b"",
    "cut short": b'{"exercises": {"q_st',
    "zeros": bytes(400),
    "not text": b"\xff\xfe\x80",
    "deep": b"[" * 100_000,
    "another shape": b"[1, 2, 3]",
    "no exercises": b"{}",
    "a list of exercises": b'{"exercises": ["q_step"]}',
    "a field too few": json.dumps({"exercises": {"q_step": {"passing": True}}}).encode(),
    "a time that is none": json.dumps({"exercises": {"q_step": {**GOOD, "passed_at": "noon"}}}).encode(),
    "a time that is a number": json.dumps({"exercises": {"q_step": {**GOOD, "checked_at": 5}}}).encode(),
    "a state that is text": json.dumps({"exercises": {"q_step": {**GOOD, "passing": "<b>yes</b>"}}}).encode(),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED.keys())
@pytest.mark.parametrize("first", ["record", "read"])
def test_a_damaged_file_is_set_aside(progress_path, content, first):
    progress_path.write_bytes(content)
    message = record("q_step", True) if first == "record" else read()[1]
    (aside,) = progress_path.parent.glob("*.damaged-*")
    assert aside.read_bytes() == content
    assert "damaged" in message and str(aside) in message
    assert record("tweedie", True) == ""
    assert "tweedie" in read()[0]


def test_a_second_damaged_file_does_not_replace_the_first(progress_path):
    for content in (b"first", b"second"):
        progress_path.write_bytes(content)
        read()
    assert {path.read_bytes() for path in progress_path.parent.glob("*.damaged-*")} == {b"first", b"second"}


def test_a_good_file_is_good(progress_path):
    progress_path.write_text(json.dumps({"exercises": {"q_step": GOOD}}))
    assert read() == ({"q_step": Mark(**GOOD)}, "")


def test_a_place_that_cannot_be_written_is_said_not_raised(progress_path, monkeypatch):
    blocked = progress_path.parent / "file"
    blocked.write_text("")
    monkeypatch.setenv("GRADUAL_PROGRESS", str(blocked / "progress.json"))
    assert str(blocked) in record("q_step", True)
    monkeypatch.setenv("GRADUAL_PROGRESS", str(progress_path.parent))
    assert str(progress_path.parent) in read()[1]


def test_a_lock_that_another_keeps_is_said_not_waited_for(progress_path, monkeypatch):
    record("q_step", True)
    monkeypatch.setattr(progress_file, "PATIENCE", 0.05)
    with filelock.FileLock(f"{progress_path}.lock"):
        assert "locked" in record("q_step", True)
        assert "locked" in read()[1]


@pytest.mark.parametrize("place", ["my_lessons/01_gradual_noise", "docs", "."])
def test_progress_lies_with_the_lessons_wherever_the_notebook_is(tmp_path, monkeypatch, place):
    monkeypatch.delenv("GRADUAL_PROGRESS", raising=False)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gradual-course"\n')
    (tmp_path / "lessons").mkdir()
    (tmp_path / place).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(tmp_path / place)
    assert progress_file.progress_file() == tmp_path / "my_lessons" / ".progress.json"


def test_outside_a_course_progress_lies_with_the_user(tmp_path, monkeypatch):
    monkeypatch.delenv("GRADUAL_PROGRESS", raising=False)
    monkeypatch.setattr(progress_file, "course_root", lambda: None)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    path = progress_file.progress_file()
    monkeypatch.chdir(tmp_path)
    assert path == progress_file.progress_file() and "gradual-course" in path.parts


ITEMS = [
    SimpleNamespace(lesson="01_gradual_noise", name="q_step"),
    SimpleNamespace(lesson="02_markov_property", name="chain_log_prob"),
    SimpleNamespace(lesson="01_gradual_noise", name="<b>noise</b>"),
    SimpleNamespace(lesson="01_gradual_noise", name="structure_left"),
]
MARKS = {
    "q_step": Mark(True, "2026-03-02T09:30:00+01:00", "2026-03-02T09:30:00+01:00", 1),
    "<b>noise</b>": Mark(False, None, "2026-03-02T09:30:00+01:00", 3),
    "structure_left": Mark(False, "2026-03-02T09:31:00+01:00", "2026-03-04T08:00:00+01:00", 2),
}


def test_the_table_says_what_passed_and_when_in_words():
    table = summary(ITEMS, MARKS)
    text = repr(table)
    assert list(table.lessons) == ["01_gradual_noise", "02_markov_property"]
    assert "1 of 3 passed" in text and "0 of 1 passed" in text
    for name, state, when in [
        ("q_step", "✓ passed", "2026-03-02 09:30"),
        ("<b>noise</b>", "✗ not passed yet", ""),
        ("structure_left", "△ passed before, not now", "2026-03-02 09:31"),
        ("chain_log_prob", "○ not checked yet", ""),
    ]:
        (line,) = [line for line in text.splitlines() if f"│ {name} " in line]
        assert state in line and when in line


def test_the_table_in_a_notebook_is_labelled_and_escaped():
    html = summary(ITEMS, MARKS, "kept as <here>")._repr_html_()
    assert html.count("<caption>") == 2 and html.count('<th scope="row">') == 4
    assert "<b>" not in html and "&lt;b&gt;noise" in html and "kept as &lt;here&gt;" in html
    assert "color" not in html


def test_the_terminal_shows_it(progress_path, root):
    record("q_step", True, MONDAY)
    program = os.path.join(os.path.dirname(sys.executable), "gradual")
    shown = subprocess.run([program, "progress"], capture_output=True, text=True, cwd=root, check=True).stdout
    (line,) = [line for line in shown.splitlines() if "q_step" in line]
    assert "✓ passed" in line and f"{MONDAY.astimezone():%Y-%m-%d %H:%M}" in line
