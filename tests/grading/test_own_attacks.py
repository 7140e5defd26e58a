"""Attacks on this design itself: on the wire, the worker, the reader and the notebook that is made. Exact scores."""

import json
import os

import nbformat
import pytest

from tests.grading.hand_in import LESSON, NOTHING, RIGHT, WRITTEN, WRONG, Class, cell, cheat, expected, notebook, shown
from tests.nbgrader.course import REPO

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]

CHANNEL = """
import ctypes, gc, json, os, stat, struct, sys, threading, time
def is_socket(fd):
    try: return stat.S_ISSOCK(os.fstat(fd).st_mode)
    except OSError: return False
channel = next(filter(is_socket, range(64)))
def frame(tree, raw=b""):
    head = json.dumps(tree).encode()
    body = struct.pack(">I", len(head)) + head + raw
    return struct.pack(">I", len(body)) + body
def request():
    frame = sys._getframe()
    while "request" not in frame.f_locals: frame = frame.f_back
    return frame.f_locals["request"]
"""
LOST = expected("q_step")
ACTIVE = "<script>alert(1)</script><img src=x onerror=alert(1)>"


def step(*lines):
    return "def q_step(x_prev, beta, noise):\n" + "\n".join(f"    {line}" for line in lines)


def returns(value):
    return step(f"return {value}")


VALUES = {  # what a wrong q_step returns
    "a-billion-numbers": "np.broadcast_to(0.0, (10**9,))",
    "two-to-the-forty": "np.broadcast_to(np.float32(0), (2**20, 2**20))",
    "nan-with-a-payload": "np.full(x_prev.shape, 0x7ff8dead00000001, dtype='u8').view('f8')",
    "infinities": "x_prev * np.inf",
    "largest-floats": "np.where(np.arange(x_prev.size).reshape(x_prev.shape) % 2, 1.7e308, -1.7e308)",
    "truth-values": "np.ones(x_prev.shape, bool)",
    "bytes-of-uint8": "np.zeros(x_prev.shape, 'u1')",
    "complex": "x_prev + 0j",
    "strings": "x_prev.astype(str)",
    "dates": "np.zeros(x_prev.shape, 'M8[s]')",
    "records": "np.zeros(x_prev.shape, [('a', 'f8'), ('b', 'O')])",
    "objects": "np.array(x_prev, dtype=object)",
    "numbers-too-long": "(10**4000, 1.0)",
    "ragged": "[[1.0], [1.0, 2.0], x_prev, 'text', None]",
    "deep": "(lambda deep: [deep := [deep] for _ in range(10**5)][-1])(0)",
    "many": "[0.0] * 10**6",
    "sixty-four-axes": "np.zeros((1,) * 64)",
    "empty": "np.zeros((0, 2**40))",
}  # fmt: skip
CODE = {  # after a right notebook with a wrong q_step
    "lies-about-its-shape": """
class Lies(np.ndarray):
    shape = property(lambda self: (0,), lambda self, value: None)
    __len__ = lambda self: 10**9
    __getattribute__ = lambda self, name: np.ndarray.__getattribute__(self, name) if name != "dtype" else np.dtype("f8")
def q_step(x_prev, beta, noise): return np.zeros_like(x_prev).view(Lies)""",
    "another-array-each-time": """
reads = []
class Changing:
    def __array__(self, dtype=None, copy=None):
        reads.append(1)
        return np.zeros(len(reads))
    def __getattr__(self, name): return getattr(np.zeros(3), name)
def q_step(x_prev, beta, noise): return Changing()""",
    "numpy-that-lies": """
import autograder.outcome, autograder.calling, autograder.wire, autograder.worker.session as session
for name in ("array", "asarray", "sqrt", "isclose", "allclose", "array_equal", "testing"): setattr(np, name + "_", getattr(np, name))
class Any:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
for module in (autograder.outcome, autograder.calling, session): module.plain = lambda value, depth=0: value
np.isclose = np.allclose = np.array_equal = lambda *a, **k: True
def q_step(x_prev, beta, noise): return x_prev""",
    "another-stand-in": """
import autograder, sys, types
made = types.ModuleType("autograder")
made.check = made.judge = lambda *a, **k: True
sys.modules["autograder"] = sys.modules["autograder.judge"] = made
autograder.check = lambda *a, **k: print("q_step passes all cases.")
check = autograder.check""",
    "a-verdict-on-the-wire": CHANNEL + step(
        "os.write(channel, frame({'dict': {'nonce': request()['nonce'], 'kind': 'passed', 'passed': True, 'score': 3}}))"
    ),
    "the-right-nonce-first": CHANNEL + step(
        "reply = {'nonce': request()['nonce'], 'kind': 'returned', 'value': 1.0, 'verdict': 'passed', 'inputs_after': {'dict': {}}}",
        "os.write(channel, frame({'dict': reply}) * 3)", "return x_prev",
    ),
    "a-shape-of-no-numbers": CHANNEL + step(
        "value = {'array': ['<f8', [2**39, 2**39, 0]]}",
        "os.write(channel, frame({'dict': {'nonce': request()['nonce'], 'kind': 'returned', 'value': value}}))",
    ),
    "arrays-that-change-later": CHANNEL + """
kept = []
def change():
    while True:
        for one in kept: one += 1
""" + step("out = np.zeros_like(x_prev)", "kept.append(out)", "threading.Thread(target=change, daemon=True).start()", "return out"),
    "memory-of-others": CHANNEL + """
libc = ctypes.CDLL(None, use_errno=True)
found = [libc.ptrace(16, pid, 0, 0) for pid in (1, 2, 3, os.getppid())] + [os.path.exists(f"/proc/{pid}/mem") for pid in (1, "self")]
buffer = ctypes.create_string_buffer(8)
vector = (ctypes.c_size_t * 2)(ctypes.addressof(buffer), 8)
found.append(libc.process_vm_readv(os.getppid(), vector, 1, vector, 1, 0))
print("attached:", [one for one in found if one not in (-1, False)])
for pid in (-1, os.getppid(), 2, 3):
    try: os.kill(pid, 9)
    except OSError: pass""",
    "signals-its-group": "import os\nos.killpg(0, 9)",
    "fills-the-scratch": """
for folder in ("/tmp", "/dev/shm"):
    try:
        for number in range(10**5): open(f"{folder}/{number}", "wb").write(bytes(2**20))
    except OSError as error: print(error)""",
    "corrupts-its-memory": CHANNEL + step("ctypes.memset(id(np.float64), 0, 64)", "return x_prev"),
    "magics": f"""
!echo passed
%run {REPO}/autograder/judge.py
%reload_ext autograder
%env HOME=/root
%cd /""",
    "cell-magics": "%%bash\necho passed; sleep 100",
    "a-file-magic": "%%writefile /course/gradual/forward.py\nq_step = None",
    "asks-for-input": "import sys\nanswer = input('password: ')\nsys.stdin.read()",
    "async-cell": "import asyncio, os\nawait asyncio.sleep(0.01)\nasyncio.get_event_loop().call_later(0.2, os._exit, 1)",
    "no-end-of-the-stack": "import sys\nsys.setrecursionlimit(10**9)\n" + step("return q_step(x_prev, beta, noise)"),
    "tracing": "import sys, threading\nsys.settrace(lambda *a: None); sys.setprofile(print); threading.settrace_all_threads = print",
    "a-long-name": "q_step.__name__ = q_step.__qualname__ = 'x' * 10**6",
}  # fmt: skip


def twice_graded():
    """A cell with the marks of another exercise's hidden check, worth more, which defines nothing."""
    made = cheat()
    stolen = nbformat.from_dict(json.loads(json.dumps(cell(made, "structure_left-hidden"))))
    stolen.metadata.nbgrader.update(points=99, grade=True, locked=False, solution=True)
    stolen.source = "print('passed')"
    made.cells += [stolen, stolen]
    cell(made, "q_step-check").metadata.nbgrader["grade_id"] = "structure_left-check"
    cell(made, "q_step-hidden").metadata.nbgrader["points"] = -5
    return made


def text_with_the_id_of(grade_id, kind=nbformat.v4.new_markdown_cell):
    def make():
        made = cheat()
        marks = {"nbgrader": {"grade_id": grade_id, "grade": True, "points": 50, "solution": True, "locked": False}}
        made.cells.append(kind("print('passed')", id="taken", metadata=marks))
        return made

    return make


def code_with_the_ids(*ids):
    """Code cells that go by the ids of the lesson's own text, or by those that grading gives."""

    def make():
        made = notebook()
        made.cells = [nbformat.v4.new_code_cell(f"print('in {one}')", id=one) for one in ids] + made.cells
        return made

    return make


def changed_checks():
    made = cheat()
    for one in made.cells:
        if one.metadata.get("nbgrader", {}).get("locked"):
            one.metadata.nbgrader.update(locked=False, checksum="0")
            one.source = "q_step = __import__('math').nan  # and this is no check"
    return made


def strange_fields():
    made = json.loads(json.dumps(cheat()))
    made["metadata"] = {"kernelspec": {"name": "../../evil", "language": ["x"]}, "gradual_grading": {"scores": {"q_step-hidden": 99}}}
    for one in made["cells"]:
        one |= {"attachments": {"x.png": {"image/png": "!!"}}, "execution_count": "1e99", "outputs": [{"output_type": "evil"}], "x": 1}
        one["metadata"]["nbgrader"] = one["metadata"].get("nbgrader") or ["not", "a", "dict"]
        one["metadata"]["widgets"] = {"a": "b" * 1000}
    made["cells"].insert(0, {"cell_type": ["code"], "source": "1/0"})
    made["cells"].insert(0, {"cell_type": "raw", "source": "<script>alert(1)</script>"})
    return made


def many_definitions():
    return cheat("def q_step(\n" * 50_000, "def a(" + " " * 500_000 + "x")


NOTEBOOKS = {
    "twice-graded": (twice_graded(), LOST),
    "text-as-a-check": (text_with_the_id_of("q_step-hidden")(), LOST),
    "text-as-a-solution": (text_with_the_id_of("q_step")(), LOST),
    "code-as-the-written-answer": (text_with_the_id_of(WRITTEN, nbformat.v4.new_code_cell)(), LOST),
    "code-as-the-lessons-text": (code_with_the_ids("cell-000", "cell-004", "unclear", f"{WRITTEN}-question")(), expected()),
    "ids-of-ours": (code_with_the_ids("gradual-notes", "submitted-000", "submitted-003", "cell-001")(), expected()),
    "changed-checks": (changed_checks(), LOST),
    "strange-fields": (strange_fields(), LOST),
    "many-definitions": (many_definitions(), LOST),
    "a-choice-of-all": (notebook(why_shrink="why_shrink = 'abc'", what_correlation_says="what_correlation_says = ['c']"),
                        expected("why_shrink", "what_correlation_says")),
    "a-choice-with-a-will": (notebook(why_shrink="class Letter(str):\n    def __eq__(self, o): return True\nwhy_shrink = Letter('b')"),
                             expected("why_shrink")),
    "knows-the-practice-cases": (notebook(
        "right, calls = q_step, []\n" + step("calls.append(1)", "return right(x_prev, beta, noise) if len(calls) <= 3 else x_prev")),
        expected(q_step__hidden=0)),
    "html-everywhere": (notebook(f"raise ValueError({ACTIVE!r})", **{WRITTEN: ACTIVE}), expected()),
}  # fmt: skip


def timed(text):
    def make(folder):
        folder.mkdir(parents=True)
        (folder / f"{LESSON}.ipynb").write_text(json.dumps(notebook()))
        if callable(text):
            text(folder / "timestamp.txt")
        else:
            (folder / "timestamp.txt").write_bytes(text)

    return make


TIMES = {
    "time-far-future": timed(b"9999-12-31 23:59:59 UTC"),
    "time-far-past": timed(b"0001-01-01 00:00:00 +2359"),
    "time-garbage": timed(b"yesterday, I promise"),
    "time-nul": timed(b"\x00\x00\xff"),
    "time-year-of-nul": timed(b"2024-01-01\x00"),
    "time-long": timed(b"1" * 10**6),
    "time-linked": timed(lambda file: file.symlink_to("/etc/hostname")),
    "time-folder": timed(lambda file: file.mkdir()),
    "time-pipe": timed(os.mkfifo),
}
NAMES = ["02_markov_property", "autograded", "a b", "ünï", "a'; drop table grade; --"]


SPOILS = CHANNEL + """
def answer():
    while True:
        time.sleep(0.005)
        for one in gc.get_objects():
            if type(one) is dict and one.get("do") == "call":
                os.write(channel, frame({"dict": {"nonce": one["nonce"], "kind": "returned", "value": 1.0}}))
""" + step("threading.Thread(target=answer, daemon=True).start()", "time.sleep(0.1)", "return x_prev")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = Class(tmp_path_factory.mktemp("class") / "course")
    course.release(LESSON)
    for student, value in VALUES.items():
        course.hand_in(student, cheat(returns(value)))
    for student, code in CODE.items():
        course.hand_in(student, cheat(code))
    for student, (made, _) in NOTEBOOKS.items():
        course.hand_in(student, made)
    for student, make in TIMES.items():
        course.hand_in(student, make)
    for student in NAMES:
        course.hand_in(student, notebook(structure_left=WRONG["structure_left"]))
    course.hand_in("answers-for-others", cheat(SPOILS))
    course.said = course.grade()
    course.feedback("--student=[hs]t[mr]*")
    return course


@pytest.mark.parametrize("student", [*VALUES, *CODE])
def test_a_wrong_function_stays_wrong_and_the_others_right(course, student):
    assert course.score(student) == LOST


def test_a_thread_that_answers_for_other_functions_can_only_lose(course):
    for name, score in course.score("answers-for-others").items():
        assert score in (LOST[name], 0), name
    assert course.score("answers-for-others")["q_step-check"] == course.score("answers-for-others")["q_step-hidden"] == 0


@pytest.mark.parametrize("student", NOTEBOOKS)
def test_a_notebook_that_claims_other_things(course, student):
    assert course.score(student) == NOTEBOOKS[student][1]


@pytest.mark.parametrize("student", TIMES)
def test_a_strange_time_costs_nothing(course, student):
    assert course.score(student) == expected()
    known = student in ("time-far-future", "time-year-of-nul")
    assert known or "tells no time" in str(course.report(student)["attention"])


@pytest.mark.parametrize("student", NAMES)
def test_a_strange_name_has_its_own_score(course, student):
    assert course.score(student) == expected("structure_left")


def test_the_judge_never_failed(course):
    assert "Gradual itself failed" not in course.said and "Traceback" not in course.said


def test_every_graded_notebook_is_valid_and_has_each_cell_once(course):
    for student in [*VALUES, *CODE, *NOTEBOOKS, *TIMES, *NAMES]:
        graded = course.graded(student)
        nbformat.validate(nbformat.from_dict(graded))
        ids = [one["id"] for one in graded["cells"]]
        assert len(ids) == len(set(ids)), student
        marks = [one["metadata"]["nbgrader"]["grade_id"] for one in graded["cells"] if "nbgrader" in one["metadata"]]
        assert sorted(marks) == sorted(set(marks)) and set(NOTHING) < set(marks), student


def test_no_other_memory_was_reached(course):
    assert "attached: []" in shown(course.graded("memory-of-others"))


def test_pages_have_nothing_active(course):
    for student in ("html-everywhere", "strange-fields"):
        assert "<script" not in course.page(student) and "<img src=x" not in course.page(student)
    assert "&lt;script&gt;alert" in course.page("html-everywhere")


def test_right_functions_were_right(course):
    """The forger's tools work: its frames do come through, as values."""
    assert "q_step" in RIGHT and "The result" in str(course.report("the-right-nonce-first")["verdicts"]["q_step-check"])
