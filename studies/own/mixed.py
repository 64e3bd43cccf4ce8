"""Measure how a second language in the corpus changes the intents found in the first, without an LLM.

Each corpus joins an English and a Chinese data set with the same number of sentences. *Together* is the default:
scripts whose vectors share no dimension form separate strata (`dialin.cluster.strata`). *As one part* first turns all
vectors by one random rotation. This keeps every distance, but both scripts then share all dimensions and form one
stratum. *Alone* runs each language by itself. Each language is scored separately. Writes
``studies/own/results/mixed.json``.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ortho_group

from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.choose import embedder_of
from studies.own import data, machine
from studies.own.granularity import figures

PAIRS = (
    ("hwu64", "smp2019_ecdt_nlu_train"),
    ("massive_i_small", "massive_i_zh_small"),
    ("bank77_small", "massive_i_zh_small"),
)


def found(texts: list[str], X: NDArray[np.float32], seed: int) -> NDArray[np.int64]:
    """Return the labels that dialin finds without an LLM; rows of X stand in for the embeddings of names."""
    n = len(texts)
    whole = Data(texts, X, np.ones(n, np.int64), [""] * n)
    return discover(whole, Tools(None, lambda names: X[: len(names)], ranks_names=False), Settings(seed=seed)).labels


def rows_of(pair: tuple[str, str], n: int, seed: int) -> list[dict[str, Any]]:
    """Return a row for each language of a pair and each way to cluster it."""
    sets = [data.sample(name, n, seed) for name in pair]
    texts = [text for own, _ in sets for text in own]
    X = embedder_of("auto", texts).encode(texts)
    turn = ortho_group.rvs(X.shape[1], random_state=seed).astype(np.float32)
    languages = np.split(np.arange(len(texts)), [len(sets[0][0])])
    alone = [found([texts[i] for i in rows], X[rows], seed) for rows in languages]
    ways = {
        "together": found(texts, X, seed),
        "as one part": found(texts, X @ turn, seed),
        "alone": np.concatenate([alone[0], np.where(alone[1] < 0, -1, alone[1] + len(texts))]),
    }
    return [
        {
            "data": name,
            "beside": other,
            "way": way,
            **figures(labels[rows], gold),
            "clusters / true": round(len(set(labels[rows].tolist()) - {-1}) / len(set(gold)), 2),
        }
        for (name, other), (_, gold), rows in zip((pair, pair[::-1]), sets, languages, strict=True)
        for way, labels in ways.items()
    ]


def main() -> None:
    """Measure every pair and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=1_500, help="sentences per set")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = list[dict[str, Any]]()
    for pair in PAIRS:
        rows += rows_of(pair, options.n, options.seed)
        print("\n".join(map(json.dumps, rows[-6:])), flush=True)
        machine.write("mixed", machine.provenance(n=options.n, seed=options.seed, rows=rows))


if __name__ == "__main__":
    main()
