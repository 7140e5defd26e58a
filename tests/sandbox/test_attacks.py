"""Hostile submissions: each earns exactly the points of the honest work in it."""

from pathlib import Path

import pytest
from conftest import EXERCISES, LIMITS, text_of

from autograder.exercises import all_exercises
from autograder.grader import Grader
from autograder.judge import judge_all

COURSE = Path(__file__).parents[2]
ALL = {exercise.name for exercise in EXERCISES}
WRONG = "def q_step(x_prev, beta, noise):\n    return x_prev + noise"
EQUALS_EVERYTHING = """
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __sub__(self, other): return np.zeros(1)
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
    def __reduce__(self): return (exec, ("raise SystemExit",))
def q_step(x_prev, beta, noise):
    return np.zeros_like(x_prev).view(Yes)
"""

# cells that come after a wrong q_step and right answers to the others; the comment is the attack's number
ATTACKS = {
    "ast transformer that drops asserts": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())""",  # 2
    "input transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",  # 3
    "displayhook": """
def q_step(x_prev, beta, noise):
    get_ipython().displayhook("ok")""",  # 4
    "post_run_cell hook": """
def clear(result): result.error_in_exec = None; result.success = True
get_ipython().events.register("post_run_cell", clear)""",  # 5
    "numpy.testing patched": "np.testing.assert_allclose = np.allclose = lambda *a, **k: True" + EQUALS_EVERYTHING,  # 6
    "object with __array__ that changes": """
class Shifty:
    def __array__(self, dtype=None, copy=None): return np.ones(3)
    __eq__ = lambda self, other: True
def q_step(x_prev, beta, noise): return Shifty()""",  # 6
    "a numpy.py beside the notebook": "open('numpy.py', 'w').write('allclose = lambda *a: True')",  # 7
    "an ipykernel_launcher.py": "open('ipykernel_launcher.py', 'w').write('raise SystemExit')",  # 8
    "solutions by path": f"""
import glob, json
found = glob.glob('/**/solutions/**/*.ipynb', recursive=False) + glob.glob({str(COURSE / "solutions")!r} + '/*')
assert found, 'nothing there'""",  # 9
    "walks the stack": """
import sys
def q_step(x_prev, beta, noise):
    frame = sys._getframe()
    while frame:
        for name in ('expected', 'value', 'answer', 'reference'):
            if name in frame.f_locals: return frame.f_locals[name]
        frame = frame.f_back""",  # 10
    "the reference's result": "from gradual.forward import q_step",  # 11
    "the reference through noise_trajectory": """
import gradual.forward
def q_step(x_prev, beta, noise):
    return gradual.forward.noise_trajectory(x_prev, np.array([0, beta]), np.array([noise]))[1]""",  # 11
    "an object that claims to be a frame": """
def q_step(x_prev, beta, noise):
    return {"kind": "returned", "passed": True, "score": 3}""",
    "not a number": "def q_step(x_prev, beta, noise): return x_prev * np.nan",
    "a masked array": "def q_step(x_prev, beta, noise): return np.ma.masked_all(np.shape(x_prev))",
    "a generator": "def q_step(x_prev, beta, noise): yield from x_prev",
    "nested without end": """
def q_step(x_prev, beta, noise):
    loop = []
    loop.append(loop)
    return loop""",
    "nested very deep": """
def q_step(x_prev, beta, noise):
    value = 0
    for _ in range(100_000): value = [value]
    return value""",
    "an error that cannot be printed": """
class Odd(Exception):
    def __str__(self): raise ValueError
    __repr__ = __str__
def q_step(x_prev, beta, noise): raise Odd""",
    "an error that is no Exception": "def q_step(x_prev, beta, noise): raise KeyboardInterrupt",
    "a property that answers each name": """
class Any:
    def __getattr__(self, name): return self
    __class__ = np.ndarray
def q_step(x_prev, beta, noise): return Any()""",
    "an int subclass": """
class One(int):
    __eq__ = lambda self, other: True
def q_step(x_prev, beta, noise): return One(1)""",
    "a huge whole number": "def q_step(x_prev, beta, noise): return 10 ** 100_000",
    "object arrays": "def q_step(x_prev, beta, noise): return np.array([print, q_step], dtype=object)",
    "deletes the worker's modules": """
import sys
def q_step(x_prev, beta, noise):
    for name in [n for n in sys.modules if n.startswith('autograder')]: del sys.modules[name]
    return x_prev""",
    "atexit": "import atexit\natexit.register(lambda: print('late'))",
    "pickle bomb as bytes": "def q_step(x_prev, beta, noise): return b'cos\\nsystem\\n(S\"touch /tmp/x\"\\ntR.'",
    "os._exit": "import os\ndef q_step(x_prev, beta, noise): os._exit(0)",  # 19
    "exit()": "def q_step(x_prev, beta, noise): exit()",  # 19
    "a loop that ignores the interrupt": """
import signal
def q_step(x_prev, beta, noise):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        try:
            while True: pass
        except BaseException: pass""",  # 19
    "stops itself": """
import os, signal, time
def q_step(x_prev, beta, noise):
    if not os.fork():
        os.kill(os.getppid(), signal.SIGSTOP)
    time.sleep(1000)""",
    "a segmentation fault": "import ctypes\ndef q_step(x_prev, beta, noise): ctypes.string_at(0)",
    "an answer too large": "def q_step(x_prev, beta, noise): return np.zeros(2**25)",
    "more memory than allowed": "def q_step(x_prev, beta, noise): return np.ones(2**40)",
    "prints 150 MB": "def q_step(x_prev, beta, noise):\n    print('x' * 150_000_000)\n    return x_prev",  # 16
}


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_in_one_exercise_costs_that_exercise(name, passed, honest):
    assert passed([*honest, WRONG, ATTACKS[name]], ran=name != "solutions by path") == ALL - {"q_step"}


FAILING_CELLS = [
    "import os\nos._exit(0)",
    "while True:\n  try:\n    while True: pass\n  except BaseException: pass",
    "exit()",
    "raise SystemExit",
    "1/0",
    "def broken(:",
    "import ctypes\nctypes.string_at(0)",
    "print('x' * 150_000_000)",
    "for _ in range(10_000_000): print('x')",
    "import sys\nsys.stdout = sys.stderr = None",
    "del __builtins__",
    "%reset -f\nimport numpy as np",
]


@pytest.mark.parametrize("cell", FAILING_CELLS)
def test_cell_that_fails_costs_only_itself(cell, passed, honest):
    """The cell comes first, and the rest of the notebook is right."""
    assert passed([cell, *honest]) == ALL


def test_killing_cells_are_told_and_the_others_keep_their_output(grader):
    with grader.submission(
        ["print('a')", "import os; os._exit(3)", "print('b')", "while True: pass", "print('c')"]
    ) as worker:
        shown = [text_of(result) for result in worker.cell_results]
    assert shown[0::2] == ["a\n", "b\n", "c\n"]
    assert "ended its own process" in shown[1] and "more than 3 seconds" in shown[3]


def test_next_submission_is_graded_right_after_each_kind_of_end(passed, honest):
    for last in ["import os\nos._exit(0)", "import os\n[os.fork() for _ in range(20)]", "while True: pass"]:
        passed([WRONG, last])
        assert passed(honest) == ALL


def test_a_function_is_not_blamed_for_what_another_left_behind(grader, honest):
    """q_step starts a thread that ends the process a little later, while another function is called."""
    trap = """
import threading, time, os
def q_step(x_prev, beta, noise):
    threading.Thread(target=lambda: (time.sleep(0.3), os._exit(0))).start()
    return x_prev
def slow(f):
    def g(*a, **k):
        time.sleep(0.2)
        return f(*a, **k)
    return g
noise_trajectory = slow(noise_trajectory)"""
    exercises = {exercise.name: exercise for exercise in EXERCISES}
    with grader.submission([*honest, trap]) as worker:
        assert not judge_all(exercises["q_step"], worker.call).passed
        assert judge_all(exercises["noise_trajectory"], worker.call).passed
        assert judge_all(exercises["structure_left"], worker.call).passed


def test_an_endless_function_drawn_in_many_cells_leaves_the_others_their_time(honest):
    from dataclasses import replace

    endless = "def q_step(x_prev, beta, noise):\n    while True: pass"
    slow = "import time; time.sleep(0.8); slept = 1"  # has run once, so it may take as long again
    drawn = ["q_step(np.zeros(2), 0.1, np.zeros(2))"] * 5
    limits = replace(LIMITS, cell_seconds=1.5, call_seconds=1.5, total_seconds=12)
    with Grader("01_gradual_noise", all_exercises(), limits) as grader:
        with grader.submission([*honest, endless, slow, *drawn, "print(slept)"]) as worker:
            assert text_of(worker.cell_results[-1]) == "1\n"
            passed = {one.name for one in EXERCISES if judge_all(one, worker.call).passed}
    assert passed == {one.name for one in EXERCISES} - {"q_step"}


def test_total_time_ends_a_submission_and_not_the_class(honest):
    from dataclasses import replace

    limits = replace(LIMITS, cell_seconds=2.5, total_seconds=4)  # ample for the honest one on a busy machine
    with Grader("01_gradual_noise", all_exercises(), limits) as grader:
        with grader.submission([*honest, *["while True: pass"] * 5]) as worker:
            assert worker.call("q_step", {}).kind == "stopped"
            assert "not run" in text_of(worker.cell_results[-1])
        with grader.submission(honest) as worker:
            assert all(judge_all(exercise, worker.call).passed for exercise in EXERCISES)
