"""How far P(good) is off for all clusters of a run together is found on the runs of other families."""

from __future__ import annotations

import doctest
import json
from collections.abc import Sequence

import numpy as np
import pyarrow.csv as pcsv
import pytest

from dialin.judge.calibration import calibration_of
from dialin.judge.certainty import CERTAINTY_NOTE, PURITY_AT_0, PURITY_GAIN
from dialin.judge.isolation import Isolation
from dialin.score.reliability import SHARED_ERROR
from studies.own import machine, shared_error
from studies.own.calibrate_kept import TABLE, KeptClusters, runs_in
from studies.own.shared_error import ScoredRun, by_shipped, held_out, scores, shared_error_of


def run_of(n_good: int, n: int = 100, family: str = "a") -> KeptClusters:
    """Return a run of clusters that look alike, of which so many are good."""
    return KeptClusters(family, np.ones((n, 3)), (np.arange(n) < n_good).astype(np.float64))


def scored(n_good: Sequence[int], family: str = "a") -> list[ScoredRun]:
    """Return runs of 100 clusters with P(good) ½."""
    return [ScoredRun(run_of(n, family=family), np.full(100, 0.5)) for n in n_good]


def test_examples() -> None:
    assert doctest.testmod(shared_error).failed == 0


def test_the_needed_error_just_suffices() -> None:
    run = scored([80])[0]
    assert run.is_held(run.needed + 1e-9)
    assert not run.is_held(run.needed - 1e-3)


def test_a_run_as_expected_needs_none() -> None:
    run = scored([55])[0]  # half is 1.96 · √(.25 / 100) = .098
    assert run.needed == 0
    assert run.is_held(0.0)


def test_the_shared_error_suffices_for_nineteen_of_twenty_runs() -> None:
    runs = scored([50] * 18 + [80, 99])
    assert shared_error_of(runs) == runs[-2].needed


def test_every_family_counts_the_same_however_many_runs_it_has() -> None:
    """One family of 99 runs that need nothing, and one of a single run: its run is half of all."""
    runs = [*scored([50] * 99), *scored([80], family="b")]
    assert shared_error_of(runs) == runs[-1].needed


def test_a_family_is_scored_by_the_others() -> None:
    one, other = held_out([run_of(90, family="a"), run_of(10, family="b")])
    assert one.p.mean() == pytest.approx(0.1, abs=0.02)
    assert other.p.mean() == pytest.approx(0.9, abs=0.02)


def test_a_set_without_a_family_is_scored_by_the_shipped_model() -> None:
    """All of 20 sentences have all neighbours inside: log-odds ln 41 each, and ln 20."""
    run = by_shipped(KeptClusters("nlupp", np.array([[np.log(41), np.log(41), np.log(20)]]), np.ones(1)))
    assert run.p == pytest.approx([calibration_of("").confidence(Isolation(1.0, 1.0), 20)])


def test_the_figures_and_the_shipped_error_are_those_of_the_table() -> None:
    found = scores(runs_in(pcsv.read_csv(TABLE)))
    written = json.loads((machine.RESULTS / "shared_error.json").read_text("utf-8"))
    assert found["sets"].keys() == written["sets"].keys()
    for name, own in written["sets"].items():
        assert found["sets"][name] == pytest.approx(own, abs=0.02)
    assert found["shared_error"] == pytest.approx(SHARED_ERROR, abs=0.011)
    assert found["purity_line"] == pytest.approx([PURITY_AT_0, PURITY_GAIN], abs=0.011)
    words = found["purity_by_word"]
    assert written["purity_by_word"] == words
    assert all(f"{100 * share:.0f} %" in CERTAINTY_NOTE for share in words.values())
