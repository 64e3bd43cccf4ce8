"""Opens a run folder: its result, with the changes that reviews made to it.

A run is always the same pure pipeline over the stored sentences, vectors and replies. Continuing a run means running
it again with every stored reply at hand. Its files depend only on data, settings, seed and models; everything that
differs between sessions (seconds, dates, paid and cached replies) is in ``timing.json``.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import RowVectors
from dialin.discover.assign import Pieces, read_pieces
from dialin.discover.data import Data
from dialin.discover.intent_tree import IntentTree
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.llm.servers import check_allowed
from dialin.llm.spec import NO_LLM, at_server
from dialin.read.codes import codes_of
from dialin.read.corpus import Corpus
from dialin.read.spoken import spoken_order
from dialin.review.apply import edited_intents, edited_sentences, is_edited, reviewed
from dialin.review.columns import kinds_told
from dialin.review.pieces import edited_pieces
from dialin.review.pin import ReviewedRun
from dialin.review.state import ReviewState
from dialin.runs.branches import read_tree
from dialin.runs.integrity import check_hashes
from dialin.runs.manifest import CAPPED, COMPLETE, Manifest, read_manifest
from dialin.runs.tables import read_found_intents, read_occurrences, read_sentences, with_paths, with_uids
from dialin.text.unseen import plain_name

_KEYS = 10_000
"""Sentences that are hashed at once; no hash depends on it."""


@dataclass(frozen=True)
class Run:
    """Open run folder; `sentences`, `intents` and `pieces` are as the last review left them.

    Parameters
    ----------
    folder : Path
        The folder.
    manifest : Manifest
        Contents of its ``manifest.json``.
    corpus : Corpus
        Its sentences.
    """

    folder: Path
    manifest: Manifest
    corpus: Corpus

    @property
    def data(self) -> Data | None:
        """The sentences with their vectors; None before embedding."""
        alone = self._data_alone
        return alone and alone.in_context(self.manifest.settings.context)

    @property
    def vectors(self) -> RowVectors | None:
        """The vectors of `data`, which stay in their file, for who reads few rows, or reads them once."""
        alone = self._data_alone
        return None if alone is None else alone.vectors_in_context(self.manifest.settings.context)

    @property
    def _data_alone(self) -> Data | None:
        """The sentences with the vectors of each by itself, and the kinds that they have in the result."""
        X = self.embeddings
        if X is None:
            return None
        kinds = kinds_told(self._written[0]) if self.manifest.result else None
        return replace(data_of(self.corpus, X, self.manifest.embedder), kinds=kinds)

    @property
    def embeddings(self) -> NDArray[np.float32] | None:
        """The vectors of the sentences alone, shape (n, d); None before embedding."""
        return saved.read_array(self.folder / files.EMBEDDINGS, len(self.corpus.texts))

    @property
    def specs(self) -> Specs:
        """Specs of the run's LLMs and embedder, with "auto" already resolved.

        The folder may be from somebody else: raises InputError if it names a server that the user has not allowed.
        """
        of = self.manifest
        # Runs of older versions name no URL: they asked the provider's own server, whatever the environment said.
        named = (of.llm, of.judge_llm, of.cascade_llm, *of.fallback_llms)
        llm, judge, cascade, *fallbacks = (at_server(spec, {}) for spec in named)
        check_allowed([llm, judge, cascade, *fallbacks, of.embedder])
        return Specs(llm, judge, of.embedder, of.calibration, cascade, tuple(fallbacks))

    @property
    def embedder_alone(self) -> Specs:
        """Specs of the run's embedder without any LLM; raises InputError like `specs`."""
        check_allowed([self.manifest.embedder])
        return Specs(NO_LLM, NO_LLM, self.manifest.embedder)

    @cached_property
    def review(self) -> ReviewState:
        """State of the review, with all decisions so far; raise InputError if the run has no result yet."""
        return reviewed(self.folder, *self.found, self.manifest.result, self.found_tree)

    @property
    def tree(self) -> IntentTree:
        """The branches above the intents after the review; none if the run found none."""
        return self.review.tree

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
        return self.pieces_on(self.vectors if is_edited(self.review) else None)

    def pieces_on(self, X: RowVectors | None) -> Pieces:
        """Return the decision function after the review, for who has the `vectors` already."""
        pieces = read_pieces(self.folder / files.PIECES)
        if not is_edited(self.review):
            return pieces
        if X is None:
            raise InputError(f"{self.folder} has no vectors", hint=f"continue the run with: {self.resume_command}")
        return edited_pieces(pieces, X, self.assignment_roles, self.review.labels, self.review.touched)

    @property
    def assignment_roles(self) -> list[str]:
        """The role of each sentence if roles limit where it may go, else "" for each."""
        roles = self.corpus.roles
        return roles if roles and self.manifest.settings.roles == "auto" else [""] * len(self.corpus.texts)

    @property
    def found_names(self) -> dict[int, str]:
        """The names of the intents before any review, by intent id."""
        _, intents = self.found
        return dict(zip(intents["intent_id"].to_pylist(), intents["name"].to_pylist(), strict=True))

    @cached_property
    def found(self) -> tuple[pa.Table, pa.Table]:
        """The tables of sentences and intents before any review; names have no marks that act or cannot be seen."""
        sentences, intents = self._written
        names = pa.array([plain_name(name) for name in intents["name"].to_pylist()], pa.string())
        named = intents.set_column(intents.schema.get_field_index("name"), "name", names)
        if "uid" not in named.column_names:
            named = with_uids(named, keys_of(self.corpus), sentences["intent_id"].to_numpy())
        return sentences, with_paths(named, self.found_tree)

    @cached_property
    def _written(self) -> tuple[pa.Table, pa.Table]:
        """The tables of sentences and intents as they are on the disk."""
        sentences = read_sentences(self.folder)
        return sentences, read_found_intents(self.folder, sentences)

    @cached_property
    def found_tree(self) -> IntentTree:
        """The branches above the intents before any review."""
        _, intents = self._written
        return read_tree(self.folder, set(intents["intent_id"].to_pylist()))

    @property
    def resume_command(self) -> str:
        """The shell command that continues this run."""
        return f"dialin resume {files.quoted(self.folder)}"


def load(folder: Path) -> Run:
    """Open a run folder.

    Raises
    ------
    InputError
        If the folder does not hold a run, the run has another format, or a file of it is missing, damaged or not the
        one that the manifest names.
    """
    manifest = read_manifest(folder)
    check_hashes(folder, manifest.files)
    corpus = corpus_in(folder)
    if fingerprint(corpus) != manifest.source.sha256:
        raise saved.damaged(folder / files.SENTENCES, "its sentences are not those that the manifest names")
    if (manifest.source.n_sentences, manifest.source.n_occurrences) != (len(corpus.texts), corpus.occurrences.num_rows):
        raise saved.damaged(folder / files.MANIFEST, "it counts other sentences than there are")
    return Run(folder, manifest, corpus)


def check_ended(run: Run) -> None:
    """Raise InputError if a run has no result yet."""
    if run.manifest.status not in {COMPLETE, CAPPED}:
        raise InputError(
            f"the run in {run.folder} has no result yet; its status is {run.manifest.status!r}",
            hint=f"continue it with: {run.resume_command}",
        )


def corpus_in(folder: Path) -> Corpus:
    """Return the sentences of a run, with their roles in the input."""
    sentences = read_sentences(folder)
    occurrences = read_occurrences(folder, sentences.num_rows)
    given = occurrences["role"]
    roles = np.full(sentences.num_rows, "", dtype=object)
    roles[occurrences["sentence_id"].to_numpy()] = codes_of(given).texts
    has_roles = given.null_count < len(given)
    counts = sentences["count"].to_numpy()
    return Corpus(sentences["text"].to_pylist(), counts, roles.tolist() if has_roles else None, occurrences)


def data_of(corpus: Corpus, X: NDArray[np.float32], embedder: str) -> Data:
    """Return the input of `discover`: the sentences, with their vectors and the name of the embedder that made them."""
    order = spoken_order(corpus.occurrences, corpus.occurrences["sentence_id"].to_numpy())
    return Data(corpus.texts, X, corpus.counts, corpus.roles or [""] * len(corpus.texts), embedder, order)


def decided(run: Run) -> ReviewedRun:
    """Return a run after its review, in the form that a later run pins."""
    return ReviewedRun(run.review, keys_of(run.corpus), run.intents.to_pylist(), run.pieces)


def keys_of(corpus: Corpus) -> list[tuple[str, str]]:
    """Return the text and role of each sentence; "" for no role."""
    return list(zip(corpus.texts, corpus.roles or [""] * len(corpus.texts), strict=True))


def fingerprint(corpus: Corpus) -> str:
    """Return the sha256 of the sentences, their roles, and the places where they occur."""
    digest = hashlib.sha256()
    for start in range(0, len(corpus.texts), _KEYS):
        texts = corpus.texts[start : start + _KEYS]
        roles = corpus.roles[start : start + _KEYS] if corpus.roles else [""] * len(texts)
        digest.update("".join(f"{text}\0{role}\0" for text, role in zip(texts, roles, strict=True)).encode())
    for name in ("row", "sentence_id"):
        digest.update(corpus.occurrences[name].to_numpy().astype("<i8").tobytes())
    return digest.hexdigest()
