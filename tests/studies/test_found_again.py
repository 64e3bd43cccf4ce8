"""Clusters are looked for again in halves of the sentences, and the new evidence is tried on other families."""

from __future__ import annotations

import doctest
import json

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pytest

from spheres import spheres
from studies.own import found_again as study
from studies.own import machine
from studies.own.calibrate_kept import runs_in
from studies.own.embedders import Sentences
from studies.own.found_again import found_again, scores, some_of


def test_examples() -> None:
    assert doctest.testmod(study).failed == 0


def test_a_ball_is_found_again_and_a_mixture_is_not() -> None:
    """Three balls of 40 points; the mixture has every fourth point of each: 30 of 120."""
    X = spheres(3, 40, seed=0)
    mixture = np.arange(0, 120, 4)
    ball, mixed = found_again(X, [np.arange(40), mixture], np.random.default_rng(0))
    assert ball == pytest.approx(1.0)
    assert mixed < 0.6


def test_a_single_sentence_is_never_found_again() -> None:
    X = spheres(2, 10, seed=0)
    assert np.isnan(found_again(X, [np.array([3])], np.random.default_rng(0))).all()


def test_few_sentences_are_all_taken() -> None:
    found = Sentences(["a", "b"], ["x", "y"])
    assert some_of(found) == found
    many = Sentences([str(i) for i in range(2_000)], ["x"] * 2_000)
    assert len(some_of(many).texts) == 1_500


def table_of(log_odds: tuple[float, float]) -> pa.Table:
    """Return clusters of two families that look alike, but for the new evidence of good and of bad ones."""
    names = ("hwu64", "banking77_full")
    columns = {"near": 1.0, "wide": 1.0, "log_size": 3.0}
    rows = [
        {"set": name, "part": 0, **columns, "found_again": log_odds[i % 2], "purity": float(1 - i % 2)}
        for name in names
        for i in range(20)
    ]
    return pa.Table.from_pylist(rows)


def test_runs_have_the_evidence_that_is_asked_for() -> None:
    first, second = runs_in(table_of((2.0, -2.0)), ("near", "found_again"))
    assert first.features[:2].tolist() == [[1.0, 2.0], [1.0, -2.0]]
    assert (first.family, second.family) == ("assistant", "bank")


@pytest.mark.parametrize(("log_odds", "expected"), [((2.0, -2.0), 1.0), ((0.0, 0.0), 0.5)])
def test_new_evidence_ranks_as_far_as_it_tells_good_from_bad(log_odds: tuple[float, float], expected: float) -> None:
    found = scores(table_of(log_odds))
    assert found["without"]["mean"]["auc"] == 0.5
    assert found["with"]["mean"]["auc"] == found["with"]["bank"]["within"] == expected


def test_the_figures_are_those_of_the_table() -> None:
    written = json.loads((machine.RESULTS / "found_again.json").read_text("utf-8"))
    for model, families in scores(pcsv.read_csv(study.TABLE)).items():
        for name, own in families.items():
            assert own == pytest.approx(written[model][name], abs=0.005)
