"""The student edition of the reference package: same names, no graded bodies."""

import ast
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from autograder import edition
from autograder.exercises import all_exercises

SOURCE = '''
from gradual.arguments import checked

LIMIT = 3

@checked()
def graded(x, y=2):
    """What it means."""
    return x + y

def given(x):
    return graded(x)

class Thing:
    def graded(self):
        return 5
'''


def exercise(name, lesson, module="gradual.part"):
    function = SimpleNamespace(__name__=name, __module__=module)
    return SimpleNamespace(function=function, lesson=lesson, name=name)


@pytest.fixture
def package(tmp_path):
    folder = tmp_path / "gradual"
    (folder / "deep").mkdir(parents=True)
    for name in ["__init__.py", "deep/__init__.py"]:
        (folder / name).write_text("")
    (folder / "arguments.py").write_text("def checked(): return lambda f: f\n")
    (folder / "part.py").write_text(SOURCE)
    (folder / "deep" / "part.py").write_text(SOURCE)
    return folder


def test_graded_here_or_later_loses_its_body_and_earlier_keeps_it(package, tmp_path):
    exercises = [exercise("graded", "03_c"), exercise("graded", "01_a", "gradual.deep.part")]
    for lesson, bodies in [("01_a", []), ("02_b", ["deep"]), ("03_c", ["deep"]), ("04_d", ["deep", "part"])]:
        folder = edition.build(tmp_path / lesson, lesson, exercises, package)
        kept = []
        for label, path in [("deep", "deep/part.py"), ("part", "part.py")]:
            kept += [label] if "return x + y" in (folder / "gradual" / path).read_text() else []
        assert kept == bodies


def test_what_is_left_of_a_function_is_its_signature_and_one_line(package, tmp_path):
    folder = edition.build(tmp_path / "out", "01_a", [exercise("graded", "01_a")], package)
    script = """
import inspect
from gradual import part
print(inspect.signature(part.graded), part.LIMIT, part.Thing().graded())
try:
    part.given(1)
except NotImplementedError as error:
    print(error)
"""
    said = subprocess.run(
        [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True
    ).stdout.splitlines()
    assert said[0] == "(x, y=2) 3 5"
    assert said[1].startswith("graded is graded here")


def test_a_graded_function_that_is_not_found_is_refused(package, tmp_path):
    with pytest.raises(ValueError, match="part.py: no function lost"):
        edition.build(tmp_path / "out", "01_a", [exercise("lost", "01_a")], package)


def test_no_body_of_the_course_is_left_in_any_lessons_edition(tmp_path):
    for lesson in sorted({exercise.lesson for exercise in all_exercises()}):
        folder = edition.build(tmp_path / lesson, lesson, all_exercises())
        for one in all_exercises():
            if one.lesson < lesson:
                continue
            path = folder / (one.function.__module__.replace(".", "/") + ".py")
            node = next(n for n in ast.parse(path.read_text()).body if getattr(n, "name", "") == one.name)
            assert [type(statement).__name__ for statement in node.body] == ["ImportFrom", "Raise"]


def test_edition_holds_no_secret_file(tmp_path):
    folder = edition.build(tmp_path / "out", "01_gradual_noise", all_exercises())
    names = {str(path.relative_to(folder / "autograder")) for path in (folder / "autograder").rglob("*.py")}
    assert names == {"__init__.py", *edition.SHARED, *(f"worker/{name}" for name in edition.WORKER)}


def test_graders_that_begin_and_end_at_the_same_time_leave_each_others_folders_alone(tmp_path):
    script = """
from autograder.edition import private_folder
for _ in range(400):
    with private_folder() as folder:
        (folder / "mine").write_text("")
"""
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    running = [subprocess.Popen([sys.executable, "-c", script], env=environment) for _ in range(3)]
    assert [one.wait() for one in running] == [0, 0, 0]
    assert list(tmp_path.iterdir()) == []
