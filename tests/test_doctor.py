"""gradual doctor finds what is really missing, in real environments, and says how to mend it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from autograder import doctor
from autograder.doctor import Finding, report

PROGRAMS = Path(sys.executable).parent


def run_doctor(cwd, **changes):
    """The real command, with a wide terminal: its exit status and its lines."""
    environment = {**os.environ, "COLUMNS": "300", **{name: str(value) for name, value in changes.items()}}
    ran = subprocess.run([PROGRAMS / "gradual", "doctor"], cwd=cwd, env=environment, capture_output=True, text=True)
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout.splitlines()


def line_of(name, lines):
    (line,) = [line for line in lines if f" {name}  " in line]
    return line


def test_this_environment_is_well(root):
    status, lines = run_doctor(root)
    assert (status, [line for line in lines if line.startswith("✗")]) == (0, [])
    for name in ("Python", "numpy", "nbgrader", "kernel python3", "JupyterLab: the sliders", "your progress"):
        assert line_of(name, lines).startswith("✓ ok")


def test_what_only_graders_need_is_no_failure(root, tmp_path):
    status, lines = run_doctor(root, PATH=tmp_path)
    assert status == 0
    for name in ("alembic on PATH (to grade)", "bubblewrap (to grade)", "Chromium (for the tests)"):
        assert line_of(name, lines).startswith("○ without")
    assert any("apt install bubblewrap" in line for line in lines)


def install_kernel(data, program):
    folder = data / "kernels" / "python3"
    folder.mkdir(parents=True)
    spec = {"argv": [str(program), "-m", "ipykernel_launcher", "-f", "{connection_file}"], "display_name": "Python 3"}
    (folder / "kernel.json").write_text(json.dumps(spec))
    return folder


def test_a_kernel_of_another_python_is_found_with_its_place(root, tmp_path):
    folder = install_kernel(tmp_path, "/usr/bin/python-of-another-course")
    status, lines = run_doctor(root, JUPYTER_PATH=tmp_path)
    assert status == 1
    line = line_of("kernel python3", lines)
    assert line.startswith("✗ mend") and "python-of-another-course" in line and str(folder) in line
    assert "To mend before you start: kernel python3." in lines


@pytest.mark.parametrize("program", ["python", sys.executable])
def test_a_kernel_of_this_python_is_well(root, tmp_path, program):
    install_kernel(tmp_path, program)
    assert run_doctor(root, JUPYTER_PATH=tmp_path)[0] == 0


@pytest.mark.parametrize(("extension", "name", "status"), [
    ("@jupyter-widgets/jupyterlab-manager", "JupyterLab: the sliders", 1),
    ("@jupyter/nbgrader", "JupyterLab: Validate and formgrader", 0),
])
def test_an_extension_switched_off_is_found(root, tmp_path, extension, name, status):
    settings = tmp_path / "labconfig"
    settings.mkdir()
    (settings / "page_config.json").write_text(json.dumps({"disabledExtensions": {extension: True}}))
    found, lines = run_doctor(root, JUPYTER_CONFIG_DIR=tmp_path)
    assert found == status
    assert "switched off" in line_of(name, lines)
    assert any(f"jupyter labextension enable {extension}" in line for line in lines)


def test_a_package_that_is_too_old_is_found_with_the_command_that_mends_it():
    finding = doctor.package(Requirement("numpy>=1000"))
    assert not finding.well and finding.needed
    assert "where >=1000 is needed" in finding.found
    assert finding.mend.endswith('-m pip install "numpy>=1000"')


def test_a_package_that_is_too_new_is_found():
    assert not doctor.package(Requirement("numpy<2")).well
    assert doctor.package(Requirement("numpy>=2")).well


def test_a_package_that_is_not_there_is_found():
    assert doctor.package(Requirement("gradual-no-such-package>=1")).found == "not installed"


def test_every_dependency_is_looked_at_and_no_extra(root):
    import tomllib

    wanted = tomllib.loads((root / "pyproject.toml").read_text())["project"]["dependencies"]
    assert [one.name for one in doctor.packages()] == [Requirement(line).name for line in wanted]


def test_a_place_that_cannot_be_written_is_found(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    finding = doctor.writable("your lessons", blocked)
    assert not finding.well and str(blocked) in finding.found and str(blocked) in finding.mend
    assert doctor.writable("your lessons", tmp_path / "not" / "made" / "yet").well
    assert not (tmp_path / "not").exists()


def test_the_report_says_state_in_words_and_leaves_brackets_alone():
    text = report([Finding("a[b]", False, "old [1]", "pip install x[y]"), Finding("c", True, "2"),
                   Finding("d", False, "gone", "get it", needed=False)])
    from rich.text import Text

    lines = Text.from_markup(text).plain.splitlines()
    assert lines[0].startswith("✗ mend") and "a[b]" in lines[0] and "old [1]" in lines[0]
    assert lines[1].endswith("→ pip install x[y]")
    assert lines[2].startswith("✓ ok") and lines[3].startswith("○ without")
    assert lines[-1] == "To mend before you start: a[b]."
