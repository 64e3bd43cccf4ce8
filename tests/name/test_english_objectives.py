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


def test_nothing_is_asked_of_a_fee_itself() -> None:
    assert "fee-fee" not in found("there is a fee, what does it cost", "the fee")
    assert "fee-cost" not in found("how much is the fee", "a fee")
    assert "delivery-fee-cost" not in found("how much is the delivery fee", "the delivery", "a delivery fee")


@pytest.mark.parametrize("text", ["hm, hang on", "hang on, the line is bad", "please push it", "then shift them"])
def test_a_word_that_is_told_like_a_verb_is_no_objective(text: str) -> None:
    assert found(text).isdisjoint({"hang", "push", "shift"})


def test_a_form_of_an_empty_word_is_empty() -> None:
    assert found("the app says no and it goes", "see the app") == {"app"}
