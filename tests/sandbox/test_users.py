"""The sandbox as root and as an ordinary user: the same walls, by two ways in."""

import os
import shutil
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

import pytest

from autograder import sandbox
from autograder.exercises import all_exercises
from autograder.grader import Grader

COURSE = Path(__file__).parents[2]
SCRIPT = """
import os
from autograder.exercises import all_exercises
from autograder.grader import Grader
probe = '''
import os, ctypes
libc = ctypes.CDLL(None)
count = 0
try:
    while True:
        os.fork() or os.execv("/nowhere", ["x"])
except OSError:
    pass
print(os.getuid(), os.listdir("/proc"), os.path.exists("/home"), libc.unshare(0x10000000))'''
with Grader("01_gradual_noise", all_exercises()) as grader:
    with grader.submission(["def q_step(x_prev, beta, noise): return x_prev", probe]) as worker:
        print(os.getuid() == 0, worker.call("q_step", {"x_prev": 2.5, "beta": 0.1, "noise": 1.0}).value)
    with grader.submission(["import os\\nprint(os.getuid(), os.listdir('/proc'), os.path.exists('/home'))"]) as worker:
        print(worker.cell_results[0].outputs[0]["text"])
"""


@pytest.mark.skipif(os.getuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_an_ordinary_user_can_grade():
    """Python may lie in root's own home: an outer mount namespace opens the way to it."""
    opened = []
    for needed in (Path(sys.base_prefix), COURSE):
        closed = next((p for p in reversed(needed.parents) if not p.stat().st_mode & 0o001), None)
        if closed:
            below = str(closed / needed.relative_to(closed).parts[0])
            opened += ["--perms", "0755", "--tmpfs", str(closed), "--bind", below, below]
    user = [
        "setpriv",
        "--reuid",
        "64538",
        "--regid",
        "64538",
        "--clear-groups",
        "--bounding-set=-all",
        "--inh-caps=-all",
    ]
    done = subprocess.run(
        ["bwrap", "--dev-bind", "/", "/", *opened, "--chdir", str(COURSE), "--cap-add", "ALL", *user]
        + [sys.executable, "-c", SCRIPT],
        capture_output=True, text=True, timeout=120, env={"PATH": os.environ["PATH"], "HOME": "/tmp"},
    )  # fmt: skip
    assert done.stdout == "False 2.5\n1000 [] False\n\n", done.stderr


def test_without_bubblewrap_grading_refuses_with_the_command(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(sandbox.SandboxUnavailable, match="sudo apt install bubblewrap"):
        Grader("01_gradual_noise", all_exercises())


def test_bubblewrap_that_cannot_make_namespaces_is_told(monkeypatch, tmp_path):
    refusing = tmp_path / "bwrap"
    refusing.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    refusing.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(sandbox.SandboxUnavailable, match="(?s)No permissions to create new namespace.*sysctl"):
        Grader("01_gradual_noise", all_exercises())


def test_a_lost_warm_process_is_told_and_replaced():
    """The kernel may kill it when memory runs out: the submission in hand is graded again, the next one as always."""
    with Grader("01_gradual_noise", all_exercises()) as grader:
        with pytest.raises(sandbox.SandboxLost), grader.submission(["x = 1"]) as worker:
            grader._zygote._process.kill()
            grader._zygote._process.wait()
            worker.call("q_step", {"x_prev": 1.0, "beta": 0.1, "noise": 1.0})
        with grader.submission(["letter = 'b'"]) as worker:
            assert worker.value("letter").value == "b"


def test_an_installed_package_is_covered_by_the_edition(monkeypatch, tmp_path):
    """Where gradual and autograder lie in site-packages, the edition is mounted over them."""
    library = tmp_path / "lib" / "site-packages"
    (library / "autograder").mkdir(parents=True)
    (library / "gradual").mkdir()
    monkeypatch.setattr(sys, "path", [str(library)])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sandbox, "__file__", str(library / "autograder" / "sandbox.py"))
    words = sandbox._mounts(Path("/edition"))
    inside = [str(sandbox._inside(path)) for path in (tmp_path / "lib", library / "autograder")]
    assert words[words.index(inside[1]) - 1] == "/edition/autograder"
    assert words.index(inside[1]) > words.index(inside[0])


def test_an_environment_in_the_folder_for_temporary_files_can_grade():
    """A course cloned into /tmp has its environment there, where a submission's scratch would hide it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        home = Path(folder, "environment")
        venv.create(home, symlinks=True)
        library = next(home.glob("lib/python*/site-packages"))
        outer = [path for path in sys.path if path.endswith("-packages")]
        (library / "outer.pth").write_text("\n".join(outer))
        script = [str(home / "bin" / "python"), "-c", SCRIPT]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(COURSE)}
        done = subprocess.run(script, capture_output=True, text=True, timeout=120, env=environment, cwd=COURSE)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].endswith(" 2.5")


def test_an_environment_that_holds_the_course_is_refused(monkeypatch, tmp_path):
    (tmp_path / "lib" / "course" / "autograder").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    monkeypatch.setattr(sandbox, "__file__", str(tmp_path / "lib" / "course" / "autograder" / "sandbox.py"))
    with pytest.raises(sandbox.SandboxUnavailable, match="holds the course itself"):
        sandbox._mounts(Path("/edition"))


def test_what_a_killed_grader_leaves_is_cleared_away_and_a_living_ones_is_not(tmp_path):
    begin = (
        "import sys; from autograder.exercises import all_exercises; from autograder.grader import Grader\n"
        "grader = Grader('01_gradual_noise', all_exercises()); print('ready', flush=True); sys.stdin.read(); grader.__exit__()"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}

    def start():
        started = subprocess.Popen(
            [sys.executable, "-c", begin], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert started.stdout.readline() == "ready\n"
        return started

    def folders():
        return set(tmp_path.glob("gradual-edition-*"))

    with start() as killed:
        left = folders()
        killed.kill()
    assert len(left) == 1 and folders() == left
    with start() as living:
        in_use = folders()
        assert len(in_use) == 1 and not in_use & left
        with start() as another:
            assert len(folders()) == 2 and in_use < folders()
            another.communicate("")
        assert folders() == in_use and any(in_use.pop().iterdir())
        living.communicate("")
    assert not folders()
