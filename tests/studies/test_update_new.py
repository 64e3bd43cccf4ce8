"""The study of new intents counts what an update tells."""

from __future__ import annotations

import numpy as np

from studies.own.update import Sentences
from studies.own.update_new import SETS, SIZES, drawn, figures


def test_an_intent_is_found_by_one_set_that_is_mostly_of_it() -> None:
    """Of eight sentences, a candidate holds three among five: it is right, and too few. A group of six holds four."""
    of = next(iter(SETS))
    trials = [
        {"set": of, "size": 8, "candidates": [[5, 3, 0.0], [4, 0, 0.0]], "groups": [[6, 4, 0.01]]},
        {"set": of, "size": 8, "candidates": [], "groups": []},
    ]
    found = figures(trials)
    assert len(found) == len(SETS) * len(SIZES)
    assert found[0]["trials"] == 2
    assert found[0]["before"] == {"found": 0, "told": 2, "right": 1}
    assert found[0]["now"] == {"found": 1, "told": 3, "right": 2}


def test_a_set_of_which_most_is_something_else_finds_nothing() -> None:
    trials = [{"set": next(iter(SETS)), "size": 8, "candidates": [[20, 8, 0.0]], "groups": []}]
    assert figures(trials)[0]["before"] == {"found": 0, "told": 1, "right": 0}


def test_a_month_has_as_many_sentences_of_the_new_label_as_asked_for() -> None:
    gold = np.array(["old"] * 600 + ["new"] * 20)
    sentences = Sentences([str(i) for i in range(620)], np.zeros((620, 2), np.float32), gold)
    said = drawn(sentences, np.arange(600), "new", 15)
    assert len(np.unique(said)) == len(said) == 500
    assert int((gold[said] == "new").sum()) == 15
