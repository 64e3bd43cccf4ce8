"""One word for P(good), the same wherever people see the number."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialin.judge.certainty import CERTAINTY_NOTE, certainty_of, with_certainty

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("p_good", "word"),
    [(1.0, "clear"), (2 / 3, "clear"), (0.666, "unsure"), (1 / 3, "unsure"), (0.333, "mixed"), (0.0, "mixed")],
)
def test_the_words_begin_at_thirds(p_good: float, word: str) -> None:
    assert certainty_of(p_good) == word
    assert with_certainty(p_good) == f"{p_good:.2f} {word}"


def test_report_and_concepts_explain_all_words() -> None:
    concepts = (ROOT / "docs" / "concepts.md").read_text("utf-8")
    for word in ("clear", "unsure", "mixed"):
        assert f"“{word}”" in CERTAINTY_NOTE
        assert f"*{word}*" in concepts.lower()
    for share in ("79 %", "19 %"):
        assert share in CERTAINTY_NOTE
        assert share in concepts
