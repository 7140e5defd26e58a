"""A small class of lesson 01, what each of its students scores, and `gradual` run on it as an instructor does."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from autograder.recording import report_of
from tests.grading.hand_in import FULL, LESSON, NOTHING, cell, expected, notebook, unsolved
from tests.nbgrader.course import REPO, Course, released

GRADUAL = str(Path(sys.executable).with_name("gradual"))
MISTAKES = {
    "q_step": ("no_square_roots", "def q_step(x_prev, beta, noise):\n    return (1 - beta) * x_prev + beta * noise"),
    "noise_trajectory": ("last_state_only", """\
def noise_trajectory(x0, betas, noise):
    x = x0
    for t in range(1, len(betas)):
        x = np.sqrt(1 - betas[t]) * x + np.sqrt(betas[t]) * noise[t - 1]
    return x"""),
    "structure_left": ("compared_with_the_end", """\
def structure_left(trajectory):
    return np.array([np.corrcoef(trajectory[-1].ravel(), state.ravel())[0, 1] for state in trajectory])"""),
}  # fmt: skip
ENDS_ITSELF = "import os\ndef structure_left(trajectory):\n    os._exit(3)"
UNCLEAR = '<script>alert("why")</script> <b>Why</b> the √, & why β?'
DUE = "2026-03-02 12:00:00"
EARLY, LATE = "2026-03-01 12:00:00 UTC", "2026-03-03 11:00:00 UTC"


def with_unclear():
    made, question = notebook(), cell(released(LESSON), "unclear")
    question.source += f"\n\n{UNCLEAR}"
    made.cells.append(question)
    return made


CLASS = {
    "solveig": (with_unclear, expected()),
    "ulrich": (unsolved, {**NOTHING}),
    "quentin": (lambda: notebook(q_step=MISTAKES["q_step"][1]), expected("q_step")),
    "quirin": (lambda: notebook(q_step=MISTAKES["q_step"][1]), expected("q_step")),
    "wanda": (lambda: notebook(noise_trajectory=MISTAKES["noise_trajectory"][1]), expected("noise_trajectory")),
    "stella": (lambda: notebook(structure_left=MISTAKES["structure_left"][1]), expected("structure_left")),
    "bruno": (lambda: b"PK\x03\x04 this is no notebook", {**NOTHING}),
    "egon": (lambda: notebook(structure_left=ENDS_ITSELF), expected("structure_left")),
    "latoya": (notebook, expected()),
}
EXPECTED = {student: scores for student, (_, scores) in CLASS.items()}


class ClassCourse(Course):
    """A course in a folder, with a gradebook, and temporary files of its own by which its processes are known."""

    def __init__(self, root: Path):
        self.root = root
        self.temporary = Path(tempfile.mkdtemp(prefix="class-", dir=root.parent))

    def fill(self, students=CLASS):
        for student in students:
            self.hand_in(student, CLASS[student][0]())
        return self

    def fill_slowly(self):
        """The last two take seconds, so that whoever stops the grading midway has time for it on a busy machine too."""
        for student in sorted(CLASS)[-2:]:
            made = CLASS[student][0]()
            made.cells.append(nbformat.v4.new_code_cell("import time\ntime.sleep(3)"))
            self.hand_in(student, made)
        return self

    def hand_in(self, student, made, timestamp=None):
        folder = self.root / "submitted" / student / LESSON
        folder.mkdir(parents=True, exist_ok=True)
        data = made if isinstance(made, bytes) else nbformat.writes(made).encode()
        (folder / f"{LESSON}.ipynb").write_bytes(data)
        timestamp = timestamp or (LATE if student == "latoya" else EARLY)
        (folder / "timestamp.txt").write_text(timestamp)

    def start(self, *words, folder=None, **environment) -> subprocess.Popen:
        """`gradual` in a session of its own, as the foreground job of a terminal is; typed in the course's folder if left out."""
        return subprocess.Popen(
            [GRADUAL, *words], cwd=folder or self.root, text=True, start_new_session=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env={**os.environ, "TMPDIR": str(self.temporary), "COLUMNS": "200", **environment},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored where the tests run behind a shell's &
        )  # fmt: skip

    def gradual(self, *words, code=0, answer="", **environment) -> str:
        started = self.start(*words, **environment)
        out, error = started.communicate(answer, timeout=300)
        assert started.returncode == code, out + error
        assert "Traceback" not in out + error, out + error
        return out + error

    def graded(self) -> list[str]:
        return sorted(path.parent.parent.name for path in self.root.glob(f"autograded/*/{LESSON}/{LESSON}.ipynb"))

    def wait_for_graded(self, count, started):
        while len(self.graded()) < count:
            assert started.poll() is None, f"ended before {count} were graded"
            time.sleep(0.01)

    def wait_for_a_sandbox(self, started):
        while not any("bwrap" in said for said in self.processes().values()):
            assert started.poll() is None
            time.sleep(0.01)

    def stamps(self) -> dict[str, int]:
        """When each graded notebook was written."""
        return {one: (self.autograded(one) / f"{LESSON}.ipynb").stat().st_mtime_ns for one in self.graded()}

    def autograded(self, student) -> Path:
        return self.root / "autograded" / student / LESSON

    def report(self, student) -> dict:
        return report_of(nbformat.read(self.autograded(student) / f"{LESSON}.ipynb", as_version=4))

    def everything(self) -> dict[str, list]:
        """Every grade, comment and penalty in the gradebook, by student; it must be whole, with nobody in it twice."""
        # Whoever opens it after a kill rolls the half-written transaction back, which a read-only reader may not.
        with sqlite3.connect(f"file:{self.root}/gradebook.db?mode=rw", uri=True) as book:
            assert book.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            submissions = book.execute("SELECT student_id, COUNT(*) FROM submitted_assignment GROUP BY student_id")
            assert all(count == 1 for _, count in submissions)
            rows = book.execute("""
                SELECT a.student_id, b.name, g.auto_score, g.manual_score, g.needs_manual_grade,
                       n.late_submission_penalty, a.timestamp
                FROM grade g JOIN submitted_notebook n ON g.notebook_id = n.id
                JOIN submitted_assignment a ON n.assignment_id = a.id JOIN base_cell b ON g.cell_id = b.id
                ORDER BY 1, 2""").fetchall()
        found = {}
        for student, *rest in rows:
            found.setdefault(student, []).append(tuple(rest))
        assert all(len(grades) == len(FULL) for grades in found.values())
        return found

    def set_score(self, student, name, **columns):
        """Change a grade behind everyone's back."""
        with sqlite3.connect(self.root / "gradebook.db") as book:
            for column, value in columns.items():
                changed = book.execute(f"""
                    UPDATE grade SET {column} = ? WHERE cell_id IN (SELECT id FROM base_cell WHERE name = ?)
                    AND notebook_id IN (SELECT n.id FROM submitted_notebook n
                        JOIN submitted_assignment a ON n.assignment_id = a.id WHERE a.student_id = ?)""",
                    (value, name, student)).rowcount  # fmt: skip
                assert changed == 1
        book.close()

    def processes(self) -> dict[int, str]:
        """What runs for this course now: its processes by their temporary folder, and all that those started."""
        mine, parents = {}, {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                said = (folder / "cmdline").read_bytes()
                parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
                if str(self.temporary).encode() in said + (folder / "environ").read_bytes():
                    mine[int(folder.name)] = said.replace(b"\0", b" ").decode()[:200]
            except OSError:
                continue
        while more := {pid for pid, parent in parents.items() if parent in mine and pid not in mine}:
            mine |= dict.fromkeys(more, "started by one of these")
        return mine

    def must_end(self, known: dict[int, str], seconds=60.0):
        """Nothing of what ran may be left; a busy machine may take a while over it."""
        end = time.monotonic() + seconds
        while left := {pid: known.get(pid, said) for pid, said in (self.processes() | still(known)).items()}:
            assert time.monotonic() < end, left
            time.sleep(0.05)


def still(known) -> dict[int, str]:
    """Those that still run; one that has ended and waits for its parent to look is gone."""
    running = {}
    for pid, said in known.items():
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            continue
        if state not in "ZX":
            running[pid] = said
    return running


def kill(started: subprocess.Popen):
    os.kill(started.pid, signal.SIGKILL)
    started.communicate()


def release(root: Path):
    """A course with lesson 01 in its gradebook, a due date and a late penalty; copied for each test."""
    course = Course(root, [LESSON])
    shutil.copy(REPO / "pyproject.toml", root)
    settings = root / "nbgrader_config.py"
    settings.write_text(settings.read_text().replace('penalty_method = "none"', 'penalty_method = "per_day"'))
    course.release(LESSON)
    with sqlite3.connect(root / "gradebook.db") as book:
        book.execute("UPDATE assignment SET duedate = ?", (DUE,))
    book.close()


def scores_of(everything) -> dict[str, dict]:
    """By student and cell, as ``expected`` says it: None where a person has to look."""
    return {
        student: {name: None if by_person else auto for name, auto, _, by_person, *_ in grades}
        for student, grades in everything.items()
    }
