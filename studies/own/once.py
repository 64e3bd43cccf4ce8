"""The granularity of the same sentences, measured once for all judges that a benchmark tries on them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from dialin.arrays import Matrix
from dialin.cluster.granularity import Granularity, granularity_of
from dialin.discover import context


@contextmanager
def measured_once() -> Iterator[None]:
    """Keep what `dialin.cluster.granularity.granularity_of` found, by sentences and arguments, while this is open."""
    known: dict[object, Granularity | None] = {}

    def remembered(X: Matrix, min_size: int, seed: int, finer: float) -> Granularity | None:
        key = (hashlib.sha256(X.tobytes()).digest(), min_size, seed, finer)
        if key not in known:
            known[key] = granularity_of(X, min_size, seed, finer)
        return known[key]

    with patch.object(context, "granularity_of", remembered):
        yield
