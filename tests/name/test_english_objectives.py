"""Tests of the objectives of English sentences: what is asked of a thing, what a caller disowns, what is linked."""

from __future__ import annotations

import pytest

from dialin.name.english import tokens_of
from dialin.name.english_objectives import objectives_in
from dialin.name.english_usage import EnglishUsage


def found(text: str, *more: str) -> set[str]:
    """Return the objectives of a sentence, in a corpus of it and others."""
    return objectives_in(tokens_of(text), EnglishUsage.of([tokens_of(each) for each in (text, *more)]))


@pytest.mark.parametrize(
    ("text", "objective"),
    [
        ("How long does a transfer take?", "transfer-time"),
        ("when will the parcel come", "parcel-time"),
        ("how many days does the parcel need", "parcel-time"),
        ("how much is the ticket", "ticket-cost"),
        ("how many cards can I have", "card-limit"),
        ("are there any fees if I want another card", "card-fee"),
        ("what is the maximum for a transfer", "transfer-limit"),
    ],
    ids=["long", "when", "days", "much", "many", "fee", "maximum"],
)
def test_what_a_sentence_asks_of_a_thing_makes_an_objective(text: str, objective: str) -> None:
    assert objective in found(text, "the card", "my transfer", "a parcel", "the ticket")


def test_when_that_begins_a_clause_asks_nothing() -> None:
    assert not any(each.endswith("-time") for each in found("it fails when I open the app"))


@pytest.mark.parametrize(
    "text",
    [
        "there is a payment that I did not make",
        "I don't recognise this payment",
        "a payment on my card that isn't mine",
    ],
    ids=["make", "recognise", "mine"],
)
def test_what_a_caller_disowns_is_unrecognised(text: str) -> None:
    assert "unrecognised-payment" in found(text)


def test_what_a_caller_does_not_want_is_not_disowned() -> None:
    assert not any(each.startswith("unrecognised") for each in found("I don't want this payment"))


def test_a_preposition_links_whole_runs() -> None:
    """ "limit for virtual cards": the run after the preposition, and its last word."""
    assert {"virtual-card-limit", "card-limit"} <= found(
        "what is the limit for virtual cards", "a virtual card", "my card"
    )
