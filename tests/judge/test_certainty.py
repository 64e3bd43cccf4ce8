"""One word for P(good), the same wherever people see the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.judge.certainty import CERTAINTY_NOTE, certainty_of, with_certainty

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("p_good", "word"),
    [
        *((1.0, "clear"), (2 / 3, "clear"), (0.666, "clear"), (0.664, "unsure"), (0.2, "unsure")),
        *((0.194, "mixed"), (0.0, "mixed")),
    ],
)
def test_the_words_begin_at_two_thirds_and_a_fifth(p_good: float, word: str) -> None:
    assert certainty_of(p_good) == word
    assert with_certainty(p_good) == f"{p_good:.2f} {word}"


@pytest.mark.parametrize("p_good", [0.1951, 0.1999, 0.201, 0.2, 0.2049, 0.6651, 0.6699, 2 / 3, 0.6749])
def test_numbers_that_are_printed_alike_have_one_word(p_good: float) -> None:
    printed = f"{p_good:.2f}"
    assert with_certainty(p_good) == with_certainty(float(printed)) == f"{printed} {certainty_of(float(printed))}"


def test_report_and_concepts_explain_all_words() -> None:
    concepts = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    for word in ("clear", "unsure", "mixed"):
        assert f"“{word}”" in CERTAINTY_NOTE
        assert f"*{word}*" in concepts.lower()
    for share in ("84 %", "15 %"):
        assert share in CERTAINTY_NOTE
        assert share in concepts
