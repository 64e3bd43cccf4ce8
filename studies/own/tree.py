"""Measure the readable tree against known domains: gold intents are the leaves, so that the tree alone is measured.

``python -m studies.own.tree`` writes ``results/tree.json``. The labels serve for scoring alone. Beside the tree's top
level stands a plain cut of the same dendrogram at the true number of domains, which nobody knows in a run. An intent
that stands alone counts as a branch of its own. The domains are those of the sets; in MASSIVE (Chinese) and HWU64 they
are what stands before the "_" of a label.

The rule of `dialin.cluster.levels` was chosen with these sets in view among three ways to weigh a gap (the ratio of
heights, the slope, and the difference times k); its constants were not fitted. Slope and difference agree on most sets,
the ratio takes the fewest groups that it may. So the figures compare the rule with a cut that is told the truth; they
are no promise for other data.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels
from dialin.cluster.centroids import centroids, tree_of_centroids
from dialin.cluster.levels import Grouping, levels_of
from dialin.cluster.tree import Tree
from dialin.discover.connect import open_embedder
from dialin.name.shared import shared_names
from studies.own.data import folder

RESULTS = Path(__file__).parent / "results" / "tree.json"
SETS = {
    "clinc150_full_with_oos": "domain",
    "massive_en_us": "domain",
    "massive_zh_cn": "",
    "bitext_customer_support": "category",
    "hwu64": "",
    "smp2019_ecdt_nlu_train": "domain",
}
"""Column of the domains of each set; "" for the beginning of the label."""
N_EACH, MIN_EACH = 20, 5
"""Most sentences of an intent, and the fewest that it needs to count."""


@dataclass(frozen=True)
class GoldIntents:
    """The intents of a set: their names, their domains as numbers, and their centroids."""

    names: list[str]
    domains: Labels
    C: Floats


@dataclass(frozen=True)
class TreeScore:
    """How one set comes out; `cut_…` is the plain cut into the true number of domains."""

    n_intents: int
    n_domains: int
    n_top: int
    n_second: int
    n_alone: int
    purity: float
    ari: float
    cut_purity: float
    cut_ari: float
    names: list[str]


def gold_intents(name: str, seed: int) -> GoldIntents:
    """Return the intents of a set, each with up to `N_EACH` random sentences."""
    texts_of, domain_of = dict[str, set[str]](), dict[str, str]()
    for row in pq.read_table(folder() / f"{name}.parquet").to_pylist():
        if row["label"] and row["label"] != "oos":
            texts_of.setdefault(row["label"], set()).add(row["text"])
            domain_of[row["label"]] = row[SETS[name]] if SETS[name] else row["label"].split("_")[0]
    labels = sorted(label for label, texts in texts_of.items() if len(texts) >= MIN_EACH)
    rng = np.random.default_rng(seed)
    chosen = [rng.permutation(sorted(texts_of[label]))[:N_EACH].tolist() for label in labels]
    texts = [text for own in chosen for text in own]
    of = np.repeat(np.arange(len(labels)), [len(own) for own in chosen])
    X = open_embedder("auto", texts).encode(texts)
    domains = np.unique([domain_of[label] for label in labels], return_inverse=True)[1]
    return GoldIntents(labels, domains.astype(np.int64), centroids(X, of, len(labels)))


def purity(found: Labels, gold: Labels) -> float:
    """Return the share of the items that have the most frequent gold label of their group.

    Examples
    --------
    >>> purity(np.array([0, 0, 0, 1]), np.array([5, 5, 6, 6]))
    0.75
    """
    most = [np.unique(gold[found == group], return_counts=True)[1].max() for group in np.unique(found)]
    return float(sum(most) / len(gold))


def top_of(groups: tuple[Grouping, ...], n: int) -> Labels:
    """Return the group of each leaf; a leaf of none has a number of its own, below 0."""
    found = -1 - np.arange(n)
    for number, group in enumerate(groups):
        found[list(group.leaves)] = number
    return found


def cut_into(tree: Tree, k: int) -> Labels:
    """Return the part of each leaf in the plain cut into k."""
    found = np.zeros(tree.n_leaves, dtype=np.int64)
    for number, node in enumerate(tree.nodes_at(k).tolist()):
        found[tree.members(node)] = number
    return found


def score_of(gold: GoldIntents) -> TreeScore:
    """Return how the tree of some intents agrees with their domains."""
    tree, n_domains = tree_of_centroids(gold.C), len(np.unique(gold.domains))
    groups = levels_of(tree)
    found, cut = top_of(groups, len(gold.names)), cut_into(tree, n_domains)
    members = [[gold.names[leaf] for leaf in sorted(group.leaves)] for group in groups]
    return TreeScore(
        n_intents=len(gold.names),
        n_domains=n_domains,
        n_top=len(groups),
        n_second=sum(len(group.groups) for group in groups),
        n_alone=int((found < 0).sum()),
        purity=round(purity(found, gold.domains), 3),
        ari=round(float(adjusted_rand_score(gold.domains, found)), 3),
        cut_purity=round(purity(cut, gold.domains), 3),
        cut_ari=round(float(adjusted_rand_score(gold.domains, cut)), 3),
        names=shared_names(members, "en"),
    )


def main() -> None:
    """Write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    options = parser.parse_args()
    found = {name: asdict(score_of(gold_intents(name, options.seed))) for name in options.data}
    options.out.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
