"""The command line as a student types it: real processes, exit statuses, and what is printed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

GRADUAL = Path(sys.executable).with_name("gradual")
RIGHT = "def q_step(x_prev, beta, noise):\n    return (1 - beta) ** 0.5 * x_prev + beta**0.5 * noise\n"
WRONG = "def structure_left(trajectory):\n    return trajectory\n"


def gradual(*arguments, cwd=None):
    return subprocess.run([GRADUAL, *arguments], capture_output=True, text=True, cwd=cwd)


def answers(tmp_path, text):
    path = tmp_path / "answers.py"
    path.write_text(text)
    return path


def test_a_file_that_is_right_passes(tmp_path):
    ran = gradual("check", answers(tmp_path, RIGHT))
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.startswith("q_step\n  ✔")


def test_each_exercise_is_one_line_of_json_and_one_wrong_fails_the_file(tmp_path):
    ran = gradual("check", answers(tmp_path, RIGHT + WRONG), "--json")
    assert ran.returncode == 1
    first, second = map(json.loads, ran.stdout.splitlines())
    assert set(first) == {"exercise", "passed", "score", "case", "misconception", "message"}
    assert (first["exercise"], first["passed"]) == ("q_step", True)
    assert (second["exercise"], second["passed"], second["score"]) == ("structure_left", False, 0)


@pytest.mark.parametrize("text", ["", "def another(): pass\n", "def q_step(:\n", "1 / 0\n", "raise SystemExit(0)\n"])
@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_a_file_that_cannot_be_judged_fails_with_a_sentence(tmp_path, text, flag):
    ran = gradual("check", answers(tmp_path, text), *flag)
    assert ran.returncode != 0 and ran.stdout == ""
    assert "answers.py" in ran.stderr and "Traceback" not in ran.stderr


def test_hints_open_one_rung_at_a_time():
    first, second, third = (gradual("hint", "q_step", rung).stdout for rung in "123")
    assert first == gradual("hint", "q_step").stdout
    assert "The formula" not in first and "gradual hint q_step 2" in first
    assert "The formula" in second and "The line that matters" not in second
    assert "The line that matters" in third and "There is more" not in third


def test_an_unknown_exercise_is_said_with_those_that_are():
    ran = gradual("hint", "q_stop")
    assert ran.returncode == 1 and "q_step" in ran.stderr


def test_outside_the_course_a_plain_install_says_where_to_go(tmp_path):
    """A copy of the packages alone, as pip puts them elsewhere, has no course around it."""
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1))\n"
        "from autograder.cli import main; main(['lab', '--no-browser'])"
    )
    shutil.copytree(Path(__file__).parents[1] / "autograder", tmp_path / "elsewhere" / "autograder")
    command = [sys.executable, "-c", code, tmp_path / "elsewhere"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert ran.returncode == 1
    assert "cloned or unpacked" in ran.stderr and "Traceback" not in ran.stderr


def test_the_command_itself_loads_no_numerics_and_no_jupyter():
    code = "import sys, autograder.cli; print(sorted({'numpy', 'rich', 'IPython', 'nbgrader'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
