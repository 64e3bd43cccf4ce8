"""Which turns without a need the sentences of a cluster are, by the nearest phrase of each.

The mean of many ways to agree, thank and take leave lies between all of them; a sentence alone lies with what it says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from dialin.name.catch_all import SAID_BY
from dialin.name.kinds import ACKNOWLEDGEMENT, DATA, SOCIAL
from dialin.name.nearness import step_through
from dialin.name.turn_phrases import turn_names, turn_phrases
from dialin.name.turns import Turn

NEAR_PHRASE = {"en": 0.64, "zh": 0.55}
"""Least cosine of a sentence with the nearest phrase that it counts for, by the shipped embedder of its language."""
LEAST = {SOCIAL: SAID_BY, ACKNOWLEDGEMENT: SAID_BY, DATA: 2 / 3}
"""Share of the sentences that must say a turn, by kind; digits alone may be an order number, a code or a date."""


def said_turns(
    vectors: Sequence[NDArray[np.float32]],
    turns: Sequence[Turn],
    language: str,
    embed: Callable[[Sequence[str]], NDArray[np.float32]],
) -> list[dict[str, float]]:
    """Return the names of turns that the sentences of each cluster say, with their shares, the largest first.

    Only clusters that are known to be of a kind without needs have any, and only what enough of the sentences say.

    Parameters
    ----------
    vectors : sequence of ndarray of shape (n_sentences, d), float32
        Unit-norm vectors of the sentences of each cluster; empty: none is known.
    turns : sequence of Turn
        What is known of each.
    language : {"en", "zh"}
        Language of the names.
    embed : callable
        Phrases -> unit-norm vectors, shape (n_phrases, d).
    """
    asked = [turn_names(language, turn.role, turn.kind) if turn.kind in LEAST else () for turn in turns]
    pairs = {own: [(name, phrase) for name in own for phrase in turn_phrases(name)] for own in asked if own}
    embedded = {own: embed([phrase for _, phrase in each]) for own, each in pairs.items()} if vectors else {}
    least = NEAR_PHRASE[language]
    found = [
        turn_shares(X[:: step_through(len(X))] @ embedded[own].T, [name for name, _ in pairs[own]], least)
        if own
        else {}
        for X, own in zip(vectors, asked, strict=False)
    ]
    return [
        {name: share for name, share in own.items() if share >= LEAST[turn.kind]}
        for own, turn in zip(found, turns, strict=False)
    ]


def turn_shares(cosine: NDArray[np.float32], names: Sequence[str], least: float) -> dict[str, float]:
    """Return the share of the sentences that are nearest to a phrase of each name, the largest first.

    Parameters
    ----------
    cosine : ndarray of shape (n_sentences, n_phrases), float32
        Of sentences and phrases.
    names : sequence of str, n_phrases
        The name that each phrase is of.
    least : float
        Cosine below which a sentence is nearest to none.

    Examples
    --------
    Two of three sentences thank; the third lies too far from everything.

    >>> turn_shares(np.array([[1.0, 0.0], [0.8, 0.6], [0.1, 0.0]]), ["say-thanks", "say-hello"], 0.6)
    {'say-thanks': 0.6666666666666666}
    """
    nearest = cosine.argmax(axis=1)
    counts = Counter(names[i] for i in nearest[cosine.max(axis=1) >= least].tolist())
    return {name: n / len(cosine) for name, n in counts.most_common()}
