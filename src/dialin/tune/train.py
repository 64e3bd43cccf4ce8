"""Tune a judge or a namer on clusters with known answers, and write adapters, scores and a card to a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dialin.errors import InputError
from dialin.files import cannot_write
from dialin.models.store import sha256_of
from dialin.tune import base as bases
from dialin.tune.base import Base, Weights
from dialin.tune.batches import Shares, shares_of, some
from dialin.tune.card import Figures, machine_here
from dialin.tune.checkpoint import Checkpoint, TrainState
from dialin.tune.course import Course, CoursePlan, Tell
from dialin.tune.export import Layout, layout_of, peft_tensors, read_gguf
from dialin.tune.learner import ClusterStudent, Learner
from dialin.tune.results import CHECKPOINT, DONE, Results
from dialin.tune.settings import Job, TuneSettings
from dialin.tune.text import examples_of, read_clusters


@dataclass(frozen=True)
class TuneResult:
    """Result of a tuning.

    Parameters
    ----------
    folder : Path
        Folder with ``adapter/`` (PEFT), ``adapter.gguf`` (if llama.cpp knows the architecture), ``scores.parquet``,
        the card ``README.md`` and ``tune.json``.
    state : TrainState
        Final state of the training.
    figures : tuple of Figures
        Results on unlearnt clusters, by part and source.
    gguf : Path or None
        Adapter for llama.cpp; None if it does not know the architecture.
    """

    folder: Path
    state: TrainState
    figures: tuple[Figures, ...]
    gguf: Path | None


def tune(job: Job, tell: Tell = lambda _: None) -> TuneResult:
    """Tune a model and write the adapters, the scores and the card to ``job.out``.

    Parameters
    ----------
    job : Job
        Data, settings and output folder.
    tell : callable
        Called with the progress after each step.

    Raises
    ------
    InputError
        Data, base, folder or settings do not fit, or the packages of the extra `tune` are missing.
    ModelError
        The base cannot be fetched or loaded.
    """
    bases.require_tune()
    check_folder(job.out, job.resume)
    weights = bases.find(job.settings.base)
    rows = [row for path in job.data for row in read_clusters(path, job.settings.task)]
    parts = shares_of(examples_of(rows, job.settings.task), job.settings)
    device = bases.device_here()
    base = bases.load(weights, device)
    layout = _layout(base)
    checkpoint = Checkpoint(made(job.out) / CHECKPOINT, identity(weights, job.data, asdict(job.settings)))
    learner = Learner(base, job.settings, device)
    if weights.adapter:
        begin_from(learner, weights.adapter, layout, job.settings)
    student = student_of(learner, base, parts, job.settings)
    chosen = job.settings
    plan = CoursePlan(student.n_steps, chosen.eval_every, chosen.patience, chosen.max_seconds, checkpoint, tell)
    state = Course(student, plan).run()
    results = Results(job, parts, state, tell)
    figures = results.score(learner, base)
    gguf = results.export(learner, layout)
    results.describe(figures, checkpoint.of, machine_here(device))
    return TuneResult(job.out, state, figures, gguf)


def begin_from(learner: Learner, path: Path, layout: Layout | None, settings: TuneSettings) -> None:
    """Load the matrices of a GGUF adapter; raise InputError if they do not fit base, rank or alpha."""
    if layout is None:
        raise InputError(f"{path} is for llama.cpp, which does not support the base", hint="leave out the +ADAPTER")
    tensors, alpha = read_gguf(path)
    own = learner.adapter()
    matrices = peft_tensors(tensors, own, layout)
    rank = next(matrix.shape[0] for name, matrix in matrices.items() if ".lora_A" in name)
    if (rank, alpha) != (settings.rank, settings.alpha):
        raise InputError(
            f"{path} has rank {rank} and alpha {alpha:g}, not {settings.rank} and {settings.alpha:g}",
            hint=f"use --rank {rank}",
        )
    wrong = [name for name, matrix in matrices.items() if matrix.shape != tuple(own[name].shape)]
    if wrong:
        raise InputError(f"{path} does not fit the base: {wrong[0]} has shape {matrices[wrong[0]].shape}")
    learner.begin_from(matrices)


def check_folder(out: Path, resume: bool) -> None:
    """Raise InputError if the output folder holds a finished tuning, or any file without `resume`."""
    if (out / DONE).exists():
        raise InputError(f"{out} already holds a finished tuning", hint="choose another --out")
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is not a folder", hint="choose another --out")
    if not resume and out.exists() and any(out.iterdir()):
        raise InputError(f"{out} is not empty", hint="continue with --resume, or choose another --out")


def identity(weights: Weights, data: Iterable[Path], settings: dict[str, Any]) -> dict[str, str]:
    """Return the identity of a tuning: hashes of base and data, and the settings without base and time limit."""
    return {
        "base": weights.sha256(),
        "data": " ".join(sha256_of(path) for path in data),
        "settings": json.dumps(settings | {"max_seconds": 0.0, "base": ""}, sort_keys=True),
    }


def student_of(learner: Learner, base: Base, parts: Shares, settings: TuneSettings) -> ClusterStudent:
    """Return the student of the course; raise InputError if all examples are too long."""
    learnt = [e for e in base.encode(parts.learnt) if len(e) <= settings.max_tokens]
    if not learnt:
        raise InputError(f"every example is longer than {settings.max_tokens} tokens", hint="raise max_tokens")
    watched = base.encode(some(parts.watched, settings.n_watch, settings.seed))
    return ClusterStudent(learner, learnt, watched, settings)


def made(folder: Path) -> Path:
    """Return the folder after making it; raise InputError if it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    return folder


def _layout(base: Base) -> Layout | None:
    """Return the layout for llama.cpp; None if it does not know the architecture of a base that is not a GGUF file."""
    config = base.model.config.get_text_config()
    try:
        return layout_of(config.model_type, config.num_attention_heads, config.num_key_value_heads)
    except (InputError, AttributeError):
        if base.weights.gguf:
            raise
        return None
