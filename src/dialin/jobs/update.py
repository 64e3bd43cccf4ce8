"""Updates a run: what it found stays, new sentences go where its decision function says, the rest is searched.

Nothing is written to the earlier run. What is taken from it is read again when the work goes on, so it has to stay
where it is until the update is complete.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dialin import files, saved
from dialin.arrays import Matrix
from dialin.discover.connections import Connections
from dialin.discover.data import Data
from dialin.discover.state import Result
from dialin.jobs.decided import Decisions
from dialin.jobs.embedding import Encode
from dialin.jobs.known_first import joined_all
from dialin.jobs.predict import Answers
from dialin.jobs.update_drift import Listener, heard_again
from dialin.jobs.update_groups import Looked, n_first_of, said_in
from dialin.jobs.update_tally import tally_json, went
from dialin.llm.cache import ReplyStore
from dialin.read.corpus import Corpus
from dialin.review.apply import BY_PERSON
from dialin.review.edits import Entry
from dialin.review.log import DECISIONS, TAKEN_OVER, read_log, write_log
from dialin.review.pin import NO_DECISION, NOWHERE, PinnedSplit, kept_of
from dialin.review.taken_over import decisions_taken_over
from dialin.review.witnesses import Searched, homes_told
from dialin.runs.manifest import Manifest
from dialin.runs.run import Run, decided, keys_of, load
from dialin.runs.update import new_part
from dialin.taxonomy.drift import Drift, drift_between, drift_json
from dialin.taxonomy.snapshot import as_places, numbered_from_zero, snapshot_of


@dataclass(frozen=True)
class Beside:
    """What is written beside the result of an update: the values of ``drift.json``, and the lines of its log."""

    drift: dict[str, Any]
    entries: list[Entry]

    def write_log(self, folder: Path, result: str) -> None:
        """Write the log of the review of a run with this result, if there are lines for it."""
        if self.entries:
            write_log(folder / DECISIONS, self.entries, {"result": result, TAKEN_OVER: str(len(self.entries))})


@dataclass(frozen=True)
class HeardAll:
    """What the earlier run says of all sentences of an update, and how the new ones differ from its own."""

    split: PinnedSplit
    drift: Drift


@dataclass(frozen=True, eq=False)
class Update:
    """An update of a run.

    Parameters
    ----------
    run : Run
        The update, with the sentences of the earlier run and the new ones.
    earlier : Run
        The run that it updates.
    """

    run: Run
    earlier: Run

    @classmethod
    def of(cls, run: Run) -> Update | None:
        """Return the update that a run is; None if it is none."""
        return cls(run, load(Path(run.manifest.since))) if run.manifest.is_update else None

    @cached_property
    def new(self) -> Corpus:
        """The new sentences alone."""
        return new_part(self.run, self.earlier)

    @cached_property
    def known(self) -> Data:
        """The sentences of the earlier run."""
        data = self.earlier.data
        assert data is not None  # it has ended
        return data

    @cached_property
    def _places(self) -> dict[int, int]:
        """The place of each intent of the earlier run."""
        return numbered_from_zero(self.earlier.intents["intent_id"].to_pylist())

    def with_vectors(self, opened: Connections) -> Connections:
        """Return connections that embed only what the earlier run does not hold."""
        return replace(opened, embed=reusing(self.known.texts, self.known.own_vectors, opened.embed))

    def heard(self, data: Data, opened: Connections) -> HeardAll:
        """Return what the earlier run says of all sentences, and how the new ones differ from its own.

        Parameters
        ----------
        data : Data
            All sentences of the update, with their vectors.
        opened : Connections
            Connections with the embedder of both runs.
        """
        known = snapshot_of(self.earlier)
        listener = Listener.of(known, len(self.new.texts))
        embed = reusing(data.texts, data.own_vectors, opened.embed)
        decisions = Answers.of(self.earlier, replace(opened, embed=embed)).found(self.new, listener.look)
        is_noise = decisions.is_pinned & (decisions.labels < 0)
        counts = self.new.counts * ~(decisions.is_left_out | is_noise)
        heard = listener.heard(as_places(decisions.labels, self._places), counts)
        drift = drift_between(heard_again(self.earlier, known), heard, [intent.uid for intent in known.intents])
        return HeardAll(self.split(data, decisions), drift)

    def split(self, data: Data, decisions: Decisions) -> PinnedSplit:
        """Return the sentences in the intents of the earlier run, and the homeless rest; a person's noise is neither.

        New sentences are where ``dialin predict`` puts them. What the earlier run says of its own sentences stays.
        """
        labels, p = np.full(len(data.texts), NO_DECISION), np.zeros(len(data.texts))
        told = as_places(decisions.labels, self._places)
        rows = data.rows_of(self.new.texts, self.new.roles or [""] * len(self.new.texts))
        labels[rows], p[rows] = np.where(told < 0, NO_DECISION, told), decisions.p_intent
        own, table = data.rows_of(self.known.texts, self.known.roles), self.earlier.sentences
        before = as_places(table["intent_id"].to_numpy(), self._places)
        is_noise = np.array([reason == BY_PERSON for reason in table["reason"].to_pylist()], dtype=np.bool_)
        labels[own] = np.where(before >= 0, before, np.where(is_noise, -1, NO_DECISION))
        p[own] = np.where(before >= 0, table["p_intent"].to_numpy(), 0.0)
        return PinnedSplit(kept_of(decided(self.earlier), list(self._places), labels), data, labels, p)

    def searched(self, splits: Sequence[PinnedSplit]) -> Searched:
        """Return the sentences without an intent, in which to search, among witnesses if what is found may join.

        Parameters
        ----------
        splits : sequence of PinnedSplit
            What the earlier run says, then the intents of its list in what that leaves.
        """
        rows = splits[0].free
        for split in splits[1:]:
            rows = rows[split.free]
        return Searched.of(splits[0], rows, has_witnesses=self.run.manifest.settings.merge != "none")

    def joined(self, splits: Sequence[PinnedSplit], searched: Searched, found: Result) -> Result:
        """Return one result: what is found to be a part of a known intent joins it, the rest are candidates.

        After a cap of the budget, all that was found is a candidate.

        Parameters
        ----------
        splits : sequence of PinnedSplit
            As for `searched`.
        searched : Searched
            The sentences that were searched.
        found : Result
            What was discovered in them.
        """
        split = splits[0]
        homes = np.full(len(split.labels), -1)
        homes[searched.rows[searched.is_open]] = searched.homes(found)
        rest = joined_all(splits[1:], searched.alone(found))
        result = split.joined(rest, homes_told(homes[split.free], rest) if found.complete else NOWHERE)
        intents = tuple(replace(one, candidate=self._is_open(one.uid)) for one in result.intents)
        return replace(result, intents=intents)

    def _is_open(self, uid: str) -> bool:
        """Return whether an intent is a candidate: it is new, or was one before, and nobody has accepted it."""
        return not uid or uid in self._open

    @cached_property
    def _open(self) -> set[str]:
        return {row["uid"] for row in self.earlier.intents.to_pylist() if row.get("candidate")}

    def beside(self, result: Result, heard: HeardAll) -> Beside:
        """Return what is written beside a result: the drift, and what people decided about the earlier run."""
        about = {"since": self.run.manifest.since, "result": self.earlier.manifest.result}
        told = drift_json(heard.drift)
        joined = n_joined(heard.split, result)
        told |= self._tally(heard.split, result) | self._groups(heard.split.data, result)
        told["intents"] = [one | {"n_joined": joined.get(one["uid"], 0)} for one in told["intents"]]
        return Beside(about | told, self._decisions(result))

    def _groups(self, data: Data, result: Result) -> dict[str, Any]:
        """Return the groups of new sentences that known intents have taken in, and with what they were compared."""
        path, of = self.earlier.folder / files.DRIFT, self.earlier
        drift = saved.read_json(path) if path.is_file() else {}
        n_first = n_first_of(drift, of.corpus.occurrences.num_rows, is_update=of.manifest.is_update)
        looked = Looked(data, result, said_in(self.run.corpus, n_first), self.run.manifest.settings)
        return {"n_first": n_first, "inside": looked.told()}

    def _tally(self, split: PinnedSplit, result: Result) -> dict[str, Any]:
        """Return where the new utterances went, and those of the earlier run that had no intent."""
        data, shape = split.data, len(result.labels)
        new, homeless = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        new[data.rows_of(self.new.texts, self.new.roles or [""] * len(self.new.texts))] = self.new.counts
        is_homeless = self.earlier.sentences["intent_id"].to_numpy() < 0
        own = data.rows_of(self.known.texts, self.known.roles)
        homeless[own] = self.earlier.corpus.counts * is_homeless
        return tally_json(*(went(result, counts, self._open) for counts in (new, homeless)))

    def _decisions(self, result: Result) -> list[Entry]:
        """Return what people decided about the earlier run, as lines of the log of this result."""
        ids = {intent.uid: intent.intent_id for intent in result.intents}
        known = self.earlier.intents.to_pylist()
        rows = {key: row for row, key in enumerate(keys_of(self.run.corpus))}
        return decisions_taken_over(
            self.earlier.review,
            read_log(self.earlier.folder / DECISIONS),
            {row["intent_id"]: ids[row["uid"]] for row in known},
            [rows[key] for key in keys_of(self.earlier.corpus)],
        )


def n_joined(split: PinnedSplit, result: Result) -> dict[str, int]:
    """Return how many utterances without an intent were found to be a part of each known one, by its uid."""
    rows = np.flatnonzero((split.labels == NO_DECISION) & (result.labels >= 0))
    found = np.bincount(result.labels[rows], weights=split.data.counts[rows], minlength=len(result.intents))
    known = set(split.pinned.uids)
    return {one.uid: int(found[one.intent_id]) for one in result.intents if one.uid in known}


def reusing(texts: Sequence[str], X: Matrix, embed: Encode) -> Encode:
    """Return what gives the vectors of texts: those in `X`, shape (n, d), for these n, others by an embedder."""
    place = {text: row for row, text in enumerate(texts)}

    def encode(wanted: Sequence[str]) -> Matrix:
        rows = np.array([place.get(text, -1) for text in wanted], dtype=np.int64)
        found = np.array(X[rows])
        missing = np.flatnonzero(rows < 0)
        if len(missing):
            found[missing] = embed([wanted[row] for row in missing.tolist()])
        return found

    return encode


def earlier_replies(manifest: Manifest) -> list[ReplyStore]:
    """Open the replies of the run that an update follows, which are only read; none if it is no update or has none."""
    path = Path(manifest.since) / files.REPLIES
    is_there = manifest.is_update and path.is_file()
    return [ReplyStore(":memory:", known=path, keeps_empty=False)] if is_there else []
