"""Names clusters by nearness: candidates of their sentences, and of an LLM where there is one, in one ranking.

First the typical objectives of all clusters of a role and the general ones are embedded, then, for the best of each
cluster, their combinations with the actions that come nearest. That is about 45 short texts a cluster; what every role
needs, such as the phrases of turns, is embedded once. The combinations are made in `dialin.name.combine`; the pure
parts are in `dialin.name.candidates` and `dialin.name.nearness`.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from dialin.cluster.centroids import unit_rows
from dialin.name.actions import AGENT, CUSTOMER, action_of
from dialin.name.acts import act_done, acts_of_speaker, data_given
from dialin.name.candidates import Material, material_of, phrases_of, splits_of
from dialin.name.catch_all import is_catch_all
from dialin.name.combine import SUPPORT, Actions, best_first, best_objectives, combined
from dialin.name.general import DEEDS, GENERAL_OBJECTIVES
from dialin.name.honest import Backing, by_agreement, with_medians
from dialin.name.near_centroids import Nearness, Scored, as_text
from dialin.name.nearness import settle
from dialin.name.need_votes import Ballot
from dialin.name.needs import Need
from dialin.name.objective import length_of
from dialin.name.offer import Offer
from dialin.name.once import Embed, EmbeddedOnce
from dialin.name.problems import asks_for_nothing, complains_of_nothing
from dialin.name.said_turns import said_turns
from dialin.name.task import NamingTask
from dialin.name.turn_phrases import turn_names, turn_phrases
from dialin.name.turns import Turn
from dialin.text.marks import without_marks

LENGTH = 0.01
"""Cosines that a name loses for each word of its objective after two, or for each two characters after four."""
FEW, MARGIN = 0.8, 0.01
"""A name of a turn without a need serves clusters where fewer sentences have a typical objective, and must lie nearer
to its cluster than to the average one by this cosine."""
UNSAID_COST = 0.15
"""Cosines that a name loses if no sentence has its objective; less, if few have."""
NARROW_COST = 0.15
"""Cosines that a name loses if its noun stands without its other words nearly everywhere: "Rome" hotels."""
KNOWN = 0.03
"""Cosines that a name gains if its objective is a general one that the sentences say: what they say is then a word,
and one that people have for it."""
USUAL, FREQUENT, BEHIND = 0.2, 0.05, 0.5
"""Cosines that the name of a need that people have gains, since its verb and its object are those that people put
together; gains for each time that e times as many businesses have it; and loses if all sentences vote for another."""
PROBLEM = 0.1
"""Cosines that a name which asks loses where the sentences state a problem."""
DEED = 0.1
"""Cosines that a name loses if it is about what is done alone: "咨询-取消" says less than "取消-订单"."""
REACH = 0.1
"""Cosines that a name may lie behind the best of a cluster before the cluster rather shares its best name."""
_KNOWN = {language: frozenset(objectives) for language, objectives in GENERAL_OBJECTIVES.items()}


def names_by_nearness(clusters: NamingTask, embed: Embed) -> list[str]:
    """Return a name for each cluster, no two of the same words; "" where neither sentences nor LLM give one.

    Two clusters share a name where what else there is for one of them lies far behind, or says nothing: "cancel-order"
    and "cancel-order" are told apart later (`dialin.name.distinct`), and a wrong name is not. The name of a turn, such
    as "say-thanks", can be that of all clusters that are known to be of its kind.

    Parameters
    ----------
    clusters : NamingTask
        With their sentences, centroids and what an LLM wrote.
    embed : callable
        Texts -> unit-norm vectors, by the embedder that the centroids are of.
    """
    ranked = ranked_names(clusters, embed)
    shared = [_shareable(clusters, turn) for turn in _turns_of(clusters)]
    settled = settle([_within_reach(own) for own in ranked], shared)
    return [name or (own[0][0] if own else "") for name, own in zip(settled, ranked, strict=True)]


def _believable(written: Sequence[str], material: Material, turn: Turn, vocabulary: frozenset[str]) -> list[str]:
    """Return the names that an LLM wrote, worded for who speaks, without those that cannot be true of the cluster.

    An action that the user has chosen always can.
    """
    return [
        turn.worded(name)
        for name in written
        if action_of(name) in vocabulary
        or (turn.may_be_called(name) and not complains_of_nothing(name, material.problems))
    ]


def _turns_of(clusters: NamingTask) -> Sequence[Turn]:
    return clusters.turns or [Turn()] * len(clusters.texts)


def _shareable(clusters: NamingTask, turn: Turn) -> Collection[str]:
    """Return the names that several clusters may have which are known to be of a kind: those of its turns."""
    acts = acts_of_speaker(turn, clusters.acts)
    names = turn_names(clusters.language, turn.role, turn.kind) if turn.kind else ()
    return {*names, *acts.names} if acts else names


def _within_reach(ranked: Sequence[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the names that a cluster may have if another one has its first.

    Examples
    --------
    >>> _within_reach([("cancel-order", 0.7), ("cancel-plan", 0.65), ("play-music", 0.1), ("various-requests", 0.7)])
    [('cancel-order', 0.7), ('cancel-plan', 0.65)]
    """
    if not ranked or is_catch_all(ranked[0][0]):
        return list(ranked)
    least = ranked[0][1] - REACH
    return [(name, score) for name, score in ranked if score >= least and not is_catch_all(name)]


def ranked_names(clusters: NamingTask, embed: Embed) -> list[list[tuple[str, float]]]:
    """Return the candidates of each cluster with their scores, in cosines, the best first.

    Those of a role are told from each other: nobody takes what agents say for what customers want.
    """
    said = [[without_marks(text) for text in texts] for texts in clusters.texts]
    phrases = phrases_of([text for texts in said for text in texts], clusters.language)
    clusters = replace(clusters, texts=said)
    actions = Actions.of(phrases, clusters)
    known = {as_text(name): need.vector for name, need in clusters.needs.items()}
    embed = EmbeddedOnce(embed, _common_texts(actions.words, clusters.language), known)
    roles = [turn.role for turn in clusters.turns] or [""] * len(clusters.texts)
    found = dict[int, list[tuple[str, float]]]()
    for role in dict.fromkeys(roles):
        places = [g for g, own in enumerate(roles) if own == role]
        found.update(zip(places, _ranked_in_role(clusters.at(places), actions, embed), strict=True))
    return [found[g] for g in range(len(roles))]


def _common_texts(actions: Sequence[str], language: str) -> frozenset[str]:
    """Return the texts that the names of every role are compared with."""
    turns = {name for role in (CUSTOMER, AGENT) for name in turn_names(language, role, "")}
    names = map(as_text, [*actions, *GENERAL_OBJECTIVES[language]])
    return frozenset([*names, *(phrase for name in turns for phrase in turn_phrases(name))])


def _ranked_in_role(clusters: NamingTask, actions: Actions, embed: Embed) -> list[list[tuple[str, float]]]:
    material = material_of(actions.phrases, clusters.texts)
    near = Nearness(unit_rows(clusters.centroids).astype(np.float32), embed)
    turns = _turns_of(clusters)
    of_llm = clusters.written or [()] * len(material)
    known = list(zip(material, turns, strict=True))
    written = [_believable(own, *about, actions.vocabulary) for own, about in zip(of_llm, known, strict=True)]
    best = best_objectives(material, near, clusters.language, [turn.is_open for turn in turns])
    elected = _elected(clusters, near, known, actions)
    names = [[*own, *needs] for own, needs in zip(combined(best, near, known, actions), elected, strict=True)]
    usual = _turn_names(material, near, turns, clusters.language)
    nothing: list[dict[str, float]] = [{} for _ in material]
    told = said_turns(clusters.vectors, turns, clusters.language, near.embed) or nothing
    done = _acts_of(clusters, turns) or nothing
    offers = [Offer(*each) for each in zip(written, usual, turns, told, done, strict=True)]
    scores = near.scores([dict.fromkeys([*own, *offer.leads()]) for own, offer in zip(names, offers, strict=True)])
    ranked = [
        _scored(
            own, one.with_parts(offer.written), _gains(own, clusters.needs, votes, offer.leads()), clusters.language
        )
        for own, one, offer, votes in zip(scores, material, offers, elected, strict=True)
    ]
    evidence = [
        Backing(one, clusters.language, own, needs=clusters.needs) for one, own in zip(material, written, strict=True)
    ]
    if clusters.vectors:
        evidence = with_medians(evidence, ranked, clusters.vectors, near.vectors)
        ranked = [
            by_agreement(own, one) if turn.is_stating else own
            for own, one, turn in zip(ranked, evidence, turns, strict=True)
        ]
    return [offer.placed(own, found) for own, found, offer in zip(ranked, evidence, offers, strict=True)]


def _acts_of(clusters: NamingTask, turns: Sequence[Turn]) -> list[dict[str, float]]:
    """Return what the sentences of each cluster do, or what those give who were asked for it."""
    done = [act_done(*each, clusters.acts) for each in zip(clusters.vectors, turns, strict=False)]
    given = [data_given(*each, clusters.acts) for each in zip(clusters.asked, turns, strict=False)]
    return [act or data for act, data in zip(done, given, strict=True)] if given else done


def _scored(near: Scored, material: Material, gains: Scored, language: str) -> list[tuple[str, float]]:
    return best_first({name: _score(name, score, material, language) + gains[name] for name, score in near.items()})


def _gains(names: Iterable[str], needs: Mapping[str, Need], votes: Scored, leads: Scored) -> Scored:
    most = max(votes.values(), default=0.0)
    return {name: gain_of(needs.get(name), most - votes.get(name, 0.0)) + leads.get(name, 0.0) for name in names}


def gain_of(need: Need | None, behind: float = 0.0) -> float:
    """Return the cosines that the name of a need gains; negative where far more sentences vote for another need.

    Parameters
    ----------
    need : Need or None
        The need; None: the name is of none.
    behind : float
        Share of the votes of the sentences by which it lies behind the need that has most, in [0, 1].

    Examples
    --------
    >>> need = Need(np.zeros(2), 100)
    >>> round(gain_of(need), 3), round(gain_of(need, behind=0.4), 3), gain_of(None)
    (0.43, 0.23, 0.0)
    """
    return 0.0 if need is None else USUAL + FREQUENT * math.log(need.n_businesses) - BEHIND * behind


def _score(name: str, near: float, material: Material, language: str) -> float:
    lack = material.lack(name)
    costs = UNSAID_COST * lack + NARROW_COST * material.narrowness(name) + LENGTH * length_of(name)
    costs += PROBLEM * asks_for_nothing(name, material.problems) + DEED * (name.partition("-")[2] in DEEDS)
    is_known = any(objective in _KNOWN[language] for _, objective in splits_of(name))
    gains = SUPPORT * material.support(name) + KNOWN * is_known * (1 - lack)
    return near + gains - costs


def _elected(
    clusters: NamingTask, near: Nearness, known: Sequence[tuple[Material, Turn]], actions: Actions
) -> list[dict[str, float]]:
    """Return the needs that each cluster may state, with their shares of the votes; agents state none."""
    found: list[dict[str, float]] = [{} for _ in known]
    names = actions.names_of(clusters.needs)
    if not names or not clusters.vectors:
        return found
    ballot = Ballot(names, np.array([clusters.needs[name].vector for name in names]))
    for g, (one, turn) in enumerate(known):
        if one.objectives and turn.is_open and turn.role != AGENT:
            found[g] = ballot.elected(clusters.vectors[g], near.centroids[g])
    return found


def _turn_names(material: Sequence[Material], near: Nearness, turns: Sequence[Turn], language: str) -> list[list[str]]:
    """Return the names of turns without a need that each cluster may have.

    Where its kind is unknown, it is one of few objectives, and the name lies nearer to it than to most.
    """
    names = [turn_names(language, turn.role, turn.kind) for turn in turns]
    each = list(dict.fromkeys(name for own in names for name in own))
    if not each:
        return [[] for _ in turns]
    S = near.vectors(each) @ near.centroids.T
    lead = S - S.mean(axis=1, keepdims=True)
    is_near = dict(zip(each, lead > (MARGIN if len(material) > 1 else -1.0), strict=True))
    return [
        [name for name in own if turn.kind or (is_near[name][g] and one.coverage < FEW)]
        for g, (own, turn, one) in enumerate(zip(names, turns, material, strict=True))
    ]
