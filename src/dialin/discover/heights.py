"""Measures how fine the intents of each part of a corpus are, and finds the heights in the trees that say so."""

from __future__ import annotations

import numpy as np

from dialin.arrays import Bools, Rows
from dialin.cluster.cut_weights import CutWeights, weights_for
from dialin.cluster.cuts import MAX_THINNED
from dialin.cluster.granularity import Granularity, Measuring, SuggestedCut, granularity_of
from dialin.cluster.partition import Agglomerative, FittedOnce, TreePartition
from dialin.cluster.regions import regions_of
from dialin.cluster.some_rows import SomeRows
from dialin.cluster.strata import strata_of
from dialin.cluster.tree import Tree
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.judge.evidence import SuggestedHeights
from dialin.text.script import is_chinese

LEAST_MEASURED = 3
"""Least size of a cluster where the granularity is measured. That of a cluster worth keeping grows with the corpus, and
a small sample has few sentences of each intent: neither says how fine the intents are."""
MIN_ALONE = 100
"""Sentences that say something, where they alone are measured; fewer swing more than greetings mislead."""
N_READ = 200
"""Sentences of a stratum that are read to tell its language."""


def trees_for(settings: Settings) -> FittedOnce:
    """Return what builds the trees of the strata, of smoothed embeddings."""
    return FittedOnce(Agglomerative(smooth=True, random_state=settings.seed))


def heights_of(data: Data, settings: Settings, trees: FittedOnce) -> SuggestedHeights:
    """Measure the granularity that each region of each stratum suggests, and find its heights in the tree."""
    roles = data.roles if settings.separates_roles else [""] * len(data.texts)
    regions, found = np.zeros(len(data.texts), dtype=np.int64), list[SuggestedCut | None]()
    points, trees_of = np.empty_like(data.X), list[int]()
    for number, (_, rows) in enumerate(strata_of(roles, data.scripts)):
        partition = trees.fit(data.X[rows])
        points[rows] = partition.points
        own, measured = measured_regions(data, rows, partition, settings)
        regions[rows] = len(found) + own
        for region, one in enumerate(measured):
            finer = settings.granularity
            found.append(SuggestedCut.of(one, partition.tree, own == region, finer) if one else None)
            trees_of.append(number)
    return SuggestedHeights(regions, tuple(found), tuple(trees_of), points)


def measured_regions(
    data: Data, rows: Rows, partition: TreePartition, settings: Settings
) -> tuple[Rows, list[Granularity | None]]:
    """Return the regions of a stratum, and the granularity that each suggests.

    The sample on which the whole stratum is measured shows how fine it is, unless it has too few sentences of each
    intent. So far as it has, the suggestion of a region is drawn to what the whole has there: a region errs by itself,
    up to fourfold where a few intents have hundreds of sentences each. Where the sample shows all, no region is
    measured.

    Parameters
    ----------
    data : Data
        All sentences.
    rows : ndarray of shape (n,), int64
        Those of the stratum.
    partition : TreePartition
        The tree of the stratum.
    settings : Settings
        The settings of the run.

    Returns
    -------
    regions : ndarray of shape (n,), int64
        Region of each sentence, from 0.
    found : list of Granularity or None
        What each region suggests; None where it cannot be measured.
    """
    regions, all_of_it = regions_of(data.X[rows], partition.tree), np.ones(len(rows), dtype=np.bool_)
    whole = granularity_of_part(data, rows, partition.tree, all_of_it, settings)
    share = whole.share_shown(len(rows), cut_weights(data, rows)) if whole else 1.0
    if whole is None or share == 1 or not regions.any():
        return np.zeros(len(rows), dtype=np.int64), [whole]
    labels = partition.cut(whole.n_clusters)
    parts = [regions == region for region in range(int(regions.max()) + 1)]
    found = [granularity_of_part(data, rows, partition.tree, part, settings) for part in parts]
    there = [len(np.unique(labels[part])) for part in parts]
    return regions, [one and one.drawn_to(n, share) for one, n in zip(found, there, strict=True)]


def granularity_of_part(data: Data, rows: Rows, tree: Tree, is_inside: Bools, settings: Settings) -> Granularity | None:
    """Return the granularity that a part of a stratum suggests: by the sentences that say something, if they suffice.

    Greetings, thanks and "ok" lie far from all others and close together: where they are many, the cut that parts them
    from all others would be the best one, and how fine the others are would not count.

    Parameters
    ----------
    data : Data
        All sentences.
    rows : ndarray of shape (n,), int64
        Those of the stratum.
    tree : Tree
        The tree of the stratum.
    is_inside : ndarray of shape (n,), bool
        Those of the part, whole nodes of the tree.
    settings : Settings
        The settings of the run.
    """
    most_samples = MAX_THINNED if is_inside.all() else 1  # what each of many parts errs by evens out over all
    speaks = is_inside if data.kinds is None else is_inside & data.kinds.at(rows).say_something
    if not MIN_ALONE <= speaks.sum() < is_inside.sum():
        return granularity_in(data, rows[is_inside], settings, most_samples)
    found = granularity_in(data, rows[speaks], settings, most_samples)
    return found and SomeRows(tree, is_inside, speaks).suggestion_for_all(found)


def granularity_in(data: Data, rows: Rows, settings: Settings, most_samples: int = MAX_THINNED) -> Granularity | None:
    """Measure the granularity that some sentences of a stratum suggest, on so many samples at most.

    How many intents there are is a question to what the sentences say; what is said around them tells which are alike.
    """
    measuring = Measuring(LEAST_MEASURED, settings.seed, cut_weights(data, rows), most_samples)
    return granularity_of(data.own_vectors[rows], measuring)


def cut_weights(data: Data, rows: Rows) -> CutWeights:
    """Return how the evidence weighs in some sentences: by their embedder and their language."""
    return weights_for(data.embedder, is_chinese=is_mostly_chinese(data, rows))


def is_mostly_chinese(data: Data, rows: Rows) -> bool:
    """Tell whether most of the sentences are Chinese; of many, an even sample is read."""
    read = rows[:: -(-len(rows) // N_READ) or 1]
    return sum(is_chinese(data.texts[row]) for row in read.tolist()) > len(read) / 2
