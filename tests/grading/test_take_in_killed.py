"""An intake that is killed leaves every student's folder whole, and the next one finishes and tidies up."""

import json
import os
import shutil
import signal
import sys
import time

import pytest

from autograder import placing
from autograder.arrival import find_arrivals
from autograder.intake import take_in
from tests.nbgrader.course import REPO

LESSON = "01_gradual_noise"
NAME = f"{LESSON}.ipynb"
RELEASE = REPO / "lessons" / LESSON / NAME
FORMER, LATEST = "2027-01-30 12:00:00 UTC\n", "2027-01-31 12:00:00 UTC\n"
EVENTS = {"open", "os.mkdir", "os.rename", "os.remove", "os.rmdir", "shutil.move", "shutil.copytree", "shutil.rmtree"}


def notebook(text) -> bytes:
    made = json.loads(RELEASE.read_text(encoding="utf-8"))
    made["cells"][1]["source"] = text
    return json.dumps(made).encode()


def hand_out(folder, students, text, time):
    for student in students:
        (folder / student / LESSON).mkdir(parents=True)
        (folder / student / LESSON / NAME).write_bytes(notebook(text))
        (folder / student / LESSON / "timestamp.txt").write_text(time)
    return folder


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else None


OLD = {NAME: notebook("former"), "timestamp.txt": FORMER.encode()}
NEW = {NAME: notebook("latest"), "timestamp.txt": LATEST.encode()}


def killed_at(moment, course, source) -> bool:
    """Take in, in a process that kills itself at its ``moment``-th touch of the course's files; False if it ended before."""
    child = os.fork()
    if child == 0:
        left = [moment]

        def watch(event, arguments):
            if event in EVENTS and any(str(course) in str(one) for one in arguments):
                left[0] -= 1
                if not left[0]:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(watch)
        take_in(source, course / "submitted", LESSON, release=RELEASE)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.waitstatus_to_exitcode(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("exchange", [True, False])
def test_killed_at_each_touch_of_a_file(tmp_path, monkeypatch, exchange):
    """ada hands in again, bo for the first time. Where a system cannot exchange folders, ada's may be missing for a moment."""
    if not exchange:
        monkeypatch.setattr(placing.ctypes, "CDLL", lambda name: object())
    source = hand_out(tmp_path / "source", ["ada", "bo"], "latest", LATEST)
    moment, seen, missing = 0, set(), 0
    while True:
        moment += 1
        course = tmp_path / f"course-{moment}"
        submitted = hand_out(course / "submitted", ["ada"], "former", FORMER)
        killed = killed_at(moment, course, source)
        ada, bo = (contents(submitted / student / LESSON) for student in ("ada", "bo"))
        before = course / "submitted_before" / "ada" / LESSON
        assert ada in (OLD, NEW) or (ada is None and not exchange)
        assert bo in (None, NEW)
        assert ada == OLD or OLD in [contents(folder) for folder in before.iterdir()]
        assert set(find_arrivals(submitted, LESSON)) <= {"ada", "bo"}
        assert {path.parent.name for path in submitted.glob(f"*/{LESSON}")} <= {"ada", "bo"}
        missing += ada is None
        seen.add((ada == NEW, bo == NEW, any(submitted.glob(".arriving-*"))))
        take_in(source, submitted, LESSON, release=RELEASE)
        assert contents(submitted / "ada" / LESSON) == contents(submitted / "bo" / LESSON) == NEW
        assert OLD in [contents(folder) for folder in before.iterdir()]
        assert not list(submitted.glob(".arriving-*"))
        shutil.rmtree(course)
        if not killed:
            break
    assert {(False, False, True), (True, False, True), (True, False, False), (True, True, False)} <= seen
    assert missing == (0 if exchange else 1)


def test_two_intakes_at_once_do_not_clear_each_others_work(tmp_path):
    """The second waits for the first, whose half-made folder it would otherwise take for a killed one's."""
    submitted = tmp_path / "submitted"
    submitted.mkdir()
    with placing.alone(submitted):
        (submitted / ".arriving-of-the-first").mkdir()
        source = hand_out(tmp_path / "source", ["ada"], "latest", LATEST)
        lock, (told, tell) = str(submitted / ".arriving.lock"), os.pipe()
        child = os.fork()
        if child == 0:
            sys.addaudithook(lambda event, given: event == "open" and str(given[0]) == lock and os.write(tell, b"!"))
            take_in(source, submitted, LESSON, release=RELEASE)
            os._exit(0)
        os.close(tell)
        assert os.read(told, 1) == b"!"
        time.sleep(0.3)  # long enough for a second that does not wait to do harm
        assert os.waitpid(child, os.WNOHANG) == (0, 0)
        assert (submitted / ".arriving-of-the-first").exists()
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert contents(submitted / "ada" / LESSON) == NEW and not list(submitted.glob(".arriving-*"))
