"""Tests of which needs a cluster may state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.name.need_votes import N_NEEDS, Ballot

NAMES = ["pay-bill", "check-bill", "dispute-bill", "change-billing-date", "explain-bill", "request-bill-copy"]


def unit(angles: list[float]) -> np.ndarray:
    """Return points on a circle at some angles, in degrees."""
    radians = np.deg2rad(angles)
    return np.stack([np.cos(radians), np.sin(radians)], axis=1).astype(np.float32)


def test_a_need_between_two_others_is_near_and_gets_no_vote() -> None:
    """Sentences at 0° (three) and at 80° (two) have their mean at 31°, next to the need at 35°, which nobody states."""
    ballot = Ballot(NAMES, unit([0, 80, 35, 180, 200, 270]))
    X = unit([0, 0, 0, 80, 80])
    shares = ballot.shares(X)
    assert shares.round(2).tolist() == [0.6, 0.4, 0.0, 0.0, 0.0, 0.0]
    elected = ballot.elected(X, X.mean(axis=0))
    assert elected["pay-bill"] == pytest.approx(0.6, abs=0.01)
    assert elected["dispute-bill"] == pytest.approx(0.0, abs=0.01)
    assert next(iter(elected)) == "dispute-bill"


@given(st.lists(st.floats(0, 360), min_size=1, max_size=40))
def test_each_sentence_has_one_vote(angles: list[float]) -> None:
    ballot, X = Ballot(NAMES, unit([0, 60, 120, 180, 240, 300])), unit(angles)
    assert ballot.shares(X).sum() == pytest.approx(1.0, abs=1e-5)
    assert N_NEEDS <= len(ballot.elected(X, X.mean(axis=0))) <= 2 * N_NEEDS
