"""What a reader found in clusters is compared with P(good)."""

from __future__ import annotations

import doctest
import json

import pyarrow.csv as pcsv
import pytest

from studies.own import machine, read_clusters
from studies.own.read_clusters import TABLE, by_calls


def test_examples() -> None:
    assert doctest.testmod(read_clusters).failed == 0


def test_the_figures_are_those_of_the_table() -> None:
    written = json.loads((machine.RESULTS / "read_clusters.json").read_text("utf-8"))["clusters"]
    found = by_calls(pcsv.read_csv(TABLE))
    assert found.keys() == written.keys() == {"demo", "jddc", "sgd", "turns"}
    for name, own in written.items():
        assert found[name] == pytest.approx(own, abs=0.002)
