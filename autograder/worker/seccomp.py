"""System calls that a submission may not make: those that make namespaces and mounts, or look into processes.

The namespaces already hold without this; it keeps a submission away from the parts of the kernel where most
ways out of a namespace were found. A machine with another processor than these two runs without it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

PR_SET_SECCOMP, SECCOMP_MODE_FILTER = 22, 2
KILL, ALLOW, ERRNO = 0x80000000, 0x7FFF0000, 0x50000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
NEW_NAMESPACE_FLAGS = 0x7E020000
# from 424 on, all architectures share one numbering
SHARED = {
    "io_uring_setup": 425, "open_tree": 428, "move_mount": 429, "fsopen": 430, "fsmount": 432,
    "pidfd_getfd": 438, "mount_setattr": 442, "memfd_secret": 447,
}  # fmt: skip
TABLES = {
    "x86_64": (0xC000003E, 56, SHARED | {
        "ptrace": 101, "pivot_root": 155, "chroot": 161, "mount": 165, "umount2": 166, "add_key": 248,
        "request_key": 249, "keyctl": 250, "unshare": 272, "perf_event_open": 298, "open_by_handle_at": 304,
        "setns": 308, "process_vm_readv": 310, "process_vm_writev": 311, "kcmp": 312, "bpf": 321, "userfaultfd": 323,
    }),
    "aarch64": (0xC00000B7, 220, SHARED | {
        "umount2": 39, "mount": 40, "pivot_root": 41, "chroot": 51, "unshare": 97, "ptrace": 117, "add_key": 217,
        "request_key": 218, "keyctl": 219, "perf_event_open": 241, "open_by_handle_at": 265, "setns": 268,
        "process_vm_readv": 270, "process_vm_writev": 271, "kcmp": 272, "bpf": 280, "userfaultfd": 282,
    }),
}  # fmt: skip
CLONE3 = 435


def program(machine: str) -> bytes:
    """The filter, as instructions (code, jump if true, jump if false, operand)."""
    architecture, clone, denied = TABLES[machine]
    refuse = (RETURN, 0, 0, ERRNO | errno.EPERM)
    steps = [(LOAD, 0, 0, ARCHITECTURE), (EQUAL, 1, 0, architecture), (RETURN, 0, 0, KILL), (LOAD, 0, 0, NUMBER)]
    steps += [(AT_LEAST, 0, 1, 0x40000000), refuse]  # x86's second numbering
    for number in sorted(denied.values()):
        steps += [(EQUAL, 0, 1, number), refuse]
    # its flags lie in memory, where a filter cannot look; the C library falls back on clone
    steps += [(EQUAL, 0, 1, CLONE3), (RETURN, 0, 0, ERRNO | errno.ENOSYS)]
    steps += [(EQUAL, 0, 3, clone), (LOAD, 0, 0, FIRST_ARGUMENT), (ANY_BIT, 0, 1, NEW_NAMESPACE_FLAGS), refuse]
    steps.append((RETURN, 0, 0, ALLOW))
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("steps", ctypes.c_char_p)]


def install():
    """Bind this process, and all that it starts, to the filter for good."""
    if platform.machine() not in TABLES:
        return
    steps = program(platform.machine())
    libc = ctypes.CDLL(None, use_errno=True)
    structure = _Program(len(steps) // 8, steps)
    if libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(structure), 0, 0) < 0:
        raise OSError(ctypes.get_errno(), f"seccomp: {os.strerror(ctypes.get_errno())}")
