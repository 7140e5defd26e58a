"""Who does the grading: this machine's processors, or a Dask cluster. Each hands back results as they come."""

from __future__ import annotations

import contextlib
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
ATTEMPTS = 2  # all together; after that each alone
PER_DASK_TASK = 25
Result = tuple[Arrival, str]
NO_DASK = "--scheduler needs Dask, which is not installed: python -m pip install 'gradual-course[cluster]'"


class ClusterProblem(RuntimeError):
    """Why nothing can be graded on the cluster, and what to do."""


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
        with contextlib.suppress(BrokenProcessPool):
            for arrival, result in _pooled(task, list(left.values()), jobs):
                del left[arrival.student]
                yield arrival, result
    for arrival in left.values():
        try:
            yield from _pooled(task, [arrival], 1)
        except BrokenProcessPool:
            yield arrival, ""


def _pooled(task, arrivals, jobs):
    context = multiprocessing.get_context("fork" if sys.platform == "linux" else "spawn")
    pool = ProcessPoolExecutor(min(jobs, len(arrivals) or 1), context, _end_with_parent, (os.getpid(),))
    try:
        waiting = {pool.submit(batch.grade_batch, task, [arrival]): arrival for arrival in arrivals}
        for done in as_completed(waiting):
            yield waiting[done], done.result()[0]
    except BaseException:  # Ctrl-C, say: what is being graded now may take minutes, and is graded again next time
        for process in multiprocessing.active_children():
            process.kill()
        raise
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
    """On the workers of a Dask scheduler, such as ``tcp://host:8786``; what a lost worker had is done again.

    Raises ``ClusterProblem`` where Dask or its scheduler is not there.
    """
    try:
        from dask.distributed import Client, KilledWorker
        from dask.distributed import as_completed as completed
    except ModuleNotFoundError:
        raise ClusterProblem(NO_DASK) from None
    arrivals = list(arrivals)
    groups = [arrivals[start : start + PER_DASK_TASK] for start in range(0, len(arrivals), PER_DASK_TASK)]
    try:
        client = Client(scheduler, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterProblem(f"No Dask scheduler answers at {scheduler}: {error}") from None
    with client:
        if not client.scheduler_info()["workers"]:
            raise ClusterProblem(f"The scheduler has no workers yet. On each machine: dask worker {scheduler}")
        # the task goes with each group: scattered data would be lost with the workers that hold it
        waiting = {client.submit(batch.grade_batch, task, group, pure=False): group for group in groups}
        for done in completed(list(waiting), loop=client.loop):
            group = waiting.pop(done)
            try:
                yield from zip(group, done.result())
            except KilledWorker:
                yield from ((arrival, "") for arrival in group)
            done.release()
