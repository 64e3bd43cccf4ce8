"""Measure a list of known intents: half of the intents are listed, half are hidden, and no LLM is asked.

``python -m studies.own.known_list`` writes ``results/known_list.json``. The shipped embedder has learnt the labels of
clinc150, its listed and its hidden ones: the figures say how the rules compare on equal vectors, not how well any of
them does on intents that nobody has seen. The rule was chosen with hwu64 and banking77 in view:
clinc150 alone is evidence for it. The baselines give each sentence to the nearest name, or to the nearest
example (the nearest of all texts of the list); their threshold is the run's own: second nearest intents are wrong ones,
and one sentence in twenty may have a wrong one as near; beside it stands the threshold that is best in hindsight.
"Listed" is the share of the sentences of listed intents that get theirs, "hidden" the share of the others that no
listed intent takes, and "found" how well the clusters of a run match the hidden intents (accuracy after the best
assignment of clusters to intents). ``--bertopic`` adds BERTopic's zero-shot topics (`known_bertopic`), which take names
alone, with its default threshold. For "found", the sentences without a cluster are one cluster.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.discover.connect import open_embedder
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.read.intent_list import ListedIntent
from dialin.review.listed import LEVEL, ListedTask, kept_of_list, listed_vectors
from dialin.review.pin import PinnedSplit
from dialin.score.metrics import accuracy
from studies.own.data import sample
from studies.own.known_bertopic import by_zero_shot

RESULTS = Path(__file__).parent / "results" / "known_list.json"
N_EXAMPLES = 3
SETTINGS = Settings(judge="geometry")


@dataclass(frozen=True)
class Case:
    """Sentences, their vectors, and for each its listed intent (−1: hidden); `gold` has all labels."""

    data: Data
    gold: NDArray[np.str_]
    listed: tuple[ListedIntent, ...]
    wanted: Labels


def case_of(name: str, n: int, seed: int, with_examples: bool) -> tuple[Case, Callable[..., Matrix]]:
    """Return a case with half of the intents listed, and its embedder; sentences that are examples are left out."""
    texts, gold = sample(name, n, seed)
    embed = open_embedder("auto", texts).encode
    names = np.unique(gold)
    chosen = np.sort(np.random.default_rng(seed).choice(names, len(names) // 2, replace=False)).tolist()
    shown = {label: np.flatnonzero(gold == label)[:N_EXAMPLES].tolist() for label in chosen}
    listed = tuple(
        ListedIntent(label, examples=tuple(texts[row] for row in shown[label]) if with_examples else ())
        for label in chosen
    )
    left_out = {row for rows in shown.values() for row in rows}  # in either case, so that the sentences are the same
    rows = np.array([row for row in range(len(texts)) if row not in left_out])
    kept = [texts[row] for row in rows]
    data = Data(kept, embed(kept), np.ones(len(kept), np.int64), [""] * len(kept))
    place = {label: i for i, label in enumerate(chosen)}
    return Case(data, gold[rows], listed, np.array([place.get(label, -1) for label in gold[rows]])), embed


def by_list(case: Case, embed: Callable[..., Matrix]) -> tuple[Labels, Labels]:
    """Return the listed intent of each sentence, −1 for none, and the cluster of each in the run with the list."""
    tools = Tools(None, embed, ranks_names=False, on_note=lambda _: None)
    roles = [""] * len(case.data.texts)
    kept = kept_of_list(ListedTask(case.listed, case.data, roles), tools, SETTINGS)
    split = PinnedSplit.of(kept, case.data, roles)
    result = split.joined(discover(split.rest, tools, SETTINGS))
    return np.maximum(split.labels, -1), result.labels


def cosines(case: Case, embed: Callable[..., Matrix], one_vector: bool) -> Matrix:
    """Return the cosine of each sentence to the vector of each listed intent, or to its nearest text."""
    if one_vector:
        return np.asarray(case.data.X @ listed_vectors(case.listed, embed).T)
    texts = [embed(intent.texts) for intent in case.listed]
    return np.array([(case.data.X @ own.T).max(axis=1) for own in texts]).T


def nearest(S: Matrix) -> Labels:
    """Return the nearest listed intent of each sentence; −1 where a wrong one may be as near."""
    least = np.quantile(np.sort(S, axis=1)[:, -2], 1 - LEVEL)
    return np.where(S.max(axis=1) >= least, S.argmax(axis=1), -1)


def best_in_hindsight(case: Case, S: Matrix) -> dict[str, float]:
    """Return the scores at the threshold that the labels say is best for all sentences: no method knows it."""
    tried = [scores(case, np.where(S.max(axis=1) >= t, S.argmax(axis=1), -1)) for t in np.unique(S.max(axis=1))[::10]]
    return max(tried, key=lambda found: found["all"])


def scores(case: Case, labels: Labels) -> dict[str, float]:
    """Return the shares "listed" and "hidden", and "all": the share of all sentences that are right in this sense."""
    is_listed, is_right = case.wanted >= 0, labels == case.wanted
    parts = {"listed": is_right[is_listed], "hidden": is_right[~is_listed], "all": is_right}
    return {name: round(float(part.mean()), 4) for name, part in parts.items()}


def with_bertopic(name: str, n: int, seed: int) -> dict[str, Mapping[str, float]]:
    """Return the scores of BERTopic's zero-shot topics, which know the names as words."""
    case, embed = case_of(name, n, seed, with_examples=False)
    names = [intent.texts[0] for intent in case.listed]
    labels, topics = by_zero_shot(case.data.texts, case.data.X, names, embed, seed)
    return {"BERTopic zero-shot, names": scores(case, labels) | {"found": found_hidden(case, topics)}}


def found_hidden(case: Case, clusters: Labels) -> float:
    """Return how well clusters match the hidden intents; the sentences without a cluster (−1) are one."""
    hidden = case.wanted < 0
    codes = np.unique(case.gold, return_inverse=True)[1]
    return round(float(accuracy(clusters[hidden], codes[hidden])), 4)


def measure(name: str, n: int, seed: int) -> dict[str, Mapping[str, float]]:
    """Return the scores of each rule, with names alone and with three examples each."""
    found: dict[str, Mapping[str, float]] = {}
    for how, with_examples in (("names", False), ("three examples", True)):
        case, embed = case_of(name, n, seed, with_examples)
        labels, clusters = by_list(case, embed)
        found[f"dialin, {how}"] = scores(case, labels) | {"found": found_hidden(case, clusters)}
        for rule in ("vector", "text")[: 1 + with_examples]:
            S = cosines(case, embed, one_vector=rule == "vector")
            found[f"nearest {rule}, {how}"] = scores(case, nearest(S))
            found[f"nearest {rule} with the best threshold in hindsight, {how}"] = best_in_hindsight(case, S)
    return found


def main() -> None:
    """Measure each set and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["clinc_i_small", "hwu64", "bank77_small"])
    parser.add_argument("--n", type=int, default=2_000, help="sentences per set")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--bertopic", action="store_true", help="also run BERTopic, which must be installed")
    parser.add_argument("--only-bertopic", action="store_true", help="keep the other figures of the results file")
    options = parser.parse_args()
    found = json.loads(RESULTS.read_text("utf-8"))["sets"] if options.only_bertopic else {}
    for name in options.data:
        if not options.only_bertopic:
            found[name] = measure(name, options.n, options.seed)
        if options.bertopic or options.only_bertopic:
            found[name] |= with_bertopic(name, options.n, options.seed)
    RESULTS.write_text(json.dumps({"n": options.n, "seed": options.seed, "sets": found}, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
