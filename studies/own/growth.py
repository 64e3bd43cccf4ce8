"""Measure whether fineness depends on the number of sentences: how many intents dialin finds as a corpus grows.

``python -m studies.own.growth --models FOLDER`` runs dialin without an LLM on random parts of growing size: of CLINC150
with the embedder that has learnt neither it nor a relative (``studies.own.embedders``), and of all labelled English
sets together, and both Chinese ones, with the shipped ones, which have learnt them, so that only the number of intents
tells something there. Beyond what there is, each sentence is said in other words (``studies.own.rephrased``): up to a
million. Two sets of the English mixture share intents under two names (MASSIVE and HWU64); SGD gives 5,000 turns, or it
would be half of all. Gold labels serve for the scores alone. ``n_large`` counts the intents of which there are four
sentences, the least that dialin keeps. Writes ``studies/own/results/growth.json`` after each run; rows that are there
are not run again.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.arrays import Matrix
from dialin.discover.context import LEAST, Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.models.home import cache_home
from dialin.score.metrics import score
from studies.own import data, machine
from studies.own.embedders import SHIPPED
from studies.own.rephrased import rephrased

CLINC = "clinc150_full_with_oos"
MIXED = (CLINC, "banking77_full", "massive_en_us", "hwu64", "mtop_i_small", "bitext_customer_support", "sgd_dialogues")
CHINESE = ("massive_zh_cn", "smp2019_ecdt_nlu_train")
N_OF_SGD = 5_000
SIZES = {
    "clinc150": (1_000, 2_000, 5_000, 30_000),
    "mixture": (2_000, 5_000, 20_000, 64_000, 250_000, 1_000_000),
    "chinese": (2_000, 5_000, 30_000, 100_000),
}


@dataclass(frozen=True, eq=False)
class GrowingCorpus:
    """Sentences with labels and unit vectors X (n, d), in an order whose first m are a random part."""

    name: str
    texts: list[str]
    gold: NDArray[np.str_]
    X: Matrix

    def part(self, m: int) -> GrowingCorpus:
        """Return the first m sentences."""
        return GrowingCorpus(self.name, self.texts[:m], self.gold[:m], self.X[:m])


def labelled(names: tuple[str, ...], rng: np.random.Generator) -> dict[str, str]:
    """Return the label of each distinct sentence with an intent that a customer says, in random order."""
    found = dict[str, str]()
    for name in names:
        own = dict[str, str]()
        for row in pq.read_table(data.folder() / f"{name}.parquet").to_pylist():
            is_said = row["text"] and row["label"] and row.get("role", "customer") == "customer"
            if is_said and row["label"] not in {"oos", "NONE"}:
                own.setdefault(row["text"], f"{name}: {row['label']}")
        texts = rng.permutation(list(own))[: N_OF_SGD if name == "sgd_dialogues" else None].tolist()
        found = {text: own[text] for text in texts} | found
    return {text: found[text] for text in rng.permutation(list(found)).tolist()}


def corpus_of(name: str, names: tuple[str, ...], embedder: str, n: int = 0) -> GrowingCorpus:
    """Read and embed the sentences of some data sets; said in other words, if n are wanted and fewer are there."""
    found = labelled(names, np.random.default_rng(0))
    texts, gold = list(found), np.array(list(found.values()))
    if n > len(texts):
        texts, rows = rephrased(texts, n)
        gold = gold[rows]
    cached = CachedEmbedder(embedder_of(embedder, texts), cache_home() / "embeddings.sqlite")
    return GrowingCorpus(name, texts, gold, cached.encode(texts))


def embeds_nothing(texts: object) -> Matrix:
    """Raise NotImplementedError: without an LLM there are no names to embed."""
    raise NotImplementedError(texts)


def row_of(part: GrowingCorpus) -> dict[str, object]:
    """Run dialin on a part and return the scores, the suggested number, and the seconds that it took."""
    n, begin = len(part.texts), time.perf_counter()
    sentences = Data(part.texts, part.X, np.ones(n, np.int64), [""] * n, SHIPPED["en"])
    result = discover(sentences, Tools(None, embeds_nothing, ranks_names=False), Settings())
    scores = score(result.labels, part.gold)
    figures = {name: round(float(getattr(scores, name)), 3) for name in ("ami", "ari", "acc")}
    return {
        "data": part.name,
        "n": n,
        "n_true": scores.n_true,
        "n_large": int((np.unique(part.gold, return_counts=True)[1] >= LEAST).sum()),
        "n_clusters": scores.n_clusters,
        "suggested": result.suggested and [result.suggested.low, result.suggested.n, result.suggested.high],
        **figures,
        "coverage": round(float((result.labels >= 0).mean()), 4),
        "seconds": round(time.perf_counter() - begin),
    }


def main() -> None:
    """Run every part and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--sizes", nargs="+", type=int, help="other sizes than the usual ones")
    options = parser.parse_args()
    made = {
        "clinc150": ((CLINC,), f"local:{options.models / 'no_clinc'}"),
        "mixture": (MIXED, SHIPPED["en"]),
        "chinese": (CHINESE, SHIPPED["zh"]),
    }
    rows = list[dict[str, object]](machine.read("growth").get("rows", []))
    for name in options.data:
        for size in options.sizes or SIZES[name]:
            whole = corpus_of(name, *made[name], size)
            if (name, min(size, len(whole.texts))) in {(row["data"], row["n"]) for row in rows}:
                continue
            rows.append(row_of(whole.part(size)))
            print(rows[-1], flush=True)
            machine.write("growth", machine.provenance(seed=0, rows=rows))


if __name__ == "__main__":
    main()
