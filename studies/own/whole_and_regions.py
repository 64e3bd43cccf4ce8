"""Set side by side how fine large sets are by their regions alone, by a sample of the whole, and by both, as shipped.

``python -m studies.own.whole_and_regions`` takes sets of more than 5,000 sentences, which have regions. It cuts the one
tree of each into the number that each region suggests (``regions``), into the number that a sample of the whole
suggests (``whole``), and as `dialin.discover.heights.measured_regions` does (``both``). The shipped embedders have
learnt most of these sets, so that the numbers of clusters tell more than the scores; ``best_k`` is the number of
clusters of the flat cut with the largest ARI, among 12 around the number of labels. Gold labels serve for the scores
alone. Writes ``studies/own/results/whole_and_regions.json`` after each set.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Rows
from dialin.cluster.cuts import levels
from dialin.cluster.granularity import Granularity
from dialin.cluster.partition import TreePartition
from dialin.cluster.regions import regions_of
from dialin.discover.data import Data
from dialin.discover.heights import granularity_in, measured_regions, trees_for
from dialin.discover.settings import Settings
from dialin.score.metrics import score
from studies.own import machine
from studies.own.embedders import SHIPPED
from studies.own.growth import CHINESE, MIXED, corpus_of

SETS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "clinc150": ("en", MIXED[:1]),
    "bank77": ("en", MIXED[1:2]),
    "massive": ("en", MIXED[2:3]),
    "hwu64": ("en", MIXED[3:4]),
    "bitext": ("en", MIXED[5:6]),
    "chinese": ("zh", CHINESE),
    "mixture": ("en", MIXED),
}
N_MOST = 20_000
FACTORS = np.geomspace(0.4, 2.5, 12)
"""Of the number of labels: the flat cuts that are tried."""


def cut(partition: TreePartition, regions: Rows, numbers: list[int]) -> Labels:
    """Return the labels of a tree whose regions are cut into these numbers of clusters."""
    limits, labels = np.empty(len(regions)), np.empty(len(regions), np.int64)
    for region, number in enumerate(numbers):
        is_inside = regions == region
        limits[is_inside] = levels(partition.tree, is_inside, np.array([float(number)]))[0]
    for place, node in enumerate(partition.tree.cut_below(limits).tolist()):
        labels[partition.tree.members(node)] = place
    return labels


def figures(labels: Labels, gold: NDArray[np.str_]) -> dict[str, float]:
    """Return the number of clusters and the scores."""
    found = score(labels, gold)
    return {"k": found.n_clusters} | {key: round(float(getattr(found, key)), 3) for key in ("ami", "ari", "acc")}


def number_of(found: Granularity | None) -> int:
    """Return a suggested number of clusters; 1 if nothing was measured."""
    return found.n_clusters if found else 1


def row_of(name: str, n_most: int) -> dict[str, object]:
    """Return the figures of a set."""
    language, names = SETS[name]
    corpus = corpus_of(name, names, SHIPPED[language]).part(n_most)
    n, settings = len(corpus.texts), Settings()
    data = Data(corpus.texts, corpus.X, np.ones(n, np.int64), [""] * n, SHIPPED[language])
    rows = np.arange(n)
    partition = trees_for(settings).fit(data.X)
    regions, cut_into = regions_of(data.X, partition.tree), partial(cut, partition)
    alone = [
        number_of(granularity_in(data, np.flatnonzero(regions == region), settings))
        for region in range(int(regions.max()) + 1)
    ]
    own, both = measured_regions(data, rows, partition, settings)
    whole = number_of(granularity_in(data, rows, settings))
    n_labels = len(np.unique(corpus.gold))
    flat = {
        k: figures(partition.cut(k), corpus.gold)["ari"] for k in np.unique(np.round(FACTORS * n_labels)).astype(int)
    }
    return {
        "data": name,
        "n": n,
        "n_labels": n_labels,
        "regions": figures(cut_into(regions, alone), corpus.gold),
        "whole": figures(partition.cut(whole), corpus.gold),
        "both": figures(cut_into(own, [number_of(one) for one in both]), corpus.gold),
        "best_k": int(max(flat, key=lambda k: flat[k])),
    }


def main() -> None:
    """Measure every set, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", choices=SETS, default=list(SETS))
    parser.add_argument("--most", type=int, default=N_MOST, help="sentences of a set, at most")
    options = parser.parse_args()
    rows = []
    for name in options.data:
        rows.append(row_of(name, options.most))
        print(rows[-1], flush=True)
        machine.write("whole_and_regions", machine.provenance(seed=0, rows=rows))


if __name__ == "__main__":
    main()
