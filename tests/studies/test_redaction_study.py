"""The figures of the study about redaction are those of the rules as they are."""

from __future__ import annotations

from dialin.redact.finding import Finding
from redaction_set import MarkedSentence, marked_sentences
from studies.own.machine import read
from studies.own.redaction import about, scores


def test_scores_count_places_and_types() -> None:
    """One card is found, an order is marked where nothing is found, and the mail is not marked: 1 / 2 and 1 / 2."""
    text = "card 4111111111111111, order twelve, a@example.com"
    sentence = MarkedSentence(text, "en", "customer", frozenset({Finding(5, 21, "CARD"), Finding(29, 35, "ORDER")}))
    found = scores([sentence])
    assert (found["all"]["precision"], found["all"]["recall"]) == (0.5, 0.5)
    assert found["CARD"]["n_right"] == found["ORDER"]["n_missed"] == found["EMAIL"]["n_extra"] == 1


def test_the_results_are_those_of_the_set_and_the_rules() -> None:
    results, sentences = read("redaction"), marked_sentences()
    assert results["sentences"] == about(sentences)
    assert results["held out"] == scores([one for one in sentences if one.is_held_out])
