"""Cluster vectors by one method, in a process that `studies.own.clusterers` starts and measures.

``python -m studies.own.clusterers_child METHOD FOLDER K``: FOLDER holds ``X.npy`` (n, d), unit rows, and
``texts.json``; what a method reads of UMAP lies there as ``umap.npy``. Writes ``METHOD.npy``, the labels (n,) with -1
for noise, and ``METHOD.json``, the seconds, the memory and the versions. Libraries that compile themselves at their
first use run on the first 5,000 rows before the clock starts. Only dialin's own row imports dialin: the peers may lie
in another environment.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

N_WARM = 5_000
THREADS = int(os.environ.get("OMP_NUM_THREADS", "1"))


@dataclass(frozen=True)
class Child:
    """One way to cluster (or to map) vectors.

    Parameters
    ----------
    run : callable
        Takes the rows (m, d), the folder and the true k; returns the labels (m,), or UMAP's map (m, 5).
    packages : tuple of str
        Packages whose versions are recorded.
    compiles : bool
        Whether its code is compiled at its first use.
    reads : str
        Name of the file with its rows.
    """

    run: Callable[[Any, Path, int], Any]
    packages: tuple[str, ...]
    compiles: bool = False
    reads: str = "X"


def dialin(X: Any, folder: Path, k: int) -> Any:  # noqa: ARG001  (is not told k)
    """Return the labels of `dialin.discover.method.discover` without an LLM."""
    from dialin.discover.context import Tools  # noqa: PLC0415
    from dialin.discover.data import Data  # noqa: PLC0415
    from dialin.discover.method import discover  # noqa: PLC0415
    from dialin.discover.settings import Settings  # noqa: PLC0415
    from studies.own.embedders import SHIPPED  # noqa: PLC0415
    from studies.own.growth import embeds_nothing  # noqa: PLC0415

    texts = json.loads((folder / "texts.json").read_text(encoding="utf-8"))
    found = Data(texts, X, np.ones(len(X), np.int64), [""] * len(X), SHIPPED["en"])
    return discover(found, Tools(None, embeds_nothing, ranks_names=False), Settings()).labels


def umap(X: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the map (m, 5) that BERTopic makes by default; unseeded as there, because a seed costs it its threads."""
    module = importlib.import_module("umap")
    model = module.UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", low_memory=False, n_jobs=THREADS)
    return model.fit_transform(X)


def hdbscan(Z: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the labels of HDBSCAN as BERTopic sets it by default."""
    module = importlib.import_module("hdbscan")
    model = module.HDBSCAN(min_cluster_size=10, prediction_data=True, core_dist_n_jobs=THREADS)
    return model.fit_predict(Z)


def fast_hdbscan(Z: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the labels of fast-hdbscan, with clusters of at least 10 as BERTopic has them, otherwise its defaults."""
    return importlib.import_module("fast_hdbscan").HDBSCAN(min_cluster_size=10).fit_predict(Z)


def toponymy(Z: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the finest layer of Toponymy's clusterer with its defaults, on the map of BERTopic."""
    module = importlib.import_module("toponymy.clustering")
    vectors = np.load(folder / "X.npy")[: len(Z)]
    return module.ToponymyClusterer(n_threads=THREADS).fit(Z, vectors).cluster_layers_[0].cluster_labels


def evoc(X: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the labels of EVoC with its defaults: the layer that it finds most persistent."""
    return importlib.import_module("evoc").EVoC().fit_predict(X)


def minibatch(X: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the labels of scikit-learn's mini-batch k-means at the true k."""
    module = importlib.import_module("sklearn.cluster")
    return module.MiniBatchKMeans(k, random_state=0).fit_predict(X)


def faiss(X: Any, folder: Path, k: int) -> Any:  # noqa: ARG001
    """Return the labels of faiss's k-means at the true k with its defaults: 25 rounds on at most 256 rows a cluster."""
    module = importlib.import_module("faiss")
    model = module.Kmeans(X.shape[1], k, seed=0)
    model.train(X)
    return model.index.search(X, 1)[1][:, 0]


def measured(child: Child, folder: Path, k: int) -> tuple[Any, dict[str, object]]:
    """Run a method; return what it found with its seconds of the clock and of the processors."""
    rows = np.load(folder / f"{child.reads}.npy")
    began = time.perf_counter()
    if child.compiles:
        child.run(rows[:N_WARM], folder, k)
    warm, before = time.perf_counter(), processor_seconds()
    found = child.run(rows, folder, k)
    return np.asarray(found), {
        "seconds": round(time.perf_counter() - warm, 1),
        "cpu_seconds": round(processor_seconds() - before, 1),
        "warm_up_seconds": round(warm - began, 1),
        "peak_mb": round(peak_mb()),
        "versions": {name: version(name) for name in child.packages},
    }


def processor_seconds() -> float:
    """Return the seconds, user and system, of this process and of those that it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def peak_mb() -> float:
    """Return the peak memory, in MB: the largest of this process and of those that it has waited for (Linux only)."""
    # `getrusage` starts from the memory of the process that started this one, which holds all vectors.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    own = next(int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))
    return max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) / 1024


def main() -> None:
    """Run the method that the arguments name, and write what it found."""
    name, folder, k = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    found, figures = measured(CHILDREN[name], folder, k)
    np.save(folder / f"{name}.npy", found)
    (folder / f"{name}.json").write_text(json.dumps(figures), encoding="utf-8")


CHILDREN = {
    "dialin": Child(dialin, ("numpy", "scikit-learn")),
    "minibatch": Child(minibatch, ("scikit-learn",)),
    "faiss": Child(faiss, ("faiss-cpu",)),
    "evoc": Child(evoc, ("evoc", "numba"), compiles=True),
    "umap": Child(umap, ("umap-learn", "pynndescent", "numba"), compiles=True),
    "hdbscan": Child(hdbscan, ("hdbscan",), reads="umap"),
    "fast_hdbscan": Child(fast_hdbscan, ("fast-hdbscan", "numba"), compiles=True, reads="umap"),
    "toponymy": Child(toponymy, ("toponymy", "fast-hdbscan", "numba"), compiles=True, reads="umap"),
    "fast_hdbscan_raw": Child(fast_hdbscan, ("fast-hdbscan", "numba"), compiles=True),
}

if __name__ == "__main__":
    main()
