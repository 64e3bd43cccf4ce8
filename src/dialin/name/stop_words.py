"""English words that are of no subject, such as "the", "after" and "nobody": the list of scikit-learn."""

from __future__ import annotations

from functools import cache


@cache
def english_stop_words() -> frozenset[str]:
    """Return the words, in lower case."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS  # noqa: PLC0415  (slow to import, and for names only)

    return frozenset(ENGLISH_STOP_WORDS)
