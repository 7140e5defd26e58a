"""What honest work scores in every lesson, the same in plain nbgrader and in Gradual's own grading.

The real commands, a real gradebook, and for both ways the same exact score of every cell. The ways are in files of their
own, plain nbgrader in two, so that each processor can have one.
"""

import itertools

import pytest

from autograder.exercises import all_exercises
from tests.nbgrader.course import (
    LESSONS,
    REPO,
    Course,
    misconception,
    points,
    released,
    right_answers,
    solution,
    with_answers,
    without_pictures,
)

WARNS_AND_PRINTS = """
_quiet_{name} = {name}
def {name}(*args, **kwargs):
    import warnings
    warnings.warn("a warning")
    print("a print")
    return _quiet_{name}(*args, **kwargs)
"""


def wrong_in_all_but_one(lesson):
    """Submissions that between them hold every misconception, each with one exercise right: (student, answers, wrong)."""
    exercises = [one for one in all_exercises() if one.lesson == lesson]
    left = {one.name: list(one.misconceptions) for one in exercises}
    for number in itertools.takewhile(lambda _: any(left.values()), itertools.count()):
        # Each is right once beside wrong ones; then the one with the fewest mistakes left, which makes the class small.
        spared = exercises[number] if number < len(exercises) else min(exercises, key=lambda one: len(left[one.name]))
        answers, wrong = right_answers(lesson), []
        for exercise in exercises:
            if exercise is not spared and left[exercise.name]:
                answers[exercise.name] = misconception(exercise, left[exercise.name].pop())
                wrong.append(exercise.name)
        yield f"mistaken{number:02}", answers, wrong


def automatic(lesson, scores):
    """The scores of the cells that no person grades."""
    texts = [cell for cell in released(lesson).cells if cell.cell_type == "markdown" and "nbgrader" in cell.metadata]
    written = {cell.metadata.nbgrader.grade_id for cell in texts}
    return {name: score for name, score in scores.items() if name not in written}


class HonestWork:
    """One class a lesson, graded with plain nbgrader's settings (``stock``) or with the course's own."""

    stock: bool
    lessons = LESSONS

    def pytest_generate_tests(self, metafunc):
        metafunc.parametrize("graded", self.lessons, indirect=True, scope="class")

    @pytest.fixture(scope="class")
    @classmethod
    def graded(cls, request, tmp_path_factory):
        """The course, the lesson, and who got what wrong."""
        lesson = request.param
        course = Course(tmp_path_factory.mktemp("course"), [lesson], stock=cls.stock)
        course.release(lesson)
        right = right_answers(lesson)
        first = next(iter(right))
        course.submit("solved", lesson, solution(lesson))
        course.submit("unsolved", lesson, released(lesson))
        course.submit("mixed", lesson, without_pictures(with_answers(lesson, {first: right[first]})))
        noisy = {name: text + (WARNS_AND_PRINTS.format(name=name) if text.startswith("def") else "") for name, text in right.items()}
        course.submit("noisy", lesson, without_pictures(with_answers(lesson, noisy)))
        mistaken = {}
        for student, answers, wrong in wrong_in_all_but_one(lesson):
            course.submit(student, lesson, without_pictures(with_answers(lesson, answers)))
            mistaken[student] = wrong
        course.autograde(lesson)
        return course, lesson, mistaken

    def test_solved_lesson_gets_full_marks_and_only_the_written_answer_waits(self, graded):
        course, lesson, _ = graded
        scores = course.scores(lesson, "solved")
        assert automatic(lesson, scores) == automatic(lesson, points(lesson))
        waiting = [name for name, score in scores.items() if score is None]
        assert waiting and not set(waiting) & set(automatic(lesson, scores))

    def test_unsolved_lesson_gets_nothing_and_waits_for_nobody(self, graded):
        course, lesson, _ = graded
        assert set(course.scores(lesson, "unsolved").values()) == {0}

    def test_mixed_lesson_gets_the_sum_of_its_right_parts(self, graded):
        course, lesson, _ = graded
        first = next(iter(right_answers(lesson)))
        expected = {name: worth if name in (f"{first}-check", f"{first}-hidden") else 0 for name, worth in points(lesson).items()}
        assert course.scores(lesson, "mixed") == expected

    def test_warnings_and_prints_lose_nothing(self, graded):
        course, lesson, _ = graded
        assert automatic(lesson, course.scores(lesson, "noisy")) == automatic(lesson, points(lesson))

    def test_each_misconception_loses_its_own_exercise_and_no_other(self, graded):
        course, lesson, mistaken = graded
        assert sum(map(len, mistaken.values())) == sum(len(one.misconceptions) for one in all_exercises() if one.lesson == lesson)
        for student, wrong in mistaken.items():
            lost = {f"{name}-{cell}" for name in wrong for cell in ("check", "hidden")}
            expected = {name: 0 if name in lost else worth for name, worth in automatic(lesson, points(lesson)).items()}
            assert automatic(lesson, course.scores(lesson, student)) == expected, student

    def test_feedback_and_export_work(self, graded):
        course, lesson, _ = graded
        course.run("nbgrader", "generate_feedback", lesson, "--student=solved")
        page = course.root / "feedback" / "solved" / lesson / f"{lesson}.html"
        assert "passes all" in page.read_text()
        course.run("nbgrader", "export")
        rows = (course.root / "grades.csv").read_text().splitlines()
        assert any(",solved," in row for row in rows)

    def test_release_is_what_the_repository_has(self, graded):
        course, lesson, _ = graded
        made = course.root / "lessons" / lesson / f"{lesson}.ipynb"
        assert made.read_text().strip() == (REPO / "lessons" / lesson / f"{lesson}.ipynb").read_text().strip()
