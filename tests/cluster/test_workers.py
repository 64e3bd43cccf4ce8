"""As many threads as BLAS has, and one of BLAS in each."""

from __future__ import annotations

import numpy as np  # noqa: F401  (loads BLAS)
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from dialin.cluster.workers import workers


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


@pytest.mark.parametrize("n_threads", [1, 3])
def test_blas_has_one_thread_inside_and_its_own_again_outside(n_threads: int) -> None:
    with threadpool_limits(n_threads, "blas"):
        with workers() as pool:
            assert blas_threads() == {1}
            assert list(pool.map(abs, [-1, 2])) == [1, 2]
        assert blas_threads() == {n_threads}
