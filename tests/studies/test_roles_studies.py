"""The studies about who speaks: what they learn from, what they hide, and how they count."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from dialin.name.actions import AGENT, CUSTOMER
from dialin.name.role_words import shipped_role_words
from dialin.text.script import language_of
from studies.own import role_words, roles
from studies.own.role_words import Source, learnt, written

CALL = [("hello", AGENT), ("hello", CUSTOMER), ("my parcel?", CUSTOMER), ("bye", AGENT), ("wait", "supervisor")]


def utterances() -> roles.Utterances:
    """Return a call in which both roles say hello, without what the supervisor says."""
    rows = [{"text": text, "dialogue_id": "a", "role": role} for text, role in CALL]
    return roles.Utterances.of(pa.Table.from_pylist(rows))


def test_the_corpus_does_not_know_the_roles() -> None:
    found = utterances()
    assert found.corpus.roles is None
    assert found.corpus.texts == ["bye", "hello", "my parcel?"]
    assert found.is_agent.tolist() == [True, False, False, True]


def test_agreement_counts_utterances_and_sentences() -> None:
    """One role for "hello" is right once of twice: 3 of 4 utterances, and (1 + ½ + 1) / 3 of the sentences."""
    assert utterances().agreement([AGENT, AGENT, CUSTOMER]) == {"utterances": 0.75, "sentences": 0.833}


def test_the_best_split_gives_a_piece_the_role_of_most_of_its_turns() -> None:
    """The first piece holds a turn of each role and one more of the agent, the second the question."""
    assert roles.best_split(np.array([0, 0, 1]), utterances()) == [AGENT, AGENT, CUSTOMER]
    assert roles.best_split(np.array([0, 1, 1]), utterances()) == [AGENT, CUSTOMER, CUSTOMER]


def test_the_demo_has_both_languages() -> None:
    for is_chinese in (False, True):
        table = roles.demo_calls(is_chinese)
        assert {name[:2] for name in table["dialogue_id"].to_pylist()} == {"zh" if is_chinese else "en"}
        assert set(table["role"].to_pylist()) == {CUSTOMER, AGENT}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_was_written_is_of_its_language_and_distinct_and_not_of_the_demo(language: str) -> None:
    own, demo = written(language), roles.demo_calls(language == "zh")["text"].to_pylist()
    assert 200 < sum(own.is_agent) < len(own.texts) - 200
    assert len(set(own.texts)) == len(own.texts)
    assert {language_of([text]) for text in own.texts} == {language}
    assert not {text.casefold() for text in own.texts} & {text.casefold() for text in demo}


def test_words_are_learnt_with_the_weight_of_their_source() -> None:
    """Two sources contradict each other over a word: the heavier one wins, though it has a tenth of the sentences."""
    said = Source(["we"] * 30 + ["they"] * 30, [True] * 30 + [False] * 30)
    other = Source(["they"] * 3 + ["we"] * 3, [True] * 3 + [False] * 3, weight=5.0)
    assert learnt([said], 3.0)["we"] > 0 > learnt([said, other], 3.0)["we"]


def test_the_shipped_weights_are_those_of_the_study() -> None:
    assert all(0 < len(weights) <= role_words.N_KEPT for weights in shipped_role_words().values())


def test_words_of_the_corpus_itself_are_learnt_from_other_dialogues() -> None:
    """ "xyz" stands where the agent speaks in ten calls; its log-odds rise from 0."""
    calls = [
        ("I want my money back", CUSTOMER),
        ("xyz", AGENT),
        ("I want it now", CUSTOMER),
        ("shall I check that for you", AGENT),
    ]
    rows = [{"text": text, "dialogue_id": str(d), "role": role} for d in range(10) for text, role in calls]
    found = roles.Utterances.of(pa.Table.from_pylist(rows))
    assert found.order is not None
    assert roles.second_words(found.corpus.texts, found.order)[found.corpus.texts.index("xyz")] > 0.5
