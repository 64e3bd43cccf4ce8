"""The sentences with what must not be seen, marked; a quarter was not looked at while the rules were made."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from dialin.redact.finding import Finding

SET = Path(__file__).parent.parent / "redact" / "data" / "sentences.jsonl"


@dataclass(frozen=True)
class MarkedSentence:
    """A sentence, its language and role, and the places in it that must not be seen."""

    text: str
    language: str
    role: str
    marks: frozenset[Finding]

    @property
    def is_held_out(self) -> bool:
        """Whether it is one of the quarter that nobody looked at while the rules were made."""
        return hashlib.sha256(self.text.encode()).digest()[0] % 4 == 0


def marked_sentences() -> list[MarkedSentence]:
    """Return all sentences of the set."""
    rows = map(json.loads, SET.read_text("utf-8").splitlines())
    return [
        MarkedSentence(row["text"], row["language"], row["role"], frozenset(Finding(*mark) for mark in row["spans"]))
        for row in rows
    ]
