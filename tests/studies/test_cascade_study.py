"""Simulated cascades keep their target, whatever the cheap judge is like, and save questions where it is right."""

from __future__ import annotations

import pytest

from studies.own.cascade import JUDGES, simulated


@pytest.mark.parametrize("name", JUDGES)
def test_the_target_is_missed_in_few_runs(name: str) -> None:
    """With probability .05 at most: in ten runs, twice would be a chance of one in ten."""
    assert simulated(name, 160, 0.9, 10).missed < 0.2


def test_what_is_saved_depends_on_the_cheap_judge() -> None:
    saved = {name: simulated(name, 160, 0.9, 5).saved for name in ("always right", "calibrated, sharp", "a coin")}
    assert saved["always right"] > 0.5 > saved["calibrated, sharp"] > 0.2 > saved["a coin"]
