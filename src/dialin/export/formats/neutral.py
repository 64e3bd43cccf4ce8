"""What the neutral formats share: a row for each phrase, in these columns, and one for the outcomes of an intent."""

from __future__ import annotations

import re

from dialin.export.base import Content
from dialin.export.names import Naming
from dialin.text.unseen import plain_name

COLUMNS = ["intent", "utterance", "language", "count", "p_intent", "intent_id"]
ANY_NAME = Naming(re.compile(r"\S+(?:\s+\S+)*"), longest=256)
Cell = str | int | float | None


def records(content: Content) -> list[list[Cell]]:
    """Return the rows of a table with `COLUMNS`; P(intent) has four decimals."""
    return [
        [intent.name, phrase.text, phrase.language, phrase.count, round(phrase.p_intent, 4), intent.intent_id]
        for intent in content.intents
        for phrase in intent.phrases
    ]


def outcome_rows(content: Content) -> list[list[Cell]]:
    """Return a table with a header and the share and outcomes of each intent; [] if no outcome is known."""
    told = [intent for intent in content.intents if intent.figures]
    if not told:
        return []
    names = list(told[0].figures)
    return [
        ["intent", "intent_id", *map(plain_name, names)],
        *([intent.name, intent.intent_id, *intent.figures.values()] for intent in told),
    ]
