"""P(good) of the clusters of small corpora is compared between a fit with and one without them."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pyarrow.csv as pcsv
import pytest

from dialin.judge.calibration import general_calibration
from spheres import spheres
from studies.own import machine, shared_error, small_corpora
from studies.own.calibrate_kept import KeptClusters, labelled
from studies.own.embedders import Sentences
from studies.own.shared_error import runs_in
from studies.own.small_corpora import TABLE, parts_of, scored, scores


def test_examples() -> None:
    assert doctest.testmod(small_corpora).failed == 0


def test_a_set_is_used_in_small_parts_and_one_of_250() -> None:
    gold = [f"intent {row // 20}" for row in range(400)]
    whole = labelled("a", spheres(20, 20, seed=0), Sentences([f"sentence {row}" for row in range(400)], gold), "")
    parts = list(parts_of(whole))
    assert [len(part.gold) for part in parts] == [120] * 6 + [250]
    assert max(len(np.unique(part.gold)) for part in parts[3:6]) <= 12 < len(np.unique(parts[0].gold))


def test_a_run_is_scored_without_its_family_and_the_sets_apart() -> None:
    """Of the family b, nine of ten clusters are good; the others' truth must not be learnt."""
    good = (np.arange(100) < 90).astype(np.float64)
    fitted = [KeptClusters("b", np.ones((100, 3)), good)]
    fitted += [KeptClusters(family, np.ones((100, 3)), 1 - good) for family in ("a", "nlupp")]
    (run,) = scored([fitted[1]], fitted)
    assert run.p.mean() == pytest.approx(0.9, abs=0.02)


def test_the_figures_are_those_of_the_table() -> None:
    written = json.loads((machine.RESULTS / "small_corpora.json").read_text("utf-8"))
    found = scores(runs_in(pcsv.read_csv(shared_error.TABLE)), runs_in(pcsv.read_csv(TABLE)))
    for name in (name for name in found if name != "weights"):
        assert found[name]["mean"] == pytest.approx(written[name]["mean"], abs=0.005)
    assert found["weights"] == pytest.approx(written["weights"], abs=0.011)
    assert len(found["weights"]) == len(general_calibration("").confidence_weights or ())
