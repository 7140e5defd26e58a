"""One truth for what the course needs: pyproject.toml, environment.yml and requirements.lock agree."""

import re
import shutil
import subprocess
import sys
import tomllib
import zipfile

import pytest
import rattler
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

# conda-forge's matplotlib brings a desktop toolkit with it; matplotlib-base is the library.
CONDA_NAMES = {"matplotlib": "matplotlib-base"}
# What conda needs beside the course's own dependencies: Python, and the tools that install the course itself.
CONDA_OWN = {"python", "pip", "setuptools"}
PYTHONS = ("3.11.0", "3.11.9", "3.12.0", "3.13.0", "3.14.0")
PLATFORMS = (("linux", "Linux", "posix"), ("darwin", "Darwin", "posix"), ("win32", "Windows", "nt"))


@pytest.fixture(scope="module")
def pyproject(root):
    return tomllib.loads((root / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def runtime(pyproject):
    return {canonicalize_name(one.name): one for one in map(Requirement, pyproject["project"]["dependencies"])}


@pytest.fixture(scope="module")
def environment(root):
    return yaml.safe_load((root / "environment.yml").read_text())


@pytest.fixture(scope="module")
def conda(environment):
    specs = [rattler.MatchSpec(line, strict=True) for line in environment["dependencies"] if isinstance(line, str)]
    return {spec.name.normalized: spec for spec in specs}


@pytest.fixture(scope="module")
def locked(root):
    """Each pinned line of the lock, and how many hashes it has."""
    text = (root / "requirements.lock").read_text().replace("\\\n", "")
    lines = [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]
    return [(Requirement(line.partition("--hash")[0].strip()), line.count("--hash=sha256:")) for line in lines]


def bounds(specifier) -> set[str]:
    return {part.strip() for part in str(specifier).split(",")}


def test_each_dependency_has_an_oldest_version(runtime, pyproject):
    extras = pyproject["project"]["optional-dependencies"]
    wanted = [*runtime.values(), *map(Requirement, extras["cluster"]), *map(Requirement, extras["test"])]
    assert [one.name for one in wanted if ">=" not in str(one.specifier) and one.name != "gradual-course"] == []


def test_conda_asks_for_the_same_versions(runtime, conda):
    assert set(conda) - CONDA_OWN == {CONDA_NAMES.get(name, name) for name in runtime}
    for name, wanted in runtime.items():
        assert bounds(conda[CONDA_NAMES.get(name, name)].version) == bounds(wanted.specifier), name


def test_conda_asks_for_the_same_python_and_builder(conda, pyproject):
    assert bounds(conda["python"].version) == bounds(pyproject["project"]["requires-python"])
    assert [f"setuptools{conda['setuptools'].version}"] == pyproject["build-system"]["requires"]


def test_conda_takes_everything_from_conda_forge_and_the_course_from_here(environment):
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert [line for line in environment["dependencies"] if not isinstance(line, str)] == [{"pip": ["-e ."]}]


def test_each_line_of_the_lock_is_pinned_and_hashed(locked):
    assert len(locked) > 100
    for requirement, hashes in locked:
        (pin,) = requirement.specifier
        assert pin.operator == "==" and hashes > 0, requirement


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: platform[0])
def test_the_lock_gives_what_pyproject_asks_for(locked, runtime, pyproject, python, platform):
    here = dict(zip(("sys_platform", "platform_system", "os_name"), platform))
    here |= {"python_full_version": python, "python_version": python.rpartition(".")[0], "extra": ""}
    pins = {}
    for requirement, _ in locked:
        if requirement.marker is None or requirement.marker.evaluate(here):
            name = canonicalize_name(requirement.name)
            assert name not in pins, f"{name} is pinned twice for Python {python}"
            pins[name] = next(iter(requirement.specifier)).version
    extras = pyproject["project"]["optional-dependencies"]
    wanted = [*runtime.values(), *map(Requirement, extras["cluster"] + extras["test"] + ["setuptools>=77"])]
    for one in wanted:
        if one.name != "gradual-course":
            assert one.specifier.contains(pins[canonicalize_name(one.name)]), f"{one}, locked {pins.get(one.name)}"


def test_the_lock_has_no_deep_learning_framework(locked):
    assert not {"torch", "diffusers", "tensorflow", "jax"} & {requirement.name for requirement, _ in locked}


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock", "environment.yml", "Makefile", ".ci/run"])
def test_no_file_names_an_index_or_a_folder_of_one_machine(root, name):
    text = (root / name).read_text()
    assert not re.search(r"index-url|find-links|trusted-host|://|/root/|/home/|/opt/|/work/", text)


def test_this_python_is_one_that_is_supported(pyproject):
    assert SpecifierSet(pyproject["project"]["requires-python"]).contains(".".join(map(str, sys.version_info[:3])))
    newest = [line.rpartition(" ")[2] for line in pyproject["project"]["classifiers"] if ":: Python :: 3." in line]
    assert newest[0] == "3.11" and f"{sys.version_info[0]}.{sys.version_info[1]}" in newest


def test_the_wheel_holds_every_file_of_both_packages(root, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "LICENSE-TEXT"):
        shutil.copy(root / name, course)
    for package in ("gradual", "autograder"):
        shutil.copytree(root / package, course / package, ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "-w", tmp_path]
    subprocess.run([*command, course], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    packed = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    files = {path.relative_to(root).as_posix() for package in ("gradual", "autograder")
             for path in (root / package).rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert "gradual/forward.py" in files
    assert packed == files


def test_make_names_the_python_it_needs_where_there_is_none(root, tmp_path):
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        (tmp_path / name).write_text((root / name).read_text())
    made = subprocess.run(["make", "PYTHON=", ".venv/installed"], cwd=tmp_path, capture_output=True, text=True)
    assert made.returncode != 0
    assert "Gradual needs Python 3.11 or newer" in made.stdout
    assert not (tmp_path / ".venv").exists()
