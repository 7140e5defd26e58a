"""What the course needs of this machine: what is there, what is missing or too old, and how to mend it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from autograder.course import DISTRIBUTION, course_root
from autograder.progress_file import progress_file

LAB_EXTENSIONS = {
    "@jupyter-widgets/jupyterlab-manager": ("the sliders", "jupyterlab_widgets", True),
    "@jupyter/nbgrader": ("Validate and formgrader", "nbgrader", False),
}
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True)
class Finding:
    """One thing looked at. ``needed`` is False for what only some people need; ``mend`` says what to do."""

    name: str
    well: bool
    found: str
    mend: str = ""
    needed: bool = True


def examine() -> list[Finding]:
    """Everything that the course needs, looked at one by one."""
    return [python(), *packages(), kernel(), *lab_extensions(), *places(), alembic(), bubblewrap(), chromium()]


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    try:
        wanted = metadata.metadata(DISTRIBUTION)["Requires-Python"]
    except metadata.PackageNotFoundError:
        return Finding("Gradual", False, "not installed", "in the course's folder: pip install -e .")
    well = SpecifierSet(wanted).contains(version)
    return Finding("Python", well, version, f"Gradual needs Python {wanted}: install one, then set up again")


def packages() -> list[Finding]:
    """Each package that the course runs on, against what its metadata asks for."""
    try:
        wanted = [Requirement(line) for line in metadata.requires(DISTRIBUTION) or []]
    except metadata.PackageNotFoundError:
        return []
    return [package(one) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})]


def package(wanted: Requirement) -> Finding:
    mend = f'{sys.executable} -m pip install "{wanted.name}{wanted.specifier}"'
    try:
        version = metadata.version(wanted.name)
    except metadata.PackageNotFoundError:
        return Finding(wanted.name, False, "not installed", mend)
    if wanted.specifier.contains(version, prereleases=True):
        return Finding(wanted.name, True, version)
    return Finding(wanted.name, False, f"{version}, where {wanted.specifier} is needed", mend)


def kernel() -> Finding:
    """The kernel that lessons ask for, ``python3``, has to start this very Python."""
    mend = f"{sys.executable} -m ipykernel install --sys-prefix"
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

        spec = KernelSpecManager().get_kernel_spec("python3")
    except ImportError:
        return Finding("kernel python3", False, "jupyter_client is not installed", mend)
    except NoSuchKernel:
        return Finding("kernel python3", False, "not there", mend)
    program = spec.argv[0] if spec.argv else ""
    # Jupyter itself puts this Python in the place of a bare name.
    if program in ("python", "python3", f"python3.{sys.version_info[1]}"):
        return Finding("kernel python3", True, "starts this Python")
    if _same_environment(program):
        return Finding("kernel python3", True, "starts this Python")
    at = spec.resource_dir
    return Finding("kernel python3", False, f"starts another Python: {program} (it is set in {at})",
                   f"take that folder away: jupyter kernelspec remove python3; then {mend}")


def _same_environment(program: str) -> bool:
    # The folder tells environments apart; the file may be a link to a Python that many share.
    try:
        return Path(program).exists() and os.path.samefile(Path(program).parent, Path(sys.executable).parent)
    except OSError:
        return False


def lab_extensions() -> list[Finding]:
    """JupyterLab's extensions for sliders and for nbgrader: there, and not switched off."""
    try:
        from jupyter_core.paths import jupyter_path
        from jupyterlab.commands import AppOptions, get_app_info
    except ImportError:
        return []  # packages() has said that JupyterLab is missing
    info = get_app_info(AppOptions(labextensions_path=jupyter_path("labextensions")))
    return [lab_extension(name, info, *about) for name, about in LAB_EXTENSIONS.items()]


def lab_extension(name, info, purpose, distribution, needed) -> Finding:
    title = f"JupyterLab: {purpose}"
    if name not in info["federated_extensions"]:
        mend = f"{sys.executable} -m pip install --force-reinstall --no-deps {distribution}"
        return Finding(title, False, f"the extension {name} is not there", mend, needed)
    if any(off == name or off.startswith(f"{name}:") for off in info["disabled"]):
        return Finding(title, False, f"{name} is switched off", f"jupyter labextension enable {name}", needed)
    return Finding(title, True, "on", needed=needed)


def places() -> list[Finding]:
    """The folders that the course writes in."""
    root = course_root()
    if root is None:
        lessons = Finding("course folder", False, "not here", "go to the course's folder and run this again", False)
    else:
        lessons = writable("your lessons", root / "my_lessons")
    return [lessons, writable("your progress", progress_file().parent)]


def writable(title: str, folder: Path) -> Finding:
    """Whether a file can be made in the folder, or in the one that will hold it."""
    there = next(one for one in (folder, *folder.parents) if one.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            return Finding(title, True, str(folder))
    except OSError as error:
        found = f"nothing can be written in {there}: {error.strerror}"
        return Finding(title, False, found, f"make {there} yours, or move the course's folder into your home")


def alembic() -> Finding:
    """nbgrader calls it by its bare name, when it first makes a gradebook."""
    found = shutil.which("alembic")
    mend = f"put {Path(sys.executable).parent} on PATH: activate the environment"
    return Finding("alembic on PATH (to grade)", found is not None, found or "not found", mend, needed=False)


def bubblewrap() -> Finding:
    """The sandbox that a class is graded in: there, and allowed to start."""
    title, program = "bubblewrap (to grade)", shutil.which("bwrap")
    if program is None:
        return Finding(title, False, "not found", "on Debian and Ubuntu: sudo apt install bubblewrap", needed=False)
    ran = subprocess.run([program, "--ro-bind", "/", "/", "true"], capture_output=True, text=True)
    mend = "allow unprivileged user namespaces (user.max_user_namespaces, AppArmor), or grade on another machine"
    return Finding(title, ran.returncode == 0, program if ran.returncode == 0 else ran.stderr.strip(), mend, False)


def chromium() -> Finding:
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    mend = "on Debian and Ubuntu: sudo apt install chromium"
    return Finding("Chromium (for the tests)", found is not None, found or "not found", mend, needed=False)


def report(findings: list[Finding]):
    """The findings for a terminal: a line each, how to mend what is not well, and a last line that sums up."""
    from rich.markup import escape

    lines = []
    for one in findings:
        sign = "[green]✓ ok     [/]" if one.well else "[red]✗ mend   [/]" if one.needed else "[yellow]○ without[/]"
        lines.append(f"{sign} [bold]{escape(one.name)}[/]  {escape(one.found)}")
        if not one.well:
            lines.append(f"           → {escape(one.mend)}")
    broken = [one.name for one in findings if one.needed and not one.well]
    lines.append("")
    if broken:
        lines.append(f"To mend before you start: {escape(', '.join(broken))}.")
    else:
        lines.append("All that the lessons need is there. Lines with ○ matter only to those who grade or test.")
    return "\n".join(lines)
