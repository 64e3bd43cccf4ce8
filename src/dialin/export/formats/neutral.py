"""What the neutral formats share: one row for each phrase, in these columns."""

from __future__ import annotations

import re

from dialin.export.base import Content
from dialin.export.names import Naming

COLUMNS = ["intent", "utterance", "language", "count", "p_intent", "intent_id"]
ANY_NAME = Naming(re.compile(r"\S+(?:\s+\S+)*"), longest=256)
Cell = str | int | float


def records(content: Content) -> list[list[Cell]]:
    """Return the rows of a table with `COLUMNS`; P(intent) has four decimals."""
    return [
        [intent.name, phrase.text, phrase.language, phrase.count, round(phrase.p_intent, 4), intent.intent_id]
        for intent in content.intents
        for phrase in intent.phrases
    ]
