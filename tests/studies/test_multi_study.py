"""The study of several intents: its unknown joints are unknown, its pairs are pairs, its F1 is F1."""

from __future__ import annotations

import re

import numpy as np
import pytest

from dialin.read.clauses import CHINESE_JOINTS, ENGLISH_JOINTS, clauses_in
from studies.own.multi import JOINTS, f1_of, joined

SENTENCES = {
    "en": [("block my lost card.", "block"), ("where is my parcel?", "parcel"), ("send it back", "return")],
    "zh": [("我的卡丢了。", "挂失"), ("包裹在哪里", "物流"), ("把钱退回来", "退款")],
}
UNKNOWN, NO_MARK = "unknown words after a mark", "no mark"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_unknown_joints_have_no_known_word(language: str) -> None:
    known = rf"\b({'|'.join(ENGLISH_JOINTS)})\b|{'|'.join(CHINESE_JOINTS)}"
    joints = [*JOINTS[language][UNKNOWN], *JOINTS[language][NO_MARK]]
    assert [joint for joint in joints if re.search(known, joint)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("how", ["known", UNKNOWN, NO_MARK])
def test_pairs_have_two_labels_and_a_place_to_cut_only_where_dialin_sees_one(language: str, how: str) -> None:
    joints = JOINTS[language][how]
    pairs = joined(SENTENCES[language], joints, 2 * len(joints), np.random.default_rng(0))
    assert len(pairs) == 2 * len(joints)
    assert all(len(pair.labels) == 2 for pair in pairs)
    assert {len(clauses_in(pair.text)) > 1 for pair in pairs} == {how != NO_MARK}


def test_f1_counts_each_utterance_or_each_label() -> None:
    """Of {a, b}, a is found, F1 2/3; of {c}, nothing, F1 0: mean 1/3. In all, 1 of 1 found is right, of 3 there."""
    found = f1_of([frozenset("a"), frozenset()], [frozenset("ab"), frozenset("c")])
    assert found == {"sample_f1": 0.333, "micro_f1": 0.5, "precision": 1.0, "recall": 0.333}
