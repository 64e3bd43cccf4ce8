"""What the heads for kinds learn from: our own sentences, each once, none of them from the demo that measures."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dialin.cli.demo import DEMO_INPUT, examples
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.name.kinds import KINDS
from dialin.name.openings import LEARNT
from studies.own.kinds import OWN, own_sentences, weights_of
from studies.own.sgd_kinds import HAND_LABELLED, Turn


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_every_kind_has_many_sentences_each_once(name: str) -> None:
    rows = own_sentences(name)
    assert len({text for text, _, _ in rows}) == len(rows)
    kinds = [kind for _, kind, _ in rows]
    assert set(kinds) == set(KINDS)
    assert min(map(kinds.count, KINDS)) >= 80


def test_a_head_learns_from_the_shares_that_the_package_states() -> None:
    y = np.array([0, 0, 1, 2, 3, 3, 4])
    weights = weights_of(y, np.full(len(y), OWN))
    assert np.bincount(y, weights) / weights.sum() == pytest.approx(LEARNT)


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_no_sentence_stands_in_the_demo(name: str) -> None:
    lines = (examples() / DEMO_INPUT).read_text("utf-8").splitlines()
    said = {letters(turn["text"]) for call in map(json.loads, lines) for turn in call["turns"]}
    assert [text for text, _, _ in own_sentences(name) if letters(text) in said] == []


def test_the_kinds_given_by_hand_are_kinds_of_test_turns() -> None:
    known = json.loads(HAND_LABELLED.read_text("utf-8"))
    assert len(known) == 240
    assert set(known.values()) == set(KINDS)
    assert all(key.startswith("test_") for key in known)


@pytest.mark.parametrize(
    ("role", "text", "states_intent", "before", "kind"),
    [
        pytest.param("customer", "I need a hotel", True, "", "need", id="intent"),
        pytest.param("customer", "Yes, please", True, "Shall I book it?", "", id="accepted offer"),
        pytest.param("customer", "What is the address?", False, "I found one.", "need", id="question"),
        pytest.param("customer", "In Oslo", False, "Which city?", "data", id="particulars"),
        pytest.param("customer", "No thanks", False, "Anything else?", "acknowledgement", id="no"),
        pytest.param("customer", "That's all, thank you", False, "It is booked.", "social", id="thanks"),
        pytest.param("customer", "I find it odd", False, "Which city?", "", id="unsure"),
        pytest.param("agent", "Please confirm: two seats at seven.", False, "", "acknowledgement", id="confirm"),
        pytest.param("agent", "There is one at two thirty.", False, "", "answer", id="fact"),
    ],
)
def test_turns_of_sgd_have_kinds_by_rule(role: str, text: str, states_intent: bool, before: str, kind: str) -> None:
    assert Turn("d:0", role, text, states_intent, before).kind == kind
