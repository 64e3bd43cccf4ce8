"""The calls of small businesses: each turn once, with the need that it states, and what is measured on them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dialin.discover.state import Intent
from dialin.name.actions import CUSTOMER
from studies.own import small_calls
from studies.own.calls import DIALOGUES, DIALOGUES_LEARNT, FOLDER, OTHER, Business, businesses, turns_in
from studies.own.small_calls import Clustered, JudgedCluster, in_dialogues, judged


@pytest.mark.parametrize("business", list(businesses(FOLDER)), ids=lambda business: business.name)
def test_a_business_has_needs_of_unequal_size_and_turns_without_one(business: Business) -> None:
    assert len(set(business.texts)) == len(business.texts)
    sizes = sorted(business.gold.count(need) for need in set(business.gold) - {OTHER})
    assert 8 <= len(sizes) <= 14
    assert 3 <= sizes[0] <= sizes[-1] / 3
    assert business.gold.count(OTHER) >= 20


def test_no_long_turn_is_said_in_two_businesses() -> None:
    texts = [text for business in businesses(FOLDER) for text in business.texts]
    long = [text for text in texts if len(text) > 40]
    assert len(set(long)) == len(long)


INTENTS = tuple(
    Intent(i, f"name-{i}", 2, 2, p, "customer", (), kind=kind)
    for i, (p, kind) in enumerate([(0.7, "need"), (0.4, "need"), (0.9, "answer")])
)
"""Clusters 0 (needs), 1 (needs, one of them alone) and 2 (answers)."""


def test_clusters_of_needs_are_judged_by_all_their_turns() -> None:
    """Of four turns three state one need, .75; of two one states none, so that one need is left, too few."""
    business = Business("b", [str(i) for i in range(7)], ["a", "a", "a", "b", "b", OTHER, "a"])
    found = judged(Clustered(business, np.array([0, 0, 0, 0, 1, 1, 2]), INTENTS))
    assert found == [JudgedCluster(0.7, 0.75)]
    assert not found[0].is_good


def test_a_file_is_read_in_the_same_order_each_time(tmp_path: Path) -> None:
    needs = {"cancel-contract": ["stop it", "I leave"], "pay-bill": ["how do I pay"]}
    (tmp_path / "en-x.json").write_text(json.dumps({"needs": needs, "other": ["thanks"]}), "utf-8")
    (first,), (again,) = businesses(tmp_path), businesses(tmp_path)
    assert first == again
    assert first.n_needs == 2
    assert first.is_need.sum() == len(first.needs.texts) == 3
    assert OTHER not in first.needs.gold
    assert dict(zip(first.texts, first.gold, strict=True))["thanks"] == OTHER


def test_the_error_of_a_mean_falls_with_the_root_of_the_number() -> None:
    assert small_calls.mean_and_error([0.5]) == [0.5, 0.0]
    assert small_calls.mean_and_error([0.2, 0.4] * 2)[1] < small_calls.mean_and_error([0.2, 0.4])[1]


def test_a_dialogue_is_measured_by_what_its_customer_says(tmp_path: Path) -> None:
    calls = [
        [("agent", "How can I help?", ""), ("customer", "my parcel is lost", "find-parcel"), ("customer", "bye", "")],
        [("agent", "How can I help?", ""), ("customer", "I want my money back", "get-refund"), ("agent", "bye", "")],
    ]
    lines = [
        {"dialogue_id": str(i), "turns": [dict(zip(("role", "text", "need"), turn, strict=True)) for turn in call]}
        for i, call in enumerate(calls)
    ]
    (tmp_path / "en-x.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-8")
    clustered = in_dialogues(tmp_path / "en-x.jsonl", 0)
    told = {"I want my money back": "get-refund", "bye": OTHER, "my parcel is lost": "find-parcel"}
    assert dict(zip(clustered.business.texts, clustered.business.gold, strict=True)) == told
    assert clustered.labels.tolist() == [-1] * 3  # two calls are too few for intents


@pytest.mark.parametrize(
    "path",
    sorted([*DIALOGUES.glob("*.jsonl"), *DIALOGUES_LEARNT.glob("*.jsonl")]),
    ids=lambda path: f"{path.parent.name}-{path.stem}",
)
def test_dialogues_have_needs_which_customers_state(path: Path) -> None:
    turns = turns_in(path).to_pylist()
    assert len({turn["dialogue_id"] for turn in turns}) in {100, 120}
    assert {turn["role"] for turn in turns} == {"agent", "customer"}
    assert {turn["role"] for turn in turns if turn["need"]} == {"customer"}
    assert 6 <= len({turn["need"] for turn in turns} - {""}) <= 30


def test_no_dialogue_that_measures_is_learnt() -> None:
    """Neither a business in its language, nor what a customer says in more than 30 characters."""
    measured, learnt = (list(folder.glob("*.jsonl")) for folder in (DIALOGUES, DIALOGUES_LEARNT))
    assert not {path.stem for path in measured} & {path.stem for path in learnt}
    said, known = (
        {turn["text"].lower() for path in paths for turn in turns_in(path).to_pylist() if turn["role"] == CUSTOMER}
        for paths in (measured, learnt)
    )
    assert max(len(text) for text in said & known) <= 30
