"""What a submission can see and touch: each test runs hostile code in the sandbox and looks from both sides."""

import ast
import ctypes
import os
import socket
import sys
import tempfile
import threading
from pathlib import Path

import pytest
from conftest import LESSON, LIMITS, printed_by

from autograder.exercises import all_exercises
from autograder.grader import Grader

COURSE = Path(__file__).parents[2]


@pytest.fixture
def alone(tmp_path, monkeypatch):
    """The home and the temporary folder of a grader of its own, where no other test or program writes meanwhile."""
    home, temporary = tmp_path / "home", tmp_path / "temporary"
    for folder, variable in ((home, "HOME"), (temporary, "TMPDIR")):
        folder.mkdir()
        monkeypatch.setenv(variable, str(folder))
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    with Grader(LESSON, all_exercises(), LIMITS) as grader:
        yield home, temporary, printed_by(grader)


def test_file_system_holds_python_and_the_edition_only(told):
    assert told("import os\nprint(sorted(os.listdir('/course/autograder')))") == (
        "['__init__.py', 'calling.py', 'described.py', 'outcome.py', 'wire.py', 'worker']\n"
    )
    assert told("import os\nprint(os.listdir('/proc'), os.listdir('/tmp'))") == "[] []\n"
    assert told("import os\nprint(os.path.exists('/home'), os.path.exists('/etc/passwd'))") == "False False\n"


def test_no_file_of_the_course_is_there(told):
    """Of the course's own folder at most the environment shows, and no file has a sentence that the exercises have."""
    sentence = b"beta_not_sqrt" + b"_beta"
    assert sentence in (COURSE / "autograder/exercises/one_step.py").read_bytes()
    inside = told(f"import os\nprint(os.listdir({str(COURSE)!r}) if os.path.exists({str(COURSE)!r}) else [])")
    assert ast.literal_eval(inside) in ([], [Path(sys.prefix).name])
    found = told("""
import os
for folder, folders, files in os.walk('/'):
    if folder.endswith('/lib') or '/lib/' in folder and not folder.endswith('-packages'):
        folders[:], files = [name for name in folders if name.startswith('python') or name.endswith('-packages')], []
    if folder.endswith('-packages'):  # of the installed packages, those by the course's names
        folders[:], files = [name for name in folders if name in ('gradual', 'autograder')], files
    for name in files:
        path = os.path.join(folder, name)
        if name.endswith(('.py', '.ipynb', '.pyc')) and os.path.isfile(path):
            text = open(path, 'rb').read()
            if b'beta_not_sqrt' + b'_beta' in text or b'def structure_' + b'left' in text:
                print(path)
""")
    assert found == "/course/gradual/forward.py\n"  # the copy without bodies: the walk does look


def test_real_packages_are_not_importable(told):
    text = told("""
import importlib
for name in ['autograder.exercises', 'autograder.judge', 'autograder.exercise', 'autograder.grader']:
    try:
        importlib.import_module(name)
        print('in', name)
    except ImportError:
        pass
""")
    assert text == ""


def test_reference_has_no_body(told):
    assert "no body" in told("import gradual.forward as f\nf.q_step(1, 2, 3)")
    assert "no body" in told("import inspect, gradual.forward as f\nprint(inspect.getsource(f.q_step))")


def test_memory_holds_no_reference(told):
    """Every object that the collector or the modules reach: no exercise, case or misconception, and no formula."""
    text = told("""
import gc, sys, types
print([m for m in sys.modules if 'exercise' in m or 'judge' in m])
functions = [o for o in gc.get_objects() if isinstance(o, types.FunctionType)]
functions = [f for f in functions if f.__name__ in ('q_step', 'structure_left')]
print(all('sqrt' not in f.__code__.co_names for f in functions))
print([type(o).__name__ for o in gc.get_objects() if type(o).__name__ in ('Exercise', 'Case', 'Misconception')])
""")
    assert text == "[]\nTrue\n[]\n"


def test_nothing_outside_scratch_can_be_written(told):
    text = told("""
import os, sys
folders = ['/', '/course', '/course/gradual', '/dev', '/usr/lib', sys.prefix + '/lib', os.path.dirname(os.__file__)]
for folder in folders:
    try:
        open(os.path.join(folder, 'planted'), 'w')
        print('wrote', folder)
    except OSError:
        pass
""")
    assert text == ""


def test_scratch_is_private_and_capped(told):
    assert told("open('/tmp/left', 'w').write('x'); open('/dev/shm/left', 'w').write('x')\nprint('left')") == "left\n"
    assert told("import os\nprint(os.listdir('/tmp'), os.listdir('/dev/shm'))") == "[] []\n"
    text = told("""
try:
    for number in range(100):
        open(f'/tmp/{number}', 'wb').write(bytes(10 * 2**20))
except OSError as error:
    print(number, error.strerror)
""")
    assert "No space left" in text and int(text.split()[0]) < 10
    text = told(
        "try:\n    open('/tmp/big', 'wb').write(bytes(40 * 2**20))\nexcept OSError as error:\n    print(error.strerror)"
    )
    assert "File too large" in text


def test_no_network_and_no_host_sockets(told):
    with socket.socket() as server, socket.socket(socket.AF_UNIX) as abstract:
        server.bind(("127.0.0.1", 0))
        server.listen()
        abstract.bind("\0gradual-test")
        abstract.listen()
        text = told(f"""
import socket
for family, address in [(socket.AF_INET, ('127.0.0.1', {server.getsockname()[1]})), (socket.AF_INET, ('1.1.1.1', 80)),
                        (socket.AF_UNIX, chr(0) + 'gradual-test')]:
    with socket.socket(family) as mine:
        mine.settimeout(1)
        try:
            mine.connect(address)
            print('connected', address)
        except OSError:
            pass
""")
    assert text == ""


def test_only_one_descriptor_is_inherited(told):
    """0, 1, 2 are /dev/null; the one other is the channel."""
    text = told("""
import os, stat
kinds = []
for fd in range(128):
    try:
        kinds.append(stat.S_IFMT(os.fstat(fd).st_mode))
    except OSError:
        pass
print(kinds == [stat.S_IFCHR] * 3 + [stat.S_IFSOCK])
""")
    assert text == "True\n"


def test_environment_holds_nothing_of_the_host(told, monkeypatch):
    monkeypatch.setenv("GRADUAL_SECRET_TEST", "1")
    assert told(
        "import os\nprint(sorted(k for k in os.environ if 'SECRET' in k or 'USER' in k), os.environ['HOME'])"
    ) == ("[] /tmp\n")


def test_processes_of_others_cannot_be_reached(told):
    parent = os.getpid()
    text = told(f"""
import os, signal
print(os.getpid(), os.getppid(), os.getuid())
for pid in [0, {parent}, *range(2, 400)]:
    for number in (signal.SIGSTOP, signal.SIGKILL):
        try:
            if pid:
                os.kill(pid, number)
                print('signalled', pid)
        except OSError:
            pass
""")
    assert text == "1 0 1000\n"


@pytest.mark.skipif(sys.platform != "linux" or os.uname().machine != "x86_64", reason="system call numbers of x86-64")
def test_system_calls_that_look_into_the_kernel_are_refused(told):
    text = told("""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
calls = {'ptrace': 101, 'mount': 165, 'umount2': 166, 'unshare': 272, 'setns': 308, 'process_vm_readv': 310, 'bpf': 321,
         'keyctl': 250, 'userfaultfd': 323, 'io_uring_setup': 425, 'pivot_root': 155, 'pidfd_getfd': 438}
def refused(number):
    return libc.syscall(number, 0x10000000, 0, 0, 0) == -1 and ctypes.get_errno() == errno.EPERM
print([name for name, number in calls.items() if not refused(number)])
print(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0), ctypes.get_errno() == errno.EPERM)
print(libc.syscall(435, 0, 0), ctypes.get_errno() == errno.ENOSYS)
""")
    assert text == "[]\n-1 True\n-1 True\n"


def test_capabilities_are_gone_and_stay_gone(told):
    text = told("""
import ctypes
libc = ctypes.CDLL(None, use_errno=True)
header, data = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
libc.capget(header, data)
print(list(data), libc.prctl(39, 0, 0, 0, 0), sum(libc.prctl(23, n, 0, 0, 0) == 1 for n in range(41)))
print(libc.setuid(0), libc.mount(b'tmpfs', b'/tmp', b'tmpfs', 0, None), libc.umount(b'/proc'))
""")
    assert text == "[0, 0, 0, 0, 0, 0] 1 0\n-1 -1 -1\n"


def test_home_start_up_files_reach_no_one(alone):
    """Attack 13: a start-up file for IPython, sitecustomize, a numpy.py in the folder that is searched first."""
    home, _, told = alone
    before = set(home.iterdir())
    told("""
import os
for path in ['/tmp/ipython/profile_default/startup/x.py', '/tmp/sitecustomize.py', '/tmp/numpy.py', '/tmp/.config/x']:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    open(path, 'w').write('print("planted")')
""")
    assert set(home.iterdir()) == before
    assert (
        told("import numpy, os\nprint(numpy.__file__.endswith('numpy/__init__.py'), os.listdir('/tmp'))") == "True []\n"
    )


def test_patched_libraries_stay_in_their_own_process(told):
    assert told("import numpy as np\nnp.sqrt = None\nnp.add = lambda *a: 42\nprint(np.sqrt)") == "None\n"
    assert told("import numpy as np\nprint(np.sqrt(4.0))") == "2.0\n"
    assert (
        told("import autograder.worker.session as s\ns.Session.call = None\ns.call_function = None\nprint('patched')")
        == "patched\n"
    )
    assert told("import autograder.worker.session as s\nprint(s.Session.call is None)") == "False\n"


def test_shared_memory_of_another_kind_is_private(told):
    """System V shared memory by a fixed key: the host's segment is not seen."""
    libc = ctypes.CDLL(None, use_errno=True)
    segment = libc.shmget(0x6772, 4096, 0o1666)  # IPC_CREAT, for everyone
    try:
        assert told("import ctypes\nprint(ctypes.CDLL(None).shmget(0x6772, 4096, 0o666))") == "-1\n"
    finally:
        libc.shmctl(segment, 0, None)


def test_nothing_is_left_on_the_host(alone):
    """No file in the temporary folder and no process or thread outlives the submissions."""
    _, temporary, told = alone
    files, threads = set(temporary.iterdir()), threading.active_count()
    told(
        """
import os, sys
for _ in range(3):
    os.fork() or os.execv(sys.executable, ['python', '-c', 'import time; time.sleep(1000)  # left by a test'])"""
    )
    assert set(temporary.iterdir()) == files
    assert threading.active_count() == threads
    assert "# left by a test" not in running()


def running():
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return "\n".join(lines)
