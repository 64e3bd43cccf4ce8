"""Which intents are withheld: those of few dialogues, never one alone, and the next smallest where that is needed."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.runs.withheld import IntentDialogues, intent_dialogues, places_after, withheld_intents, withheld_line


def apart(*n: int) -> IntentDialogues:
    """Return intents of so many dialogues each, none of them shared."""
    return IntentDialogues(np.arange(sum(n)), np.repeat(np.arange(len(n)), n), len(n))


@pytest.mark.parametrize(
    ("n", "least", "which"),
    [
        ((9, 2, 2), 3, [False, True, True]),
        ((9, 4, 1), 3, [False, True, True]),
        ((9, 4, 4), 3, [False, False, False]),
        ((9, 1, 1), 3, [True, True, True]),
        ((3, 9), 4, [True, True]),
    ],
    ids=["two small", "one small takes the next", "none small", "two of too few dialogues take the next", "all"],
)
def test_the_small_and_the_next_smallest_are_withheld(n: tuple[int, ...], least: int, which: list[bool]) -> None:
    assert withheld_intents(apart(*n), least).tolist() == which


def test_dialogues_that_several_small_intents_share_count_once() -> None:
    """Two intents in the same two dialogues are in two dialogues together, so the third has to join them."""
    both = IntentDialogues(np.array([0, 1, 0, 1, 2, 3, 4]), np.array([0, 0, 1, 1, 2, 2, 2]), 3)
    assert withheld_intents(both, 3).tolist() == [True, True, True]


@pytest.mark.parametrize("n", [(2,), (1, 1)])
def test_a_run_of_too_few_dialogues_shows_nothing(n: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="but only 2 dialogues of the run have an intent"):
        withheld_intents(apart(*n), 3)


def test_the_next_smallest_of_its_group_joins_one_first() -> None:
    """The smallest of 1 dialogue takes the one of 9 of its own group, not the one of 4 of another."""
    groups = np.array([0, 1, 0, 1])
    assert withheld_intents(apart(1, 4, 9, 9), 3, groups=groups).tolist() == [True, False, True, False]


def test_one_alone_in_its_group_takes_another() -> None:
    assert withheld_intents(apart(1, 4, 9), 3, groups=np.array([0, 1, 1])).tolist() == [True, True, False]


def test_without_intents_nothing_is_withheld() -> None:
    assert withheld_intents(apart(), 5).tolist() == []


@given(st.lists(st.integers(0, 12), min_size=1, max_size=8), st.integers(2, 9))
def test_what_is_shown_has_enough_dialogues_and_what_is_withheld_cannot_be_subtracted(n: list[int], least: int) -> None:
    found = apart(*n)
    if sum(n) < least and min(n) < least:
        with pytest.raises(InputError):
            withheld_intents(found, least)
        return
    which = withheld_intents(found, least)
    assert all(each >= least for each in found.n[~which])
    assert not which.any() or (found.n_with_any(which) >= least and (which.sum() > 1 or len(n) == 1))


def test_an_utterance_without_a_dialogue_counts_as_one() -> None:
    table = pa.table({"row": pa.array([0, 1, 2, 3]), "dialogue_id": pa.array(["a", "a", None, None], pa.string())})
    assert intent_dialogues(table, np.array([0, 0, 1, 1]), 2).n.tolist() == [1, 2]


def test_places_of_what_is_shown_close_up() -> None:
    assert places_after(np.array([True, False, True, False])).tolist() == [2, 0, 2, 1, -1]


def test_the_line_says_how_many_and_why() -> None:
    assert withheld_line(0, 0, 5) == ""
    assert withheld_line(2, 4, 5).endswith("2 are in fewer than 5 dialogues, 2 more hide their number.")
