"""What a submission's process gives up before the first line of the student's code.

Its own user, mount, process, network and ipc namespaces; no capabilities; few system calls that create
things; limits on all it may use. Any step that fails raises, and the submission is not run.
"""

from __future__ import annotations

import ctypes
import os
import resource

from autograder.worker import seccomp

UID = 1000
CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC = 0x20000, 0x4000000, 0x8000000
CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x10000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REC, MS_PRIVATE = 1, 2, 4, 8, 0x4000, 0x40000
PR_SET_DUMPABLE, PR_CAPBSET_DROP, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 4, 24, 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
CAPABILITY_VERSION_3 = 0x20080522
LAST_CAPABILITY = 63

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result, what):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


def drop_root(uid: int):
    """The warm process's own step down: from root, where it was started so, to an ordinary user."""
    if os.getuid() == 0:
        os.setgroups([])
        os.setresgid(uid, uid, uid)
        os.setresuid(uid, uid, uid)
    _must(_libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0), "prctl dumpable")  # else /proc/self/uid_map is not ours to write


def adopt_orphans():
    """A submission's process whose starter has ended becomes this one's child, to be waited for."""
    _must(_libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl subreaper")


def new_namespaces():
    """Leave the warm process's namespaces; the next fork is process 1 of a new tree."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS
    _must(_libc.unshare(flags), "unshare")
    files = {
        "setgroups": "deny",
        "uid_map": f"{UID} {uid} 1",
        "gid_map": f"{UID} {gid} 1",
        "oom_score_adj": "1000",  # where memory runs out, the kernel ends this process and no other
    }
    for name, text in files.items():
        with open(f"/proc/self/{name}", "w") as file:
            file.write(text)


def lock_down(keep_fd: int, limits: dict):
    """In process 1 of the new tree: private scratch, no /proc, one descriptor, limits, no capabilities."""
    os.setsid()  # a signal to one's own process group reaches across namespaces, and the warm process was in it
    _mounts(limits["scratch_bytes"])
    os.chdir("/tmp")
    _descriptors(keep_fd)
    _resource_limits(limits)
    _capabilities()
    seccomp.install()


def limit(keep_fd: int, limits: dict):
    """Without a sandbox, for trusted work: a process group of its own, one descriptor, limits. Nothing is hidden."""
    os.setsid()
    _descriptors(keep_fd)
    _resource_limits({**limits, "processes": resource.getrlimit(resource.RLIMIT_NPROC)[1]})


def _mounts(scratch_bytes):
    hidden = MS_NOSUID | MS_NODEV | MS_NOEXEC
    _mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    _mount(b"tmpfs", b"/tmp", b"tmpfs", hidden, b"mode=1777,nr_inodes=4096,size=%d" % scratch_bytes)
    _mount(b"tmpfs", b"/dev/shm", b"tmpfs", hidden, b"mode=1777,nr_inodes=256,size=%d" % (scratch_bytes // 4))
    _mount(b"tmpfs", b"/proc", b"tmpfs", hidden | MS_RDONLY, b"size=4k")


def _mount(source, target, kind, flags, options):
    _must(_libc.mount(source, target, kind, ctypes.c_ulong(flags), options), f"mount {target.decode()}")


def _descriptors(keep_fd):
    null = os.open("/dev/null", os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, keep_fd)
    os.closerange(keep_fd + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1])


def _resource_limits(limits):
    for name, amount in [
        ("AS", limits["process_bytes"]),
        ("NPROC", limits["processes"]),
        ("FSIZE", limits["file_bytes"]),
        ("NOFILE", limits["open_files"]),
        ("CPU", limits["processor_seconds"]),
        ("CORE", 0),
        ("MEMLOCK", 0),
        ("MSGQUEUE", 0),
    ]:
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        amount = amount if hard == resource.RLIM_INFINITY else min(amount, hard)
        resource.setrlimit(kind, (amount, amount))


def _capabilities():
    for capability in range(LAST_CAPABILITY + 1):
        _libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # fails for those that this kernel does not know
    _must(_libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "prctl ambient")
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    _must(_libc.capset(header, (ctypes.c_uint32 * 6)()), "capset")
    _must(_libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl no_new_privs")
