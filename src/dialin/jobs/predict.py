"""Assigns new utterances to the intents of a finished run, with its decision function, part by part.

Memory does not grow with the input, but where dialogues count: there, a sentence is also known by what is said next
wherever it is said, so all turns have to be known first. Then the distinct sentences are in memory, and the turns and
the vectors are in files until the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin import files
from dialin.arrays import Ints, Labels, Matrix
from dialin.discover.assign import Pieces
from dialin.discover.connections import Connections
from dialin.discover.data import Data
from dialin.discover.only import needs_alone
from dialin.facts.headline import summary_of
from dialin.jobs.decided import Decided, Decisions
from dialin.jobs.embedding import PART_TEXTS, embed_into
from dialin.jobs.memory import reading_limits
from dialin.name.kinds import Kinds
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.distinct import corpus_of_parts
from dialin.read.stored import PART_ROWS
from dialin.redact.source import read_redacted_parts
from dialin.review.apply import BY_PERSON, is_edited
from dialin.review.columns import kinds_told
from dialin.review.pieces import Pins, pins_of
from dialin.room import temporary_folder
from dialin.runs.run import Run, data_of, keys_of

Look = Callable[[slice, Matrix, Sequence[str]], None]
"""Is told some rows, their vectors, and the roles that limit where they may go."""
Told = Callable[["Answers", pa.Table, Decided], pa.Table]
"""Decision function, rows of a source, and what is decided of their sentences -> a table with a row for each."""


def predict_parts(
    run: Run, source: object, columns: Columns, opened: Connections, told: Told | None = None
) -> Iterator[pa.Table]:
    """Yield ``row, text, intent_id, name, p_intent`` for each row of a source, in its order, part by part.

    Parameters
    ----------
    run : Run
        Run that is complete or capped.
    source, columns
        As for `dialin.read.table.read_table`; a row without text gets intent −1.
    opened : Connections
        Connections with the embedder of the run.
    told : callable, optional
        What is told of each part; by default `Answers.table`.

    Raises
    ------
    InputError
        The run has no result yet, or as for `dialin.redact.source.read_redacted_parts`.

    Notes
    -----
    Turns are split into sentences if those of the run were; then each sentence has a row. Speakers whom an export only
    numbers have the roles that they had in the run, unless the columns give others. The sentences of the run
    itself get the intents that they have in the run, or that its review gave them. No result depends on where the parts
    end.
    """
    answers = Answers.of(run, opened)
    for part in new_rows(run, source, columns):
        yield from told_in_parts(answers, part, told)


def told_in_parts(answers: Answers, part: pa.Table, told: Told | None = None) -> Iterator[pa.Table]:
    """Yield what is told of each row of a part, some rows at a time.

    What is decided depends on all rows of the part, where dialogues count.

    Parameters
    ----------
    answers : Answers
        The decision function.
    part : pyarrow.Table
        Rows from `new_rows`.
    told : callable, optional
        As for `predict_parts`.
    """
    tell = told or Answers.told
    if part.num_rows <= PART_ROWS:
        corpus = corpus_of(part)
        yield tell(answers, part, (corpus, answers.found(corpus)))
        return
    parts = [part.slice(first, PART_ROWS) for first in range(0, part.num_rows, PART_ROWS)]
    whole = corpus_of_parts(parts)
    found, n = answers.found(whole), 0
    for rows in parts:
        own = corpus_of(rows)
        of_whole = whole.occurrences["sentence_id"].slice(n, own.occurrences.num_rows).to_numpy()
        n += len(of_whole)
        sentences = np.empty(len(own.texts), dtype=np.int64)
        sentences[own.occurrences["sentence_id"].to_numpy()] = of_whole
        yield tell(answers, rows, (own, found.of(sentences)))


def new_rows(run: Run, source: object, columns: Columns, most_rows: int = PART_ROWS) -> Iterator[pa.Table]:
    """Yield the rows of a source, read and redacted as those of a run were, part by part.

    Parameters
    ----------
    run, source, columns
        As for `predict_parts`.
    most_rows : int
        Rows of a part, but for dialogues that count: all turns are one part then, which stays in a file if it is large.
    """
    limits = replace(reading_limits(hint="give the dialogues in several files"), most_rows=most_rows)
    how = read_like(run, columns), run.manifest.source.redact
    return read_redacted_parts(source, *how, in_dialogues=counts_dialogues(run), limits=limits)


def counts_dialogues(run: Run) -> bool:
    """Return whether new sentences have to come with their whole dialogues: what is said next is in their vectors."""
    return run.manifest.settings.context == "next"


def redacting(run: Run, engine: str | None) -> Run:
    """Return a run for which new sentences are redacted by `engine`; None: as its own were."""
    if engine is None:
        return run
    return replace(run, manifest=replace(run.manifest, source=replace(run.manifest.source, redact=engine)))


def read_like(run: Run, columns: Columns) -> Columns:
    """Return what the user said of a source; who speaks, and whether turns are split, is else as it was in the run."""
    own = run.manifest.source.columns
    return replace(columns, split=columns.split or own.split, speakers=columns.speakers or own.speakers)


@dataclass(frozen=True, eq=False)
class Answers:
    """The decision function of a run, ready to be asked about many sentences.

    Parameters
    ----------
    run : Run
        The run.
    opened : Connections
        Connections with its embedder.
    pieces : Pieces
        Its pieces, after the review.
    pins : Pins
        Sentences that people put elsewhere.
    """

    run: Run
    opened: Connections
    pieces: Pieces
    pins: Pins

    @classmethod
    def of(cls, run: Run, opened: Connections) -> Answers:
        """Return the decision function of a run; raise InputError if it has no result yet."""
        summary_of(run)
        pieces = run.pieces
        return cls(run, opened, pieces, pins(run, pieces))

    def in_memory(self) -> Answers:
        """Return the same, with all read that is else read at the first question: the folder may change by then."""
        self._known, self._names  # noqa: B018
        if self.run.manifest.settings.only == "needs":
            self._kinds_of_run  # noqa: B018
        return self

    def table(self, part: pa.Table) -> pa.Table:
        """Return the intent of each row of a table from `dialin.read.table.read_table`."""
        corpus = corpus_of(part)
        return self.told(part, (corpus, self.found(corpus)))

    def told(self, part: pa.Table, decided: Decided) -> pa.Table:
        """Return what is decided about each row of a table, whose sentences are those of the corpus."""
        corpus, found = decided
        labels, p_intent = np.full(part.num_rows, -1), np.zeros(part.num_rows)
        sentence = corpus.occurrences["sentence_id"].to_numpy()
        places = np.flatnonzero(pc.is_valid(part["text"]).to_numpy())
        labels[places], p_intent[places] = found.labels[sentence], found.p_intent[sentence]
        return pa.table(
            {
                "row": part["row"],
                "text": part["text"],
                "intent_id": pa.array(labels, pa.int64()),
                "name": self.names_of(labels),
                "p_intent": pa.array(p_intent, pa.float64()),
            }
        )

    def found(self, corpus: Corpus, look: Look = lambda _rows, _X, _roles: None) -> Decisions:
        """Return what is decided about each sentence; `look` is told the vectors that it is decided by."""
        n, settings = len(corpus.texts), self.run.manifest.settings
        said = corpus.roles or [""] * n
        roles = said if settings.roles == "auto" else [""] * n
        near, p_near = np.full(n, -1), np.zeros(n)
        is_part = settings.only == "needs"
        alone = self.opened.kinds(corpus.texts, said) if is_part or self._leans else None
        for rows, X in self._vectors(corpus, alone):
            near[rows], p_near[rows] = self.pieces.assign(X, roles[rows])
            look(rows, X, roles[rows])
        kinds = self._kinds_known(alone, corpus.texts, said) if is_part and alone else None
        kept, p_kept = needs_alone(kinds, near, p_near)
        labels, p_intent = self.pins.apply(corpus.texts, said, kept, p_kept)
        is_pinned = (labels != kept) | (p_intent != p_kept) | self.pins.are_taken_out(corpus.texts, said)
        is_left_out = ~is_pinned & (~kinds.may_be_needs if kinds else False)
        return Decisions(labels, p_intent, is_pinned, is_left_out)

    def _vectors(self, corpus: Corpus, kinds: Kinds | None) -> Iterator[tuple[slice, Matrix]]:
        """Yield new sentences and their vectors, as the run's own were made: with what is said next, if it took it up.

        Whatever is said around a sentence of the run now, it is known by what was said around it then. `kinds` is what
        each does by itself, by which the vectors lean where those of the run do.
        """
        if not corpus.texts:
            return
        are_many = len(corpus.texts) > PART_TEXTS
        with temporary_folder() if are_many else nullcontext(Path()) as folder:
            data = data_of(corpus, self._embedded(corpus, folder), self.run.manifest.embedder).with_kinds(kinds)
            vectors = data.vectors_as_in(self._known, self.run.manifest.settings.context)
            for rows in vectors.turns.blocks():
                own = replace(data, texts=data.texts[rows], X=vectors[rows], roles=data.roles[rows])
                yield rows, own.with_vectors_of(self._known).X
            del data, vectors, own  # or the file could not be deleted where it is open (Windows)

    def _embedded(self, corpus: Corpus, folder: Path) -> Matrix:
        """Return the vectors of the sentences alone, shape (n, d); those of many are in a file."""
        if len(corpus.texts) <= PART_TEXTS:
            return self.opened.embed(corpus.texts)
        return embed_into(folder / files.EMBEDDINGS, corpus.texts, self.opened.embed, lambda _: None)

    def _kinds_known(self, alone: Kinds, texts: Sequence[str], roles: Sequence[str]) -> Kinds:
        """Return what each sentence does: what it did in the run, or what it does by itself."""
        places, of_run = self._kinds_of_run
        rows = np.array([places.get(key, -1) for key in zip(texts, roles, strict=True)], dtype=np.int64)
        return alone.known_at(rows, of_run)

    @cached_property
    def _kinds_of_run(self) -> tuple[dict[tuple[str, str], int], Kinds]:
        """The row of each sentence of the run, and their kinds."""
        return {key: row for row, key in enumerate(keys_of(self.run.corpus))}, kinds_told(self.run.sentences)

    @property
    def _takes_next(self) -> bool:
        return counts_dialogues(self.run)

    @property
    def _leans(self) -> bool:
        return self._known is not None and self._known.leans

    @cached_property
    def _known(self) -> Data | None:
        """The sentences of the run, if what was said next is in their vectors."""
        return self.run.data if self._takes_next and self.run.corpus.has_dialogues else None

    @cached_property
    def _names(self) -> tuple[Ints, pa.Array]:
        """The numbers of the intents, ascending, and their names, after those the name of none."""
        intents = self.run.intents.sort_by("intent_id")
        names = pa.concat_arrays([intents["name"].combine_chunks().cast(pa.string()), pa.array([""])])
        return intents["intent_id"].to_numpy(), names

    def names_of(self, labels: Labels) -> pa.Array:
        """Return the names of intents, shape (n,); "" for one that the run does not have, such as −1."""
        ids, names = self._names
        places = np.searchsorted(ids, labels)
        is_one = np.append(ids, -2)[places] == labels
        return names.take(pa.array(np.where(is_one, places, len(ids))))


def pins(run: Run, pieces: Pieces) -> Pins:
    """Return the sentences that people put elsewhere than the pieces would or took out, in this or a pinned run."""
    is_decided = is_edited(run.review) or run.manifest.since
    data = run.data if is_decided else None
    if data is None:
        return Pins({})
    by_pieces, _ = pieces.assign(data.X, run.assignment_roles)
    taken_out = pc.equal(run.sentences["reason"], BY_PERSON).to_numpy()
    return pins_of(data.texts, data.roles, run.review.labels, by_pieces, taken_out)
