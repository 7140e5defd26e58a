"""A student's work is never lost: whatever was interrupted, updated or damaged before."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from datetime import date
from pathlib import Path

import pytest

from autograder import lab
from autograder.course import course_root, is_course
from autograder.lab import LessonError, copy_lessons, find_lesson, lesson_names

FIRST, SECOND = "01_gradual_noise", "02_markov_property"
NOTEBOOK = f"{FIRST}/{FIRST}.ipynb"


@pytest.fixture
def course(tmp_path) -> Path:
    """A course with two lessons."""
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "gradual-course"\n')
    for lesson in (FIRST, SECOND):
        (tmp_path / "lessons" / lesson).mkdir(parents=True)
        notebook = {"cells": [], "metadata": {"name": lesson}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / "lessons" / lesson / f"{lesson}.ipynb").write_text(json.dumps(notebook))
    return tmp_path


def release(course, text):
    (course / "lessons" / NOTEBOOK).write_text(text)


def mine(course) -> Path:
    return course / "my_lessons" / NOTEBOOK


def kept(course) -> dict[str, str]:
    return {path.name: path.read_text() for path in mine(course).parent.glob("*.ipynb") if path != mine(course)}


def test_every_lesson_is_copied(course):
    assert copy_lessons(course, lesson_names(course)) == []
    for lesson in (FIRST, SECOND):
        place = f"{lesson}/{lesson}.ipynb"
        assert (course / "my_lessons" / place).read_bytes() == (course / "lessons" / place).read_bytes()


def test_a_students_file_is_never_written_over(course):
    copy_lessons(course, [FIRST])
    mine(course).write_text("my work")
    assert copy_lessons(course, [FIRST]) == []
    assert copy_lessons(course, [FIRST], update=True) == []  # the lesson has not changed
    assert (mine(course).read_text(), kept(course)) == ("my work", {})


def test_a_lesson_taken_away_comes_back_fresh(course):
    copy_lessons(course, [FIRST])
    mine(course).unlink()
    copy_lessons(course, [FIRST])
    assert mine(course).read_bytes() == (course / "lessons" / NOTEBOOK).read_bytes()


def test_a_newer_version_is_told_and_waits(course):
    copy_lessons(course, [FIRST])
    mine(course).write_text("my work")
    release(course, "new")
    (sentence,) = copy_lessons(course, [FIRST])
    assert f"gradual lab {FIRST} --update" in sentence
    assert (mine(course).read_text(), kept(course)) == ("my work", {})


def test_an_update_keeps_the_old_file_beside_the_new_one(course):
    copy_lessons(course, [FIRST])
    mine(course).write_text("my work")
    release(course, "new")
    (sentence,) = copy_lessons(course, [FIRST], update=True)
    name = f"{FIRST}.{date.today():%Y-%m-%d}.ipynb"
    assert name in sentence
    assert (mine(course).read_text(), kept(course)) == ("new", {name: "my work"})


def test_updates_on_one_day_keep_every_old_file(course):
    copy_lessons(course, [FIRST])
    for n in range(3):
        mine(course).write_text(f"work {n}")
        release(course, f"version {n}")
        copy_lessons(course, [FIRST], update=True)
    assert mine(course).read_text() == "version 2"
    assert sorted(kept(course).values()) == ["work 0", "work 1", "work 2"]


def test_a_lost_record_of_versions_costs_no_work(course):
    copy_lessons(course, [FIRST])
    mine(course).write_text("my work")
    (course / "my_lessons" / lab.VERSIONS).write_text("{damaged")
    copy_lessons(course, [FIRST], update=True)
    assert list(kept(course).values()) == ["my work"]


INTERRUPTED = """
import os, signal, sys
from pathlib import Path
from autograder import lab
replace = lab.os.replace
def die_at(source, target):
    if Path(target).name.endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)
    replace(source, target)
lab.os.replace = die_at
lab.copy_lessons(Path(sys.argv[1]), lab.lesson_names(Path(sys.argv[1])), update=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("at", [f"{FIRST}.ipynb", f"{SECOND}.ipynb", lab.VERSIONS])
def test_an_interrupted_copy_is_finished_by_the_next(course, at):
    assert subprocess.run([sys.executable, "-c", INTERRUPTED, course, at]).returncode == -9
    assert copy_lessons(course, lesson_names(course)) == []
    own = sorted(path.relative_to(course / "my_lessons") for path in (course / "my_lessons").rglob("*.ipynb"))
    assert own == [Path(f"{lesson}/{lesson}.ipynb") for lesson in (FIRST, SECOND)]
    for place in own:
        assert (course / "my_lessons" / place).read_bytes() == (course / "lessons" / place).read_bytes()
    assert list((course / "my_lessons").rglob(".copying-*")) == []


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is POSIX")
@pytest.mark.parametrize("at", [f"{FIRST}.ipynb", f"{date.today():%Y-%m-%d}.ipynb", lab.VERSIONS])
def test_an_interrupted_update_loses_no_work(course, at):
    copy_lessons(course, lesson_names(course))
    mine(course).write_text("my work")
    release(course, "new")
    subprocess.run([sys.executable, "-c", INTERRUPTED, course, at])
    assert "my work" in {mine(course).read_text(), *kept(course).values()}
    copy_lessons(course, [FIRST], update=True)
    assert mine(course).read_text() == "new"
    assert "my work" in kept(course).values()


@pytest.mark.parametrize("name", ["2", "02", SECOND, "markov", "markov_property"])
def test_a_lesson_is_found_by_number_or_name(course, name):
    assert find_lesson(course, name) == SECOND


@pytest.mark.parametrize("name", ["7", "reverse", "0"])
def test_a_lesson_that_is_not_there_is_said_with_those_that_are(course, name):
    with pytest.raises(LessonError, match=f"{FIRST}, {SECOND}"):
        find_lesson(course, name)


def test_a_name_that_means_two_lessons_is_asked_about(course):
    with pytest.raises(LessonError, match=f"{FIRST} or {SECOND}"):
        find_lesson(course, "o")


def test_a_course_without_lessons_says_how_they_are_made(tmp_path):
    with pytest.raises(LessonError, match="make build"):
        find_lesson(tmp_path)


def test_the_course_is_found_from_below_else_where_the_package_is(course, tmp_path_factory, monkeypatch, root):
    copy_lessons(course, [FIRST])
    monkeypatch.chdir(mine(course).parent)
    assert course_root() == course
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert course_root() == root


@pytest.mark.parametrize("text", ["[project", "", "project = 3", '[project]\nname = "another"\n'])
def test_another_folder_is_not_taken_for_the_course(course, text):
    (course / "pyproject.toml").write_text(text)
    assert not is_course(course)


@pytest.mark.slow
def test_gradual_lab_serves_the_students_copy_in_jupyterlab(course):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    gradual = Path(sys.executable).with_name("gradual")
    log = course / "log"
    settings = {"JUPYTER_CONFIG_DIR": course / "config", "JUPYTER_RUNTIME_DIR": course / "runtime",
                "JUPYTER_PORT": port, "JUPYTER_TOKEN": "secret"}
    command = [gradual, "lab", "markov", "--no-browser"]
    with open(log, "w") as file:
        server = subprocess.Popen(command, cwd=course / "lessons", stdout=file, stderr=file, start_new_session=True,
                                  env={**os.environ, **{name: str(value) for name, value in settings.items()}})
    try:
        place = f"http://127.0.0.1:{port}/api/contents/my_lessons/{SECOND}/{SECOND}.ipynb?token=secret"
        assert json.load(fetched(place, server, log))["content"]["metadata"]["name"] == SECOND
        assert f"/lab/tree/my_lessons/{SECOND}/{SECOND}.ipynb" in log.read_text()
        page = fetched(f"http://127.0.0.1:{port}/lab?token=secret", server, log).read().decode()
        assert '"disabledExtensions": ["@jupyterlab/apputils-extension:announcements"]' in page
    finally:
        os.killpg(server.pid, 15)
        server.wait()


def fetched(address, server, log):
    """What is at the address, once the server is up."""
    for _ in range(600):
        assert server.poll() is None, log.read_text()
        try:
            return urllib.request.urlopen(address)
        except OSError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())
