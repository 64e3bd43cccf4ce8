"""Threads that work on blocks of rows side by side, each with a BLAS of one thread."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock

from threadpoolctl import ThreadpoolController

_ALONE = Lock()
"""Held while BLAS is limited for one product, so that two threads do not set its threads back in turn."""


@contextmanager
def workers() -> Iterator[Executor]:
    """Provide as many threads as BLAS has; inside the block, BLAS itself uses one.

    So what numpy does beside the products of matrices runs side by side, too, small products lose no time on splitting,
    and no sum depends on the number of threads.
    """
    blas = ThreadpoolController().select(user_api="blas")
    n_threads = max((library["num_threads"] for library in blas.info()), default=1)
    with blas.limit(limits=1), ThreadPoolExecutor(n_threads) as pool:
        yield pool


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread inside the block: with several, the last bits of a product depend on how many there are."""
    with _ALONE, ThreadpoolController().select(user_api="blas").limit(limits=1):
        yield
