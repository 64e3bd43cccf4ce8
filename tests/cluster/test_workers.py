"""As many threads as BLAS has, and one of BLAS in all of them."""

from __future__ import annotations

from threading import Barrier, get_ident

import numpy as np  # noqa: F401  (loads BLAS)
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from dialin.cluster.workers import one_blas_thread, workers

SECONDS = 30.0


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.mark.parametrize("n_threads", [1, 3])
def test_blas_has_one_thread_inside_and_its_own_again_outside(n_threads: int) -> None:
    with threadpool_limits(n_threads, "blas"):
        with workers() as pool:
            assert blas_threads() == {1}
            assert list(pool.map(abs, [-1, 2])) == [1, 2]
        assert blas_threads() == {n_threads}


def test_the_last_who_leaves_gives_blas_its_threads_back() -> None:
    """Two threads of a process may compute at the same time, and neither waits for the other."""
    first, second = one_blas_thread(), one_blas_thread()
    with threadpool_limits(3, "blas"):
        assert (first.__enter__(), second.__enter__()) == (3, 3)
        first.__exit__(None, None, None)
        assert blas_threads() == {1}
        second.__exit__(None, None, None)
        assert blas_threads() == {3}


def test_blas_has_its_threads_again_after_an_error() -> None:
    with threadpool_limits(3, "blas"):
        with pytest.raises(ZeroDivisionError), workers():
            print(1 / 0)
        assert blas_threads() == {3}


def test_a_pool_has_all_threads_even_where_blas_has_one_already() -> None:
    meeting = Barrier(3)
    with threadpool_limits(3, "blas"), one_blas_thread(), workers() as pool:
        list(pool.map(lambda _: meeting.wait(SECONDS), range(3)))


def test_a_pool_inside_another_has_one_thread() -> None:
    """Else there would be more threads than cores."""
    with threadpool_limits(3, "blas"), workers(), workers() as inner:
        assert len(set(inner.map(lambda _: get_ident(), range(20)))) == 1
