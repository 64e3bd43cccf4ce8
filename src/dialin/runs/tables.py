"""Builds the tables of a run folder from a corpus and the result of the method."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from dialin.discover.state import Result
from dialin.read.corpus import Corpus
from dialin.search.iterate import Round


def sentences_table(corpus: Corpus, result: Result | None) -> pa.Table:
    """Return the table of ``sentences.parquet``; without a result, no sentence has an intent yet."""
    n = len(corpus.texts)
    roles = result.roles if result else corpus.roles or [""] * n
    kinds = result.kinds if result else None
    return pa.table(
        {
            "sentence_id": pa.array(np.arange(n, dtype=np.int64)),
            "text": pa.array(corpus.texts, pa.large_string()),
            "count": pa.array(corpus.counts, pa.int64()),
            "role": pa.array([role or None for role in roles], pa.string()),
            "intent_id": pa.array(result.labels if result else np.full(n, -1), pa.int64()),
            "p_intent": pa.array(result.p_intent if result else np.zeros(n), pa.float64()),
            "reason": pa.array(result.reasons if result else [""] * n, pa.string()),
            "kind": pa.array([kind or None for kind in kinds.names] if kinds else [None] * n, pa.string()),
            "p_kind": pa.array(kinds.p if kinds else np.full(n, np.nan), pa.float64(), from_pandas=True),
        }
    )


def intents_table(result: Result) -> pa.Table:
    """Return the table of ``intents.parquet``."""
    intents = result.intents
    return pa.table(
        {
            "intent_id": pa.array([i.intent_id for i in intents], pa.int64()),
            "name": pa.array([i.name for i in intents], pa.string()),
            "description": pa.array([i.description for i in intents], pa.string()),
            "size": pa.array([i.size for i in intents], pa.int64()),
            "n_occurrences": pa.array([i.n_occurrences for i in intents], pa.int64()),
            "p_good": pa.array([i.p_good for i in intents], pa.float64()),
            "role": pa.array([i.role or None for i in intents], pa.string()),
            "kind": pa.array([i.kind or None for i in intents], pa.string()),
            "p_kind": pa.array([i.p_kind for i in intents], pa.float64()),
            "examples": pa.array([list(i.examples) for i in intents], pa.list_(pa.large_string())),
        }
    )


def rounds_json(result: Result) -> list[dict[str, object]]:
    """Return the lines of ``rounds.jsonl``; they name script and region (1, 2, …) where there are several."""
    scripts = ("other scripts", "Chinese") if any(part.is_chinese for part, _ in result.rounds) else ("", "")
    first = int(any(part.region for part, _ in result.rounds))
    return [
        {
            "role": part.role,
            "script": scripts[part.is_chinese],
            "region": first * (part.region + 1),
            **_round_json(round_),
        }
        for part, round_ in result.rounds
    ]


def _round_json(round_: Round) -> dict[str, object]:
    kept = zip(round_.clusters, round_.verdicts, strict=True)
    return {
        "n_rest": round_.n_rest,
        "best_k": round_.best_k,
        "n_kept": len(round_.clusters),
        "n_kept_sentences": sum(map(len, round_.clusters)),
        "trials": [asdict(trial) | {"ratio": trial.ratio} for trial in round_.trials],
        "clusters": [{"size": len(rows)} | asdict(verdict) for rows, verdict in kept],
    }
