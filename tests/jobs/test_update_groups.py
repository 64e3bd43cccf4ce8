"""An update looks for new intents among the sentences that known intents have taken in."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from dialin.arrays import Matrix
from dialin.discover.assign import build
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.discover.state import NOT_A_NEED, Intent, Result
from dialin.jobs.update_groups import Looked, n_first_of, said_in, thinned
from dialin.read.corpus import corpus_of
from dialin.taxonomy.new_groups import Said

N_KNOWN = 30
"""Sentences of each of two known intents, of which every third one is new."""


def around(*places: tuple[float, int]) -> Matrix:
    """Return sentences on a circle: around each angle in degrees so many, a tenth of a degree apart."""
    angles = np.deg2rad(np.concatenate([angle + 0.1 * np.arange(n) for angle, n in places]))
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)


def looked(labels: list[int], n_intents: int = 2, reasons: list[str] | None = None) -> Looked:
    """Return an update: two intents at 0° and 120°, then the new sentences at 60°, in intents that `labels` gives."""
    X = around((0, N_KNOWN), (120, N_KNOWN), (60, len(labels)))
    homes = np.array([0] * N_KNOWN + [1] * N_KNOWN + labels)
    is_new = [i % 3 == 0 for i in range(N_KNOWN)]
    n, rows = len(X), np.arange(len(X))
    data = Data([f"问 {row}" for row in rows.tolist()], X, np.ones(n, np.int64), [""] * n)
    members = [np.flatnonzero(homes == i) for i in range(n_intents)]
    result = Result(
        intents=tuple(
            Intent(i, f"intent-{i}", len(own), len(own), 0.9, "", (), uid=f"u{i}") for i, own in enumerate(members)
        ),
        labels=homes,
        p_intent=np.ones(n),
        reasons=reasons or ["" if home >= 0 else "mixed" for home in homes.tolist()],
        rounds=(),
        pieces=build(X, [own[:N_KNOWN] for own in members], range(n_intents), [""] * n_intents),
        complete=True,
        roles=data.roles,
    )
    said = Said(rows, rows, np.array(is_new * 2 + [True] * len(labels)))
    return Looked(data, result, said, Settings())


def test_a_group_in_two_intents_is_told() -> None:
    """Seven of the twelve are in one intent, four in the other, and one has none."""
    (found,) = looked([0] * 7 + [1] * 4 + [-1]).told()
    assert found["intents"] == [{"uid": "u0", "n": 7}, {"uid": "u1", "n": 4}]
    assert (found["n_new"], found["n_old"], found["n_nowhere"]) == (12, 0, 1)
    assert sorted(found["sentences"]) == list(range(60, 71))
    assert 0 < found["p"] < 0.05


def test_nothing_is_moved() -> None:
    one = looked([0] * 7 + [1] * 5)
    before = one.result.labels.copy()
    assert one.told()
    assert np.array_equal(one.result.labels, before)


def test_sentences_of_a_candidate_are_not_told_again() -> None:
    """An intent that nobody spoke of in the earlier part is new itself; two sentences elsewhere are too few."""
    assert looked([2] * 10 + [0] * 2, n_intents=3).told() == []


def test_sentences_without_an_intent_are_left_to_the_search() -> None:
    assert looked([-1] * 12).told() == []


def test_sentences_that_were_left_out_do_not_count() -> None:
    reasons = [""] * 60 + [NOT_A_NEED] * 12
    assert looked([-1] * 12, reasons=reasons).told() == []
    one = looked([0] * 12)
    everything = replace(one.result, reasons=[NOT_A_NEED] * 72)
    assert replace(one, result=everything).told() == []


def test_an_utterance_without_a_dialogue_is_one_of_its_own() -> None:
    names = ["d1", "d1", None, "d2", None, "d2"]
    empty = pa.nulls(6, pa.string())
    table = pa.table({"row": range(6), "text": list("abcabc"), "dialogue_id": names, "turn": range(6), "role": empty})
    said = said_in(corpus_of(table.append_column("date", empty)), n_first=3)
    assert said.sentences.tolist() == [0, 1, 2, 0, 1, 2]
    assert said.dialogues.tolist() == [0, 0, 2, 1, 3, 1]
    assert said.is_new.tolist() == [False, True, False, True]


def test_only_kept_sentences_are_said() -> None:
    said = Said(np.array([0, 1, 0]), np.array([0, 1, 2]), np.array([False, False, True]))
    few = thinned(said, np.array([True, False]))
    assert few.sentences.tolist() == [0, 0]
    assert few.is_new.tolist() == [False, True]
    assert few.dialogues.tolist() == [0, 1]


def test_of_many_utterances_whole_dialogues_are_looked_at() -> None:
    """Of 20 utterances in 10 old dialogues, 10 are allowed: five dialogues of two; the new ones are few, and stay."""
    dialogues = np.append(np.repeat(np.arange(10), 2), [10, 10, 11])
    said = Said(np.arange(23), dialogues, np.array([False] * 10 + [True] * 2))
    few = thinned(said, np.ones(23, np.bool_), most=10)
    assert np.bincount(few.dialogues).tolist() == [2] * 5 + [2, 1]
    assert few.is_new.tolist() == [False] * 5 + [True] * 2


def test_nothing_said_is_thinned_to_nothing() -> None:
    none = np.zeros(0, np.int64)
    assert len(thinned(Said(none, none, np.zeros(0, np.bool_)), np.zeros(0, np.bool_)).sentences) == 0


@pytest.mark.parametrize(
    ("drift", "is_update", "n_first"),
    [({}, False, 50), ({"n_first": 30}, True, 30), ({}, True, 50), ({"n_first": 99}, True, 50)],
)
def test_updates_in_a_row_are_compared_with_the_run_that_they_began_with(
    drift: dict[str, int], is_update: bool, n_first: int
) -> None:
    """After something was forgotten, the earlier run may have fewer utterances, or no ``drift.json``."""
    assert n_first_of(drift, 50, is_update=is_update) == n_first
