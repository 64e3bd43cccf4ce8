"""Carry people's decisions about one run into another: intents with names and sentences, and noise.

An intent is kept if a person confirmed it or put sentences into it, unless a person wants it split. Its sentences are
taken out before the search begins, and new sentences join it if the old decision function assigns them to it. All
other intents are discovered again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import Labels
from dialin.discover.assign import Pieces
from dialin.discover.conclude import N_EXAMPLES
from dialin.discover.data import Data
from dialin.discover.examples import typical_rows
from dialin.discover.state import Intent, Result
from dialin.errors import InputError
from dialin.name.kinds import needs_and_frequent_first, prevailing
from dialin.name.labels import number
from dialin.review.apply import BY_PERSON
from dialin.review.pieces import chosen, joined, pins_of
from dialin.review.state import ReviewState

NOWHERE: Mapping[int, int] = MappingProxyType({})
NO_DECISION = -2
"""Label of a sentence without a decision; −1 means that a person marked it as noise."""


@dataclass(frozen=True)
class KeptIntents:
    """The m intents that a run keeps from another run.

    Parameters
    ----------
    names, roles, descriptions : tuples of str, m each
        Name and role of each intent, and the sentence about it; "" where there is none.
    p_good : ndarray of shape (m,), float64
        P(good) of each after the review.
    labels : ndarray of shape (n,), int64
        Decision about each sentence of this run: 0 … m − 1, −1 for no intent, `NO_DECISION` if nobody decided.
    pieces : Pieces
        Decision function of the other run; its intents are 0 … m − 1, or −1 if not kept.
    uids : tuple of str, m
        The uid of each intent.
    """

    names: tuple[str, ...]
    roles: tuple[str, ...]
    descriptions: tuple[str, ...]
    p_good: NDArray[np.float64]
    labels: Labels
    pieces: Pieces
    uids: tuple[str, ...]


def kept_intents(state: ReviewState) -> list[int]:
    """Return the intents that a person confirmed or put sentences into, without those to be split.

    Examples
    --------
    >>> from dialin.review.edits import Accept, Entry, Move, Split
    >>> from dialin.review.replay import replay
    >>> from dialin.review.state import start_of
    >>> start = start_of(np.array([0, 1, 2, 3, 3]), {0: "a", 1: "b", 2: "c", 3: "d"})
    >>> edits = [Accept(0), Move((3,), 1), Accept(2), Split(2)]
    >>> kept_intents(replay(start, [Entry(i, edit) for i, edit in enumerate(edits, 1)]))
    [0, 1]
    """
    has = set(state.labels.tolist())
    put = set(state.labels[state.pinned].tolist())
    said = {i for i, known in state.intents.items() if (known.confirmed or i in put) and not known.wants_split}
    return sorted(said & has)


@dataclass(frozen=True)
class ReviewedRun:
    """A run after its review.

    Parameters
    ----------
    state : ReviewState
        The state after the review.
    keys : list of (str, str)
        Text and role of each sentence; "" for no role.
    intents : list of dict
        Rows of ``intents.parquet`` after the review.
    pieces : Pieces
        Decision function after the review.
    """

    state: ReviewState
    keys: list[tuple[str, str]]
    intents: list[dict[str, Any]]
    pieces: Pieces


def pinned_of(decided: ReviewedRun, keys: Sequence[tuple[str, str]]) -> KeptIntents | None:
    """Return the kept intents of a reviewed run, with labels for the sentences in `keys`; None without decisions."""
    state = decided.state
    kept = kept_intents(state)
    if not kept and not state.pinned.any():
        return None
    place = {intent: i for i, intent in enumerate(kept)}
    labels = np.array([place.get(label, NO_DECISION) for label in state.labels.tolist()], dtype=np.int64)
    labels[state.pinned & (state.labels < 0)] = -1
    texts, roles = zip(*decided.keys, strict=True)
    known = pins_of(texts, roles, labels, np.full(len(labels), NO_DECISION)).intents
    return kept_of(decided, kept, np.array([known.get(key, NO_DECISION) for key in keys], dtype=np.int64))


def kept_of(decided: ReviewedRun, kept: Sequence[int], labels: Labels) -> KeptIntents:
    """Return some intents of a reviewed run, with `labels` for the sentences of the run that keeps them."""
    state, rows = decided.state, {row["intent_id"]: row for row in decided.intents}
    place = {intent: i for i, intent in enumerate(kept)}
    of = np.array([place.get(intent, -1) for intent in decided.pieces.intents.tolist()], dtype=np.int64)
    return KeptIntents(
        names=tuple(state.intents[intent].name for intent in kept),
        roles=tuple(rows[intent]["role"] or "" for intent in kept),
        descriptions=tuple(rows[intent].get("description") or "" for intent in kept),
        p_good=np.array([rows[intent]["p_good"] for intent in kept], dtype=np.float64),
        labels=labels,
        pieces=replace(decided.pieces, intents=of),
        uids=tuple(rows[intent]["uid"] for intent in kept),
    )


@dataclass(frozen=True)
class PinnedSplit:
    """The sentences of a run, split into those of kept intents and the rest.

    Parameters
    ----------
    pinned : KeptIntents
        The kept intents.
    data : Data
        All n sentences.
    labels : ndarray of shape (n,), int64
        Kept intent of each sentence, −1 if a person marked it as noise, `NO_DECISION` for the rest.
    p : ndarray of shape (n,), float64
        P(that intent | sentence); 1 if people decided on the intent, 0 without a kept intent.
    """

    pinned: KeptIntents
    data: Data
    labels: Labels
    p: NDArray[np.float64]

    @classmethod
    def of(cls, pinned: KeptIntents, data: Data, roles: Sequence[str]) -> PinnedSplit:
        """Return the split of these sentences; each of the n `roles` restricts its sentence to pieces of that role."""
        near, p = pinned.pieces.assign(data.X, roles)
        joins = (pinned.labels == NO_DECISION) & (near >= 0)
        labels = np.where(joins, near, pinned.labels)
        return cls(pinned, data, labels, np.where(joins, p, (pinned.labels >= 0).astype(np.float64)))

    @property
    def free(self) -> NDArray[np.int64]:
        """Row numbers of the rest, ascending."""
        return np.flatnonzero(self.labels == NO_DECISION)

    @property
    def rest(self) -> Data:
        """Sentences without a kept intent, in which to discover intents."""
        return self.data.at(self.free)

    def joined(self, found: Result, homes: Mapping[int, int] = NOWHERE) -> Result:
        """Return one result with the kept intents and those discovered in the rest, the most frequent first.

        Parameters
        ----------
        found : Result
            What was discovered in the rest; its intents are 0, 1, ….
        homes : mapping of int to int
            The kept intent that a discovered one is a part of, and joins.
        """
        free, m = self.free, len(self.pinned.names)
        of = np.array([*(homes.get(i, m + i) for i in range(len(found.intents))), -1], dtype=np.int64)
        groups, p = self.labels.copy(), self.p.copy()
        groups[free], p[free] = of[found.labels], found.p_intent
        reasons, roles = [BY_PERSON if label == -1 else "" for label in self.labels], self._roles()
        for row, reason, role in zip(free.tolist(), found.reasons, found.roles, strict=True):
            reasons[row], roles[row] = reason, role
        kept = self._intents(groups)
        n_kept = sum(intent.size > 0 for intent in kept)
        new = [replace(one, size=0) if i in homes else one for i, one in enumerate(found.intents)]
        intents, rank = numbered([*kept, *new])
        return Result(
            intents=intents,
            labels=rank[groups],
            p_intent=p,
            reasons=reasons,
            rounds=tuple((part, replace(r, clusters=tuple(free[c] for c in r.clusters))) for part, r in found.rounds),
            pieces=ranked(joined(self.pinned.pieces, replace(found.pieces, intents=of[found.pieces.intents])), rank),
            complete=found.complete,
            roles=roles,
            suggested=found.suggested and found.suggested.with_known(n_kept),
            kinds=self.data.kinds and self.data.kinds.with_roles(roles),
            cascaded=found.cascaded,
        )

    def _roles(self) -> list[str]:
        """Return the role of each sentence: the role of its kept intent, else its own."""
        own = zip(self.labels.tolist(), self.data.roles, strict=True)
        return [self.pinned.roles[label] or role if label >= 0 else role for label, role in own]

    def _intents(self, labels: Labels) -> list[Intent]:
        """Return the kept intents of sentences with these labels, including any without a sentence in this run."""
        members = [np.flatnonzero(labels == i) for i in range(len(self.pinned.names))]
        kinds, counts = self.data.kinds, self.data.counts
        found = [prevailing(kinds.at(rows), counts[rows]) if kinds else ("", None) for rows in members]
        return [
            Intent(
                intent_id=i,
                name=name,
                size=len(rows),
                n_occurrences=int(self.data.counts[rows].sum()),
                p_good=float(self.pinned.p_good[i]),
                role=self.pinned.roles[i],
                examples=tuple(self.data.texts[row] for row in typical_rows(self.data, rows, N_EXAMPLES)),
                kind=found[i][0],
                p_kind=found[i][1],
                description=self.pinned.descriptions[i],
                uid=self.pinned.uids[i],
            )
            for i, (name, rows) in enumerate(zip(self.pinned.names, members, strict=True))
        ]


def numbered(intents: Sequence[Intent]) -> tuple[tuple[Intent, ...], Labels]:
    """Return the intents that have sentences, ordered as those of a run, and the new id of each intent given.

    An intent without sentences gets the id −1. The array of ids has one more entry, −1, so that label −1 maps to
    itself. If two names are equal, the later one gets a number.
    """
    names = number([intent.name for intent in intents])
    order = sorted(
        (i for i, intent in enumerate(intents) if intent.size),
        key=lambda i: (*needs_and_frequent_first(intents[i].kind, intents[i].n_occurrences), names[i]),
    )
    rank = np.full(len(intents) + 1, -1, dtype=np.int64)
    rank[order] = np.arange(len(order))
    return tuple(replace(intents[i], intent_id=k, name=names[i]) for k, i in enumerate(order)), rank


def ranked(pieces: Pieces, rank: Labels) -> Pieces:
    """Return the pieces with the new ids in `rank`, without the pieces of intents that get −1."""
    new = rank[pieces.intents]
    kept = np.flatnonzero(new >= 0)
    return chosen(pieces, kept.tolist(), new[kept].tolist())


# --- the file of a run folder ---------------------------------------------------------------------


def write_pinned(path: Path, pinned: KeptIntents) -> None:
    """Write the intents that a run keeps from another run."""
    arrays = {
        "names": np.array(pinned.names, dtype=np.str_),
        "roles": np.array(pinned.roles, dtype=np.str_),
        "descriptions": np.array(pinned.descriptions, dtype=np.str_),
        "p_good": pinned.p_good,
        "labels": pinned.labels,
        "centroids": pinned.pieces.centroids,
        "radii": pinned.pieces.radii,
        "intents": pinned.pieces.intents,
        "piece_roles": np.array(pinned.pieces.roles, dtype=np.str_),
        "uids": np.array(pinned.uids, dtype=np.str_),
    }
    files.write_arrays(path, arrays)


def read_pinned(path: Path) -> KeptIntents | None:
    """Return the intents that a run keeps from another run; None if the file does not exist.

    Raises
    ------
    InputError
        The file cannot be read.
    """
    if not path.exists():
        return None
    held = saved.read_arrays(path)
    try:
        columns = ("names", "roles", "piece_roles", "uids")
        names, roles, piece_roles, uids = (tuple(map(str, held[name])) for name in columns)
        pieces = Pieces(held["centroids"], held["radii"], held["intents"], piece_roles)
        descriptions = tuple(map(str, held.get("descriptions", [""] * len(names))))  # dialin 0.2 wrote none
        return KeptIntents(names, roles, descriptions, held["p_good"], held["labels"], pieces, uids)
    except KeyError as error:
        raise InputError(f"{path} is damaged: {error} is missing", hint="start the run again") from error
