"""Makes names of the objectives of a cluster and of the actions that come nearest: "cancel" and "order".

The objectives are the typical ones of its sentences, and the general ones that lie near; the actions are the user's, or
those of a table and the verbs of the sentences.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from dialin.cluster.centroids import unit_rows
from dialin.name.actions import AGENT, action_of
from dialin.name.candidates import Material, Phrases, actions_for
from dialin.name.general import GENERAL_OBJECTIVES
from dialin.name.near_centroids import Nearness, Scored
from dialin.name.questions import goes_with
from dialin.name.task import NamingTask
from dialin.name.turns import Turn

N_BEST = 5
"""Own objectives of a cluster that meet actions."""
N_GENERAL = 3
"""General objectives of a cluster that meet actions, too."""
N_ACTIONS = 8
"""Actions that an objective meets."""
SUPPORT = 0.1
"""Cosines that a name gains where the sentences fully carry its objective; as much again for its action."""


def best_objectives(
    material: Sequence[Material], near: Nearness, language: str, is_wide: Sequence[bool]
) -> list[list[str]]:
    """Return the best objectives of each cluster; general ones help what may be a need."""
    own = near.scores([one.objectives for one in material])
    table = GENERAL_OBJECTIVES[language]
    general = near.scores(
        [table if one.objectives and wide else () for one, wide in zip(material, is_wide, strict=True)]
    )
    supported = [
        {name: score + SUPPORT * one.support_of(name) for name, score in scores.items()}
        for scores, one in zip(own, material, strict=True)
    ]
    return [
        list(dict.fromkeys([*_best_of(mine, N_BEST), *_best_of(more, N_GENERAL)]))
        for mine, more in zip(supported, general, strict=True)
    ]


def _best_of(scores: Scored, n: int) -> list[str]:
    return [name for name, _ in best_first(scores)[:n]]


@dataclass(frozen=True)
class Actions:
    """The actions that names can begin with, and the phrases that say which objective each goes with."""

    words: list[str]
    phrases: Phrases
    vocabulary: frozenset[str]

    @classmethod
    def of(cls, phrases: Phrases, clusters: NamingTask) -> Actions:
        """Return the user's actions, else the table's and the verbs of the sentences."""
        words = actions_for(phrases, clusters.language, clusters.vocabulary)
        return cls(words, phrases, frozenset(clusters.vocabulary))

    def names_of(self, needs: Iterable[str]) -> list[str]:
        """Return the names of needs that may be given: where the user has actions, those that begin with one."""
        return [need for need in needs if not self.vocabulary or action_of(need) in self.vocabulary]

    def fit(self, action: str, objective: str, said: float) -> bool:
        """Return whether the two can make a name; the user's own actions always do."""
        return action in self.vocabulary or self.phrases.fits(action, objective, said)


def combined(
    best: Sequence[Sequence[str]], near: Nearness, clusters: Sequence[tuple[Material, Turn]], actions: Actions
) -> list[list[str]]:
    """Return the names of each cluster: its objectives with the actions that come nearest."""
    each = list(dict.fromkeys(objective for own in best for objective in own))
    V = dict(zip(each, near.vectors(each), strict=True)) if each else {}
    A, names = near.vectors(actions.words), list[list[str]]()
    for own, (one, turn), centroid in zip(best, clusters, near.centroids, strict=True):
        found = list[str]()
        for objective in own:
            typical = SUPPORT * np.array([one.support_of_action(action, objective) for action in actions.words])
            order = np.argsort(-(unit_rows(A + V[objective]) @ centroid + typical), kind="stable")
            nearest = (actions.words[i] for i in order)
            able = (each for each in nearest if _can_do(each, turn, one) or each in actions.vocabulary)
            said = ((each, 1.0 if turn.does(each) else one.said_of(each, objective)) for each in able)
            fitting = (each for each, share in said if actions.fit(each, objective, share))
            found += [f"{action}-{objective}" for action in islice(fitting, N_ACTIONS)]  # the rest is never looked at
        names.append(found)
    return names


def _can_do(action: str, turn: Turn, material: Material) -> bool:
    """Return whether who speaks does such things, and an agent's sentences ask where the action does."""
    return turn.can_do(action) and (turn.role != AGENT or goes_with(action, material.questions))


def best_first(scores: Scored) -> list[tuple[str, float]]:
    """Return names with their scores, the best first, equally good ones by name."""
    return sorted(scores.items(), key=lambda each: (-each[1], each[0]))
