"""A run as the comparison of two runs sees it: its intents, its sentences, and its decision function."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dialin import files
from dialin.arrays import Ints, Labels, Matrix
from dialin.cluster.labels import centroid, rows_by
from dialin.discover.as_before import Before
from dialin.discover.assign import Pieces
from dialin.discover.state import NOT_A_NEED, Intent, Result
from dialin.errors import InputError
from dialin.runs.run import Run, check_ended, keys_of


@dataclass(frozen=True)
class IntentSeen:
    """An intent of a run.

    Parameters
    ----------
    uid : str
        Its identity; "" for an intent of a new run that has none yet.
    name : str
        Its name.
    n_sentences, n_occurrences : int
        Numbers of its distinct sentences and of its utterances.
    examples : tuple of str
        Sentences of it, the most central first.
    is_candidate : bool
        Whether an update found it and nobody has accepted it yet.
    """

    uid: str
    name: str
    n_sentences: int
    n_occurrences: int
    examples: tuple[str, ...] = ()
    is_candidate: bool = False


@dataclass(frozen=True)
class Snapshot:
    """A run.

    Parameters
    ----------
    intents : tuple of IntentSeen, m
        Its intents, in its order.
    n_occurrences : int
        Number of all utterances, with those that have no intent, without those that were left out as not a need.
    keys : list of (str, str), n
        Text and role of each sentence; "" for no role.
    labels : ndarray of shape (n,), int64
        Place of its intent among `intents`, −1 for none.
    X : ndarray of shape (n, d)
        Its vector.
    roles : sequence of str, n
        Its role if roles limit which pieces it may go to, else "".
    pieces : Pieces
        The decision function, whose intents are places among `intents`.
    unit : str
        What `n_occurrences` counts: "needs" if something was left out as not a need, else "utterances".
    first_row : int
        Row of the first utterance that counts: 0, or the number of those of the run that an update is compared with.
    """

    intents: tuple[IntentSeen, ...]
    n_occurrences: int
    keys: list[tuple[str, str]]
    labels: Labels
    X: Matrix
    roles: Sequence[str]
    pieces: Pieces
    unit: str = "utterances"
    first_row: int = 0

    @property
    def counted(self) -> str:
        """What the shares are of, in words."""
        return f"new {self.unit}" if self.first_row else self.unit

    @property
    def sizes(self) -> Ints:
        """Number of distinct sentences of each intent, shape (m,)."""
        return np.bincount(self.labels[self.labels >= 0], minlength=len(self.intents)).astype(np.int64)

    @property
    def centroids(self) -> Matrix:
        """Unit-norm mean of the sentences of each intent, shape (m, d); zeros for one without sentences."""
        found = np.zeros((len(self.intents), self.X.shape[1]), np.float32)
        for place, rows in rows_by(self.labels).items():
            if place >= 0:
                found[place] = centroid(self.X[rows])
        return found

    @property
    def unassigned(self) -> int:
        """Number of utterances that have no intent."""
        return self.n_occurrences - sum(intent.n_occurrences for intent in self.intents)


def snapshot_of(run: Run) -> Snapshot:
    """Return a run as its last review left it.

    Raises
    ------
    InputError
        The run has no result yet, or a file of it is missing or damaged.
    """
    check_ended(run)
    data, rows, reasons = run.data, run.intents.to_pylist(), run.sentences["reason"].to_pylist()
    if data is None:
        raise InputError(f"{run.folder} has no {files.EMBEDDINGS}", hint=f"continue the run with: {run.resume_command}")
    places = numbered_from_zero([row["intent_id"] for row in rows])
    pieces = run.pieces_on(data.X)
    return Snapshot(
        intents=tuple(map(_seen, rows)),
        n_occurrences=n_searched(run, reasons),
        keys=keys_of(run.corpus),
        labels=as_places(run.sentences["intent_id"].to_numpy(), places),
        X=data.X,
        roles=run.assignment_roles,
        pieces=replace(pieces, intents=as_places(pieces.intents, places)),
        unit="needs" if NOT_A_NEED in reasons else "utterances",
    )


def snapshot_of_result(run: Run, result: Result) -> Snapshot:
    """Return a run with a result that is not written yet; raise InputError if it has no vectors."""
    data = run.data
    if data is None:
        raise InputError(f"{run.folder} has no {files.EMBEDDINGS}", hint=f"continue the run with: {run.resume_command}")
    places = numbered_from_zero([intent.intent_id for intent in result.intents])
    return Snapshot(
        intents=tuple(map(_found, result.intents)),
        n_occurrences=n_searched(run, result.reasons),
        keys=keys_of(run.corpus),
        labels=as_places(result.labels, places),
        X=data.X,
        roles=run.assignment_roles,
        pieces=replace(result.pieces, intents=as_places(result.pieces.intents, places)),
        unit="needs" if NOT_A_NEED in result.reasons else "utterances",
    )


def before_of(earlier: Snapshot, without: Collection[str] = ()) -> Before:
    """Return an earlier run as `dialin.discover.method.discover` is told of it, without intents of these uids."""
    is_kept = np.array([intent.uid not in without for intent in earlier.intents] + [False])  # the last: no intent
    labels = np.where(is_kept[earlier.labels], earlier.labels, -1)
    names = tuple(intent.name for intent in earlier.intents)
    return Before(names, earlier.X, labels, earlier.roles, earlier.pieces)


def n_searched(run: Run, reasons: Sequence[str]) -> int:
    """Return the number of utterances of a run, without those left out because only needs were searched."""
    counts = zip(run.corpus.counts.tolist(), reasons, strict=True)
    n_left_out: int = sum(n for n, reason in counts if reason == NOT_A_NEED)
    return run.manifest.source.n_occurrences - n_left_out


def _seen(row: dict[str, Any]) -> IntentSeen:
    counts, is_candidate = (row["size"], row["n_occurrences"]), bool(row.get("candidate"))
    return IntentSeen(row["uid"] or "", row["name"], *counts, tuple(row["examples"]), is_candidate)


def _found(intent: Intent) -> IntentSeen:
    return IntentSeen(intent.uid, intent.name, intent.size, intent.n_occurrences, intent.examples, intent.candidate)


def numbered_from_zero(ids: Sequence[int]) -> dict[int, int]:
    """Return the place of each id in a sequence."""
    return {intent: place for place, intent in enumerate(ids)}


def as_places(labels: Labels, places: dict[int, int]) -> Labels:
    """Return labels with the place of each id, −1 for an id without one.

    Examples
    --------
    >>> as_places(np.array([7, -1, 3, 4]), {3: 0, 7: 1}).tolist()
    [1, -1, 0, -1]
    """
    ids, inverse = np.unique(labels, return_inverse=True)
    found = np.array([places.get(int(one), -1) for one in ids], dtype=np.int64)
    return found[inverse] if len(ids) else labels.astype(np.int64)
