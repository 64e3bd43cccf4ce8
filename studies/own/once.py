"""Measure the granularity of the same sentences only once for all judges of a study."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from dialin.arrays import Matrix
from dialin.cluster.granularity import Granularity, Measuring, granularity_of
from dialin.discover import heights


@contextmanager
def measured_once() -> Iterator[None]:
    """Cache the results of `dialin.cluster.granularity.granularity_of` by sentences and arguments inside the block."""
    known: dict[object, Granularity | None] = {}

    def remembered(X: Matrix, measuring: Measuring) -> Granularity | None:
        key = (hashlib.sha256(X.tobytes()).digest(), measuring)
        if key not in known:
            known[key] = granularity_of(X, measuring)
        return known[key]

    with patch.object(heights, "granularity_of", remembered):
        yield
