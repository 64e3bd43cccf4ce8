"""What a person decided about the intents of a run, as training clusters: accepted, renamed, or to be split."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin import folder as files
from dialin.calibrate import geometry_of
from dialin.errors import InputError
from dialin.name import UNNAMED, parse_reply
from dialin.prompts import LANGUAGES, language_of
from dialin.run import Run, load
from dialin.tune.clusters import LabelledCluster
from dialin.tune.labels import action_objective
from dialin.tune.sources import Reading, Source, hashes

DECISIONS = "decisions.jsonl"
ACCEPT, RENAME, SPLIT = "accept", "rename", "split"


@dataclass(frozen=True)
class Decision:
    """What a person decided about one intent; `name` is the new one of "rename"."""

    intent_id: int
    decision: str
    name: str = ""


@dataclass(frozen=True)
class Review:
    """A reviewed run: its sentences, one cluster for each intent decided on, and what its vectors are."""

    source: Source
    clusters: list[LabelledCluster]
    X: NDArray[np.float32]
    embedder: str


def read_review(folder: Path, reading: Reading) -> Review:
    """Read the decisions in a run folder: accept and rename make good clusters, split makes a bad one without a name.

    Raises
    ------
    InputError
        There is no run, no decision, or one that is about nothing.
    """
    run = load(folder)
    data = run.data
    if data is None:
        raise InputError(f"{folder} has no vectors", hint=f"go on with: {run.resume_command}")
    path = folder / DECISIONS
    decisions = read_decisions(path)
    intents = {row["intent_id"]: row["name"] for row in files.read_table_of(folder / files.INTENTS).to_pylist()}
    unknown = sorted(decisions.keys() - intents.keys())
    if unknown:
        raise InputError(f"{path}: there is no intent {unknown[0]} in the run, it has {len(intents)}")
    language = language_of(data.texts) if reading.language == "auto" else reading.language
    source = Source(
        name=folder.name,
        language=language,
        texts=data.texts,
        labels=[],
        rows=list(range(len(data.texts))),
        names={intents[i]: name_of(decision, intents[i], language) for i, decision in decisions.items()},
        files=hashes([path, folder / files.SENTENCES, folder / files.INTENTS]),
        is_asked=reading.language != "auto",
    )
    return Review(source, _clusters(run, data.X, decisions, intents), data.X, run.manifest.embedder)


def read_decisions(path: Path) -> dict[int, Decision]:
    """Return the decision on each intent; a later line replaces an earlier one.

    Raises
    ------
    InputError
        The file cannot be read, is empty, or a line is no decision.
    """
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot read {path}: {error}", hint="review the run first: accept, rename, split") from error
    found = [_decision(line, f"{path} line {i}") for i, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise InputError(f"{path} has no decision", hint="review the run first: accept, rename, split")
    return {decision.intent_id: decision for decision in found}


def _decision(line: str, where: str) -> Decision:
    try:
        value: Any = json.loads(line)
    except ValueError as error:
        raise InputError(f"{where} is no JSON: {error}") from error
    fields: dict[str, Any] = value if isinstance(value, dict) else {}
    intent, decision, name = fields.get("intent_id"), fields.get("decision"), fields.get("name") or ""
    if type(intent) is not int or decision not in (ACCEPT, RENAME, SPLIT) or not isinstance(name, str):
        raise InputError(
            f"{where} is no decision: {line[:80]}",
            hint='write {"intent_id": 3, "decision": "accept", "rename" or "split", "name": "cancel-order"}',
        )
    if decision == RENAME and not name.strip():
        raise InputError(f"{where} renames intent {intent} without a name", hint='add "name"')
    return Decision(intent, decision, name.strip())


def name_of(decision: Decision, old: str, language: str) -> str:
    """Return the name that a decision gives, in the Action-Objective convention; "" where it gives none."""
    if decision.decision == SPLIT or (decision.decision == ACCEPT and old.startswith(tuple(UNNAMED.values()))):
        return ""
    name = decision.name if decision.decision == RENAME else old
    is_one = any(parse_reply(name, known) == name for known in LANGUAGES)
    return name if is_one else action_objective(name, language)


def _clusters(
    run: Run, X: NDArray[np.float32], decisions: Mapping[int, Decision], intents: Mapping[int, str]
) -> list[LabelledCluster]:
    """Return the cluster of each intent decided on that holds two sentences or more."""
    labels = files.read_table_of(run.folder / files.SENTENCES, ["intent_id"])["intent_id"].to_numpy()
    base, members = geometry_of(X).base, {intent: np.flatnonzero(labels == intent) for intent in sorted(decisions)}
    return [
        LabelledCluster(
            rows=tuple(rows.tolist()),
            kind="review",
            k=len(intents),
            n=len(X),
            seed=run.manifest.settings.seed,
            purity=float("nan"),
            good=decisions[intent].decision != SPLIT,
            label=intents[intent],
            geometry=geometry_of(X[rows], base),
        )
        for intent, rows in members.items()
        if len(rows) > 1
    ]
