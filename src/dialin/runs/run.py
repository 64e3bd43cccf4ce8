"""The run folder: `start` makes it, `execute` fills it, `load` opens it; a run goes on where it was stopped.

A run is the same pure pipeline each time, over the stored sentences, vectors and replies: going on means running
it again, with every stored reply at hand. Its files depend on data, settings, seed and models alone; what differs
from one time to the next (seconds, dates, what was paid and what was known) is in ``timing.json``.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import asdict, dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin import files
from dialin.discover.assign import Pieces
from dialin.discover.connect import Connections, Specs, model_hashes
from dialin.discover.settings import Settings, check
from dialin.discover.state import Data
from dialin.errors import DialinError, InputError
from dialin.judge.calibration import Calibration, calibration_in
from dialin.prompts.templates import shipped
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.dates import DATE
from dialin.read.table import read
from dialin.review.apply import edited_intents, edited_sentences, is_edited, reviewed
from dialin.review.pieces import edited_pieces
from dialin.review.pin import KeptIntents, ReviewedRun, pinned_of, write_pinned
from dialin.review.replay import ReviewState
from dialin.runs.tables import sentences_table

MIN_SENTENCES = 3
"""Distinct sentences below which there is nothing to cluster: the least size of a cluster."""
RUNNING, COMPLETE, CAPPED, INTERRUPTED = "running", "complete", "capped", "interrupted"


@dataclass(frozen=True)
class InputSource:
    """Where the sentences came from.

    Parameters
    ----------
    path : str
        Absolute path of the input; "-" for standard input.
    columns : Columns
        As the user named them.
    sha256 : str
        Of the sentences as read, and of the places where they occur.
    n_sentences, n_occurrences, n_blank : int
        Distinct sentences, utterances, and rows without text.
    """

    path: str
    columns: Columns
    sha256: str
    n_sentences: int
    n_occurrences: int
    n_blank: int


@dataclass(frozen=True)
class RunPlan:
    """What a run is about.

    Parameters
    ----------
    source : str
        Path of the input, or "-".
    columns : Columns
        Names of its columns.
    settings : Settings
        What decides the result.
    specs : Specs
        LLMs and embedder.
    pin : Path, optional
        Folder of a run, what people decided about which is kept.
    """

    source: str
    columns: Columns
    settings: Settings
    specs: Specs = field(default_factory=Specs)
    pin: Path | None = None


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` holds; equal for equal data, settings, seed and models on one machine."""

    dialin: str
    status: str
    settings: Settings
    source: InputSource
    embedder: str
    embedder_reason: str
    llm: str
    judge_llm: str
    models: dict[str, dict[str, str]]
    prompts: list[str]
    calibration: Calibration | None = None
    usage: dict[str, dict[str, int]] = field(default_factory=dict)
    pinned: str = ""


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
        """What people decided about the run, up to now; raise InputError where it has no result yet."""
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
        """The decision function after the review; raise InputError where it or the vectors cannot be read."""
        pieces = files.read_pieces(self.folder / files.PIECES)
        if not is_edited(self.review):
            return pieces
        data = self.data
        if data is None:
            raise InputError(f"{self.folder} has no vectors", hint=f"go on with: {self.resume_command}")
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
        return f"dialin resume {shown(self.folder)}"


def shown(path: Path) -> str:
    """Return a path as it can be typed in a shell."""
    text = str(path)
    return f'"{text}"' if any(c.isspace() for c in text) else text


# --- start ----------------------------------------------------------------------------------------


def read_corpus(plan: RunPlan) -> Corpus:
    """Read the sentences of a plan and check that they, and the settings, can be worked with.

    Raises
    ------
    InputError
        They cannot.
    """
    check(plan.settings)
    corpus = read(plan.source, plan.columns)
    n, n_rows = len(corpus.texts), corpus.occurrences.num_rows
    if n < MIN_SENTENCES:
        raise InputError(
            f"{plan.source} has too few different sentences: {n} in {n_rows} rows, at least {MIN_SENTENCES} are needed",
            hint="give more sentences, or name another text column",
        )
    if max(map(len, corpus.texts)) == 1:
        raise InputError(
            f"all {n} distinct texts of {plan.source} are one character long, such as {corpus.texts[0]!r}",
            hint="name another text column",
        )
    _check_sizes(plan.settings, n)
    return corpus


def _check_sizes(settings: Settings, n: int) -> None:
    least = settings.min_cluster_size
    given = {"n_clusters": max(settings.n_clusters, default=0), "min_cluster_size": 0 if least == "auto" else least}
    for name, value in given.items():
        if value > n:
            raise InputError(f"{name} {value} is more than the {n} distinct sentences", hint="take a smaller one")


def check_free(folder: Path) -> None:
    """Raise InputError where `folder` cannot become a run folder because something is there."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder", hint="choose another --out")
    if (folder / files.MANIFEST).exists():
        raise InputError(
            f"{folder} holds a run already", hint=f"go on with: dialin resume {shown(folder)}; or choose another --out"
        )
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty", hint="choose another --out")


def start(folder: Path, plan: RunPlan, corpus: Corpus, opened: Connections) -> Run:
    """Make a run folder with everything that is needed to go on from it; all of it appears at once.

    Raises
    ------
    InputError
        The folder is not free, or cannot be written; nothing is left of it.
    """
    check_free(folder)
    pinned = pinned_for(plan.pin, corpus, opened) if plan.pin else None
    run = Run(folder, first_manifest(plan, corpus, opened), corpus)
    staging = folder.parent / f".{folder.name}.starting"
    made = _missing_parents(folder)
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        files.write_table(staging / files.OCCURRENCES, corpus.occurrences)
        files.write_table(staging / files.SENTENCES, sentences_table(corpus, None))
        if pinned:
            write_pinned(staging / files.PINNED_INTENTS, pinned)
        files.write_json(staging / files.MANIFEST, asdict(run.manifest))
        if folder.exists():
            folder.rmdir()
        staging.rename(folder)
    except BaseException as error:
        shutil.rmtree(staging, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError) and not isinstance(error, DialinError):
            raise files.cannot_write(folder, error) from error
        raise
    return run


def pinned_for(pin: Path, corpus: Corpus, opened: Connections) -> KeptIntents:
    """Return what people decided about the run in `pin`, for the sentences of another one.

    Raises
    ------
    InputError
        There is nothing, or the two runs do not have the same embedder.
    """
    old = load(pin)
    if old.manifest.embedder != opened.embedder_name:
        raise InputError(
            f"{pin} has the embedder {old.manifest.embedder}, this run {opened.embedder_name}",
            hint=f"use --embedder {old.manifest.embedder}",
        )
    pinned = pinned_of(decided(old), keys_of(corpus))
    if pinned is None:
        raise InputError(f"there is nothing to keep of {pin}", hint=f"review it: dialin review {shown(pin)}")
    return pinned


def decided(run: Run) -> ReviewedRun:
    """Return a run after its review, as another run is to know it."""
    return ReviewedRun(run.review, keys_of(run.corpus), run.intents.to_pylist(), run.pieces)


def keys_of(corpus: Corpus) -> list[tuple[str, str]]:
    """Return text and role of each sentence; "" for no role."""
    return list(zip(corpus.texts, corpus.roles or [""] * len(corpus.texts), strict=True))


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in folder.parents if not parent.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # never made, or others have put something there
            return


def first_manifest(plan: RunPlan, corpus: Corpus, opened: Connections) -> Manifest:
    """Return the manifest of a run that begins."""
    path = plan.source if plan.source == "-" else str(Path(plan.source).absolute())
    n_rows = corpus.occurrences.num_rows
    source = InputSource(path, plan.columns, fingerprint(corpus), len(corpus.texts), n_rows, corpus.n_blank)
    return Manifest(
        dialin=version("dialin"),
        status=RUNNING,
        settings=plan.settings,
        source=source,
        embedder=opened.embedder_name,
        embedder_reason=opened.reason,
        llm=plan.specs.llm,
        judge_llm=plan.specs.judge,
        models=model_hashes([plan.specs.llm, plan.specs.judge, opened.embedder_name]),
        prompts=shipped(),
        calibration=opened.calibration,
        pinned=str(plan.pin or ""),
    )


def fingerprint(corpus: Corpus) -> str:
    """Return the sha256 of the sentences, their roles, and where they occur."""
    digest = hashlib.sha256()
    for text, role in keys_of(corpus):
        digest.update(f"{text}\0{role}\0".encode())
    for name in ("row", "sentence_id"):
        digest.update(corpus.occurrences[name].to_numpy().astype("<i8").tobytes())
    return digest.hexdigest()


# --- load -----------------------------------------------------------------------------------------


def load(folder: Path) -> Run:
    """Open a run folder.

    Raises
    ------
    InputError
        There is none, or it is damaged.
    """
    if not (folder / files.MANIFEST).is_file():
        raise InputError(f"there is no run in {folder}", hint="make one with: dialin discover INPUT --out RUN")
    manifest = manifest_of(files.read_json(folder / files.MANIFEST), folder)
    return Run(folder, manifest, corpus_in(folder))


def manifest_of(values: Any, folder: Path) -> Manifest:
    """Return the manifest that JSON holds; raise InputError where it is not one."""
    try:
        settings: dict[str, Any] = dict(values["settings"])
        settings |= {name: tuple(value) for name, value in settings.items() if isinstance(value, list)}
        source = values["source"] | {"columns": Columns(**values["source"]["columns"])}
        given = values["calibration"]
        calibration = None if given is None else calibration_in(given)
        parts = {"settings": Settings(**settings), "source": InputSource(**source), "calibration": calibration}
        return Manifest(**values | parts)
    except (TypeError, KeyError) as error:
        raise InputError(
            f"{folder / files.MANIFEST} is not of this version of dialin ({version('dialin')}): {error}",
            hint="use the version that made it",
        ) from error


def corpus_in(folder: Path) -> Corpus:
    """Return the sentences of a run, with the roles that the input gave them."""
    sentences = files.read_table_of(folder / files.SENTENCES, ["text", "count"])
    occurrences = files.read_table_of(folder / files.OCCURRENCES)
    if "date" not in occurrences.column_names:  # a run of dialin 0.1 before there were dates
        occurrences = occurrences.append_column("date", pa.nulls(occurrences.num_rows, DATE))
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
