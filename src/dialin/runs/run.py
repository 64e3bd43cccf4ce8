"""A run folder, opened: what it found, and what a review made of it since.

A run is the same pure pipeline each time, over the stored sentences, vectors and replies: going on means running
it again, with every stored reply at hand. Its files depend on data, settings, seed and models alone; what differs
from one time to the next (seconds, dates, what was paid and what was known) is in ``timing.json``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin import files
from dialin.discover.assign import Pieces, read_pieces
from dialin.discover.connect import Specs
from dialin.discover.state import Data
from dialin.errors import InputError
from dialin.read.corpus import Corpus
from dialin.review.apply import edited_intents, edited_sentences, is_edited, reviewed
from dialin.review.pieces import edited_pieces
from dialin.review.pin import ReviewedRun
from dialin.review.replay import ReviewState
from dialin.runs.manifest import Manifest, read_manifest


@dataclass(frozen=True)
class Run:
    """A run folder that is open; `sentences`, `intents` and `pieces` are as the last review left them.

    Parameters
    ----------
    folder : Path
        Where it is.
    manifest : Manifest
        What it says about itself.
    corpus : Corpus
        Its sentences.
    """

    folder: Path
    manifest: Manifest
    corpus: Corpus

    @property
    def data(self) -> Data | None:
        """The sentences with their vectors; None before they are embedded."""
        X = files.read_array(self.folder / files.EMBEDDINGS, len(self.corpus.texts))
        return None if X is None else data_of(self.corpus, X)

    @property
    def specs(self) -> Specs:
        """LLMs and embedder of the run, none of them "auto"."""
        of = self.manifest
        return Specs(of.llm, of.judge_llm, of.embedder, of.calibration)

    @cached_property
    def review(self) -> ReviewState:
        """What people decided about the run, up to now; raise InputError if it has no result yet."""
        return reviewed(self.folder, *self.found)

    @cached_property
    def sentences(self) -> pa.Table:
        """``sentences.parquet`` after the review."""
        sentences, _ = self.found
        return edited_sentences(sentences, self.review) if is_edited(self.review) else sentences

    @cached_property
    def intents(self) -> pa.Table:
        """``intents.parquet`` after the review."""
        _, intents = self.found
        return edited_intents(self.sentences, intents, self.review) if is_edited(self.review) else intents

    @property
    def pieces(self) -> Pieces:
        """The decision function after the review; raise InputError if it or the vectors cannot be read."""
        pieces = read_pieces(self.folder / files.PIECES)
        if not is_edited(self.review):
            return pieces
        data = self.data
        if data is None:
            raise InputError(f"{self.folder} has no vectors", hint=f"continue the run with: {self.resume_command}")
        return edited_pieces(pieces, data.X, self.assignment_roles, self.review.labels)

    @property
    def assignment_roles(self) -> list[str]:
        """The role of each sentence where roles decide where it may go, else no role for any."""
        roles = self.corpus.roles
        return roles if roles and self.manifest.settings.roles == "auto" else [""] * len(self.corpus.texts)

    @property
    def found_names(self) -> dict[int, str]:
        """The names of the intents as the run gave them."""
        _, intents = self.found
        return dict(zip(intents["intent_id"].to_pylist(), intents["name"].to_pylist(), strict=True))

    @cached_property
    def found(self) -> tuple[pa.Table, pa.Table]:
        """Sentences and intents as the run wrote them."""
        return files.read_table_of(self.folder / files.SENTENCES), files.read_table_of(self.folder / files.INTENTS)

    @property
    def resume_command(self) -> str:
        """The command that goes on with this run."""
        return f"dialin resume {files.quoted(self.folder)}"


def load(folder: Path) -> Run:
    """Open a run folder.

    Raises
    ------
    InputError
        There is none, it is of another format, or it is damaged.
    """
    return Run(folder, read_manifest(folder), corpus_in(folder))


def corpus_in(folder: Path) -> Corpus:
    """Return the sentences of a run, with the roles that the input gave them."""
    sentences = files.read_table_of(folder / files.SENTENCES, ["text", "count"])
    occurrences = files.read_table_of(folder / files.OCCURRENCES)
    given = occurrences["role"].to_pylist()
    roles = [""] * sentences.num_rows
    for sentence, role in zip(occurrences["sentence_id"].to_pylist(), given, strict=True):
        roles[sentence] = role or ""
    has_roles = any(role is not None for role in given)
    counts = sentences["count"].to_numpy()
    return Corpus(sentences["text"].to_pylist(), counts, roles if has_roles else None, occurrences)


def data_of(corpus: Corpus, X: NDArray[np.float32]) -> Data:
    """Return what `discover` works on."""
    return Data(corpus.texts, X, corpus.counts, corpus.roles or [""] * len(corpus.texts))


def decided(run: Run) -> ReviewedRun:
    """Return a run after its review, as another run is to know it."""
    return ReviewedRun(run.review, keys_of(run.corpus), run.intents.to_pylist(), run.pieces)


def keys_of(corpus: Corpus) -> list[tuple[str, str]]:
    """Return text and role of each sentence; "" for no role."""
    return list(zip(corpus.texts, corpus.roles or [""] * len(corpus.texts), strict=True))


def fingerprint(corpus: Corpus) -> str:
    """Return the sha256 of the sentences, their roles, and where they occur."""
    digest = hashlib.sha256()
    for text, role in keys_of(corpus):
        digest.update(f"{text}\0{role}\0".encode())
    for name in ("row", "sentence_id"):
        digest.update(corpus.occurrences[name].to_numpy().astype("<i8").tobytes())
    return digest.hexdigest()
