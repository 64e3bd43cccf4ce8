"""Turn people's decisions about the intents of a run into training clusters: confirmed is good, split is bad."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin import files
from dialin.errors import InputError
from dialin.judge.calibration import geometry_of
from dialin.name.labels import PLACEHOLDER_NAMES, parse_reply
from dialin.prompts.templates import LANGUAGES
from dialin.review.log import DECISIONS, read_log
from dialin.review.state import ReviewState
from dialin.review.verdicts import JUDGES
from dialin.runs.run import Run, load
from dialin.text.script import language_of
from dialin.tune.clusters import LabelledCluster
from dialin.tune.labels import action_objective
from dialin.tune.sources import Reading, TrainingSource, hashes


@dataclass(frozen=True)
class ReviewedCluster:
    """A cluster that people decided on: good with its name, or bad (split, to be split, or rejected)."""

    intent: int
    name: str
    rows: tuple[int, ...]
    good: bool


@dataclass(frozen=True)
class Review:
    """A reviewed run: its sentences, one cluster for each decided intent, its vectors and their embedder."""

    source: TrainingSource
    clusters: list[LabelledCluster]
    X: NDArray[np.float32]
    embedder: str


def read_review(folder: Path, reading: Reading) -> Review:
    """Read the decisions of a review: confirmed intents become good clusters, split ones bad clusters without a name.

    An intent is confirmed if it was accepted, renamed, merged or created from moved sentences; it counts with its
    final sentences and name. An intent that was split, or that its judges found bad, counts with the sentences that it
    had before.

    Raises
    ------
    InputError
        The folder is not a run, lacks vectors or decisions, or has a decision about an unknown intent.
    """
    run = load(folder)
    data = run.data
    if data is None:
        raise InputError(f"{folder} has no vectors", hint=f"continue the run with: {run.resume_command}")
    path = folder / DECISIONS
    if not read_log(path):
        raise InputError(f"{path} contains no decisions", hint="review the run first: dialin review")
    decided = decided_in(run.review)
    labels = unique_labels(decided, run.found_names)
    language = language_of(data.texts) if reading.language == "auto" else reading.language
    source = TrainingSource(
        name=folder.name,
        language=language,
        texts=data.texts,
        labels=[],
        rows=list(range(len(data.texts))),
        names={label: conventional_name(d.name, language) for label, d in zip(labels, decided, strict=True) if d.good},
        files=hashes([path, folder / files.SENTENCES, folder / files.INTENTS]),
        is_asked=reading.language != "auto",
    )
    return Review(source, _clusters(run, data.X, decided, labels), data.X, run.manifest.embedder)


def decided_in(state: ReviewState) -> list[ReviewedCluster]:
    """Return the decided clusters by intent; the earlier, bad cluster of an intent comes before its final one."""
    parted = [ReviewedCluster(p.intent, p.name, p.sentences, good=False) for p in state.parted]
    ended = [
        ReviewedCluster(intent, known.name, tuple(state.members(intent).tolist()), not known.wants_split)
        for intent, known in state.intents.items()
        if known.confirmed or (known.wants_split and state.judged.decision(JUDGES, intent) is not False)
    ]
    return sorted([*parted, *ended], key=lambda d: (d.intent, d.good))


def unique_labels(decided: Sequence[ReviewedCluster], found: Mapping[int, str]) -> list[str]:
    """Return a unique label for each cluster: the name in the run, or the person's name for a new intent.

    Examples
    --------
    >>> unique_labels([ReviewedCluster(0, "a-b", (1, 2), False), ReviewedCluster(0, "a-c", (1,), True)], {0: "a-b"})
    ['a-b', 'a-b 2']
    """
    seen, labels = Counter[str](), list[str]()
    for d in decided:
        label = found.get(d.intent, d.name)
        seen[label] += 1
        labels.append(label if seen[label] == 1 else f"{label} {seen[label]}")
    return labels


def conventional_name(name: str, language: str) -> str:
    """Return a name in the Action-Objective convention; "" for a placeholder."""
    if name.startswith(tuple(PLACEHOLDER_NAMES.values())):
        return ""
    is_one = any(parse_reply(name, known) == name for known in LANGUAGES)
    return name if is_one else action_objective(name, language)


def _clusters(
    run: Run, X: NDArray[np.float32], decided: Sequence[ReviewedCluster], labels: Sequence[str]
) -> list[LabelledCluster]:
    """Return a training cluster for each decided cluster with two or more sentences."""
    base = geometry_of(X).base
    return [
        LabelledCluster(
            rows=d.rows,
            kind="review",
            k=len(run.review.intents),
            n=len(X),
            seed=run.manifest.settings.seed,
            purity=float("nan"),
            good=d.good,
            label=label,
            geometry=geometry_of(X[list(d.rows)], base),
        )
        for d, label in zip(decided, labels, strict=True)
        if len(d.rows) > 1
    ]
