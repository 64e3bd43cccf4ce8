"""P(good) of an intent in one word: "clear", "unsure" or "mixed"."""

from __future__ import annotations

from typing import Literal, get_args

Certainty = Literal["clear", "unsure", "mixed"]
CERTAINTIES: tuple[Certainty, ...] = get_args(Certainty)
CLEAR, MIXED = 0.67, 0.2
"""From the first on an intent is clear, below the second it is mixed: two thirds and one fifth, as they are printed."""
CERTAINTY_NOTE = (
    "P(good) is the probability that all sentences of an intent share one intent. "
    "“clear” begins at 0.67: of such intents, 84 % were one intent on data sets that the estimate had not seen. "
    "“mixed” is below 0.2: of those, 15 % were. “unsure” is what lies between. "
    "One intent means that nine in ten sentences share it. In a clear intent, 92 % did on average, "
    "in an unsure one 79 %, and in a mixed one 63 %."
)
PURITY_AT_0, PURITY_GAIN = 0.61, 0.42
"""Mean purity of intents with a P(good) of 0, and what it gains up to 1: a line through the clusters of
``studies.own.shared_error``, in which P(good) is by a model of other families."""
UNFITTED_NOTE = "P(good) was fitted to the shipped embedders, not to this one."


def certainty_of(p_good: float) -> Certainty:
    """Return the word for P(good), which is compared as it is printed: with two decimals.

    Examples
    --------
    >>> [certainty_of(p) for p in (0.9, 2 / 3, 0.5, 0.2, 0.1)]
    ['clear', 'clear', 'unsure', 'unsure', 'mixed']
    """
    printed = float(f"{p_good:.2f}")
    if printed >= CLEAR:
        return "clear"
    return "unsure" if printed >= MIXED else "mixed"


def with_certainty(p_good: float) -> str:
    """Return P(good) with two decimals, and its word.

    Examples
    --------
    >>> with_certainty(0.9), with_certainty(0.666), with_certainty(0.664)
    ('0.90 clear', '0.67 clear', '0.66 unsure')
    """
    return f"{p_good:.2f} {certainty_of(p_good)}"


def expected_purity(p_good: float) -> float:
    """Return the share of an intent's sentences that one may expect to be of one intent, in [0, 1].

    How fine a reader's intents are moves P(good) far, and this share less: most of a mixed intent is usually one.

    Examples
    --------
    >>> round(expected_purity(0.2), 2), round(expected_purity(0.9), 2)
    (0.69, 0.99)
    """
    return min(1.0, PURITY_AT_0 + PURITY_GAIN * p_good)
