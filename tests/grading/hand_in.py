"""Submissions of lesson 01 as nbgrader finds them, and what each cell of them is worth."""

import json

import nbformat

from autograder.recording import report_of
from tests.nbgrader.course import Course, points, released, right_answers, with_answers, without_pictures

LESSON = "01_gradual_noise"
FULL = points(LESSON)
RIGHT = right_answers(LESSON)
WRITTEN = "why_sqrt"
ANSWER = "Variances of independent parts add up, so the factors are square roots."
WRONG = {
    "q_step": "def q_step(x_prev, beta, noise):\n    return x_prev + noise",
    "noise_trajectory": "def noise_trajectory(x0, betas, noise):\n    return x0",
    "structure_left": "def structure_left(trajectory):\n    return trajectory",
}
LIMITS = [f"--SafeAutograde.{name}_seconds={seconds}" for name, seconds in (("cell", 3), ("call", 2), ("total", 25))]
"""Less time than a course would give, for loops without end take all of it."""


def notebook(*extra, **answers):
    """A right submission, with other answers where ``answers`` names them, and ``extra`` code cells at its end."""
    made = without_pictures(with_answers(LESSON, {**RIGHT, WRITTEN: ANSWER, **answers}))
    made.cells += [nbformat.v4.new_code_cell(source) for source in extra]
    return made


def cheat(*extra, wrong="q_step"):
    """Right but for one exercise, followed by an attack."""
    return notebook(*extra, **{wrong: WRONG[wrong]})


def unsolved():
    return without_pictures(released(LESSON))


def cell(made, grade_id):
    return next(one for one in made.cells if one.id == grade_id)


def expected(*lost, written=None, **scores):
    """Every cell's points, but 0 for both checks of the exercises ``lost``; the written answer waits for a person."""
    score = {name: 0 if name.rsplit("-", 1)[0] in lost else worth for name, worth in FULL.items()}
    return score | {WRITTEN: written} | {name.replace("__", "-"): value for name, value in scores.items()}


NOTHING = dict.fromkeys(FULL, 0.0)
CHOSEN = expected("q_step", "noise_trajectory", "structure_left")
"""The points of the questions alone."""


class Class(Course):
    """A course whose students hand in bytes, notebooks or whatever a function makes of their folder."""

    def __init__(self, root):
        super().__init__(root, [LESSON])
        self.home = root.parent / "home"
        self.home.mkdir(exist_ok=True)

    def hand_in(self, student, what):
        folder = self.root / "submitted" / student / LESSON
        if not callable(what):
            folder.mkdir(parents=True, exist_ok=True)
        if callable(what):
            folder.parent.mkdir(parents=True, exist_ok=True)
            what(folder)
        elif isinstance(what, bytes):
            (folder / f"{LESSON}.ipynb").write_bytes(what)
        else:
            (folder / f"{LESSON}.ipynb").write_text(json.dumps(what))

    def grade(self, *options, **more):
        return self.run("nbgrader", "autograde", LESSON, *LIMITS, *options, HOME=str(self.home), **more)

    def graded(self, student):
        """The graded notebook."""
        return json.loads((self.root / "autograded" / student / LESSON / f"{LESSON}.ipynb").read_text())

    def report(self, student):
        return report_of(self.graded(student))

    def score(self, student):
        return self.scores(LESSON, student)

    def feedback(self, *options):
        self.run("nbgrader", "generate_feedback", LESSON, "--force", *options, HOME=str(self.home))

    def page(self, student):
        return (self.root / "feedback" / student / LESSON / f"{LESSON}.html").read_text()


def shown(graded):
    """All text of a graded notebook that a student could read: sources and outputs."""
    parts = []
    for one in graded["cells"]:
        parts.append("".join(one["source"]))
        parts += [json.dumps(output, ensure_ascii=False) for output in one.get("outputs", [])]
    return "\n".join(parts)
