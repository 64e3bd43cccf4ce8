"""Measure dialin on the calls of small businesses, whose sentences nothing in it has learnt.

The businesses are those of ``studies.own.calls``: dozens whose customers' turns stand alone, and some whose dialogues
are whole. Each is clustered as a user of Python would do it, without an LLM: how many intents are found, how well the
needs are told apart beside Ward's tree that is told which turns are needs and how many needs there are, how far P(good)
is from the share of clusters that are one need, and which of the customers' turns are taken for needs. Gold labels
serve for the scores alone. Writes ``studies/own/results/small_calls.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import dialin
from dialin import IntentClusterer
from dialin.arrays import Labels
from dialin.cluster.partition import Agglomerative
from dialin.discover.settings import Settings
from dialin.discover.state import Intent
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.models.home import cache_home
from dialin.name.actions import CUSTOMER
from dialin.name.kinds import NEED
from dialin.score.metrics import score
from dialin.score.reliability import auc
from studies.own import machine
from studies.own.calls import DIALOGUES, FOLDER, OTHER, Business, businesses, turns_in

NAME = "small_calls"
PURE = 0.9
"""Share of one need in a cluster from which it is good, as in the other studies."""
MIN_MEASURED = 2
"""Clusters with fewer turns that state a need are not told good or bad."""


@dataclass(frozen=True)
class JudgedCluster:
    """P(good) of a cluster that holds needs, and the share of its turns that state its most frequent one."""

    p_good: float
    purity: float

    @property
    def is_good(self) -> bool:
        """Whether the cluster is one need."""
        return self.purity >= PURE


@dataclass(frozen=True, eq=False)
class Clustered:
    """What customers of a business say, the cluster of each, shape (n,), and all clusters."""

    business: Business
    labels: Labels
    intents: Sequence[Intent]


def turns_alone(business: Business, seed: int) -> Clustered:
    """Cluster the turns of customers, of which nothing else is known."""
    clusterer = IntentClusterer(llm=None, settings=Settings(seed=seed))
    clusterer.fit(business.texts, roles=[CUSTOMER] * len(business.texts))
    return Clustered(business, clusterer.labels_, clusterer.intents_)


def in_dialogues(path: Path, seed: int) -> Clustered:
    """Cluster dialogues, with what agents say in them; return what customers say."""
    turns = turns_in(path)
    corpus = dialin.read(turns.drop_columns("need"))
    clusterer = IntentClusterer(llm=None, settings=Settings(seed=seed)).fit(corpus)
    needs = {turn["text"]: turn["need"] or OTHER for turn in reversed(turns.to_pylist()) if turn["role"] == CUSTOMER}
    rows = [row for row, role in enumerate(corpus.roles or ()) if role == CUSTOMER]
    texts = [corpus.texts[row] for row in rows]
    business = Business(path.stem, texts, [needs[text] for text in texts])
    labels = np.empty(len(corpus.texts), dtype=np.int64)
    labels[corpus.occurrences["sentence_id"].to_numpy()] = clusterer.labels_
    return Clustered(business, labels[rows], clusterer.intents_)


def judged(clustered: Clustered) -> list[JudgedCluster]:
    """Return the clusters of a business that are taken for needs and hold enough of them."""
    gold, found = np.array(clustered.business.gold), list[JudgedCluster]()
    for intent in clustered.intents:
        inside = Counter(gold[clustered.labels == intent.intent_id].tolist())
        if intent.kind == NEED and inside.total() - inside[OTHER] >= MIN_MEASURED:
            found.append(JudgedCluster(intent.p_good, max(inside.values()) / inside.total()))
    return found


def told_needs(business: Business) -> Labels:
    """Return the clusters of the needs by Ward's tree, told which turns are needs, and how many needs there are."""
    texts = business.needs.texts
    X = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite").encode(texts)
    return Agglomerative(smooth=True).fit(X).cut(business.n_needs)


def scores_of(labels: Labels, gold: Sequence[str]) -> dict[str, float]:
    """Return AMI, ARI and ACC, three digits."""
    found = score(labels, np.array(gold))
    return {name: round(float(getattr(found, name)), 3) for name in ("ami", "ari", "acc")}


def row_of(clustered: Clustered, seed: int) -> tuple[dict[str, object], list[JudgedCluster]]:
    """Return what is measured on a business, and its judged clusters."""
    business, labels = clustered.business, clustered.labels
    is_need, needs = business.is_need, business.needs.gold
    kind = {intent.intent_id: intent.kind for intent in clustered.intents}
    called = np.array([kind.get(label, "") == NEED for label in labels.tolist()])
    clusters = judged(clustered)
    return {
        "business": business.name,
        "seed": seed,
        "turns": len(business.texts),
        "n_needs": business.n_needs,
        "n_intents_of_needs": len({*labels[called].tolist()}),
        "n_intents": len({*labels.tolist()} - {-1}),
        "needs": scores_of(labels[is_need], needs),
        "needs, Ward told": scores_of(told_needs(business), needs),
        "needs called so": round(float(called[is_need].mean()), 3),
        "others called needs": round(float(called[~is_need].mean()), 3),
        "expected_good": round(float(np.mean([one.p_good for one in clusters])), 3),
        "good": round(float(np.mean([one.is_good for one in clusters])), 3),
        "purity": round(float(np.mean([one.purity for one in clusters])), 3),
    }, clusters


def mean_of(rows: Sequence[dict[str, object]], clusters: Sequence[JudgedCluster]) -> dict[str, object]:
    """Return the means over businesses with their standard errors, and how P(good) ranks all clusters together."""
    figures = dict[str, object]()
    for name in ("needs called so", "others called needs", "expected_good", "good", "purity"):
        figures[name] = mean_and_error([float(str(row[name])) for row in rows])
    for method in ("needs", "needs, Ward told"):
        for name in ("ami", "ari", "acc"):
            figures[f"{method}: {name}"] = mean_and_error([dict(row[method])[name] for row in rows])  # type: ignore[call-overload]
    ratio = [float(str(row["n_intents_of_needs"])) / float(str(row["n_needs"])) for row in rows]
    figures["intents of needs / needs"] = mean_and_error(ratio)
    figures["within 0.67 to 1.5"] = round(float(np.mean([0.67 <= r <= 1.5 for r in ratio])), 3)
    off = [float(str(row["expected_good"])) - float(str(row["good"])) for row in rows]
    figures["P(good) of a run off by"] = round(float(np.mean(np.abs(off))), 3)
    ranked = auc([one.p_good for one in clusters], [one.is_good for one in clusters])
    figures["auc of P(good)"] = None if np.isnan(ranked) else round(ranked, 3)  # where none is good
    return figures


def mean_and_error(values: Sequence[float]) -> list[float]:
    """Return the mean, and the standard error of it.

    Examples
    --------
    >>> mean_and_error([0.2, 0.4])
    [0.3, 0.1]
    """
    error = np.std(values, ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return [round(float(np.mean(values)), 3), round(float(error), 3)]


def all_of(seed: int) -> Iterator[tuple[str, Clustered]]:
    """Yield every business with its group: its language, and whether its dialogues are whole."""
    for business in businesses(FOLDER):
        yield business.language, turns_alone(business, seed)
    for path in sorted(DIALOGUES.glob("*.jsonl")):
        yield f"{path.stem[:2]}, dialogues", in_dialogues(path, seed)


def main() -> None:
    """Measure every business and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    rows, clusters = list[dict[str, object]](), dict[str, list[JudgedCluster]]()
    for seed in range(options.seeds):
        for group, clustered in all_of(seed):
            row, own = row_of(clustered, seed)
            rows.append({"group": group, **row})
            clusters.setdefault(group, []).extend(own)
            print(json.dumps(row, ensure_ascii=False), flush=True)
    means = {group: mean_of([row for row in rows if row["group"] == group], own) for group, own in clusters.items()}
    print(json.dumps(means, indent=1))
    machine.write(NAME, machine.provenance(means=means, rows=rows))


if __name__ == "__main__":
    main()
