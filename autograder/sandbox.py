"""What a submission may see, touch and use: bubblewrap around a warm process, started here and killed here.

The file system inside holds Python, its libraries and the student edition, all read-only, and a scratch of
the submission's own. ``autograder/worker/isolate.py`` has the second half, inside. docs/grading-security.md
says what this relies on and what it does not stop.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from autograder import edition
from autograder.wire import Channel, Closed, Malformed

COURSE = "/course"
SCRATCH = "/tmp"  # the submission's own
MOVED = Path("/moved")  # where something that lies in the host's /tmp is found inside, for there /tmp is scratch
UID_UNDER_ROOT = 64_537  # no account's: the warm process steps down to it when grading runs as root
START_SECONDS = 60
ANSWER_SECONDS = 10
SYSTEM = ["/usr/lib", "/usr/lib32", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache", "/usr/share/zoneinfo"]
INSTALL = """\
Grading runs students' code in a sandbox, and here it cannot be had: {why}
On Debian or Ubuntu: sudo apt install bubblewrap
If user namespaces are off: sudo sysctl -w kernel.unprivileged_userns_clone=1
  and, on Ubuntu 24.04 or newer: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
In a container: start it so that it may make user namespaces
  (Docker: --security-opt seccomp=unconfined --security-opt apparmor=unconfined).
On Windows or macOS: grade in WSL 2 or a Linux virtual machine."""


class SandboxUnavailable(RuntimeError):
    """No sandbox on this machine; the message has the command that makes it available."""

    def __str__(self):  # made when it is read, so that it is whole after a journey between processes, too
        return INSTALL.format(why=self.args[0])


class SandboxLost(RuntimeError):
    """The warm process is gone: nothing of the submission is known, so it is to be graded again."""


@dataclass(frozen=True)
class Limits:
    """What one submission may use. Times are in seconds, on the clock."""

    cell_seconds: float = 30
    call_seconds: float = 10
    total_seconds: float = 180
    processor_seconds: int = 180
    process_bytes: int = 4 * 2**30  # address space of one process
    memory_bytes: int = 2 * 2**30  # what all its processes hold together
    processes: int = 48
    open_files: int = 128
    file_bytes: int = 2**25
    scratch_bytes: int = 2**26
    output_characters: int = 50_000
    figures: int = 10  # pictures kept of each cell; with 0 none is even drawn
    figure_bytes: int = 2**21
    reply_bytes: int = 2**26


class Zygote:
    """The warm process in its sandbox, with at most one submission's child at a time."""

    def __init__(self, lesson: str, exercises, limits: Limits, source: Path | None = None, sandboxed: bool = True):
        if sandboxed and (sys.platform != "linux" or not shutil.which("bwrap")):
            raise SandboxUnavailable("bubblewrap (bwrap) is not installed.")
        self.limits, self._child, self.lost = limits, 0, False
        self._leave = contextlib.ExitStack()
        folder = self._leave.enter_context(edition.private_folder())
        edition.build(folder, lesson, exercises, source)
        ours, theirs = socket.socketpair()
        self._control = Channel(ours)
        self._errors = tempfile.TemporaryFile()
        start = command if sandboxed else bare_command
        self._process = subprocess.Popen(
            start(folder, theirs.fileno(), limits),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._errors,
            pass_fds=[theirs.fileno()], env={}, cwd=None if sandboxed else folder,
        )  # fmt: skip
        theirs.close()
        try:
            self._control.receive(4096, time.monotonic() + START_SECONDS)
        except (Closed, TimeoutError, Malformed):
            self.close()
            raise SandboxUnavailable(self._last_error()) from None

    def _last_error(self) -> str:
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else "bubblewrap did not start."

    def fork(self) -> Channel:
        """A new child, confined and waiting for requests. Kills the one before."""
        self.kill()
        ours, theirs = socket.socketpair()
        with theirs:
            said = self._order(b"f", [theirs.fileno()])
        self._child = said["child"]
        if not self._child:
            raise SandboxUnavailable(said["why"])
        channel = Channel(ours)
        try:
            first = channel.receive(4096, time.monotonic() + ANSWER_SECONDS)
        except (Closed, TimeoutError, Malformed) as error:
            raise self._loss(error) from None
        if not first["ready"]:
            raise SandboxUnavailable(first["why"])
        return channel

    def usage(self) -> dict:
        """``bytes`` and ``processes`` of the submission, all its processes together."""
        return self._order(b"u")

    def kill(self) -> dict:
        """End the child and all that it started; what it had used."""
        if not self._child:
            return {"processor_seconds": 0.0, "peak_bytes": 0}
        self._child = 0
        return self._order(b"k")

    def _order(self, letter, descriptors=()):
        try:
            socket.send_fds(self._control.socket, [letter], descriptors)
            return self._control.receive(4096, time.monotonic() + ANSWER_SECONDS)
        except (OSError, Malformed) as error:
            raise self._loss(error) from None

    def _loss(self, error):
        self.lost, self._child = True, 0
        return SandboxLost(f"the sandbox's warm process ended or does not answer ({error}): {self._last_error()}")

    def close(self):
        self._control.socket.close()  # the warm process ends by itself, and what it used is counted as ours
        try:
            self._process.wait(ANSWER_SECONDS if not self._child else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()  # process 1 of the sandbox dies with it, and so does everything inside
            self._process.wait()
        self._leave.close()


def command(folder: Path, control_fd: int, limits: Limits) -> list[str]:
    """The bubblewrap command: everything inside is named here."""
    namespaces = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
    if os.getuid() == 0:
        identity = ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        identity = ["--unshare-user", "--uid", "1000", "--gid", "1000"]
    environment = _environment([COURSE, *(str(_inside(library)) for library in _libraries())], "/tmp")
    variables = [word for name, value in environment.items() for word in ("--setenv", name, value)]
    run = _python(_inside(Path(sys.executable)), control_fd, limits, sandboxed=True)
    return [
        shutil.which("bwrap"), "--die-with-parent", "--new-session", *namespaces, *identity,
        "--clearenv", *variables, *_mounts(folder),
        "--proc", "/proc", "--dev", "/dev", "--perms", "1777", "--tmpfs", "/tmp",
        "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", "/tmp", *run,
    ]  # fmt: skip


def bare_command(folder: Path, control_fd: int, limits: Limits) -> list[str]:
    """The same warm process with no sandbox around it, for work that is trusted."""
    environment = _environment([str(folder), *map(str, _libraries())], str(folder))
    variables = [f"{name}={value}" for name, value in environment.items()]
    return [shutil.which("env"), "-i", *variables, *_python(Path(sys.executable), control_fd, limits, sandboxed=False)]


def _environment(packages: list[str], scratch: str) -> dict[str, str]:
    return {
        "PATH": "/usr/bin", "HOME": scratch, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONPATH": ":".join(packages), "PYTHONHASHSEED": "0", "MPLBACKEND": "agg",
        "MPLCONFIGDIR": f"{scratch}/matplotlib", "IPYTHONDIR": f"{scratch}/ipython",
        "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1",
        # memory that one array gives back serves the next: the kernel takes microseconds for each fresh page
        "MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**26),
    }  # fmt: skip


def _python(executable: Path, control_fd: int, limits: Limits, sandboxed: bool) -> list[str]:
    settings = json.dumps({**asdict(limits), "sandboxed": sandboxed})
    return [str(executable), "-m", "autograder.worker.zygote", str(control_fd), str(UID_UNDER_ROOT), settings]


def _mounts(folder: Path) -> list[str]:
    """Read-only: the system's libraries, Python's, and the edition, also over an installed gradual."""
    places = {Path(path): Path(path) for path in SYSTEM if Path(path).exists()}
    for prefix in {Path(sys.prefix), Path(sys.base_prefix)}:
        for name in ["lib", "lib64", "bin", "pyvenv.cfg"]:
            if (prefix / name).exists():
                places[_inside(prefix / name)] = (prefix / name).resolve()
    places[Path(COURSE)] = folder
    for library in _libraries():
        places.setdefault(_inside(library), library)
        for package in ["gradual", "autograder"]:
            if (library / package).exists():
                places[_inside(library / package)] = folder / package
    _refuse_secrets(places)
    words, made = [], {Path("/")}
    for inside in sorted(places):
        for parent in reversed(inside.parents):  # bubblewrap would make them unreadable to others
            if parent not in made and not any(parent == place or place in parent.parents for place in places):
                words += ["--perms", "0755", "--dir", str(parent)]
                made.add(parent)
        words += ["--ro-bind", str(places[inside]), str(inside)]
    return words


def _inside(path: Path) -> Path:
    """Where a path of the host's lies inside: the same place, unless the submission's scratch would hide it."""
    return MOVED / path.relative_to(SCRATCH) if path.is_relative_to(SCRATCH) else path


def _libraries() -> list[Path]:
    """Where Python's packages lie, a user's own ones too."""
    return [Path(path) for path in sys.path if path.endswith("-packages") and Path(path).is_dir()]


def _refuse_secrets(places):
    """No mount may bring in the real ``autograder``, with its exercises and expected values."""
    secret = Path(__file__).resolve().parent
    covered = _inside(secret) in places
    for inside, outside in places.items():
        if (secret == outside or outside in secret.parents) and not covered:
            raise SandboxUnavailable(
                f"{outside} is needed inside, and holds the course itself: move {inside} elsewhere."
            )
