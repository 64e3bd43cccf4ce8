"""What came of dialogues: each counts once for each of its intents; means, shares, repeats and minutes by hand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from dialin.errors import InputError
from dialin.facts.again import minutes_a_week, n_weeks, repeats
from dialin.facts.contacts import MAX_VALUES, Contacts, contacts_of
from dialin.facts.outcome_tables import outcomes_of
from dialin.facts.outcomes import AS_USUAL, OutcomeQuestion, Outcomes

Turn = tuple[str | None, int]
"""The dialogue of an utterance, and the place of its intent; −1 for none."""


def table_with(turns: Sequence[Turn], dates: Sequence[str | None] | None = None, **outcomes: Sequence[Any]) -> pa.Table:
    n = len(turns)
    days = np.array([date or "NaT" for date in dates or [None] * n], dtype="datetime64[ms]")
    columns = {
        "row": pa.array(range(n), pa.int64()),
        "sentence_id": pa.array(range(n), pa.int64()),
        "dialogue_id": pa.array([dialogue for dialogue, _ in turns], pa.string()),
        "date": pa.array(days),
    }
    return pa.table(columns | {name: pa.array(list(values)) for name, values in outcomes.items()})


def contacts(turns: Sequence[Turn], dates: Sequence[str | None] | None = None, **outcomes: Sequence[Any]) -> Contacts:
    labels = np.array([intent for _, intent in turns], dtype=np.int64)
    return contacts_of(table_with(turns, dates, **outcomes), labels, int(labels.max(initial=-1)) + 1)


def found_in(of: Contacts, question: OutcomeQuestion = AS_USUAL) -> Outcomes:
    found = outcomes_of(of, list(range(100, 100 + of.n_intents)), question)
    assert found is not None
    return found


# --- dialogues ------------------------------------------------------------------------------------


def test_a_dialogue_counts_once_for_each_intent_that_is_said_in_it() -> None:
    """Intent 0 is said three times in "a" and once in "b", whose durations are 60 and 120: the mean is 90."""
    of = contacts([("a", 0), ("a", 0), ("a", 0), ("b", 0), ("b", 1)], duration=[60.0, 60.0, 60.0, 120.0, 120.0])
    first, second = found_in(of).intents
    assert (first.intent_id, first.n_dialogues, second.n_dialogues) == (100, 2, 1)
    assert (first.means[0].n, first.means[0].mean, first.means[0].rest) == (2, 90.0, None)
    assert (second.means[0].n, second.means[0].mean, second.means[0].rest, second.means[0].low) == (1, 120, 60, None)


def test_a_row_without_a_dialogue_is_one_of_its_own() -> None:
    of = contacts([(None, 0), (None, 0), ("a", 0)], rating=[1.0, 3.0, 5.0])
    assert of.n == 3
    assert found_in(of).intents[0].means[0].mean == 3.0


def test_the_first_known_value_is_that_of_the_dialogue() -> None:
    of = contacts([("a", 0), ("a", 0), ("b", 0)], rating=[None, 4.0, float("inf")], queue=[None, "中文", "中文"])
    assert of.numbers[0].values.tolist() == pytest.approx([4.0, np.nan], nan_ok=True)
    assert of.words == ()


def test_a_run_without_outcomes_has_none() -> None:
    assert outcomes_of(contacts([("a", 0)]), [0], AS_USUAL) is None
    assert outcomes_of(contacts([("a", 0)], speaker=["spk_0"], start=[0.5]), [0], AS_USUAL) is None


def test_a_run_without_intents_has_outcomes_of_none() -> None:
    assert found_in(contacts([("a", -1)], rating=[1.0])).intents == ()


def test_each_value_has_its_share_of_the_dialogues_in_which_it_is_known() -> None:
    """Intent 0: phone, phone, chat and one that is unknown, so 2/3 and 1/3; the rest: one chat."""
    turns = [("a", 0), ("b", 0), ("c", 0), ("d", 0), ("e", 1)]
    of = contacts(turns, channel=["电话", "电话", "chat", None, "chat"])
    shares = found_in(of).intents[0].shares
    assert {part.value: (part.n, part.rest) for part in shares} == {"电话": (2, 0.0), "chat": (1, 1.0)}
    assert sorted(part.share for part in shares) == pytest.approx([1 / 3, 2 / 3])


def test_only_frequent_values_are_compared() -> None:
    values = [f"queue {i}" for i in range(MAX_VALUES + 5) for _ in range(2)]
    of = contacts([(str(i), 0) for i in range(len(values))], queue=values)
    assert len(of.words[0].values) == MAX_VALUES
    assert sum(part.share for part in found_in(of).intents[0].shares) == pytest.approx(MAX_VALUES / (MAX_VALUES + 5))


def test_values_that_never_repeat_or_never_differ_are_left_out() -> None:
    of = contacts([("a", 0), ("b", 0)], number=["x1", "x2"], language=["en", "en"])
    assert of.names == []


# --- differences ----------------------------------------------------------------------------------


def two_intents() -> Contacts:
    """Return 20 dialogues of each intent: 300 ± 10 s and 15 on the phone, and 100 ± 10 s and 5 on the phone."""
    turns = [(f"d{i}", i // 20) for i in range(40)]
    length = [(300.0 if i < 20 else 100.0) + (10 if i % 2 else -10) for i in range(40)]
    phone = ["phone" if i % 20 < (15 if i < 20 else 5) else "chat" for i in range(40)]
    return contacts(turns, duration=length, channel=phone)


def test_sure_differences_from_the_rest_are_told_with_both_figures() -> None:
    """Shares: pooled .5, z = .5 / √(.25 · 2/20) = 3.16, p = .0016, the largest of four tests: q = .0016 · 4/4."""
    found = found_in(two_intents()).differences
    assert [(intent, part.outcome) for intent, part in found] == [
        (100, "duration"),
        (101, "duration"),
        (100, "channel"),
        (101, "channel"),
    ]
    assert found[-1][1].q == pytest.approx(0.00157, abs=5e-6)
    mean = found_in(two_intents()).intents[0].means[0]
    assert (mean.mean, mean.rest) == (300.0, 100.0)


def test_no_difference_is_made_of_noise() -> None:
    random = np.random.default_rng(3)
    turns = [(f"d{i}", int(intent)) for i, intent in enumerate(random.integers(0, 40, 3000))]
    channel = np.array(["phone", "chat", "mail"])[random.integers(0, 3, 3000)].tolist()
    of = contacts(turns, rating=random.integers(1, 6, 3000).astype(float).tolist(), channel=channel)
    found = found_in(of, OutcomeQuestion(by="channel"))
    assert found.segments is not None
    assert len(found.differences) + len(found.segments.differences) <= 2


def test_segments_differ_in_their_intents_and_in_the_means_within_an_intent() -> None:
    """Of 20 on the phone, 15 have intent 0; of 20 in the chat, 5: one test for each intent, since the second of two
    segments has the same difference.
    """
    segments = found_in(two_intents(), OutcomeQuestion(by="channel")).segments
    assert segments is not None
    assert segments.sizes == {"chat": 20, "phone": 20}
    told = {(one.intent_id, one.segment): (one.n, one.here, one.elsewhere) for one in segments.differences}
    assert told == {(100, "chat"): (5, 0.25, 0.75), (101, "chat"): (15, 0.75, 0.25)}


def test_a_mean_that_differs_between_segments_is_found() -> None:
    turns = [(f"d{i}", 0) for i in range(60)]
    of = contacts(turns, rating=[float(i % 3 + i // 30) for i in range(60)], queue=["a"] * 30 + ["b"] * 30)
    segments = found_in(of, OutcomeQuestion(by="queue")).segments
    assert segments is not None
    (one,) = segments.differences
    assert (one.segment, one.outcome, one.n, one.here, one.elsewhere) == ("a", "rating", 30, 1.0, 2.0)


@pytest.mark.parametrize(("by", "said"), [("duration", "is a number"), ("staff", "no outcome 'staff'")])
def test_segments_need_an_outcome_in_words(by: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        found_in(two_intents(), OutcomeQuestion(by=by))


# --- repeats and minutes --------------------------------------------------------------------------

CALLS: list[Turn] = [("a", 0), ("b", 0), ("c", 0), ("d", 1), ("e", 0), ("f", 0)]
DAYS = ["2024-01-01", "2024-01-08", "2024-01-20", "2024-01-02", "2024-01-03", "2024-01-29"]
WHO = ["ann", "ann", "ann", "ann", "ben", None]


def test_a_contact_repeats_one_of_the_same_customer_and_intent_within_some_days() -> None:
    """Ann's calls about 0 are on the 1st, 8th and 20th: after the first she came again in 7 days, after the second not.

    The data ends on the 29th, so her call on the 20th can be followed for 7 days, and Ben's, too: 1 of 4. Her call
    about 1 is no repeat, and nobody knows whose the last is.
    """
    of = contacts(CALLS, DAYS, customer=WHO)
    found = repeats(of, 7)
    assert (found.n_followed.tolist(), found.n_repeated.tolist()) == ([4, 1], [1, 0])
    assert found.share.tolist() == [0.25, 0.0]
    assert repeats(of, 12).n_repeated.tolist() == [2, 0]
    assert repeats(of, 6).n_repeated.tolist() == [0, 0]


def test_what_cannot_be_followed_to_its_end_does_not_count() -> None:
    of = contacts(CALLS, DAYS, requester_id=WHO)
    assert repeats(of, 28).n_followed.tolist() == [1, 0]
    assert found_in(of, OutcomeQuestion(repeat_days=300)).intents[0].repeat_share is None


def test_redacted_customers_are_unknown() -> None:
    """Each cell counts its placeholders anew, so all customers would seem to be one."""
    of = contacts(CALLS, DAYS, customer=["<EMAIL_1>"] * 6)
    assert of.customer.tolist() == [-1] * 6


def test_minutes_a_week_are_dialogues_a_week_times_their_mean_duration() -> None:
    """Four weeks and a day, 29/7; intent 0 has 5 dialogues of 100 s on the mean: 5 / (29/7) · 100/60 = 2.011."""
    of = contacts(CALLS, DAYS, duration=[60.0, 80.0, 100.0, 600.0, 120.0, 140.0])
    assert n_weeks(of) == pytest.approx(29 / 7)
    assert minutes_a_week(of).tolist() == pytest.approx([2.0115, 2.4138], abs=5e-5)


@pytest.mark.parametrize("days", [["2024-01-01", "2024-01-06"], [None, None]])
def test_less_than_a_week_tells_no_minutes_a_week(days: list[str | None]) -> None:
    of = contacts([("a", 0), ("b", 0)], days, duration=[60.0, 60.0])
    assert np.isnan(minutes_a_week(of)).all()
    assert not found_in(of).has_minutes
