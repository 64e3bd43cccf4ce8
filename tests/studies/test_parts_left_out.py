"""Studies that replace parts of the method by name: the names are those of today, and what they replace is called."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.cluster.granularity import Measuring, granularity_of
from dialin.discover import heights, measured
from dialin.discover.settings import Settings
from spheres import spheres
from studies.own import once
from studies.own.ablation import PARTS


@pytest.mark.parametrize("part", PARTS)
def test_each_part_that_is_left_out_is_there(part: str) -> None:
    without, _ = PARTS[part]
    with without():
        pass


def test_without_smoothing_the_tree_is_of_the_embeddings_themselves() -> None:
    X, (without, _) = spheres(4, 30), PARTS["embeddings not smoothed"]
    assert not np.array_equal(vars(measured)["trees_for"](Settings()).fit(X).points, X)
    with without():
        assert np.array_equal(vars(measured)["trees_for"](Settings()).fit(X).points, X)


def test_equal_vectors_are_measured_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice the same, then others: measured twice in all."""
    calls = list[int]()

    def counted(*args: object, **kwargs: object) -> object:
        calls.append(len(args))
        return granularity_of(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(once, "granularity_of", counted)
    X, measuring = spheres(4, 30), Measuring(4)
    with once.measured_once():
        found = [vars(heights)["granularity_of"](vectors, measuring) for vectors in (X, X, -X)]
    assert len(calls) == 2
    assert found[0] is found[1]
