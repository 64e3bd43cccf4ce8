"""Candidates for the names of clusters, from their sentences alone: objectives, and the actions that go with them.

An objective counts where it is typical of a cluster: said in many of its sentences and in few of the others. The actions
are those of the table or of the user's vocabulary, and the verbs of the corpus: people seldom say the action of a label
("where is the nearest cash machine" is find-cash-machine), so objectives meet actions that no sentence says.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from dialin.name.actions import words_in
from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english_phrases import EnglishPhrases

N_OBJECTIVES = 24
"""Most typical objectives of a cluster that are ranked."""
MIN_SENTENCES = 2
"""Sentences of a cluster that must have an objective: a name is not carried by one."""
MIN_SHARE = 0.03
SMOOTHING = 0.01
N_OWN_ACTIONS = 120


class Phrases(Protocol):
    """What a language gives names: objectives and actions of its sentences."""

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name."""
        ...

    def actions(self) -> list[str]:
        """Return the actions that the corpus has beyond the table."""
        ...

    def acts(self, text: str) -> set[str]:
        """Return the actions that a sentence says."""
        ...

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action, said in this share of the sentences, and an objective can make a name."""
        ...


@dataclass(frozen=True)
class Material:
    """What the sentences of a cluster give its name.

    Parameters
    ----------
    objectives : mapping of str to float
        The most typical objectives, the most typical first -> share of the sentences that have it.
    acts : mapping of str to float
        Actions that the sentences say -> share of the sentences, beyond the usual one.
    """

    objectives: Mapping[str, float] = field(default_factory=dict)
    acts: Mapping[str, float] = field(default_factory=dict)

    def support(self, name: str) -> float:
        """Return how far the sentences carry a name: √share of its objective plus √share of its action, in [0, 2]."""
        action, _, objective = name.partition("-")
        return math.sqrt(self.objectives.get(objective, 0.0)) + math.sqrt(self.acts.get(action, 0.0))


def phrases_of(texts: Sequence[str], language: str) -> Phrases:
    """Return what the corpus of a language, "en" or "zh", says about its phrases."""
    return ChinesePhrases.of(texts) if language == "zh" else EnglishPhrases.of(texts)


def material_of(phrases: Phrases, clusters: Sequence[Sequence[str]]) -> list[Material]:
    """Return the typical objectives and the actions of each cluster.

    How typical an objective is, is share × log(share / share of the other clusters), as in c-TF-IDF.

    Parameters
    ----------
    phrases : Phrases
        Of the corpus.
    clusters : sequence of sequence of str
        Sentences of each.
    """
    counts = [_shared(map(phrases.objectives, texts)) for texts in clusters]
    total, n = Counter[str](), sum(map(len, clusters))
    for found in counts:
        total.update(found)
    acts = [_shared(map(phrases.acts, texts)) for texts in clusters]
    usual = Counter[str]()
    for said in acts:
        usual.update(said)
    return [
        Material(_typical(found, total, len(texts), n), _beyond(said, len(texts), usual, n))
        for found, said, texts in zip(counts, acts, clusters, strict=True)
    ]


def _shared(found: Iterable[set[str]]) -> Counter[str]:
    return Counter(each for names in found for each in names)


def _beyond(counts: Counter[str], n: int, usual: Counter[str], n_all: int) -> dict[str, float]:
    """Return the share of the sentences that say each action, beyond the share in the corpus."""
    return {name: count / n - usual[name] / n_all for name, count in counts.items() if count / n > usual[name] / n_all}


def _typical(counts: Counter[str], total: Counter[str], n_own: int, n_all: int) -> dict[str, float]:
    least = min(max(MIN_SENTENCES, MIN_SHARE * n_own), max(counts.values(), default=0))
    shares = {name: count / n_own for name, count in counts.items() if count >= least}
    n_rest = max(n_all - n_own, 1)

    def typicality(name: str) -> float:
        rest = (total[name] - counts[name]) / n_rest
        return shares[name] * math.log((shares[name] + SMOOTHING) / (rest + SMOOTHING))

    ordered = sorted(shares, key=lambda name: (-typicality(name), name))
    return {name: shares[name] for name in ordered[:N_OBJECTIVES]}


def actions_for(phrases: Phrases, language: str, vocabulary: Sequence[str] = ()) -> list[str]:
    """Return the actions of names: those of the user's vocabulary, else the table's and the corpus's own."""
    own = [] if vocabulary else phrases.actions()[:N_OWN_ACTIONS]
    return list(dict.fromkeys([*words_in(language, vocabulary), *own]))
