"""Names clusters by nearness: candidates of their sentences, and of an LLM where there is one, in one ranking.

Each candidate is embedded once: first the typical objectives of all clusters, then, for the best of each cluster, their
combinations with the actions that come nearest. The pure parts are in `dialin.name.candidates` and
`dialin.name.nearness`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.name.candidates import Material, Phrases, actions_for, material_of, phrases_of
from dialin.name.general import GENERAL_OBJECTIVES_OF, SOCIAL_NAMES
from dialin.name.nearness import nearness, settle, unit

USE_GENERAL=True
N_BEST = 5
"""Objectives of a cluster that meet actions."""
N_ACTIONS = 8
"""Actions that an objective meets."""
N_GENERAL = 3
"""General objectives of a cluster that meet actions, too."""
SUPPORT = 0.15
"""Weight of the sentences that carry a name, in cosines."""
LENGTH = 0.01
"""Cosines that a name loses for each word of its objective after the first, or for each two characters."""
WRITTEN = 0.1
"""Cosines that a name of an LLM has ahead."""

Embed = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True)
class Clusters:
    """Clusters of one language that are named together.

    Parameters
    ----------
    texts : sequence of sequence of str
        Sentences of each.
    centroids : ndarray of shape (n_clusters, d), float32
        Means of their vectors, in the space of the embedder; any norm.
    language : {"en", "zh"}
        Language of the sentences.
    vocabulary : sequence of str
        The user's actions; empty: `dialin.name.actions` and the verbs of the sentences.
    written : sequence of sequence of str
        Names that an LLM gave each cluster; empty: no LLM.
    """

    texts: Sequence[Sequence[str]]
    centroids: NDArray[np.float32]
    language: str
    vocabulary: Sequence[str] = ()
    written: Sequence[Sequence[str]] = field(default_factory=tuple)


def names_by_nearness(clusters: Clusters, embed: Embed) -> list[str]:
    """Return a name for each cluster, no two equal; "" where the sentences give none.

    Parameters
    ----------
    clusters : Clusters
        With their sentences, centroids and what an LLM wrote.
    embed : callable
        Texts -> unit-norm vectors; the same embedder that the centroids are of.
    """
    return settle(ranked_names(clusters, embed))


def ranked_names(clusters: Clusters, embed: Embed) -> list[list[tuple[str, float]]]:
    """Return the candidates of each cluster with their scores, in cosines, the best first."""
    phrases = phrases_of([text for texts in clusters.texts for text in texts], clusters.language)
    material = material_of(phrases, clusters.texts)
    C = unit(clusters.centroids)
    found = [dict.fromkeys(names) for names in _combined(clusters, material, phrases, embed)]
    for names, written in zip(found, clusters.written or [()] * len(found), strict=True):
        names.update(dict.fromkeys(written))
        if USE_GENERAL: names.update(dict.fromkeys(SOCIAL_NAMES[clusters.language]))
    scores = _scores([list(names) for names in found], C, embed)
    ranked = []
    for g, own in enumerate(scores):
        written = set(clusters.written[g]) if clusters.written else set[str]()
        full = {
            name: score + SUPPORT * material[g].support(name) - LENGTH * length_of(name) + WRITTEN * (name in written)
            for name, score in own.items()
        }
        ranked.append(sorted(full.items(), key=lambda each: (-each[1], each[0])))
    return ranked


def length_of(name: str) -> float:
    """Return how long an objective is beyond one word of English or two characters of Chinese, in such units.

    Examples
    --------
    >>> [length_of(name) for name in ("cancel-order", "check-order-status", "查询-余额", "查询-信用卡账单")]
    [0.0, 1.0, 0.0, 1.5]
    """
    objective = name.partition("-")[2]
    return max(objective.count("-") - 1.0 if objective.isascii() else len(objective) / 2 - 2, 0.0)


def as_text(name: str) -> str:
    """Return a name as the embedder reads it: words of a sentence."""
    return name.replace("-", " " if name.isascii() else "")


def _combined(
    clusters: Clusters, material: Sequence[Material], phrases: Phrases, embed: Embed
) -> list[list[str]]:
    """Return the names of each cluster: its best objectives with the actions that come nearest."""
    C = unit(clusters.centroids)
    scores = _scores([list(own.objectives) for own in material], C, embed)
    actions = actions_for(phrases, clusters.language, clusters.vocabulary)
    A, free = embed(actions), set(clusters.vocabulary)
    best = [
        sorted(own, key=lambda name: (-own[name] - SUPPORT * np.sqrt(one.objectives[name]), name))[:N_BEST]
        for own, one in zip(scores, material, strict=True)
    ]
    general = GENERAL_OBJECTIVES_OF[clusters.language] if USE_GENERAL else ()
    if general:
      for own, near in zip(best, _scores([general] * len(best), C, embed), strict=True):
        own += [n for n in sorted(near, key=lambda name: -near[name])[:N_GENERAL] if n not in own]
    V = dict(zip(*_embedded(best, embed), strict=True))
    return [
        [name for objective in own for name in _with_actions(objective, one, actions, (A, V[objective], C[g]), phrases, free)]
        for g, (own, one) in enumerate(zip(best, material, strict=True))
    ]


def _with_actions(objective, one, actions, vectors, phrases, free):
    A, v, c = vectors
    said = np.array([one.acts.get(action, 0.0) for action in actions])
    near = unit(A + v) @ c + SUPPORT * np.sqrt(said)
    order = np.argsort(-near, kind="stable")
    fitting = [actions[i] for i in order if actions[i] in free or phrases.fits(actions[i], objective, float(said[i]))]
    return [f"{action}-{objective}" for action in fitting[:N_ACTIONS]]


def _embedded(names: Sequence[Sequence[str]], embed: Embed) -> tuple[list[str], NDArray[np.float32]]:
    """Return all names, each once, and their vectors."""
    each = list(dict.fromkeys(name for own in names for name in own))
    return each, embed([as_text(name) for name in each])


def _scores(names: Sequence[Sequence[str]], C: NDArray[np.float32], embed: Embed) -> list[dict[str, float]]:
    """Return the nearness of the names of each cluster to it."""
    each, V = _embedded(names, embed)
    place = {name: i for i, name in enumerate(each)}
    pairs = [(place[name], g) for g, own in enumerate(names) for name in own]
    rows, own = np.array(pairs, np.int64).reshape(-1, 2).T
    found = iter(nearness(V[rows], own, C).tolist())
    return [{name: next(found) for name in each_own} for each_own in names]
