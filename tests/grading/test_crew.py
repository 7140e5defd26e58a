"""Who grades a class: processes of this machine and workers of a real Dask cluster, some of them killed midway."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autograder import edition
from tests.grading.class_course import CLASS, EXPECTED, kill, scores_of
from tests.grading.hand_in import LESSON, expected, notebook

pytestmark = [
    pytest.mark.nbgrader,
    pytest.mark.sandbox,
    pytest.mark.skipif(not shutil.which("bwrap"), reason="bubblewrap is not installed"),
]

LOOKS_AROUND = """\
import os, sys
print("process", os.getpid(), "with Dask:", "distributed" in sys.modules, "sees the course:", os.path.exists({root!r}))"""
KILLS_ALL_IT_CAN = "import os, signal\nos.kill(-1, signal.SIGKILL)"
SLOW = "import time\ntime.sleep(0.3)"


@pytest.fixture
def course(new_course, tmp_path):
    return new_course(tmp_path)


def test_a_killed_process_of_the_pool_costs_no_one_a_grade(course):
    started = course.fill_slowly().start("grade", "1", "--jobs", "2")
    course.wait_for_graded(2, started)
    children = Path(f"/proc/{started.pid}/task/{started.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGKILL)
    out, error = started.communicate(timeout=120)
    assert started.returncode == 0, out + error
    assert "Graded 9; 0 were graded already" in out
    assert scores_of(course.everything()) == EXPECTED


class Cluster:
    """A Dask scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path):
        pytest.importorskip("distributed")
        self.folder, self.started = folder, []
        about = folder / "scheduler.json"
        self._start("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", about)
        self.address = json.loads(self._wait(about.exists, about.read_text))["address"]

    def _start(self, *words, **environment):
        command = [str(Path(sys.executable).with_name("dask")), *map(str, words)]
        log = (self.folder / "log").open("a")
        process = subprocess.Popen(
            command, cwd=self.folder, stdout=log, stderr=log, env={**os.environ, "TMPDIR": str(self.folder), **environment}
        )
        log.close()
        self.started.append(process)
        return process

    def _wait(self, ready, what):
        while not ready():
            assert all(process.poll() is None for process in self.started), (self.folder / "log").read_text()
            time.sleep(0.05)
        return what()

    def worker(self, **environment):
        return self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--no-dashboard", **environment)

    def wait_for(self, workers):
        from distributed import Client

        client = Client(self.address, set_as_default=False)
        client.wait_for_workers(workers, timeout=60)
        return client

    def close(self):
        for process in self.started:
            kill(process)


@pytest.fixture
def cluster(tmp_path):
    folder = tmp_path / "cluster"
    folder.mkdir()
    made = Cluster(folder)
    yield made
    made.close()


@pytest.mark.slow
def test_a_worker_is_killed_midway_and_every_score_is_right(course, cluster):
    looks = notebook(LOOKS_AROUND.format(root=str(course.root)))
    more = {f"student-{number:02}": notebook(SLOW) for number in range(19)}
    more |= {"anna": looks, "zoe": looks, "axel": notebook(KILLS_ALL_IT_CAN)}
    for student, made in more.items():
        course.hand_in(student, made)
    workers = [cluster.worker(), cluster.worker()]
    with cluster.wait_for(2) as client:
        pids = client.run(os.getpid)
        assert set(pids.values()) == {worker.pid for worker in workers}
        started = course.start("grade", "1", "--scheduler", cluster.address)
        course.wait_for_graded(5, started)  # of two groups, the small one
        busy = [address for address, tasks in client.processing().items() if tasks]
        assert len(busy) == 1
        os.kill(pids.pop(busy[0]), signal.SIGKILL)
        out, error = started.communicate(timeout=200)
        assert started.returncode == 0, out + error
        assert client.run(os.getpid) == pids  # no submission ended the other
    assert scores_of(course.everything()) == EXPECTED | dict.fromkeys(more, expected())
    for student in ("anna", "zoe"):
        said = json.dumps(json.loads((course.autograded(student) / f"{LESSON}.ipynb").read_text())["cells"])
        assert "process 1 with Dask: False sees the course: False" in said
    again = course.gradual("grade", "1", "--scheduler", cluster.address)
    assert f"Graded 0; {len(CLASS) + len(more)} were graded already" in again


def test_a_cluster_that_cannot_grade_says_why(course, cluster, tmp_path):
    quick = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "1s"}
    said = course.gradual("grade", "1", "--scheduler", "tcp://127.0.0.1:9", code=1, **quick)
    assert "No Dask scheduler answers at tcp://127.0.0.1:9" in said
    said = course.gradual("grade", "1", "--scheduler", cluster.address, code=1)
    assert f"The scheduler has no workers yet. On each machine: dask worker {cluster.address}" in said

    other = tmp_path / "other"
    for package in (edition.AUTOGRADER, edition.reference_folder()):
        shutil.copytree(package, other / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    with (other / "autograder" / "exercises" / "one_step.py").open("a") as file:
        file.write("# a check that was corrected\n")
    cluster.worker(PYTHONPATH=str(other))
    cluster.wait_for(1).close()
    said = course.gradual("grade", "1", "--scheduler", cluster.address, code=1)
    assert "and the class is to be graded with gradual-course" in said
    assert "Install the same course there, and start its worker again." in said
    assert not course.graded()
