"""Hidden inputs stay hidden: submissions that know a hidden call when they see one, and try to tell of it.

A function is called with hidden inputs, so it has them. Each of these finds another way for them into the page that the
student reads. ``code`` makes ten digits of an input; the same digits are looked for in all that grading wrote.
"""

import pytest

from autograder.exercise import PRACTICE
from autograder.exercises import all_exercises
from tests.grading.hand_in import LESSON, Class, expected, notebook

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]

EXERCISES = [one for one in all_exercises() if one.lesson == LESSON]


def code(x):
    import numpy as np

    return str(3_000_000_000 + int(abs(float(np.ravel(x)[-1])) * 1e6) % 10**9)


def codes(secret):
    """Of the first argument of every case."""
    return {code(next(iter(one.inputs(case, secret).values()))) for one in EXERCISES for case in one.cases}


PRELUDE = f"""
import os, stat, struct, sys, warnings
def code(x): return str(3_000_000_000 + int(abs(float(np.ravel(x)[-1])) * 1e6) % 10**9)
shown = {sorted(codes(PRACTICE))}
def is_hidden(x): return code(x) not in shown
seen = []
right_step, right_walk, right_left = q_step, noise_trajectory, structure_left
def is_socket(fd):
    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError: return False
channel = next(filter(is_socket, range(64)))
"""
STEP = """
def q_step(x_prev, beta, noise):
    seen.append(code(x_prev))
    if {when}:
        {what}
    return right_step(x_prev, beta, noise)
"""


def when_hidden(what, when="is_hidden(x_prev)"):
    return STEP.format(when=when, what=what)


LEAKS = {  # the attack; what is lost by it
    "an-error-always": (when_hidden("raise ValueError(code(x_prev))", "True"), ["q_step"], {}),
    "an-error": (when_hidden("raise ValueError(code(x_prev))"), [], {"q_step__hidden": 0}),
    "an-error-type": (when_hidden("raise type('N' + code(x_prev), (Exception,), {})"), [], {"q_step__hidden": 0}),
    "not-implemented": (when_hidden("raise NotImplementedError(code(x_prev))"), [], {"q_step__hidden": 0}),
    "a-type": (when_hidden("return type('N' + code(x_prev), (), {})()"), [], {"q_step__hidden": 0}),
    "a-text": (when_hidden("return code(x_prev)"), [], {"q_step__hidden": 0}),
    "a-shape": (when_hidden("return np.zeros((0, int(code(x_prev))))"), [], {"q_step__hidden": 0}),
    "a-number": (when_hidden("return x_prev * 0 + int(code(x_prev))"), [], {"q_step__hidden": 0}),
    "global-names": (
        when_hidden("globals()['data_' + code(x_prev)] = 1; return eval(compile('data_' + code(x_prev), 'x', 'eval'))"),
        [], {"q_step__hidden": 0},
    ),
    "prints-draws-displays": (
        when_hidden(
            "print(code(x_prev)); print(code(x_prev), file=sys.stderr); display(code(x_prev)); warnings.warn(code(x_prev)); "
            "plt.figure().suptitle(code(x_prev)); os.write(1, code(x_prev).encode()); return 0.0"
        ),
        [], {"q_step__hidden": 0},
    ),
    "a-thing-that-is-no-function": (
        when_hidden("get_ipython().user_ns['q_step'] = type('N' + code(x_prev), (), {})()"), [], {"q_step__hidden": 0}
    ),
    "the-size-of-a-frame": (when_hidden("os.write(channel, struct.pack('>I', int(code(x_prev))))"), [], {"q_step__hidden": 0}),
    "a-choice": (when_hidden("get_ipython().user_ns['why_shrink'] = code(x_prev)"), [], {}),
    "the-next-exercise": (
        when_hidden("pass") + "\ndef structure_left(trajectory): raise ValueError(' '.join(seen))", ["structure_left"], {}
    ),
    "a-prerequisite": (
        when_hidden("raise ValueError(' '.join(seen))", "'now' in seen")
        + "\ndef noise_trajectory(x0, betas, noise):\n    if is_hidden(x0):\n        seen.append('now'); seen.append(code(x0))\n"
        "        return q_step(x0, 0.0, x0)\n    return right_walk(x0, betas, noise)",
        [], {"noise_trajectory__hidden": 0},
    ),
    "a-rerun-of-the-cells": (
        "for place in ('/tmp/left', '/dev/shm/left'):\n    if os.path.exists(place): print(open(place).read())\n"
        + when_hidden("[open(place, 'w').write(code(x_prev)) for place in ('/tmp/left', '/dev/shm/left')]; os._exit(0)"),
        [], {"q_step__hidden": 0},
    ),
    "a-session-of-its-own": (
        """
from autograder.worker.session import Session
answer = Session.call
def call(self, request):
    hidden = [code(value) for value in list(request["inputs"].values())[:1] if is_hidden(value)]
    told = {"kind": "raised", "error": {"kind": "E".join(hidden), "message": str(hidden), "line": str(hidden), "line_number": 3},
            "note": str(hidden), "printed": str(hidden), "data_read": ["n" + one for one in hidden]}
    if hidden: return told
    return answer(self, request)
Session.call = call""",
        [], {"q_step__hidden": 0, "noise_trajectory__hidden": 0, "structure_left__hidden": 0},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Class(tmp_path_factory.mktemp("class") / "course")
    course.release(LESSON)
    for student, (attack, *_) in LEAKS.items():
        course.hand_in(student, notebook(PRELUDE + "import matplotlib.pyplot as plt\n" + attack))
    course.grade()
    course.feedback()
    course.hidden = codes((course.root / "course_secret").read_text().strip()) - codes(PRACTICE)
    return course


@pytest.mark.parametrize("student", LEAKS)
def test_leak_earns_what_is_right_and_tells_nothing(course, student):
    _, lost, scores = LEAKS[student]
    assert course.score(student) == expected(*lost, **scores)
    assert len(course.hidden) > 5
    file = course.root / "autograded" / student / LESSON / f"{LESSON}.ipynb"
    for text in (file.read_text(), course.page(student)):
        assert not [one for one in course.hidden if one in text.replace(",", "")]


@pytest.mark.parametrize("student", ["an-error-always", "the-next-exercise"])
def test_the_same_way_does_tell_of_practice_inputs(course, student):
    """So that the test above can fail: what is told of a visible call is found by the same search."""
    assert [one for one in codes(PRACTICE) if one in course.page(student).replace(",", "").split("def code", 1)[0]]
