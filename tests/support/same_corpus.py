"""Compares corpora in all that they hold."""

from __future__ import annotations

import numpy as np

from dialin.read.corpus import Corpus


def same_corpus(found: Corpus, whole: Corpus) -> bool:
    """Return whether two corpora are the same, wherever they keep it."""
    plain = found.texts == whole.texts and found.roles == whole.roles and found.n_blank == whole.n_blank
    return plain and np.array_equal(found.counts, whole.counts) and found.occurrences.equals(whole.occurrences)
