"""ATTACKS of the course's design, each a submission in a class that the real nbgrader grades with our plug-in.

Each earns exactly the points of the honest work in it, harms nothing, and whoever is graded next gets what they deserve.
"""

import json
import os
import re
import sqlite3
from pathlib import Path

import pytest

from tests.grading.hand_in import LESSON, NOTHING, RIGHT, Class, cell, cheat, expected, notebook, shown, unsolved

pytestmark = [pytest.mark.nbgrader, pytest.mark.sandbox]

PORT = 9
MARK = "gradual-attack-9c41"
EQUALS_EVERYTHING = """
class Yes(np.ndarray):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __array_ufunc__(self, *a, **k): return True
    def __array_function__(self, *a, **k): return True
def q_step(x_prev, beta, noise): return np.zeros_like(x_prev).view(Yes)
np.testing.assert_allclose = np.allclose = np.array_equal = lambda *a, **k: True"""
TRY_EACH = """
import os, socket
def tried(what):
    try: return what()
    except BaseException as error: return type(error).__name__
"""

CODE = {  # a wrong q_step in a right notebook, and then this
    "02-ast-transformer": """
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
    def visit_Raise(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())""",
    "03-input-transformer": "get_ipython().input_transformers_cleanup.append(lambda lines: ['print(\"passed\")\\n'])",
    "04-displayhook": "def q_step(x_prev, beta, noise):\n    get_ipython().displayhook('ok')",
    "05-post-run-hook": """
def clear(result): result.error_in_exec = result.error_before_exec = None
get_ipython().events.register("post_run_cell", clear)""",
    "06-equals-everything": EQUALS_EVERYTHING,
    "10-walks-the-stack": """
import sys
def q_step(x_prev, beta, noise):
    frame = sys._getframe()
    while frame:
        for scope in (frame.f_locals, frame.f_globals):
            for name in ('expected', 'answer', 'reference', 'solution', 'secret'):
                if name in scope: return scope[name]
        frame = frame.f_back""",
    "11-imports-the-reference": "from gradual.forward import q_step",
    "11-imports-the-exercises": "from autograder.exercises import find_exercise\nq_step = find_exercise('q_step').function",
    "15-gigabytes": "kept = []\nwhile True: kept.append(bytearray(b'x' * 2**26))",
    "16-one-line": "print('x' * 150_000_000)",
    "16-many-lines": "for _ in range(10_000_000): print('x')",
    "17-active-content": """
from IPython.display import HTML, Javascript, Markdown, SVG, display
for made in (HTML, Markdown, SVG): display(made("<svg onload='alert(1)'><script>alert(1)</script></svg><img src=x onerror=alert(1)>"))
display(Javascript("alert(1)"), HTML("<a href='javascript:alert(1)'>press</a>"))
print("<script>alert(1)</script><img src=x onerror=alert(1)>")""",
    "19-os-exit": "import os\ndef q_step(x_prev, beta, noise): os._exit(0)",
    "19-exit": "def q_step(x_prev, beta, noise): exit()",
    "19-exit-in-a-cell": "import os\nos._exit(0)",
    "19-ignores-the-interrupt": """
import signal
def q_step(x_prev, beta, noise):
    signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
    while True:
        try:
            while True: pass
        except BaseException: pass""",
}


def on_this_machine(course):
    """Attacks that know where things lie here."""
    root, home = course.root, course.home
    solutions = root / "solutions" / LESSON / f"{LESSON}.ipynb"
    return {
        "09-reads-solutions": f"""
import json, glob
found = [path for path in ({str(solutions)!r}, {str(root / "source")!r}, {str(root / "course_secret")!r}) if glob.glob(path)]
print("found:", found, glob.glob({str(root)!r} + "/*"))
def q_step(x_prev, beta, noise):
    scope = {{"np": np}}
    for one in json.load(open({str(solutions)!r}))["cells"]:
        if one["id"] == "q_step": exec("".join(one["source"]), scope)
    return scope["q_step"](x_prev, beta, noise)""",
        "12-writes-the-gradebook": f"""
import sqlite3
book = sqlite3.connect({str(root / "gradebook.db")!r})
book.execute("update grade set auto_score = 99, manual_score = 99")
book.commit()""",
        "13-start-up-file": f"""
import os, site, sys
for home in ({str(home)!r}, os.path.expanduser("~"), site.getusersitepackages() if hasattr(site, "getusersitepackages") else "/tmp"):
    for name in (".ipython/profile_default/startup/00.py", "usercustomize.py", ".jupyter/nbconfig.py"):
        try:
            os.makedirs(os.path.dirname(os.path.join(home, name)), exist_ok=True)
            open(os.path.join(home, name), "w").write("q_step = lambda x_prev, beta, noise: x_prev")
        except OSError: pass""",
        "14-outlives": f"""
import os, subprocess, sys
left = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)  # {MARK}"], start_new_session=True)
if not os.fork():
    os.setsid()
    os.execv(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)  # {MARK}"])
print("started:", left.poll() is None)""",
        "15-sockets-and-others": f"""{TRY_EACH}
print("socket:", tried(lambda: socket.create_connection(("127.0.0.1", {PORT}), 1)))
print("outside:", tried(lambda: socket.create_connection(("9.9.9.9", 53), 1)))
print("students:", tried(lambda: os.listdir({str(root / "submitted")!r})))
print("processes:", tried(lambda: [name for name in os.listdir("/proc") if name.isdigit()]))
print("environment:", sorted(os.environ))""",
    }  # fmt: skip


def skips_its_tests():
    made = cheat()
    for one in made.cells:
        if one.metadata.get("nbgrader", {}).get("grade"):
            one.metadata["tags"] = ["skip-execution"]
            one.metadata["nbgrader"]["points"] = 1000
    return made


def beside(name, text):
    """A folder with the notebook and a module that Python would find first."""

    def make(folder):
        folder.mkdir(parents=True)
        (folder / f"{LESSON}.ipynb").write_text(json.dumps(cheat()))
        (folder / name).write_text(text)

    return make


def link(target, parent=False):
    """A notebook, or with ``parent`` the student's whole folder or lesson folder, that is a link."""

    def make(folder):
        if parent:
            folder.parent.rmdir() if parent == "student" else None
            (folder.parent if parent == "student" else folder).symlink_to(target)
        else:
            folder.mkdir(parents=True)
            (folder / f"{LESSON}.ipynb").symlink_to(target)

    return make


def links(course):
    solved = course.root / "solutions" / LESSON
    good = course.root / "submitted" / "00-good"
    return {
        "18-link-to-solutions": link(solved / f"{LESSON}.ipynb"),
        "18-link-to-gradebook": link(course.root / "gradebook.db"),
        "18-link-to-another": link(good / LESSON / f"{LESSON}.ipynb"),
        "18-linked-lesson": link(solved, "lesson"),
        "18-linked-student": link(good, "student"),
        "18-link-to-nowhere": link(course.root / "nothing", "lesson"),
        "18-link-to-a-device": link("/dev/zero"),
    }


def everything_below(*folders):
    """Every file there is, with its size: to see that none was made, changed or taken away."""
    found = (path for folder in folders for path in Path(folder).rglob("*"))
    return {str(path): path.lstat().st_size for path in found if not path.is_dir()}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """The class, graded once; ``course.harmed`` is what changed on the machine outside of the course's own results."""
    course = Class(tmp_path_factory.mktemp("class") / "course")
    course.release(LESSON)
    (course.root / "solutions" / LESSON).mkdir(parents=True)
    (course.root / "solutions" / LESSON / f"{LESSON}.ipynb").write_text(json.dumps(notebook()))
    course.hand_in("00-good", notebook())
    course.hand_in("20-resubmitted", notebook())
    course.grade()
    course.before_resubmission = course.score("20-resubmitted")
    attacks = {name: cheat(code) for name, code in {**CODE, **on_this_machine(course)}.items()}
    attacks |= {"01-skips-its-tests": skips_its_tests(), "07-numpy-beside": beside("numpy.py", "allclose = lambda *a: True")}
    attacks |= {"08-launcher-beside": beside("ipykernel_launcher.py", "print('passed')"), **links(course)}
    for name, what in attacks.items():
        course.hand_in(name, what)
        course.hand_in(f"{name}-next", notebook(structure_left=unsolved_cell("structure_left")))
    resubmitted = cheat()
    resubmitted.cells = [one for one in resubmitted.cells if not one.id.startswith("q_step-")]
    course.hand_in("20-resubmitted", resubmitted)
    course.attacks = attacks
    watched = (course.home, course.root / "submitted", course.root / "solutions", course.root / "source")
    before = everything_below(*watched)
    course.said = course.grade()
    course.harmed = {path for path, size in everything_below(*watched).items() ^ before.items()}
    course.feedback("--student=1[78]*")
    return course


def unsolved_cell(name):
    return cell(unsolved(), name).source


NAMES = [
    "01-skips-its-tests", *CODE, "07-numpy-beside", "08-launcher-beside", "09-reads-solutions", "12-writes-the-gradebook",
    "13-start-up-file", "14-outlives", "15-sockets-and-others",
]  # fmt: skip
LINKS = [
    "18-link-to-solutions", "18-link-to-gradebook", "18-link-to-another", "18-linked-lesson", "18-linked-student",
    "18-link-to-nowhere", "18-link-to-a-device",
]  # fmt: skip


@pytest.mark.parametrize("attack", sorted(NAMES))
def test_attack_earns_its_honest_points(course, attack):
    assert course.score(attack) == expected("q_step")


@pytest.mark.parametrize("attack", LINKS)
def test_a_link_is_no_submission(course, attack):
    assert course.score(attack) == NOTHING
    assert "is a link" in course.report(attack)["reason"]
    assert "is a link" in course.page(attack)
    assert RIGHT["q_step"].splitlines()[-1] not in shown(course.graded(attack))


def test_whoever_is_graded_next_gets_their_own_points(course):
    assert set(course.attacks) == {*NAMES, *LINKS}
    for attack in course.attacks:
        assert course.score(f"{attack}-next") == expected("structure_left"), attack
    assert course.score("00-good") == expected()


def test_a_wrong_resubmission_replaces_the_right_one(course):
    assert course.before_resubmission == expected()
    assert course.score("20-resubmitted") == expected("q_step")


def test_the_machine_is_as_it_was(course):
    assert course.harmed == set()
    assert not list(course.root.glob("**/usercustomize.py"))


def test_the_gradebook_has_nothing_that_grading_did_not_write(course):
    with sqlite3.connect(course.root / "gradebook.db") as book:
        ((highest, by_hand),) = book.execute("select max(auto_score), count(manual_score) from grade")
    assert highest == 2 and by_hand == 0


def test_no_process_is_left(course):
    assert "started: True" in shown(course.graded("14-outlives"))
    assert not [pid for pid in os.listdir("/proc") if pid.isdigit() and MARK in command_line(pid)]


def command_line(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def test_nothing_outside_can_be_seen(course):
    seen = shown(course.graded("15-sockets-and-others"))
    for line in ("socket: OSError", "outside: OSError", "students: FileNotFoundError", "processes: []"):
        assert line in seen
    assert not {name for name in ("USER", "LOGNAME", "SSH_AUTH_SOCK", "VIRTUAL_ENV") if f"'{name}'" in seen}
    assert "found: [] []" in shown(course.graded("09-reads-solutions"))


def test_output_is_cut(course):
    for attack in ("16-one-line", "16-many-lines"):
        file = course.root / "autograded" / attack / LESSON / f"{LESSON}.ipynb"
        assert file.stat().st_size < 200_000


def test_feedback_has_nothing_active(course):
    page = course.page("17-active-content")
    assert not re.search(r"<(script|svg|img src=x|a[^>]*javascript)", page) and "&lt;script&gt;" in page

