"""P(good) of an intent in one word: "clear", "unsure" or "mixed"."""

from __future__ import annotations

from typing import Literal

Certainty = Literal["clear", "unsure", "mixed"]
CLEAR, MIXED = 2 / 3, 1 / 3
"""From the first on an intent is clear, below the second it is mixed."""
CERTAINTY_NOTE = (
    "P(good) is the probability that all sentences of an intent share one intent. "
    "“clear” begins at 2/3: of such intents, 79 % were one intent on data sets that the estimate had not seen. "
    "“mixed” is below 1/3: of those, 19 % were. “unsure” is what lies between."
)
UNFITTED_NOTE = "P(good) was fitted to the shipped embedders, not to this one."


def certainty_of(p_good: float) -> Certainty:
    """Return the word for P(good).

    Examples
    --------
    >>> [certainty_of(p) for p in (0.9, 2 / 3, 0.5, 1 / 3, 0.1)]
    ['clear', 'clear', 'unsure', 'unsure', 'mixed']
    """
    if p_good >= CLEAR:
        return "clear"
    return "unsure" if p_good >= MIXED else "mixed"


def with_certainty(p_good: float) -> str:
    """Return P(good) with two decimals, and its word.

    The word is that of the exact number: 0.666 is unsure, although it is written as 0.67.

    Examples
    --------
    >>> with_certainty(0.9), with_certainty(0.666)
    ('0.90 clear', '0.67 unsure')
    """
    return f"{p_good:.2f} {certainty_of(p_good)}"
