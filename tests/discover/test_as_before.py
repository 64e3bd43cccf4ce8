"""An intent of an earlier run stays what it was, unless the new sentences say that it changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dialin.arrays import Rows
from dialin.discover.as_before import as_before, earlier_parts, unchanged
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.recut import OWN
from dialin.discover.settings import Settings
from dialin.discover.state import Draft
from dialin.judge.verdict import Judge, Verdict
from dialin.taxonomy.snapshot import before_of
from oracles import BagOfWords
from two_months import Said, month

NEAR, NEXT, FAR = (np.linspace(start, start + 5, 20).tolist() for start in (0, 20, 90))
"""Twenty sentences each: the first two are close intents, the third is not."""


@dataclass
class Asked(Judge):
    """A judge that gives every set the same answer, and remembers what it was asked."""

    p_good: float = 0.9
    sets: list[list[int]] = field(default_factory=list)

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        self.sets += [rows.tolist() for rows in clusters]
        return [Verdict.of(self.p_good) for _ in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        raise AssertionError("nobody asks about unions")


def found(now: Said, judge: Judge, notes: list[str]) -> tuple[Draft, Context]:
    """Return the draft in which each of these is an intent, and its context."""
    seen = month(now)
    data = Data([text for text, _ in seen.keys], seen.X, np.ones(len(seen.X), np.int64), [""] * len(seen.X))
    tools = Tools(None, BagOfWords().encode, judge=judge, on_note=notes.append)
    k = len(seen.intents)
    pieces = [np.flatnonzero(seen.labels == i) for i in range(k)]
    draft = Draft(
        [""] * len(seen.X),
        pieces,
        [Verdict.of(0.9)] * k,
        [""] * k,
        [one.name for one in seen.intents],
        [(i,) for i in range(k)],
    )
    return draft, Context.of(data, tools, Settings())


def cut(then: Said, now: Said, judge: Judge | None = None) -> tuple[list[list[int]], list[str]]:
    """Return the rows of each intent, cut as before, and what the user is told."""
    notes = list[str]()
    draft, context = found(now, judge or Asked(), notes)
    made = as_before(draft, context, before_of(month(then)))
    return [sorted(row for i in group for row in made.pieces[i].tolist()) for group in made.intents], notes


TOLD = "of the intents are cut as in the earlier run, not as these sentences alone suggest"


def test_what_was_two_intents_comes_apart_again() -> None:
    intents, notes = cut({"near": NEAR, "next": NEXT, "far": FAR}, {"both": NEAR + NEXT, "far": FAR})
    assert intents == [list(range(20)), list(range(20, 40)), list(range(40, 60))]
    assert notes == [f"2 {TOLD}"]


def test_what_was_one_intent_becomes_one_again() -> None:
    intents, notes = cut({"both": NEAR + NEXT, "far": FAR}, {"near": NEAR, "next": NEXT, "far": FAR})
    assert intents == [list(range(40)), list(range(40, 60))]
    assert notes == [f"1 {TOLD}"]


def test_the_same_intents_stay_as_they_are() -> None:
    said = {"near": NEAR, "next": NEXT, "far": FAR}
    intents, notes = cut(said, said)
    assert intents == [list(range(20)), list(range(20, 40)), list(range(40, 60))]
    assert notes == []


def test_a_part_that_has_grown_is_another_intent() -> None:
    """One sentence of 41 before, twenty of sixty now: a third is certainly more than a fortieth."""
    intents, notes = cut({"both": [*NEAR, 22.0], "far": FAR}, {"near": NEAR, "next": NEXT, "far": FAR})
    assert intents == [list(range(20)), list(range(20, 40)), list(range(40, 60))]
    assert notes == []


def test_an_intent_that_has_faded_does_not_come_apart() -> None:
    """Twenty sentences of sixty before, three of 43 now: too few, and certainly fewer."""
    intents, _ = cut({"near": NEAR, "next": NEXT, "far": FAR}, {"both": NEAR + NEXT[:3], "far": FAR})
    assert intents == [list(range(23)), list(range(23, 43))]


def test_many_more_sentences_than_before_know_better() -> None:
    """Four sentences before and forty now: whether they are one intent, the forty decide."""
    intents, notes = cut({"both": [2.0, 4.0, 21.0, 23.0], "far": FAR}, {"near": NEAR, "next": NEXT, "far": FAR})
    assert intents == [list(range(20)), list(range(20, 40)), list(range(40, 60))]
    assert notes == []


def test_something_new_beside_an_earlier_intent_is_left_alone() -> None:
    intents, _ = cut({"near": NEAR}, {"mixed": [*NEAR, *(np.linspace(60, 65, 30).tolist())]})
    assert sorted(map(len, intents)) == [20, 30]


def test_what_no_cluster_took_in_goes_home_if_the_judge_agrees() -> None:
    """Twenty sentences of an earlier intent are left over; those three that are too few nobody is asked about."""
    then, now = {"near": NEAR, "next": NEXT, "far": FAR}, {"far": FAR, "": [*NEAR, *NEXT[:3]]}
    for p_good, intents in ((0.9, [list(range(20)), list(range(20, 40))]), (0.1, [list(range(20))])):
        judge = Asked(p_good)
        assert cut(then, now, judge)[0] == intents
        assert judge.sets == [list(range(20, 40))]


def test_an_intent_that_people_kept_is_not_counted() -> None:
    """Its sentences were taken out of the new run, so without them the shares of both runs compare."""
    seen = month({"near": NEAR, "far": FAR}, {"near": "a", "far": "b"})
    told = before_of(seen, {"b"})
    assert told.names == ("near", "far")
    assert np.flatnonzero(told.labels >= 0).tolist() == list(range(20))


def test_nothing_found_and_nothing_before_are_left_alone() -> None:
    assert cut({"near": NEAR}, {"": NEAR})[0] == []
    assert cut({"": NEAR}, {"near": NEAR})[0] == [list(range(20))]


def test_what_grew_as_a_whole_is_still_one() -> None:
    """From 10 + 10 of 1,020 sentences to 20 + 20: both shares doubled, but each is still half of the intent."""
    then, now = np.array([[10, 10, 0], [0, 0, 1_000]]), np.array([[20, 20, 0], [0, 0, 1_000]])
    assert unchanged(then, now)[0].tolist() == [True, True, False]


def test_what_grew_alone_is_another_intent() -> None:
    """From 18 + 2 to 18 + 22 of about a thousand: the first part is what it was, so the second is not a part of it."""
    then, now = np.array([[18, 2, 0], [0, 0, 1_000]]), np.array([[18, 22, 0], [0, 0, 1_000]])
    assert unchanged(then, now)[0].tolist() == [True, False, False]


@given(st.integers(0, 12), st.integers(0, 12), st.integers(1, 6))
def test_parts_are_large_enough_and_nothing_is_lost(n_one: int, n_other: int, least: int) -> None:
    homes = np.array([0] * n_one + [1] * n_other + [OWN] * 3)
    X = np.random.default_rng(0).normal(size=(len(homes), 4)).astype(np.float32)
    parts = earlier_parts(X / np.linalg.norm(X, axis=1, keepdims=True), homes, least)
    assert len(parts) == len(homes)
    assert set(parts.tolist()) <= {0, 1, OWN}
    if set(parts.tolist()) != {OWN}:
        assert min(np.unique(homes[np.isin(homes, parts)], return_counts=True)[1]) >= least


def angles(labels: list[int], rng: np.random.Generator) -> Said:
    """Return sentences with these intents, which overlap; −1 is none."""
    said: dict[str, list[float]] = {}
    for label in labels:
        said.setdefault(f"i{label}" if label >= 0 else "", []).append(float(20 * label + rng.integers(0, 30)))
    return said


@given(st.lists(st.integers(0, 3), min_size=6, max_size=40), st.lists(st.integers(-1, 3), min_size=6, max_size=40))
def test_each_sentence_is_in_one_piece_at_most_and_none_is_lost(then: list[int], now: list[int]) -> None:
    rng = np.random.default_rng(len(then))
    said, heard = angles(then, rng), angles(now, rng)
    draft, context = found(heard, Asked(), [])
    made = as_before(draft, context, before_of(month(said)))
    rows = np.concatenate(made.pieces) if made.pieces else np.zeros(0, np.int64)
    assert len(np.unique(rows)) == len(rows)
    assert set(np.concatenate([*draft.pieces, rows[:0]]).tolist()) <= set(rows.tolist())
    assert sorted(i for group in made.intents for i in group) == list(range(len(made.pieces)))
    assert len(made.names) == len(made.verdicts) == len(made.piece_roles) == len(made.pieces)
