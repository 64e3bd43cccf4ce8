"""Measure how long Ward's tree takes, how much memory, and how near the quick ways come to it.

``python -m studies.own.ward METHOD N …`` runs one method on random parts of the labelled English sets
(``studies.own.growth``), embedded by the shipped embedder, each in a process of its own. It writes seconds, seconds
of the cores (they tell more where other programs run), and the peak memory of the process. Where dialin's tree was
measured before, it adds the adjusted Rand index with that, of the cuts into 150, 500 and 1,500 clusters. Rows go to
``studies/own/results/ward.json``. The peers do not come with dialin: ``pip install fastcluster genieclust``.

- dialin: the tree that dialin builds.
- micro: that of 5,000 micro-clusters.
- scipy, fastcluster: exact peers, with all distances in memory and without.
- genieclust: another tree, of single linkage that keeps clusters from staying small.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from scipy.cluster import hierarchy
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.linkage import tree_of
from dialin.cluster.micro_clusters import micro_clusters
from dialin.cluster.partition import TreePartition
from studies.own import machine
from studies.own.embedders import SHIPPED
from studies.own.growth import MIXED, corpus_of

CUTS = (150, 500, 1_500)
N_MICRO = 5_000
KEPT = Path(tempfile.gettempdir()) / "dialin-ward"
"""Vectors and cuts lie here between the processes."""


def by_dialin(X: Floats) -> list[Labels]:
    """Return the cuts of dialin's tree."""
    tree = tree_of(X, np.ones(len(X)), np.arange(len(X)), "ward")
    return [TreePartition(tree, X.astype(np.float32)).cut(k) for k in CUTS]


def by_micro(X: Floats) -> list[Labels]:
    """Return the cuts of the tree of micro-clusters."""
    points, weight, leaf = micro_clusters(X.astype(np.float32), np.ones(len(X)), N_MICRO, 0)
    return [TreePartition(tree_of(points, weight, leaf, "ward"), X.astype(np.float32)).cut(k) for k in CUTS]


def by_scipy(X: Floats) -> list[Labels]:
    """Return the cuts of SciPy's tree."""
    return list(hierarchy.cut_tree(hierarchy.linkage(X, "ward"), CUTS).T)


def by_fastcluster(X: Floats) -> list[Labels]:
    """Return the cuts of fastcluster's tree, built without a matrix of distances."""
    Z = import_module("fastcluster").linkage_vector(X, method="ward")
    return list(hierarchy.cut_tree(Z, CUTS).T)


def by_genieclust(X: Floats) -> list[Labels]:
    """Return the cuts of genieclust's tree."""
    genie = import_module("genieclust").Genie
    return [genie(n_clusters=k).fit_predict(X.astype(np.float32)) for k in CUTS]


METHODS: dict[str, Callable[[Floats], list[Labels]]] = {
    "dialin": by_dialin,
    "micro": by_micro,
    "scipy": by_scipy,
    "fastcluster": by_fastcluster,
    "genieclust": by_genieclust,
}


def vectors(n: int) -> Matrix:
    """Return n random vectors of the mixture, from the cache of embeddings the first time."""
    path = KEPT / "mixture.npy"
    if not path.exists():
        KEPT.mkdir(exist_ok=True)
        np.save(path, corpus_of("mixture", MIXED, SHIPPED["en"]).X)
    return np.asarray(np.load(path, mmap_mode="r")[:n])


def cuts_path(method: str, n: int) -> Path:
    """Return where the cuts of a method lie."""
    return KEPT / f"{method}-{n}.npy"


def measured(method: str, n: int) -> dict[str, Any]:
    """Build one tree and return its figures; keep its cuts."""
    X = vectors(n).astype(np.float64)
    start, used = time.perf_counter(), time.process_time()
    cuts = METHODS[method](X)
    seconds, core_seconds = time.perf_counter() - start, time.process_time() - used
    np.save(cuts_path(method, n), np.array(cuts))
    row = {"method": method, "n": n, "seconds": round(seconds, 1), "core_seconds": round(core_seconds, 1)}
    return row | {"mb": round(machine.peak_memory_mb()), "load": [round(load, 1) for load in os.getloadavg()]}


def agreement(method: str, n: int) -> dict[str, float]:
    """Return the adjusted Rand index of each cut with that of dialin's tree; nothing where that is not there."""
    if method == "dialin" or not cuts_path("dialin", n).exists():
        return {}
    pairs = zip(np.load(cuts_path("dialin", n)), np.load(cuts_path(method, n)), strict=True)
    return {f"ari_{k}": round(float(adjusted_rand_score(a, b)), 4) for k, (a, b) in zip(CUTS, pairs, strict=True)}


def with_row(rows: list[dict[str, Any]], row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the rows with a new one in the place of an older one of the same method and size."""
    others = [old for old in rows if (old["method"], old["n"]) != (row["method"], row["n"])]
    return sorted([*others, row], key=lambda row: (row["n"], list(METHODS).index(row["method"])))


def main() -> None:
    """Measure one method on parts of the given sizes, and write a row for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("method", choices=list(METHODS))
    parser.add_argument("n", type=int, nargs="+")
    options = parser.parse_args()
    path = machine.RESULTS / "ward.json"
    for n in options.n:
        vectors(n)
        with multiprocessing.get_context("spawn").Pool(1) as alone:
            row = alone.apply(measured, (options.method, n)) | agreement(options.method, n)
        print(row, flush=True)
        rows = json.loads(path.read_text("utf-8"))["rows"] if path.exists() else []
        machine.write("ward", machine.provenance(rows=with_row(rows, row)))


if __name__ == "__main__":
    main()
