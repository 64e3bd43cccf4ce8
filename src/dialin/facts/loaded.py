"""Loads the files of a run once, and offers the views of them that several facts share.

Here, an intent is identified by its place among the rows of ``intents.parquet``, because after a review the ids have
gaps and may be in another order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import Ints, RowVectors
from dialin.discover.assign import Pieces
from dialin.discover.intent_tree import IntentTree
from dialin.facts.dialogues import Turns, main_reasons, turns_of
from dialin.facts.headline import Summary, summary_of
from dialin.facts.routine import is_no_reason
from dialin.facts.seconds import seconds_by_step
from dialin.name.actions import AGENT
from dialin.read.codes import Coded, codes_of
from dialin.runs.run import Run
from dialin.taxonomy.told_groups import ToldGroup, open_groups, told_groups

Row = dict[str, Any]


NO_PIECES = Pieces(np.empty((0, 0), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ())
"""The decision function where nothing is asked of it, because there are no vectors."""


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """Contents of a run's files.

    Parameters
    ----------
    summary : Summary
        Headline figures, and the rows of ``intents.parquet``.
    sentences, occurrences : pyarrow.Table
        Tables of ``sentences.parquet`` and ``occurrences.parquet``.
    rounds : list of dict
        Lines of ``rounds.jsonl``.
    X : vectors of shape (n, d), or None
        Vectors of ``embeddings.npy``; None if the file is missing or was not read.
    pieces : Pieces
        Decision function, with places as intents; without pieces if there are no vectors.
    seed : int
        Seed of the run.
    seconds : dict of str to float
        Seconds of each step; empty if they are not known.
    tree : IntentTree
        The branches above the intents.
    groups : tuple of ToldGroup
        Groups of new sentences inside known intents that an update told, and nobody has dealt with.
    min_dialogues : int
        Intents of fewer dialogues are withheld already (`dialin.facts.withheld`); 0 if none is.
    """

    summary: Summary
    sentences: pa.Table
    occurrences: pa.Table
    rounds: list[Row]
    X: RowVectors | None
    pieces: Pieces
    seed: int
    seconds: dict[str, float] = field(default_factory=dict)
    tree: IntentTree = field(default_factory=IntentTree)
    groups: tuple[ToldGroup, ...] = ()
    min_dialogues: int = 0

    @property
    def rows(self) -> list[Row]:
        """The rows of ``intents.parquet``."""
        return self.summary.intents

    @cached_property
    def labels(self) -> Ints:
        """The place of each sentence's intent, shape (n,); −1 for no intent."""
        return places_of(self.sentences["intent_id"].to_numpy(), self.summary.intent_ids)

    def intent_id(self, place: int) -> int:
        """Return the id of the intent at a place; −1 for place −1."""
        return int(self.rows[place]["intent_id"]) if place >= 0 else -1

    @cached_property
    def roles(self) -> list[str]:
        """The role of each of the n sentences as the run used it; "" for no role."""
        roles: list[str] = codes_of(self.sentences["role"]).texts.tolist()
        return roles

    @cached_property
    def said(self) -> Ints:
        """The sentence of each utterance, in input order."""
        return np.asarray(self.occurrences["sentence_id"].to_numpy(), dtype=np.int64)

    @cached_property
    def speakers(self) -> Coded:
        """The role of each utterance: as the run used it, else as in the input; "" for no role."""
        used = self.sentences["role"].take(pa.array(self.said))
        return codes_of(pc.coalesce(used.cast(pa.string()), self.occurrences["role"].cast(pa.string())))

    @cached_property
    def turns(self) -> Turns:
        """The utterances with an intent, dialogue by dialogue."""
        return turns_of(self.occurrences, self.labels, self.speakers.where(AGENT))

    @cached_property
    def routine(self) -> NDArray[np.bool_]:
        """Whether each intent is routine, and so never a reason to call."""
        return np.array([is_no_reason(row["kind"], row["name"], row["examples"]) for row in self.rows], dtype=bool)

    @cached_property
    def reasons(self) -> Ints:
        """The main reason for each dialogue; −1 for none."""
        return main_reasons(self.turns, self.routine)


def load_files(run: Run, *, vectors: bool = True) -> LoadedRun:
    """Read the files of a run; raise InputError if it has no result yet, or a file cannot be read.

    Reading the vectors takes longer than all the rest: without them, as if there were none, no fact is about distances.
    """
    summary, X = summary_of(run), run.vectors if vectors else None
    pieces = NO_PIECES if X is None else run.pieces_on(X)
    return LoadedRun(
        summary=summary,
        sentences=run.sentences,
        occurrences=run.corpus.occurrences,
        rounds=saved.read_json_lines(run.folder / files.ROUNDS),
        X=X,
        pieces=replace(pieces, intents=places_of(pieces.intents, summary.intent_ids)),
        seed=run.manifest.settings.seed,
        seconds=seconds_by_step(run.folder),
        tree=run.tree,
        groups=open_groups(told_groups(run.folder, summary.n_sentences), run.review.pinned),
    )


def places_of(intents: Ints, known: Sequence[int]) -> Ints:
    """Return the place of each intent among the known ones; −1 for an unknown intent.

    Examples
    --------
    >>> places_of(np.array([7, -1, 2, 7]), [7, 2]).tolist()
    [0, -1, 1, 0]
    """
    place = np.full(max(int(intents.max(initial=-1)), *known, -1) + 2, -1)
    place[list(known)] = np.arange(len(known))
    return place[intents]
