"""Make the training data: a Parquet table with a row for each cluster, and metadata that suffice to rebuild it."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.arrays import Matrix
from dialin.bounded_parquet import BROKEN_PARQUET
from dialin.discover.specs import model_hashes
from dialin.errors import InputError
from dialin.judge.sample import ConvexSampler
from dialin.text.script import language_of
from dialin.tune.balance import shares
from dialin.tune.clusters import LabelledCluster, Recipe, training_clusters
from dialin.tune.from_review import read_review
from dialin.tune.sources import Reading, TrainingSource, check_names, read_source

Row = dict[str, Any]
Embed = Callable[[str, list[str]], tuple[str, Matrix]]
"""(spec, texts) -> the resolved name of the embedder, never "auto", and unit vectors (n, d)."""
METADATA = b"dialin"
SCHEMA = pa.schema(
    [
        ("cluster_id", pa.int64()),
        ("source", pa.string()),
        ("language", pa.string()),
        ("kind", pa.string()),
        ("embedder", pa.string()),
        ("k", pa.int64()),
        ("n", pa.int64()),
        ("seed", pa.int64()),
        ("size", pa.int64()),
        ("purity", pa.float64()),
        ("good", pa.bool_()),
        ("tightness", pa.float64()),
        ("cosine", pa.float64()),
        ("shown", pa.list_(pa.string())),
        ("shown_labels", pa.list_(pa.string())),
        ("label", pa.string()),
        ("name", pa.string()),
        ("rows", pa.list_(pa.int64())),
    ]
)


@dataclass(frozen=True)
class TablePlan:
    """Inputs and settings of a training table.

    Parameters
    ----------
    inputs : tuple of str
        Files of labelled sentences, and run folders with decisions.
    reading : Reading
        Columns, language and noise labels.
    embedders : tuple of str
        Embedder specs; every file is clustered with each.
    recipe : Recipe
        Settings of the clusters; `Recipe.n` is the total for all files.
    """

    inputs: tuple[str, ...]
    reading: Reading = field(default_factory=Reading)
    embedders: tuple[str, ...] = ("auto",)
    recipe: Recipe = field(default_factory=Recipe)


def _silent(_: str) -> None:
    """Report nothing."""


def training_table(plan: TablePlan, embed: Embed, on_step: Callable[[str], None] = _silent) -> pa.Table:
    """Return the table of a plan; the same plan on the same files and models gives the same table.

    The clusters are divided evenly over languages, and over the files of each language. All decisions of reviewed runs
    are added to these.

    Parameters
    ----------
    plan : TablePlan
        Inputs and settings.
    embed : callable
        (spec, texts) -> name of the embedder, unit vectors (n, d).
    on_step : callable
        Called with a description of each step as it begins.

    Returns
    -------
    pyarrow.Table
        Columns as in `SCHEMA`.

    Raises
    ------
    InputError
        An input cannot be used, or has no good or no bad cluster.
    """
    paths = [Path(path) for path in plan.inputs]
    reviews = [read_review(path, plan.reading) for path in paths if path.is_dir()]
    sources = [read_source(str(path), plan.reading) for path in paths if not path.is_dir()]
    inputs = [*sources, *(review.source for review in reviews)]
    check_names(source.name for source in inputs)
    rows = list[Row]()
    for source, n in zip(sources, shares([source.language for source in sources], plan.recipe.n), strict=True):
        vectors = dict(embed(spec, source.texts) for spec in plan.embedders)
        for name, X in vectors.items():
            on_step(f"clustering {source.name} with {name}")
            rows += _rows(source, _clusters(source, X, plan.recipe, n // len(vectors)), X, name, plan.recipe.n_shown)
    for review in reviews:
        rows += _rows(review.source, review.clusters, review.X, review.embedder, plan.recipe.n_shown)
    numbered = [{"cluster_id": i, **row} for i, row in enumerate(rows)]
    about = _about(plan, inputs, sorted({row["embedder"] for row in rows}))
    return pa.Table.from_pylist(numbered, SCHEMA).replace_schema_metadata({METADATA: about})


def _clusters(source: TrainingSource, X: Matrix, recipe: Recipe, n: int) -> list[LabelledCluster]:
    try:
        return training_clusters(X, source.labels, replace(recipe, n=n))
    except InputError as error:
        raise InputError(f"{source.name}: {error.message}", hint=error.hint) from error


# --- rows -----------------------------------------------------------------------------------------


def _rows(
    source: TrainingSource, clusters: Sequence[LabelledCluster], X: Matrix, embedder: str, n_shown: int
) -> Iterator[Row]:
    for cluster in clusters:
        places = shown_of(X, cluster, n_shown)
        shown = [source.texts[i] for i in places]
        yield {
            "source": source.name,
            "language": source.language if source.is_asked else language_of(shown),
            "kind": cluster.kind,
            "embedder": embedder,
            "k": cluster.k,
            "n": cluster.n,
            "seed": cluster.seed,
            "size": len(cluster.rows),
            "purity": None if math.isnan(cluster.purity) else cluster.purity,
            "good": cluster.good,
            "tightness": cluster.geometry.tightness,
            "cosine": cluster.geometry.base,
            "shown": shown,
            "shown_labels": [source.labels[i] or "" for i in places] if source.labels else None,
            "label": cluster.label,
            "name": source.names.get(cluster.label, ""),
            "rows": [source.rows[i] for i in cluster.rows],
        }


def shown_of(X: Matrix, cluster: LabelledCluster, n_shown: int) -> list[int]:
    """Return the sentences of a cluster that the judge would read, sampled as in `dialin.judge.coherence`."""
    rows = np.array(cluster.rows, dtype=np.int64)
    rng = np.random.default_rng([cluster.seed, len(rows), int(rows[0])])
    return [int(i) for i in rows[ConvexSampler()(X[rows], n_shown, rng)]]


# --- the file -------------------------------------------------------------------------------------


def _about(plan: TablePlan, inputs: Sequence[TrainingSource], embedders: list[str]) -> str:
    """Return the metadata as JSON with sorted keys, independent of time and place."""
    value = {
        "dialin": version("dialin"),
        "inputs": [{"source": source.name, "sha256": dict(source.files)} for source in inputs],
        "reading": asdict(plan.reading),
        "recipe": asdict(plan.recipe),
        "embedders": embedders,
        "models": model_hashes(embedders),
        "asked": list(plan.embedders),
        "columns": SCHEMA.names,
    }
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def origin_of(path: Path) -> dict[str, Any]:
    """Return the metadata of a table as a dict; raise InputError if ``dialin tune data`` did not write it."""
    try:
        metadata = pq.read_schema(path).metadata or {}
    except BROKEN_PARQUET as error:
        raise InputError(f"cannot read {path}: {str(error).splitlines()[0]}") from error
    if METADATA not in metadata:
        raise InputError(f"{path} was not made by dialin tune data: its metadata lacks the recipe")
    value: dict[str, Any] = json.loads(metadata[METADATA])
    return value


def counts_by_source(table: pa.Table) -> list[Row]:
    """Return the counts of each pair of source and embedder, in order of appearance."""
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in table.select(["source", "language", "embedder", "kind", "good", "size"]).to_pylist():
        groups.setdefault((row["source"], row["embedder"]), []).append(row)
    return [_counts(rows) for rows in groups.values()]


def _counts(rows: Sequence[Row]) -> Row:
    sizes = sorted(row["size"] for row in rows)
    good = sum(row["good"] for row in rows)
    return {
        "source": rows[0]["source"],
        "language": Counter(row["language"] for row in rows).most_common(1)[0][0],
        "embedder": rows[0]["embedder"],
        "clusters": len(rows),
        "good": good,
        "bad": len(rows) - good,
        "kinds": dict(Counter(row["kind"] for row in rows)),
        "sizes": [sizes[0], sizes[len(sizes) // 2], sizes[-1]],
    }
