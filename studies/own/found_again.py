"""Try whether a cluster that is found again in samples is more often one intent.

dialin runs without an LLM on parts of the sets of ``studies.own.calibrate_kept``: on 1,500 random sentences of each, on
500 of them, and on those of 12 and of 25 of their intents, by an embedder that has not learnt the set. Ward's tree is
then built on six random halves of the part. What is found of a cluster in a half is the largest Jaccard index between
its sentences there and any node of the tree: no cut is to be chosen. The mean over the halves is the new evidence
(C. Hennig, "Cluster-wise assessment of cluster stability", Computational Statistics and Data Analysis 52, 2007).

``python -m studies.own.found_again`` reads the clusters in ``results/found_again.csv`` and compares, on each family, a
model of the other families without and with the new evidence. It writes ``results/found_again.json``; with
``--data FOLDER`` it makes the table anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.arrays import Floats, Matrix, Rows
from dialin.cluster.labels import rows_by
from dialin.cluster.partition import Agglomerative
from dialin.cluster.tree import Tree
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.judge.isolation import MAX_ASKED, isolation_of
from dialin.score.reliability import auc
from studies.own import machine
from studies.own.calibrate_kept import (
    FAMILY_OF,
    UNFITTED,
    KeptClusters,
    LabelledVectors,
    asked_table,
    embeds_nothing,
    few_intents,
    fit,
    labelled,
    purity_of,
    runs_in,
)
from studies.own.embedders import SETTINGS, SHIPPED, Sentences, sentences_of
from studies.own.shared_error import ScoredRun, held_out

TABLE = machine.RESULTS / "found_again.csv"
N_SENTENCES, FEWER = 1_500, 500
N_INTENTS = (12, 25)
MOST_EACH = 60
N_HALVES = 6
EVIDENCE = ("near", "wide", "log_size", "found_again")
FITTED = {
    "banking77_full": "en",
    "bitext_customer_support": "en",
    "clinc150_full_with_oos": "en",
    "hwu64": "en",
    "massive_zh_cn": "zh",
    "mtop_i_small": "en",
    "smp2019_ecdt_nlu_train": "zh",
}
"""Sets that models are fitted on, with their language: their vectors are of the untuned embedder."""


def best_match(tree: Tree, rows: Rows) -> float:
    """Return the largest Jaccard index between some rows of a tree and any of its nodes, in [0, 1].

    Examples
    --------
    Rows 0 and 1 join first, and then 2 joins them. Of rows 0 and 2, the root holds both, and one more.

    >>> from dialin.cluster.tree import laid_out
    >>> tree = laid_out(np.array([[0, 1], [1, 2]]), np.array([1.0, 2.0]), np.arange(3))
    >>> round(best_match(tree, np.array([0, 2])), 3), best_match(tree, np.array([0, 1]))
    (0.667, 1.0)
    """
    held = tree.held(np.isin(np.arange(len(tree.rows)), rows))
    return float((held / (tree.end - tree.start + len(rows) - held)).max())


def found_again(X: Matrix, clusters: Sequence[Rows], rng: np.random.Generator) -> Floats:
    """Return how far each cluster is found again in random halves of the rows of X, shape (n_clusters,), in [0, 1].

    A half with fewer than two sentences of a cluster says nothing of it; nan where all are such.
    """
    matches = np.full((N_HALVES, len(clusters)), np.nan)
    for own in matches:
        half = np.sort(rng.choice(len(X), len(X) // 2, replace=False))
        tree = Agglomerative(smooth=True).fit(X[half]).tree
        for i, cluster in enumerate(clusters):
            rows = np.flatnonzero(np.isin(half, cluster))
            if len(rows) > 1:
                own[i] = best_match(tree, rows)
    n_known = (~np.isnan(matches)).sum(axis=0)
    return np.where(n_known > 0, np.nansum(matches, axis=0) / np.maximum(n_known, 1), np.nan)


def log_odds(share: float, size: int) -> float:
    """Return the log-odds of a share of a cluster of this size, like those of `dialin.judge.isolation.Isolation`.

    Examples
    --------
    >>> round(float(np.exp(log_odds(0.9, 10))), 3)
    6.333
    """
    n = min(size, MAX_ASKED)
    return float(np.log((n * share + 0.5) / (n * (1 - share) + 0.5)))


def clusters_of(part: LabelledVectors) -> Iterator[dict[str, float]]:
    """Yield the evidence and the purity of each cluster that a run without an LLM keeps."""
    result = discover(part.data, Tools(None, embeds_nothing, ranks_names=False), Settings())
    clusters = [rows for label, rows in rows_by(result.labels).items() if label >= 0 and len(rows) > 1]
    again = found_again(part.data.X, clusters, np.random.default_rng(0))
    for rows, share in zip(clusters, again.tolist(), strict=True):
        apart = isolation_of(part.data.X, rows)
        if apart is not None and not np.isnan(share):
            evidence = (*apart.evidence(len(rows)), log_odds(share, len(rows)))
            yield {**dict(zip(EVIDENCE, evidence, strict=True)), "purity": purity_of(part.gold[rows])}


def some_of(found: Sentences) -> Sentences:
    """Return at most 1,500 random sentences, in their order."""
    n = len(found.texts)
    rows = np.sort(np.random.default_rng(0).choice(n, min(n, N_SENTENCES), replace=False)).tolist()
    return Sentences([found.texts[row] for row in rows], [found.labels[row] for row in rows])


def parts_of(whole: LabelledVectors) -> Iterator[LabelledVectors]:
    """Yield a set whole, a random part of it, and the sentences of some of its intents."""
    n = len(whole.gold)
    yield whole
    yield whole.part(np.sort(np.random.default_rng(0).choice(n, min(n, FEWER), replace=False)))
    for n_intents in N_INTENTS:
        yield few_intents(whole, n_intents, MOST_EACH, seed=0)


def rows_of(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the clusters of the runs on all sets, one row each."""
    for name in (*FITTED, *UNFITTED):
        found = some_of(sentences_of(pq.read_table(data / f"{name}.parquet")))
        spec = f"local:{SETTINGS[FITTED[name]].base}" if name in FITTED else SHIPPED["en"]
        for number, part in enumerate(parts_of(labelled(FAMILY_OF.get(name, name), found, spec))):
            for row in clusters_of(part):
                yield {"set": name, "part": number, **{key: round(value, 4) for key, value in row.items()}}


def scored(kept: Sequence[KeptClusters]) -> list[ScoredRun]:
    """Return the runs, scored by a model of the other families."""
    fitted = [one for one in kept if one.family not in UNFITTED]
    model = fit(fitted)
    others = [one for one in kept if one.family in UNFITTED]
    return held_out(fitted) + [ScoredRun(one, model.predict_proba(one.features)[:, 1]) for one in others]


def figures(runs: Sequence[ScoredRun]) -> dict[str, float]:
    """Return how some runs rank their clusters, together and each alone, the Brier score, and what means are off."""
    p, good = np.concatenate([one.p for one in runs]), np.concatenate([one.kept.good for one in runs])
    within = [auc(one.p, one.kept.good) for one in runs if 0 < one.kept.good.mean() < 1]
    off = np.sqrt(np.mean([one.off**2 for one in runs]))
    values = {"auc": auc(p, good), "within": np.mean(within), "brier": ((p - good) ** 2).mean(), "off": off}
    return {"clusters": len(p), **{name: round(float(value), 3) for name, value in values.items()}}


def scores(table: pa.Table) -> dict[str, dict[str, dict[str, float]]]:
    """Return the figures of each family without, with and by the new evidence alone, and their means over families."""
    models = {"without": EVIDENCE[:-1], "with": EVIDENCE, "alone": EVIDENCE[-1:]}
    found = dict[str, dict[str, dict[str, float]]]()
    for name, evidence in models.items():
        runs = scored(runs_in(table, evidence))
        families = dict.fromkeys(one.kept.family for one in runs)
        found[name] = {family: figures([one for one in runs if one.kept.family == family]) for family in families}
        means = {key: np.mean([own[key] for own in found[name].values()]) for key in ("auc", "within", "brier", "off")}
        found[name]["mean"] = {key: round(float(value), 3) for key, value in means.items()}
    return found


def main() -> None:
    """Make the table of clusters, if wanted, and write the figures."""
    found = machine.provenance(seed=0, **scores(asked_table(__doc__, rows_of, TABLE)))
    print(found["without"], found["with"], machine.write("found_again", found))


if __name__ == "__main__":
    main()
