"""Drift: what changed is told, what chance explains is not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.taxonomy.drift import DISTANCE, SHARE, UNASSIGNED, Heard, drift_between, drift_json

UIDS = ("a", "b", "c")


def heard(counts: tuple[int, int, int], outside: int = 0, far: float = 0.1, seed: int = 0) -> Heard:
    """Return so many utterances of three intents, about this far from their centres, and some without one near "a"."""
    homes = np.repeat([0, 1, 2, -1], [*counts, outside])
    rng = np.random.default_rng(seed)
    distances = np.where(homes >= 0, rng.normal(far, 0.02, len(homes)), 0.0)
    return Heard(homes, np.maximum(homes, 0), distances, np.ones(len(homes), np.int64))


def test_the_same_again_is_no_change() -> None:
    found = drift_between(heard((100, 100, 100), 10), heard((100, 100, 100), 10, seed=1), UIDS)
    assert [one.changed for one in found.intents] == [(), (), ()]
    assert not found.is_certain
    assert (found.n_before, found.n_new, found.unassigned.difference) == (310, 310, 0.0)


def test_an_intent_that_is_said_twice_as_often_is_told_and_the_others_less() -> None:
    """300 of 900, then 600 of 900; the other two fall from 300 to 150 each."""
    found = drift_between(heard((300, 300, 300)), heard((600, 150, 150), seed=1), UIDS)
    assert [one.changed for one in found.intents] == [(SHARE,)] * 3
    assert found.intents[0].share.low > 0 > found.intents[1].share.high


def test_much_that_has_no_intent_makes_no_intent_rarer() -> None:
    """300 more without an intent lie near "a": that is told of "a" and of all, but no share has changed."""
    found = drift_between(heard((100, 100, 100)), heard((100, 100, 100), 300, seed=1), UIDS)
    assert [one.changed for one in found.intents] == [(UNASSIGNED,), (), ()]
    assert found.is_certain
    assert (found.unassigned.before, found.unassigned.after) == (0.0, 0.5)
    assert (found.intents[0].unassigned.after, found.intents[1].unassigned.after) == (0.75, 0.0)


def test_sentences_farther_out_are_told() -> None:
    found = drift_between(heard((50, 50, 50)), heard((50, 50, 50), far=0.13, seed=1), UIDS)
    assert [one.changed for one in found.intents] == [(DISTANCE,)] * 3
    first = found.intents[0]
    assert first.distance_before == pytest.approx(0.1, abs=0.01)
    assert first.distance_new == pytest.approx(0.13, abs=0.01)


def test_a_sentence_counts_as_often_as_it_is_said() -> None:
    """One sentence said 300 times is as much evidence about the share as 300; one that counts 0 times is none."""
    once = Heard(np.array([0, 1]), np.array([0, 1]), np.array([0.1, 0.1]), np.array([300, 300]))
    other = Heard(np.array([0, 1, -1]), np.array([0, 1, 0]), np.array([0.1, 0.1, 0.0]), np.array([500, 100, 0]))
    found = drift_between(once, other, UIDS[:2])
    assert [one.changed for one in found.intents] == [(SHARE,), (SHARE,)]
    assert (found.n_new, found.unassigned.after) == (600, 0.0)


@pytest.mark.parametrize("counts", [(0, 0, 0), (1, 0, 0), (1, 1, 1)])
def test_next_to_nothing_is_evidence_of_nothing(counts: tuple[int, int, int]) -> None:
    found = drift_between(heard((100, 100, 100)), heard(counts), UIDS)
    assert [one.changed for one in found.intents] == [(), (), ()]
    assert drift_between(heard(counts), heard(counts), UIDS).intents[1].changed == ()


def test_no_intents_have_no_drift() -> None:
    nothing = heard((0, 0, 0), 5)
    found = drift_between(nothing, nothing, ())
    assert (found.intents, found.is_certain, found.unassigned.after) == ((), False, 1.0)


@given(st.lists(st.integers(0, 30), min_size=3, max_size=3), st.integers(0, 30))
def test_a_part_compared_with_itself_never_differs(counts: list[int], outside: int) -> None:
    one = heard((counts[0], counts[1], counts[2]), outside)
    found = drift_between(one, one, UIDS)
    assert not found.is_certain
    assert all(not intent.changed and intent.share.difference == 0 for intent in found.intents)


def test_months_of_one_kind_have_a_false_alarm_in_one_of_twenty_at_most() -> None:
    """40 months from one urn, with rare and frequent intents: at a rate of 1 in 20, P(more than 6) is below 1 %."""
    rng = np.random.default_rng(0)
    weights = 1 / np.arange(1, 22)

    def month(n: int) -> Heard:
        homes = rng.choice(21, n, p=weights / weights.sum()) - 1
        return Heard(homes, np.maximum(homes, 0), rng.gamma(2, 0.05, n), np.ones(n, np.int64))

    before, uids = month(3_000), [str(i) for i in range(20)]
    told = [drift_between(before, month(300), uids) for _ in range(40)]
    assert sum(found.is_certain or any(one.changed for one in found.intents) for found in told) <= 6


def test_the_file_holds_plain_values_and_no_text() -> None:
    told = drift_json(drift_between(heard((9, 9, 9)), heard((9, 9, 0)), UIDS))
    assert told["n_before"] == 27
    assert told["intents"][2] == {
        "uid": "c",
        "n_before": 9,
        "n_new": 0,
        "share": told["intents"][2]["share"],
        "distance": {"before": pytest.approx(0.1, abs=0.05), "after": None},
        "unassigned": told["intents"][2]["unassigned"],
        "changed": [],
    }
    assert set(told["unassigned"]) == {"before", "after", "low", "high", "is_certain"}
