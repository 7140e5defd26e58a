"""Who does the grading: this machine's processors, or a Dask cluster. Each hands back results as they come."""

from __future__ import annotations

import ctypes
import multiprocessing
import multiprocessing.util
import os
import signal
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from autograder import batch
from autograder.arrival import Arrival
from autograder.batch import Task

PR_SET_PDEATHSIG = 1
ATTEMPTS = 3
PER_DASK_TASK = 25
Result = tuple[Arrival, str]


def grade_here(task: Task, arrivals: Iterable[Arrival], jobs: int) -> Iterator[Result]:
    """On this machine, ``jobs`` at a time. An arrival whose process ends three times comes back with no result, ""."""
    if jobs == 1:
        try:
            for arrival in arrivals:
                yield arrival, batch.grade_batch(task, [arrival])[0]
        finally:
            batch.close()
        return
    left = {arrival.student: arrival for arrival in arrivals}
    for _ in range(ATTEMPTS):
        try:
            for arrival, result in _pooled(task, list(left.values()), jobs):
                del left[arrival.student]
                yield arrival, result
        except BrokenProcessPool:
            continue
        return
    for arrival in left.values():
        yield arrival, ""


def _pooled(task, arrivals, jobs):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(min(jobs, len(arrivals) or 1), context, _end_with_parent, (os.getpid(),))
    try:
        waiting = {pool.submit(batch.grade_batch, task, [arrival]): arrival for arrival in arrivals}
        for done in as_completed(waiting):
            yield waiting[done], done.result()[0]
    finally:
        pool.shutdown(cancel_futures=True)


def _end_with_parent(parent: int):
    """A grading process whose parent is killed ends too, and its sandbox with it. Ctrl-C is the parent's to answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    multiprocessing.util.Finalize(None, batch.close, exitpriority=10)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)


def grade_on_cluster(task: Task, arrivals: Iterable[Arrival], scheduler: str) -> Iterator[Result]:
    """On the workers of a Dask scheduler, such as ``tcp://host:8786``; what a lost worker had is done again."""
    from dask.distributed import Client
    from dask.distributed import as_completed as completed

    arrivals = list(arrivals)
    groups = [arrivals[start : start + PER_DASK_TASK] for start in range(0, len(arrivals), PER_DASK_TASK)]
    with Client(scheduler, set_as_default=False) as client:
        shared = client.scatter(task, broadcast=True, hash=False)
        waiting = {client.submit(batch.grade_batch, shared, group, pure=False, retries=2): group for group in groups}
        for done in completed(list(waiting), loop=client.loop):
            yield from zip(waiting.pop(done), done.result())
            done.release()
