"""The two months of example calls: whole dialogues with gold labels, and no sentence of one in the other."""

from __future__ import annotations

import csv
import json
from collections import Counter

import pytest

from dialin.cli.demo import examples

MONTHS = ("calls", "calls_second_month")


def turns_of(month: str) -> dict[tuple[str, int], tuple[str, str]]:
    """Return role and text of each turn."""
    calls = map(json.loads, (examples() / f"{month}.jsonl").read_text("utf-8").splitlines())
    return {
        (call["dialogue_id"], i): (turn["role"], turn["text"]) for call in calls for i, turn in enumerate(call["turns"])
    }


def gold_of(month: str) -> dict[tuple[str, int], dict[str, str]]:
    """Return the gold row of each turn."""
    with (examples() / f"{month}_gold.csv").open(encoding="utf-8", newline="") as file:
        return {(row["dialogue_id"], int(row["turn"])): row for row in csv.DictReader(file)}


def n_calls(month: str, intent: str) -> int:
    return len({call for (call, _), row in gold_of(month).items() if row["intent"] == intent})


@pytest.mark.parametrize("month", MONTHS)
def test_each_turn_has_its_gold_row(month: str) -> None:
    turns, gold = turns_of(month), gold_of(month)
    assert list(turns) == list(gold)
    assert {role for role, _ in turns.values()} == {"customer", "agent"}
    for (call, _), row in gold.items():
        assert row["language"] == call[:2]
        assert row["intent_in_language"] == (f"{row['language']}/{row['intent']}" if row["intent"] else "")


def test_no_sentence_and_no_call_is_in_both_months() -> None:
    first, second = (turns_of(month) for month in MONTHS)
    assert not {text.casefold() for _, text in first.values()} & {text.casefold() for _, text in second.values()}
    assert not {call for call, _ in first} & {call for call, _ in second}


def test_what_became_of_the_intents_is_as_the_guide_says() -> None:
    first, second = (Counter(row["intent"] for row in gold_of(month).values()) for month in MONTHS)
    assert set(second) - set(first) == {"connect-to-app", "explain-app-setup", "report-not-received"}
    assert set(first) - set(second) == {"redeem-coupon", "close-account"}
    assert n_calls("calls_second_month", "connect-to-app") >= 12
    complaints = [one["complain-about-courier"] / one.total() for one in (first, second)]
    assert complaints[1] > 3 * complaints[0]
