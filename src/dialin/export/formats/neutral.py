"""What the neutral formats share: a row for each phrase, in these columns, and one for the outcomes of an intent."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dialin.export.base import Content
from dialin.export.names import Naming
from dialin.text.formulas import without_formula
from dialin.text.unseen import plain_name

COLUMNS = ["intent", "utterance", "language", "count", "p_intent", "intent_id", "path"]
ANY_NAME = Naming(re.compile(r"\S+(?:\s+\S+)*"), longest=256)
Cell = str | int | float | None


def path_text(path: Sequence[str]) -> str:
    """Return the names of branches in one cell of a table, which is no formula.

    Examples
    --------
    >>> path_text(("card", "lost-card")), path_text(("=1+2",)), path_text(())
    ('card > lost-card', "'=1+2", '')
    """
    return without_formula(" > ".join(path))


def records(content: Content) -> Iterator[list[Cell]]:
    """Yield the rows of a table with `COLUMNS`; P(intent) has four decimals."""
    for intent in content.intents:
        path = path_text(intent.path)
        for phrase in intent.phrases:
            said = (intent.name, phrase.text, phrase.language, phrase.count, round(phrase.p_intent, 4))
            yield [*said, intent.intent_id, path]


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
