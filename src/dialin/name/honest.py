"""Names that a cluster can stand by: where none holds, a general one that is true beats a special one that is wrong.

A name holds if a good part of the sentences says what it is about, or if it lies near most of them, not only near their
mean. Over lost rucksacks, "inquire-rubbish-collection" does neither: the nearest of far-off words is still far off.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from dialin.name.actions import action_of
from dialin.name.candidates import Material, splits_of
from dialin.name.catch_all import DETAILS, KNOWN, PROBLEMS, REPORT, SAID_BY, SOME, catch_all_names
from dialin.name.general import DEEDS
from dialin.name.nearness import step_through
from dialin.name.problems import NEUTRAL
from dialin.name.turns import Turn

NEAR = {"en": 0.64, "zh": 0.52}
"""Least median cosine with the sentences of a name that some say, by the shipped embedder of their language."""
NEAR_UNSAID = {"en": 0.68, "zh": 0.58}
"""Least one of a name that next to nobody says."""
NEAR_NEED = {"en": 0.7, "zh": 0.66}
"""Least one of a need that people have (`dialin.name.needs`): of random turns of a business one set in ten has one, and
of those that state one need nine in ten."""
NEAR_DONE = {"en": 0.76, "zh": 0.7}
"""Least one of a name whose action more sentences say than what it is done to."""
NEAR_TURN = {"en": 0.55, "zh": 0.47}
"""Least one of a name of a turn: who says "the one in Lisbon" spells no name."""
NEAR_WRITTEN = {"en": 0.45, "zh": 0.37}
"""Least one of a name that an LLM wrote with words that the sentences say."""
PROVIDE = {"en": "provide", "zh": "提供"}
"""What who gives data does."""
FEW = 2
"""Sentences that may share a word by chance: what no more than these say must be said by half of all."""
AGREED = 0.15
"""Cosines that a name gains if all sentences say what it is about, or lie near some name about it."""
N_BEST_NAMES = 16
"""Names of a cluster, the best, that are compared with its sentences."""


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
    agreed : mapping of str to float
        The best of the names -> share of the sentences that say what it is about or lie near it.
    needs : collection of str
        The names of needs that people have.
    """

    material: Material
    language: str
    written: Collection[str] = ()
    near: Mapping[str, float] | None = None
    agreed: Mapping[str, float] = field(default_factory=dict)
    needs: Collection[str] = ()

    def carries(self, name: str) -> bool:
        """Return whether enough of the sentences say what a name is about, or it lies near most of them.

        Examples
        --------
        >>> lost = Backing(Material({"basket": 0.4}), "en", (), {"inquire-rubbish": 0.53, "report-lost-item": 0.69})
        >>> [lost.carries(name) for name in ("inquire-basket", "inquire-rubbish", "report-lost-item")]
        [True, False, True]
        """
        return self.is_said(name) or (self.near or {}).get(name, 0.0) >= self._least(name)

    def is_said(self, name: str) -> bool:
        """Return whether enough of the sentences say what a name is about.

        Two may have a word in common by chance, so where they are fewer than half, as many as that say its action, too.

        Examples
        --------
        >>> told = [{"light"}, {"light"}, set(), set(), set()]
        >>> lock = Backing(Material({"light": 0.4}, {"fix": 0.6}, told=told), "en")
        >>> lock.is_said("inquire-light"), lock.is_said("fix-light")
        (False, True)
        """
        share = self.material.share_of(name)
        may_be_chance = self._n_sayers(share) <= FEW and share < 1 / 2
        return share >= SAID_BY and not (may_be_chance and not self._does(action_of(name)))

    def stated(self, name: str) -> str:
        """Return the name, with a report in the place of a question where most sentences state a problem.

        Examples
        --------
        >>> Backing(Material(problems=0.6), "en").stated("find-bike"), Backing(Material(), "en").stated("find-bike")
        ('report-bike', 'find-bike')
        """
        is_report = name not in self.written and self.material.problems > PROBLEMS
        return _instead_of_neutral(name, REPORT[self.language]) if is_report else name

    def agreement(self, name: str, cosines: NDArray[np.float32], step: int = 1) -> float:
        """Return the share of the sentences that say what a name is about or lie near it, in [0, 1].

        Parameters
        ----------
        name : str
            A name.
        cosines : ndarray of shape (n_sentences / step,), float32
            Of every so many-th sentence with it.
        """
        about = {objective for _, objective in splits_of(name)}
        has = self.material.has[::step] or [()] * len(cosines)
        says = np.array([not about.isdisjoint(own) for own in has], dtype=np.bool_)
        is_near = cosines >= (NEAR if self.material.share_of(name) >= SOME else NEAR_UNSAID)[self.language]
        return float((is_near | says).mean())

    def _n_sayers(self, share: float) -> float:
        """Return how many sentences a share is; infinity where their number is unknown."""
        return round(share * len(self.material.told)) or math.inf

    def _does(self, action: str) -> bool:
        return action not in NEUTRAL and self.material.acts.get(action, 0.0) >= SAID_BY

    def _least(self, name: str) -> float:
        """Return the cosine that bears a name out.

        For a need, it is `NEAR_NEED`. Any other name has none where its action is what lies near, as in 退货-银行卡,
        unless that is done to things (取消-订单); nor where it is about what is done alone, nor where one sentence
        alone has its word, if that is none that people have for it.
        """
        if name in self.needs:
            return NEAR_NEED[self.language]
        share, is_alone = self.material.share_of(name), self._n_sayers(self.material.share_of(name)) == 1
        if name in self.written and self.material.share_of_parts(name) > 0:
            return NEAR_WRITTEN[self.language]
        is_done_alone = name.partition("-")[2] in DEEDS
        is_of_action = self.material.objectives.get(action_of(name), 0.0) > share > 0
        if is_of_action and action_of(name) in DEEDS and not is_alone:
            return NEAR_DONE[self.language]
        is_known = any(objective in KNOWN for _, objective in splits_of(name))
        if is_of_action or is_done_alone or (is_alone and not is_known):
            return math.inf
        return (NEAR if share >= SOME and not is_alone else NEAR_UNSAID)[self.language]


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
    best = [[name for name, _ in own[:N_BEST_NAMES]] for own in ranked]
    each = list(dict.fromkeys(name for own in best for name in own))
    V = dict(zip(each, embed_names(each), strict=True)) if each else {}
    found = list[Backing]()
    for one, own, X in zip(evidence, best, vectors, strict=True):
        step = step_through(len(X))
        near = {name: X[::step] @ V[name] for name in own}
        medians = {name: float(np.median(near[name])) for name in own if not one.is_said(name)}
        agreed = {name: one.agreement(name, near[name], step) for name in own}
        found.append(replace(one, near=medians, agreed=agreed))
    return found


def by_agreement(ranked: Sequence[tuple[str, float]], evidence: Backing) -> list[tuple[str, float]]:
    """Return the names with what they gain by the sentences that agree with them, the best first."""
    about = dict[str, float]()
    for name, share in evidence.agreed.items():
        about[_objective_of(name)] = max(share, about.get(_objective_of(name), 0.0))
    scores = [(name, score + AGREED * about.get(_objective_of(name), 0.0)) for name, score in ranked]
    return sorted(scores, key=lambda each: (-each[1], each[0]))


def _objective_of(name: str) -> str:
    return splits_of(name)[-1][1]


def said_first(
    ranked: Sequence[tuple[str, float]], evidence: Backing, usual: Collection[str]
) -> list[tuple[str, float]]:
    """Return the names of a cluster whose sentences give data, the best first, and behind them a general one.

    "Provide-name" is usual and may lie near; "it's under Berg" lies near all that give a name, and names none of them.
    Who gives a booking number does not inquire about it. What an LLM wrote holds.

    Parameters
    ----------
    ranked : sequence of (str, float)
        Names with their scores, the best first.
    evidence : Backing
        Of the cluster.
    usual : collection of str
        Names of turns that give data; only the best may hold.

    Examples
    --------
    >>> given = Backing(Material({"berg": 0.1, "booking": 0.9}), "en")
    >>> ranked = [("inquire-berg", 0.5), ("inquire-booking", 0.4), ("provide-name", 0.3), ("send-picture", 0.2)]
    >>> [name for name, _ in said_first(ranked, given, ("provide-name", "send-picture"))]
    ['provide-booking', 'provide-name', 'provide-details']
    """
    nearest = next((name for name, _ in ranked if name in usual), "")
    is_near = evidence.near is None or evidence.near.get(nearest, 1.0) >= NEAR_TURN[evidence.language]
    held = dict[str, float]()
    for name, score in ranked:
        if (name == nearest and is_near) or name in evidence.written:
            held.setdefault(name, score)
        elif name not in usual and evidence.is_said(name):
            held.setdefault(_instead_of_neutral(name, PROVIDE[evidence.language]), score)
    return [*held.items(), (DETAILS[evidence.language], 0.0)]


def _instead_of_neutral(name: str, action: str) -> str:
    """Return the name with another action where its own says no more than that somebody asks."""
    own, _, objective = name.partition("-")
    return f"{action}-{objective}" if own in NEUTRAL else name


def honest_first(ranked: Sequence[tuple[str, float]], evidence: Backing, turn: Turn) -> list[tuple[str, float]]:
    """Return the names that a cluster can stand by, the best first, and behind them general ones.

    Parameters
    ----------
    ranked : sequence of (str, float)
        Names with their scores, in cosines, the best first.
    evidence : Backing
        Of the cluster.
    turn : Turn
        What is known of it; only who may have a need reports a problem.

    Examples
    --------
    >>> lost = Backing(Material({"basket": 0.4}, problems=0.8), "en", (), {"inquire-rubbish": 0.53})
    >>> [name for name, _ in honest_first([("inquire-rubbish", 0.2), ("inquire-basket", 0.1)], lost, Turn())]
    ['report-basket', 'report-problem']
    """
    general, best = catch_all_names(evidence.material, evidence.language, turn), ranked[0][1] if ranked else 0.0
    held = dict[str, float]()
    for name, score in ranked:
        if evidence.carries(name):
            held.setdefault(evidence.stated(name) if turn.is_open else name, score)
    return [*held.items(), *((name, best) for name in general)]
