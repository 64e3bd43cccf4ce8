"""Threads that work on blocks of rows side by side, and BLAS on one thread, so that no sum depends on their number."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from threading import Lock
from typing import Any

from threadpoolctl import ThreadpoolController, threadpool_limits


class _BlasThreads:
    """The number of threads of BLAS, which is one of the whole process: so whoever limits it has to count the others.

    The first who comes limits it, and the last who leaves ends that, in whichever thread they are.
    """

    def __init__(self) -> None:
        self._lock, self._n_inside = Lock(), 0
        self._n_threads = 1
        self._limit: Any = None

    def enter(self) -> int:
        """Limit BLAS to one thread if nobody has; return how many it had before anybody did."""
        with self._lock:
            if not self._n_inside:
                blas = ThreadpoolController().select(user_api="blas")
                self._n_threads = max((library["num_threads"] for library in blas.info()), default=1)
                self._limit = blas.limit(limits=1)
            self._n_inside += 1
            return self._n_threads

    def leave(self) -> None:
        """Give BLAS its threads back if nobody else is inside."""
        with self._lock:
            self._n_inside -= 1
            if not self._n_inside:
                self._limit.restore_original_limits()


_BLAS = _BlasThreads()
_POOL = Lock()
"""Held by the pool that has all threads."""


@contextmanager
def one_blas_thread() -> Iterator[int]:
    """Let BLAS use one thread inside the block, and yield how many it has outside of all such blocks.

    The last bits of a product depend on how many threads share it. Blocks may be nested, or overlap in several threads.
    """
    n_threads = _BLAS.enter()
    try:
        yield n_threads
    finally:
        _BLAS.leave()


def one_openmp_thread() -> AbstractContextManager[object]:
    """Return a block in which OpenMP has one thread: those of scikit-learn's k-means each add up rows of their own."""
    limit: AbstractContextManager[object] = threadpool_limits(1, user_api="openmp")
    return limit


@contextmanager
def workers() -> Iterator[Executor]:
    """Provide as many threads as BLAS has; inside the block, BLAS itself uses one.

    So what numpy does beside the products of matrices runs side by side, too, small products lose no time on splitting,
    and no sum depends on the number of threads. One pool at a time has them all: another one meanwhile, such as that of
    a task of the first, gets one thread.
    """
    has_all = _POOL.acquire(blocking=False)
    try:
        with one_blas_thread() as n_threads, ThreadPoolExecutor(n_threads if has_all else 1) as pool:
            yield pool
    finally:
        if has_all:
            _POOL.release()
