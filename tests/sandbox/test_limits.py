"""What a submission may use: memory, processes, output; measured from outside."""

from dataclasses import replace

import pytest
from conftest import LESSON, LIMITS, text_of

from autograder.exercises import all_exercises
from autograder.grader import Grader


@pytest.fixture(scope="module")
def patient():
    """A grader whose clock ends nothing before the limit that is tested does, on a busy machine either."""
    with Grader(LESSON, all_exercises(), replace(LIMITS, cell_seconds=60, total_seconds=120)) as grader:
        yield grader


def test_memory_of_all_processes_together_is_counted(patient):
    """Each process stays under what one may have; together they go over."""
    cell = """
import os, time
for _ in range(6):
    if not os.fork():
        kept = b'x' * (150 * 2**20)
        time.sleep(1000)
while True:
    time.sleep(1)"""
    with patient.submission([cell, "print('next')"]) as worker:
        assert "GB of memory" in text_of(worker.cell_results[0])
        assert text_of(worker.cell_results[1]) == "next\n"


def test_one_process_cannot_hold_more_than_its_address_space(told):
    text = told("try:\n    bytearray(5 * 2**30)\nexcept MemoryError:\n    print('refused')")
    assert text == "refused\n"


def test_fork_bomb_is_bounded_and_leaves_nothing(patient):
    cell = """
import os, time
count = 0
try:
    while True:
        if not os.fork():
            time.sleep(1000)
        count += 1
except OSError:
    print(count)"""
    with patient.submission([cell]) as worker:
        count = int(text_of(worker.cell_results[0]))
        assert patient._zygote.usage()["processes"] == count + 1 <= LIMITS.processes
    assert patient._zygote.usage()["processes"] == 0


def test_fork_bomb_of_children_is_bounded(grader):
    cell = "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
    with grader.submission([cell, "print('next')"]) as worker:
        assert text_of(worker.cell_results[1]) == "next\n"
    assert grader._zygote.usage()["processes"] == 0


def test_output_is_cut_in_the_worker_and_outside(grader):
    cells = ["print('x' * 150_000_000)", "for n in range(1_000_000): print(n)", "'y' * 10_000_000"]
    with grader.submission(cells) as worker:
        for result in worker.cell_results:
            assert 0 < len(text_of(result)) <= LIMITS.output_characters


def test_figures_are_cut_in_number(grader):
    cells = ["import matplotlib.pyplot as plt\nplt.plot([1, 2]);", "for _ in range(15): plt.figure(figsize=(1, 1))"]
    with grader.submission(cells) as worker:
        counts = [
            sum("image/png" in output.get("data", {}) for output in result.outputs) for result in worker.cell_results
        ]
    assert counts == [1, LIMITS.figures]


def test_without_figures_nothing_is_drawn():
    """And a lesson's widget is one line, figures or not."""
    cells = [
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.gcf()",
        "from gradual.widgets.gradual_noise import dissolve\ndissolve(1, q_step=None)",
    ]
    with Grader(LESSON, all_exercises(), replace(LIMITS, figures=0)) as grader, grader.submission(cells) as worker:
        kinds = [list(output["data"]) for result in worker.cell_results for output in result.outputs]
        assert set(map(tuple, kinds)) == {("text/plain",)}
        assert text_of(worker.cell_results[1]).startswith("dissolve: a picture to move, not drawn")


def test_descriptors_are_bounded(told):
    assert "Too many open files" in told("kept = [open('/dev/null') for _ in range(1000)]")


def test_active_content_is_dropped(grader):
    cell = """
from IPython.display import HTML, Javascript, SVG, display
display(HTML('<script>alert(1)</script>'), Javascript('alert(1)'), {'text/html': '<img onerror=x>'}, raw=False)
display({'text/html': '<script>', 'image/svg+xml': '<svg onload=x>', 'text/plain': 'plain'}, raw=True)
display({'image/png': b'<script>'}, raw=True)
print('\\x1b]0;title\\x07 \\x1b[2J')"""
    with grader.submission([cell]) as worker:
        outputs = worker.cell_results[0].outputs
    assert {kind for output in outputs for kind in output.get("data", {})} <= {"text/plain", "image/png"}
    assert not any("image/png" in output.get("data", {}) for output in outputs)
    assert "\x1b" not in str([output.get("text") for output in outputs])


def test_a_hanging_call_ends_on_the_clock_of_the_host(grader):
    """The student's own clock and signals have no say in it."""
    cell = """
import time, signal
time.sleep = time.monotonic = lambda *a: 0
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
def q_step(x_prev, beta, noise):
    while True: pass"""
    with grader.submission([cell]) as worker:
        for _ in range(2):
            outcome = worker.call("q_step", {"x_prev": 1.0, "beta": 0.5, "noise": 1.0})
            assert outcome.kind == "stopped" and "more than 2 seconds" in outcome.note
