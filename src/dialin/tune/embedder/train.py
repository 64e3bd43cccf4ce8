"""Tune an embedder on labelled files, and write the model, its figures and a card to a folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from dialin.models.store import sha256_of
from dialin.read.table import read
from dialin.tune import base as bases
from dialin.tune.base import Weights
from dialin.tune.checkpoint import Checkpoint, TrainState
from dialin.tune.course import Course, CoursePlan, Tell
from dialin.tune.embedder.encoder import SentenceEncoder, load_encoder
from dialin.tune.embedder.intents import LabelledSample, SourceParts, parts_of_sources, read_intents
from dialin.tune.embedder.measure import MAX_SCORED, SourceFigures
from dialin.tune.embedder.results import PACKAGES, EmbedderResults
from dialin.tune.embedder.settings import EmbedderJob
from dialin.tune.embedder.student import EmbedderStudent, Lessons
from dialin.tune.results import CHECKPOINT
from dialin.tune.sources import hashes
from dialin.tune.train import check_folder, identity, made


@dataclass(frozen=True)
class EmbedderResult:
    """Result of an embedder's tuning.

    Parameters
    ----------
    folder : Path
        Folder with ``model.onnx``, ``tokenizer.json``, ``encoder/``, the card ``README.md`` and ``tune.json``.
    state : TrainState
        Final state of the training.
    figures : tuple of SourceFigures
        Results on the held-out sources.
    """

    folder: Path
    state: TrainState
    figures: tuple[SourceFigures, ...]


@dataclass(frozen=True)
class TrainedEmbedder:
    """A trained embedder in memory.

    Parameters
    ----------
    encoder : SentenceEncoder
        The encoder with the kept weights.
    student : EmbedderStudent
        What trained it; it knows the base's weights.
    parts : SourceParts
        The sources.
    watched : sequence of LabelledSample
        Samples of the held-out sources.
    base_sha256 : str
        Hash of the base's weights.
    state : TrainState
        Final state of the training.
    """

    encoder: SentenceEncoder
    student: EmbedderStudent
    parts: SourceParts
    watched: Sequence[LabelledSample]
    base_sha256: str
    state: TrainState


def tune_embedder(job: EmbedderJob, tell: Tell = lambda _: None) -> EmbedderResult:
    """Tune an embedder and write the model and its card to ``job.out``.

    Parameters
    ----------
    job : EmbedderJob
        Data, settings and output folder.
    tell : callable
        Called with the progress after each step.

    Raises
    ------
    InputError
        Data, base, folder or settings do not fit, or the packages of the extra `tune` are missing.
    ModelError
        The base cannot be fetched or loaded, or the training diverges.
    """
    trained = train_embedder(job, tell)
    results = EmbedderResults(job, trained.parts, trained.state, hashes(job.unlabelled), tell)
    figures = results.score(trained.encoder, trained.student, trained.watched)
    results.write(trained.encoder, figures, trained.base_sha256)
    return EmbedderResult(job.out, trained.state, figures)


def train_embedder(job: EmbedderJob, tell: Tell = lambda _: None) -> TrainedEmbedder:
    """Do the first part of `tune_embedder`: train, and write nothing but the checkpoint."""
    bases.require_tune(packages=PACKAGES)
    check_folder(job.out, job.resume)
    settings = job.settings
    parts = parts_of_sources(read_intents(job.data, job.reading), settings.held_out)
    lessons = lessons_of(job, parts)
    weights = bases.find_embedder(settings.base)
    encoder = load_encoder(weights, settings.pooling, bases.device_here())
    student = EmbedderStudent(encoder, lessons, settings)
    checkpoint = Checkpoint(made(job.out) / CHECKPOINT, embedder_identity(job, weights))
    plan = CoursePlan(settings.steps, settings.eval_every, settings.patience, settings.max_seconds, checkpoint, tell)
    state = Course(student, plan).run()
    return TrainedEmbedder(encoder, student, parts, lessons.watched, checkpoint.of["base"], state)


def lessons_of(job: EmbedderJob, parts: SourceParts) -> Lessons:
    """Return what the student learns and is scored on; raise InputError if an unlabelled file cannot be read."""
    texts = [text for path in job.unlabelled for text in read(path).texts]
    learnt = [text for source in parts.learnt for texts in source.intents.values() for text in texts]
    watched = [source.sample(MAX_SCORED, job.settings.seed) for source in parts.held_out]
    return Lessons(parts.learnt, watched, texts or learnt)


def embedder_identity(job: EmbedderJob, weights: Weights) -> dict[str, str]:
    """Return the identity of an embedder's tuning: hashes of base and data, the settings, and how the data are read."""
    unlabelled = " ".join(map(sha256_of, job.unlabelled))
    own = {"reading": json.dumps(asdict(job.reading)), "unlabelled": unlabelled}
    return identity(weights, job.data, asdict(job.settings)) | own
