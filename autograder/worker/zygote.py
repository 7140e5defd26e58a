"""The warm process: it imports what lessons use, once, and forks a child for each submission.

It takes orders from the trusted side only, over the socket that it was started with: ``f`` (with the
child's own socket attached) forks, ``u`` measures, ``k`` kills. It never reads a byte that a child wrote,
and a child shares nothing with it that can be written.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import re
import resource
import signal
import socket
import sys

from autograder.wire import Channel
from autograder.worker import isolate

RESIDENT_PAGES = re.compile(rb"^\d+ (\d+)")
SESSION = re.compile(rb"^.*\) \S (?:-?\d+ ){2}(\d+)", re.DOTALL)
PROPORTIONAL_KB = re.compile(rb"^Pss:\s+(\d+) kB", re.MULTILINE)
FEEDBACK_DPI = 100  # a point of a feedback page for each pixel
PAGE = resource.getpagesize()


def warm_up():
    """Import what a lesson may use, and draw once, so that no child has to."""
    import ipywidgets  # noqa: F401
    import numpy as np
    from matplotlib import pyplot

    import gradual
    from autograder.worker import session
    from gradual import data, plots

    for module in pkgutil.walk_packages(gradual.__path__, "gradual."):
        importlib.import_module(module.name)
    data.spiral(2, np.random.default_rng(0)), data.digits()  # NumPy imports its generators and its reader when asked
    shell = session.make_shell()
    shell.run_cell("import matplotlib.pyplot as plt; plt.plot([0, 1]); plt.title('$x$')", store_history=False)
    session.take_figures(1, 10**7)
    plots.DPI = FEEDBACK_DPI
    plots.curves([0, 1], {"a": [0, 1]}, "$x_t$", "x", "y")._repr_png_()
    shell.reset(new_session=True)
    pyplot.close("all")
    gc.collect()
    gc.freeze()  # a child's collections do not touch, and so copy, what is already here
    return shell


def fork(channel_fd, control, shell, limits) -> str:
    """Start a submission's process. Says its id, or ``0`` and why it could not be confined."""
    reader, writer = os.pipe()
    between = os.fork()
    if between == 0:
        try:
            if limits["sandboxed"]:
                isolate.new_namespaces()
            child = os.fork()
            if child == 0:
                control.close()
                _run(channel_fd, shell, limits)
            os.write(writer, str(child).encode())
        except OSError as error:
            os.write(writer, f"0 {error}".encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.close(channel_fd)
    said = os.read(reader, 1000).decode()
    os.close(reader)
    os.waitpid(between, 0)  # its child is now ours: we are its subreaper
    return said


def _run(channel_fd, shell, limits):
    """A submission's process, from its first step to its end: it never returns."""
    try:
        from autograder.worker import session

        channel = Channel(socket.socket(fileno=channel_fd))
        try:
            (isolate.lock_down if limits["sandboxed"] else isolate.limit)(channel_fd, limits)
        except OSError as error:
            channel.send({"ready": False, "why": str(error)})
            os._exit(1)
        channel.send({"ready": True, "why": ""})
        session.Session(channel, shell, limits).serve()
    finally:
        os._exit(1)


def usage(enough: int, session: int | None = None) -> dict:
    """Memory and number of the submission's processes: of all there are but this one and process 1.

    Outside a sandbox there are others: only those of the child's own ``session`` count.
    What each holds, added up, counts pages twice that they share with this process. Only where that comes to
    more than ``enough`` is each page counted once, which takes milliseconds a process.
    """
    pids = [name for name in os.listdir("/proc") if name.isdigit() and int(name) not in (1, os.getpid())]
    if session is not None:
        pids = [pid for pid in pids if _number(f"/proc/{pid}/stat", SESSION) == session]
    total = sum(_number(f"/proc/{pid}/statm", RESIDENT_PAGES) * PAGE for pid in pids)
    if total > enough:
        total = sum(_number(f"/proc/{pid}/smaps_rollup", PROPORTIONAL_KB) * 1024 for pid in pids)
    return {"bytes": total, "processes": len(pids)}


def _number(path, pattern) -> int:
    try:
        with open(path, "rb") as file:
            found = pattern.search(file.read())
    except OSError:
        return 0  # the process ended meanwhile
    return int(found[1]) if found else 0


def end(child, sandboxed: bool) -> dict:
    """Kill the submission's whole tree, and wait until it is gone. Outside a sandbox: its process group."""
    (os.kill if sandboxed else os.killpg)(child, signal.SIGKILL)
    _, _, spent = os.wait4(child, 0)
    return {"processor_seconds": spent.ru_utime + spent.ru_stime, "peak_bytes": spent.ru_maxrss * 1024}


def main(fd: int, uid: int, limits: dict):
    if limits["sandboxed"]:
        isolate.drop_root(uid)
    isolate.adopt_orphans()
    control = socket.socket(fileno=fd)
    shell = warm_up()
    channel, child = Channel(control), 0
    channel.send({"ready": True})
    while True:
        order, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not order:
            return
        if order == b"f":
            said = fork(descriptors[0], control, shell, limits)
            child = int(said.split()[0])
            channel.send({"child": child, "why": said})
        elif order == b"u":
            channel.send(usage(limits["memory_bytes"], None if limits["sandboxed"] else child))
        elif order == b"k":
            channel.send(end(child, limits["sandboxed"]))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
