"""Turn a list of known intents into kept ones: which clusters of the corpus are theirs, by a threshold of its own.

The corpus is clustered first, without the list and without an LLM. A cluster is a listed intent's if each is the
other's nearest, and nearer than wrong ones are. What wrong means, the corpus says itself: a cluster has at most one
listed intent, so the second nearest of each is a wrong one; `LEVEL` of those may be as near. From there on, listed
intents are what intents of a reviewed run are: their sentences are taken out, and the rest is discovered
(`dialin.review.pin`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Floats, Labels, Matrix, Rows
from dialin.cluster.centroids import unit_rows
from dialin.discover.assign import Pieces, build
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.uids import uid_of
from dialin.name.actions import AGENT
from dialin.read.intent_list import ListedIntent
from dialin.review.pieces import joined
from dialin.review.pin import NO_DECISION, KeptIntents

LEVEL = 0.05
"""Share of the wrong listed intents that may lie as near to a cluster as one that is taken for its own."""

LISTED = "listed"
"""Stands for the role in what the uid of a listed intent comes from: its name, whatever is said of it."""


@dataclass(frozen=True)
class ListedTask:
    """A list of known intents beside the sentences of a run.

    Parameters
    ----------
    listed : sequence of ListedIntent
        The m intents.
    data : Data
        The n sentences.
    roles : sequence of str, n roles
        Role of each sentence, which restricts it to pieces of that role; "" for no restriction.
    """

    listed: Sequence[ListedIntent]
    data: Data
    roles: Sequence[str]


def kept_of_list(task: ListedTask, tools: Tools, settings: Settings) -> KeptIntents:
    """Return the listed intents as a run keeps them; those that nobody says have neither pieces nor sentences.

    A sentence that is an example of the list belongs to its intent. With a listed intent in each half of a cluster,
    each takes the sentences that lie nearer to it. What agents say, where the roles are known, is no listed intent's.
    """
    alone = replace(
        tools, llm=None, judge_llm=None, dear_llm=None, ranks_names=False, on_note=_unheard, on_step=_unheard
    )
    geometry = replace(settings, judge="geometry", merge="none", describe=False, prune=False)
    found = discover(task.data, alone, geometry)
    V = listed_vectors(task.listed, tools.embed)
    pieces = matched_pieces(found.pieces, V, task)
    labels = _labels_of_examples(task)
    of_examples = [(i, np.flatnonzero(labels == i)) for i in range(len(task.listed)) if i not in pieces.intents]
    by_example = [(i, rows) for i, rows in of_examples if len(rows)]
    more = build(task.data.X, [rows for _, rows in by_example], [i for i, _ in by_example], [""] * len(by_example))
    return KeptIntents(
        names=tuple(intent.name for intent in task.listed),
        roles=_roles(pieces, len(task.listed)),
        descriptions=tuple(intent.description for intent in task.listed),
        p_good=_p_good(pieces, found.pieces, [intent.p_good for intent in found.intents], len(task.listed)),
        labels=labels,
        pieces=joined(pieces, more),
        uids=tuple(uid_of_listed(intent.name) for intent in task.listed),
    )


def uid_of_listed(name: str) -> str:
    """Return the uid of a listed intent."""
    return uid_of([(name, LISTED)])


def listed_vectors(listed: Sequence[ListedIntent], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
    """Return the unit-norm mean of the texts of each intent, shape (m, d)."""
    E = embed([text for intent in listed for text in intent.texts])
    ends = np.cumsum([len(intent.texts) for intent in listed])
    means = np.array([own.mean(axis=0) for own in np.split(E, ends[:-1])], np.float32)
    return unit_rows(means)


def matches(centroids: Matrix, V: Matrix, level: float = LEVEL) -> dict[int, list[int]]:
    """Return, for each cluster that is a listed intent's, all whose nearest cluster it is, its own nearest first.

    Parameters
    ----------
    centroids : ndarray of shape (k, d)
        Unit-norm means of the clusters.
    V : ndarray of shape (m, d)
        Unit-norm vectors of the listed intents, at least two.
    level : float
        Share of the second nearest that may be as near, in [0, 1].

    Examples
    --------
    Two clusters lie at 0° and 90°, two listed intents at 10° and 180°. The cluster at 0° and the intent at 10° are each
    other's nearest (cos .98). So are the other two, but at a right angle (cos 0), and a wrong one lies as near to the
    second cluster as at 80° (cos .17).

    >>> def at(*degrees): return np.array([[np.cos(np.radians(d)), np.sin(np.radians(d))] for d in degrees])
    >>> matches(at(0, 90), at(10, 180))
    {0: [0]}
    """
    if not len(centroids):
        return {}
    S = centroids @ V.T
    nearest, clusters = S.argmax(axis=1), S.argmax(axis=0)
    least = float(np.quantile(np.sort(S, axis=1)[:, -2], 1 - level))
    found = dict[int, list[int]]()
    for j in np.unique(clusters).tolist():
        own = [i for i in np.flatnonzero(clusters == j).tolist() if S[j, i] >= least]
        if nearest[j] in own:
            order = np.argsort(-S[j, own], kind="stable")
            found[j] = [own[place] for place in order.tolist()]
    return found


def matched_pieces(pieces: Pieces, V: Matrix, task: ListedTask) -> Pieces:
    """Return the pieces with the listed intents as their intents; −1 for those of no listed intent.

    A piece that several listed intents have as their nearest is cut into one for each of them that gets sentences.
    """
    others = [j for j, role in enumerate(pieces.roles) if role != AGENT]
    found = {others[place]: own for place, own in matches(pieces.centroids[others], V).items()}
    nearest, cosine, _ = pieces.nearest(task.data.X, task.roles)
    home = np.where(pieces.within(nearest, cosine), nearest, -1)
    parts = [(rows, i, pieces.roles[j]) for j, own in found.items() for i, rows in _cut(home == j, own, V, task)]
    cut = {j for j, own in found.items() if len(own) > 1}
    stays = [j for j in range(len(pieces.intents)) if j not in cut]
    of = {j: own[0] for j, own in found.items() if j not in cut}
    kept = Pieces(
        pieces.centroids[stays],
        pieces.radii[stays],
        np.array([of.get(j, -1) for j in stays], np.int64),
        tuple(pieces.roles[j] for j in stays),
    )
    new = build(task.data.X, [rows for rows, _, _ in parts], [i for _, i, _ in parts], [role for _, _, role in parts])
    return joined(kept, new)


def _cut(is_member: NDArray[np.bool_], own: list[int], V: Matrix, task: ListedTask) -> list[tuple[int, Rows]]:
    """Return the members of a piece that each of several listed intents takes; nothing for one alone."""
    if len(own) < 2:
        return []
    rows = np.flatnonzero(is_member)
    taken = (task.data.X[rows] @ V[own].T).argmax(axis=1)
    parts = [(i, rows[taken == place]) for place, i in enumerate(own)]
    return [(i, part) for i, part in parts if len(part)]


def _labels_of_examples(task: ListedTask) -> Labels:
    """Return the listed intent of each sentence that is one of its examples, in whatever case; else `NO_DECISION`."""
    known = {example.casefold(): i for i, intent in enumerate(task.listed) for example in intent.examples}
    return np.array([known.get(text.casefold(), NO_DECISION) for text in task.data.texts], dtype=np.int64)


def _roles(pieces: Pieces, n_listed: int) -> tuple[str, ...]:
    """Return the role of each listed intent: that of its pieces, "" without any."""
    of = {intent: role for intent, role in zip(pieces.intents.tolist(), pieces.roles, strict=True) if intent >= 0}
    return tuple(of.get(i, "") for i in range(n_listed))


def _p_good(pieces: Pieces, found: Pieces, p_good: Sequence[float], n_listed: int) -> Floats:
    """Return P(good) of each listed intent: that of the found piece nearest to its own; 1 where a person gave all."""
    p = np.ones(n_listed)
    for piece in np.flatnonzero(pieces.intents >= 0).tolist():
        source = int((found.centroids @ pieces.centroids[piece]).argmax())
        p[pieces.intents[piece]] = p_good[int(found.intents[source])]
    return p


def _unheard(_: str) -> None:
    """Report nothing: the run itself will."""
