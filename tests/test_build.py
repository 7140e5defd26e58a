"""The builder: three notebooks from one source, the same bytes each time, and mistakes refused with file and line."""

import shutil

import nbformat
import pytest

from autograder.build import build, lessons_of
from autograder.exercises import find_choice, find_exercise
from autograder.lesson_source import SourceError, names_used
from autograder.reference_source import function_text

LESSON = "01_gradual_noise"
EXERCISE = '# %% exercise="q_step"\n'
CHECK = '# %% check="structure_left"'


@pytest.fixture
def course(root, tmp_path):
    """A course with lesson 01 alone, as it is in the repository, built."""
    shutil.copy(root / "nbgrader_config.py", tmp_path)
    for folder in ("source", "lessons", "solutions"):
        shutil.copytree(root / folder / LESSON, tmp_path / folder / LESSON)
    return tmp_path


def notebook(course, folder):
    return nbformat.read(course / folder / LESSON / f"{LESSON}.ipynb", as_version=4)


def cell(course, folder, name):
    return next(one for one in notebook(course, folder).cells if one.id == name)


def edit(course, old, new):
    path = course / "source" / LESSON / f"{LESSON}.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def line_of(course, text):
    lines = (course / "source" / LESSON / f"{LESSON}.py").read_text().splitlines()
    return lines.index(text) + 1


def test_repository_is_up_to_date(root):
    assert build(root, check=True) == []


def test_second_build_changes_no_byte(course):
    said = []
    before = {path: path.read_bytes() for path in course.rglob("*.ipynb")}
    build(course, say=said.append)
    assert said == []
    assert {path: path.read_bytes() for path in course.rglob("*.ipynb")} == before and len(before) == 3


def test_hand_edited_release_is_found_with_its_first_difference(course):
    path = course / "lessons" / LESSON / f"{LESSON}.ipynb"
    path.write_text(path.read_text().replace("Watch noise take over", "Watch noise take off"))
    (problem,) = build(course, check=True)
    assert problem.startswith(f"lessons/{LESSON}/{LESSON}.ipynb: line ")
    assert "it has" in problem and "Watch noise take off" in problem


def test_stale_solution_is_found_and_its_outputs_do_not_matter(course):
    path = course / "solutions" / LESSON / f"{LESSON}.ipynb"
    solved = notebook(course, "solutions")
    for one in solved.cells:
        if one.cell_type == "code":
            one.outputs, one.execution_count = [], 7
    path.write_text(nbformat.writes(solved) + "\n")
    assert build(course, check=True) == []
    edit(course, "# # Watch noise take over", "# # Watch the noise")
    assert {problem.split(":")[0] for problem in build(course, check=True)} == {
        f"{folder}/{LESSON}/{LESSON}.ipynb" for folder in ("source", "lessons", "solutions")
    }


def test_a_notebook_without_source_and_a_missing_one_are_found(course):
    shutil.copytree(course / "lessons" / LESSON, course / "lessons" / "99_old")
    (course / "lessons" / LESSON / f"{LESSON}.ipynb").unlink()
    problems = build(course, check=True)
    assert any("missing" in problem for problem in problems)
    assert any("99_old" in problem and "no source" in problem for problem in problems)


def test_stub_solution_and_reference_are_one_text(course):
    text = function_text(find_exercise("q_step").function)
    stub = cell(course, "lessons", "q_step").source
    assert stub == f"{text.head}\n    # YOUR CODE HERE\n    raise NotImplementedError"
    assert cell(course, "solutions", "q_step").source == text.solved
    assert "Raises" not in text.solved and "@" not in text.solved.split("def")[0]
    assert "x_t = √(1 − β) · x_{t−1} + √β · ε" in stub


def test_release_holds_no_answer(course):
    released = "\n".join(one.source for one in notebook(course, "lessons").cells)
    for name in ("q_step", "noise_trajectory", "structure_left"):
        assert function_text(find_exercise(name).function).body.strip() not in released
        assert f'check("{name}", hidden=True)' not in released
    assert "Rubric" not in released and "BEGIN" not in released
    assert 'why_shrink = None  # "a", "b" or "c"' in released


def test_solution_holds_answers_and_ran(course):
    solved = notebook(course, "solutions")
    choice = find_choice("why_shrink")
    assert cell(course, "solutions", "why_shrink").source == f'why_shrink = "{choice.answer}"'
    assert "Rubric" in cell(course, "solutions", "why_sqrt").source
    outputs = [output for one in solved.cells if one.cell_type == "code" for output in one.outputs]
    assert sum("image/png" in output.get("data", {}) for output in outputs) >= 2
    assert not [output for output in outputs if output.output_type == "error"]


def test_grading_metadata(course):
    points = {one.id: one.metadata.nbgrader for one in notebook(course, "lessons").cells if "nbgrader" in one.metadata}
    exercise = find_exercise("q_step")
    assert points["q_step-check"].points == exercise.visible_points
    assert points["q_step-hidden"].points == exercise.hidden_points > exercise.visible_points
    assert points["q_step-check"].locked and points["q_step-hidden"].locked and not points["q_step"].locked
    assert all(name == settings.grade_id for name, settings in points.items())
    last = notebook(course, "lessons").cells[-1]
    assert last.id == "unclear" and "nbgrader" not in last.metadata


def test_set_up_cell_says_how_to_install(course):
    source = next(one.source for one in notebook(course, "lessons").cells if "from autograder import" in one.source)
    assert "except ModuleNotFoundError" in source and "python -m pip install ." in source


MISTAKES = {
    "unknown exercise": (EXERCISE, '# %% exercise="q_stop"\n', "unknown exercise 'q_stop'", '# %% exercise="q_stop"'),
    "code in an exercise cell": (EXERCISE, EXERCISE + "x = 1\n", "has code in it", '# %% exercise="q_step"'),
    "check before its exercise": (EXERCISE, CHECK + "\n" + EXERCISE, "before its exercise", CHECK),
    "name not introduced": ("import numpy as np\n", "", "uses np, which the lesson has not introduced", '# %% exercise="q_step"'),
    "exercise twice": (EXERCISE, EXERCISE + "\n" + EXERCISE, "twice", None),
    "unknown choice": ('choice="why_shrink"', 'choice="why_shrunk"', "unknown choice 'why_shrunk'", None),
    "text in a choice": ('# %% choice="why_shrink"\n', '# %% choice="why_shrink"\n1\n', "has text in it", '# %% choice="why_shrink"'),
    "question without rubric": ("# ---\n", "", "rubric", '# %% [markdown] question="why_sqrt" points=2'),
    "question without points": (' points=2', "", "points", '# %% [markdown] question="why_sqrt"'),
    "unknown option": (EXERCISE, '# %% exercize="q_step"\n', "unknown cell option exercize", '# %% exercize="q_step"'),
    "broken Python": ("import numpy as np\n", "import numpy as\n", "not Python", '# %% tags=["setup"]'),
}


@pytest.mark.parametrize("mistake", MISTAKES, ids=str)
def test_mistake_is_refused_with_file_and_line(course, mistake):
    old, new, message, marker = MISTAKES[mistake]
    edit(course, old, new)
    with pytest.raises(SourceError, match=message) as refused:
        build(course, check=True)
    where = f"source/{LESSON}/{LESSON}.py:"
    assert where in str(refused.value)
    if marker:
        assert f"{where}{line_of(course, marker)}:" in str(refused.value)


def test_missing_exercise_is_refused(course):
    edit(course, '# %% exercise="structure_left"\n\n# %% check="structure_left"\n', "")
    with pytest.raises(SourceError, match="no exercise cell for 'structure_left'"):
        build(course, check=True)


def test_names_used_are_those_from_outside():
    source = "def f(a, b=scale):\n    c = [np.exp(i) for i in range(a)]\n    return expand_like(c, b)"
    assert names_used(source) == {"np", "scale", "expand_like"}


def test_lessons_are_found_in_order(root):
    assert lessons_of(root)[0] == LESSON and lessons_of(root) == sorted(lessons_of(root))
