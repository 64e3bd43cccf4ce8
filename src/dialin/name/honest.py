"""Names that a cluster can stand by: where none holds, a general one that is true beats a special one that is wrong.

A name holds if a good part of the sentences says what it is about, or if it lies near most of them, not only near their
mean. Over lost rucksacks, "inquire-rubbish-collection" does neither: the nearest of far-off words is still far off.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.name.candidates import Material
from dialin.name.mixed import without_topic
from dialin.name.turns import Turn

SAID_BY = 1 / 3
"""Share of the sentences whose words carry a name, wherever it lies."""
SOME = 0.1
"""Share of the sentences from which on a name counts as said by some."""
NEAR = {"en": 0.6, "zh": 0.57}
"""Least median cosine with the sentences of a name that some say, by the shipped embedder of their language."""
NEAR_UNSAID = {"en": 0.64, "zh": 0.57}
"""Least one of a name that next to nobody says."""
NEAR_WRITTEN = 0.45
"""Least one of a name that an LLM wrote with words that the sentences say."""
N_BEST_NAMES, N_SENTENCES = 8, 500
"""Names of a cluster, the best, and about how many of its sentences are looked at."""
PROBLEMS = 0.5
"""Share of the sentences that makes a cluster one of problems."""
_PROBLEM = {"en": "report-problem", "zh": "反馈-问题"}


@dataclass(frozen=True)
class Backing:
    """What tells whether a cluster can stand by a name.

    Parameters
    ----------
    material : Material
        What the sentences say.
    language : {"en", "zh"}
        Language of the names.
    written : collection of str
        The names that an LLM wrote.
    near : mapping of str to float, optional
        The best of the names that few say -> median cosine with the sentences; None: unknown.
    """

    material: Material
    language: str
    written: Collection[str] = ()
    near: Mapping[str, float] | None = None

    def carries(self, name: str) -> bool:
        """Return whether enough of the sentences say what a name is about, or it lies near most of them.

        Examples
        --------
        >>> lost = Backing(Material({"basket": 0.4}), "en", (), {"inquire-rubbish": 0.53, "report-lost-item": 0.66})
        >>> [lost.carries(name) for name in ("inquire-basket", "inquire-rubbish", "report-lost-item")]
        [True, False, True]
        """
        share = self.material.share_of(name)
        return share >= SAID_BY or (self.near or {}).get(name, 0.0) >= self._least(name, share)

    def _least(self, name: str, share: float) -> float:
        if name in self.written and self.material.share_of_parts(name) > 0:
            return NEAR_WRITTEN
        return (NEAR if share >= SOME else NEAR_UNSAID)[self.language]


def with_medians(
    evidence: Sequence[Backing],
    ranked: Sequence[Sequence[tuple[str, float]]],
    vectors: Sequence[NDArray[np.float32]],
    embed_names: Callable[[Sequence[str]], NDArray[np.float32]],
) -> list[Backing]:
    """Return the evidence with how near the best names that few say lie to most of the sentences.

    Parameters
    ----------
    evidence : sequence of Backing
        Of each cluster.
    ranked : sequence of sequence of (str, float)
        Names of each with their scores, the best first.
    vectors : sequence of ndarray of shape (n_sentences, d), float32
        Unit-norm vectors of the sentences of each; of many, some tell enough.
    embed_names : callable
        Names -> unit-norm vectors, shape (n_names, d).
    """
    doubtful = [
        [name for name, _ in own[:N_BEST_NAMES] if one.material.share_of(name) < SAID_BY]
        for own, one in zip(ranked, evidence, strict=True)
    ]
    each = list(dict.fromkeys(name for own in doubtful for name in own))
    V = dict(zip(each, embed_names(each), strict=True)) if each else {}
    some = [X[:: max(len(X) // N_SENTENCES, 1)] for X in vectors]
    return [
        replace(one, near={name: float(np.median(X @ V[name])) for name in own})
        for one, own, X in zip(evidence, doubtful, some, strict=True)
    ]


def honest_first(ranked: Sequence[tuple[str, float]], evidence: Backing) -> list[tuple[str, float]]:
    """Return the names that a cluster can stand by, the best first, and behind them a general one.

    Parameters
    ----------
    ranked : sequence of (str, float)
        Names with their scores, in cosines, the best first.
    evidence : Backing
        Of the cluster.

    Examples
    --------
    >>> lost = Backing(Material({"basket": 0.4}, problems=0.8), "en", (), {"inquire-rubbish": 0.53})
    >>> [name for name, _ in honest_first([("inquire-rubbish", 0.2), ("inquire-basket", 0.1)], lost)]
    ['inquire-basket', 'report-problem']
    """
    general = general_name(evidence.material, evidence.language)
    return [*(each for each in ranked if evidence.carries(each[0])), (general, ranked[0][1] if ranked else 0.0)]


def is_catch_all(name: str) -> bool:
    """Return whether a name says of a need only that nothing more is sure, or that it is a problem.

    Examples
    --------
    >>> [is_catch_all(name) for name in ("report-problem", "各种-请求", "report-problem-screen")]
    [True, True, False]
    """
    return name in {*_PROBLEM.values(), *(without_topic(language, Turn()) for language in _PROBLEM)}


def general_name(material: Material, language: str) -> str:
    """Return the name of a cluster of which nothing more is sure.

    Examples
    --------
    >>> general_name(Material(problems=0.7), "en"), general_name(Material(problems=0.2), "zh")
    ('report-problem', '各种-请求')
    """
    return _PROBLEM[language] if material.problems > PROBLEMS else without_topic(language, Turn())
