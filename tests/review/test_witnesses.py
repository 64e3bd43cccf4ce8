"""What is found among witnesses of known intents joins the intent whose witnesses it holds, whatever the names are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from dialin.discover.assign import build
from dialin.discover.data import Data
from dialin.discover.state import Intent, Result
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit
from dialin.review.witnesses import N_WITNESSES, Searched, homes_told, witnesses
from oracles import on_circle

DEGREES = (0, 2, 4, 90, 92, 94, 20, 22, 24, 180, 182, 184)
"""Two kept intents at 0° and 90°, and two discovered ones at 20° and 180°."""


def split_and_found() -> tuple[PinnedSplit, Result]:
    X = on_circle(*DEGREES)
    data = Data([str(d) for d in DEGREES], X, np.full(12, 2), [""] * 12)
    labels = np.array([0] * 3 + [1] * 3 + [NO_DECISION] * 6)
    pieces = build(X, [np.arange(3), np.arange(3, 6)], [0, 1], ["", ""])
    kept = KeptIntents(("a", "b"), ("", ""), ("", ""), np.ones(2), labels, pieces, ("u", "v"))
    split = PinnedSplit(kept, data, labels, (labels >= 0).astype(np.float64))
    own = build(X[6:], [np.arange(3), np.arange(3, 6)], [0, 1], ["", ""])
    intents = tuple(Intent(i, name, 3, 6, 0.9, "", (name,)) for i, name in enumerate(("b", "c")))
    found = Result(intents, np.repeat([0, 1], 3), np.ones(6), [""] * 6, (), own, True, [""] * 6)
    return split, found


def found_in(searched: Searched, labels: list[int], found: Result) -> Result:
    """Return a result with these labels for the sentences that are searched."""
    n = len(labels)
    return replace(found, labels=np.array(labels), p_intent=np.ones(n), reasons=[""] * n, roles=[""] * n)


def test_each_known_intent_nearby_sends_an_even_sample() -> None:
    """20° is nearest to the intent at 0°, 180° to that at 90°; of 30 sentences, every third or second is a witness."""
    split, _ = split_and_found()
    assert witnesses(split, split.free[:3]).tolist() == [0, 1, 2]
    assert witnesses(split, split.free).tolist() == [0, 1, 2, 3, 4, 5]
    data = Data([str(i) for i in range(31)], on_circle(*range(31)), np.ones(31, np.int64), [""] * 31)
    labels = np.array([0] * 30 + [NO_DECISION])
    kept = KeptIntents(("a",), ("",), ("",), np.ones(1), labels, build(data.X, [np.arange(30)], [0], [""]), ("u",))
    chosen = witnesses(PinnedSplit(kept, data, labels, np.ones(31)), np.array([30]))
    assert (len(chosen), chosen[0], chosen[-1]) == (N_WITNESSES, 0, 29)


def test_a_cluster_with_half_of_the_witnesses_of_an_intent_joins_it() -> None:
    """The first cluster holds two of three witnesses of "a", the second one of three of "b": it is an intent."""
    split, found = split_and_found()
    searched = Searched.of(split, split.free)
    assert (searched.data.known is not None, searched.rows.tolist()) == (True, list(range(12)))
    whole = found_in(searched, [0, 0, -1, 1, -1, -1, 0, 0, 0, 1, 1, 1], found)
    alone = searched.alone(whole)
    assert alone.labels.tolist() == [0, 0, 0, 1, 1, 1]
    assert [one.size for one in alone.intents] == [3, 3]
    assert set(alone.intents[1].examples) == {"180", "182", "184"}
    assert homes_told(searched.homes(whole), alone) == {0: 0}


def test_a_single_witness_in_a_large_cluster_is_no_home() -> None:
    """The only sentence of "a" is all of it; among 9 others it is a tenth, which a judge may not see."""
    X = on_circle(*range(10))
    data = Data([str(i) for i in range(10)], X, np.ones(10, np.int64), [""] * 10)
    labels = np.array([0] + [NO_DECISION] * 9)
    kept = KeptIntents(("a",), ("",), ("",), np.ones(1), labels, build(X, [np.arange(1)], [0], [""]), ("u",))
    searched = Searched.of(PinnedSplit(kept, data, labels, np.ones(10)), np.arange(1, 10))
    _, found = split_and_found()
    assert searched.homes(found_in(searched, [0] * 10, found)).tolist() == [-1] * 9
    assert searched.homes(found_in(searched, [0] * 9 + [-1], found)).tolist() == [0] * 8 + [-1]


def test_what_is_mostly_witnesses_of_several_intents_is_nothing() -> None:
    """One witness of each of the two and one other sentence: it is about neither, and most of it is known."""
    split, found = split_and_found()
    searched = Searched.of(split, split.free)
    whole = found_in(searched, [0, -1, -1, 0, -1, -1, 0, -1, -1, 1, 1, 1], found)
    alone = searched.alone(whole)
    assert alone.labels.tolist() == [-1, -1, -1, 1, 1, 1]
    assert alone.reasons == ["mixed"] * 3 + [""] * 3
    assert homes_told(searched.homes(whole), alone) == {}


def test_without_witnesses_the_rest_is_searched_alone() -> None:
    split, found = split_and_found()
    for searched in (Searched.of(split, split.free, has_witnesses=False), Searched.of(split, split.free[:2])):
        assert searched.data.known is None
        assert searched.is_open.all()
    searched = Searched.of(split, split.free, has_witnesses=False)
    assert searched.alone(found) is found
    assert searched.homes(found).tolist() == [-1] * 6


def test_what_joins_adds_its_sentences_and_pieces_and_the_rest_gets_another_name() -> None:
    split, found = split_and_found()
    result = split.joined(found, {1: 0})
    assert [(one.name, one.uid, one.size) for one in result.intents] == [("a", "u", 6), ("b", "v", 3), ("b-2", "", 3)]
    assert result.labels.tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 0, 0, 0]
    assert result.intents[0].n_occurrences == 12
    assert result.pieces.intents.tolist() == [0, 1, 2, 0]
    assert result.pieces.assign(split.data.X, [""] * 12)[0].tolist() == result.labels.tolist()
