"""How good dialin is, not told the number of intents, beside k-means and Ward that are told it.

One run per data set and method, all on the same embeddings in one process; the perfect judge (gold purity ≥ .9) and
one that is wrong 5 % of the time show what the loop could do. Writes ``benchmarks/results/quality.json`` and a table,
``quality.md``, after every row.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks import data, machine
from benchmarks.oracle import OracleJudge
from dialin.cluster import partitioner_of
from dialin.connect import cache_home
from dialin.discover import Data, Settings, Tools, discover
from dialin.embed import embedder_of
from dialin.embed_cache import CachedEmbedder
from dialin.llm import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.metrics import evaluate

SETS = (
    "bank77_small",
    "clinc_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "dstc11_dev_insurance_task1_turns",
)
COLUMNS = ["method", "nmi", "ami", "ari", "acc", "n_clusters", "n_true", "coverage", "assigned_ami", "assigned_acc", "questions", "tokens", "seconds"]


@dataclass(frozen=True)
class Case:
    """A data set, embedded."""

    name: str
    texts: list[str]
    gold: NDArray[np.str_]
    embedder: CachedEmbedder
    X: NDArray[np.float32]
    seed: int

    @property
    def data(self) -> Data:
        """The sentences as `discover` takes them."""
        n = len(self.texts)
        return Data(self.texts, self.X, np.ones(n, np.int64), [""] * n)


def case_of(name: str, seed: int) -> Case:
    """Load and embed a data set."""
    texts, gold = data.load(name)
    embedder = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite")
    return Case(name, texts, gold, embedder, embedder.encode(texts), seed)


def told_k(case: Case, method: str) -> NDArray[np.int64]:
    """Return the labels of a method that is told the true number of intents."""
    labels: NDArray[np.int64] = partitioner_of(method, case.seed).fit(case.X).cut(len(set(case.gold)))
    return labels


def with_llm(case: Case, spec: str, **settings: object) -> tuple[NDArray[np.int64], int, int]:
    """Run dialin with a real LLM and no stored replies; return labels, questions and tokens."""
    backend = backend_of(spec)
    client = Client(backend, [ReplyStore(":memory:")])
    result = discover(case.data, Tools(client, case.embedder.encode), Settings(seed=case.seed, **settings))  # type: ignore[arg-type]
    backend.close()
    total = client.ledger.total()
    return result.labels, total.calls, total.tokens


def with_judge(case: Case, wrong: float, **settings: object) -> tuple[NDArray[np.int64], int, int]:
    """Run dialin with the judge that knows the gold labels."""
    judge = OracleJudge(case.gold, wrong, case.seed)
    result = discover(case.data, Tools(None, case.embedder.encode, judge), Settings(seed=case.seed, **settings))  # type: ignore[arg-type]
    return result.labels, judge.n_asked, 0


def methods(case: Case, llm: str) -> Iterator[tuple[str, NDArray[np.int64], int, int, float]]:
    """Yield name, labels, questions, tokens and seconds of each method."""
    runs: dict[str, Callable[[], tuple[NDArray[np.int64], int, int]]] = {
        "k-means, told k": lambda: (told_k(case, "kmeans"), 0, 0),
        "Ward, told k": lambda: (told_k(case, "agglomerative"), 0, 0),
        "dialin, no LLM": lambda: with_llm_none(case),
        "dialin, perfect judge": lambda: with_judge(case, 0.0),
        "dialin, perfect judge, coverage 1": lambda: with_judge(case, 0.0, coverage=1.0),
        "dialin, judge 5 % wrong": lambda: with_judge(case, 0.05),
        "dialin, judge 5 % wrong, coverage 1": lambda: with_judge(case, 0.05, coverage=1.0),
        "paper's loop, perfect judge": lambda: with_judge(case, 0.0, strategy="paper"),
        f"dialin, {llm}": lambda: with_llm(case, llm),
    }
    for name, run in runs.items():
        begin = time.perf_counter()
        labels, questions, tokens = run()
        yield name, labels, questions, tokens, time.perf_counter() - begin


def with_llm_none(case: Case) -> tuple[NDArray[np.int64], int, int]:
    """Run dialin on the geometry of the embeddings alone."""
    return discover(case.data, Tools(None, case.embedder.encode), Settings(seed=case.seed)).labels, 0, 0


def row_of(case: Case, method: tuple[str, NDArray[np.int64], int, int, float]) -> dict[str, object]:
    """Return the figures of one run."""
    name, labels, questions, tokens, seconds = method
    scores = evaluate(labels, case.gold)
    figures = {key: round(float(getattr(scores, key)), 3) for key in ("nmi", "ami", "ari", "acc", "coverage")}
    return {
        "data": case.name,
        "method": name,
        **figures,
        "n_clusters": scores.n_clusters,
        "n_true": scores.n_true,
        "assigned_ami": round(float(scores.assigned.ami), 3),
        "assigned_acc": round(float(scores.assigned.acc), 3),
        "questions": questions,
        "tokens": tokens,
        "seconds": round(seconds, 1),
        "peak_memory_mb": machine.peak_memory_mb(),
    }


def table(rows: list[dict[str, object]]) -> str:
    """Return the rows as Markdown, one table a data set."""
    parts = []
    for name in dict.fromkeys(row["data"] for row in rows):
        own = [[str(row[column]) for column in COLUMNS] for row in rows if row["data"] == name]
        lines = [COLUMNS, ["---"] * len(COLUMNS), *own]
        parts.append(f"## {name}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in options.data:
        case = case_of(name, options.seed)
        for method in methods(case, options.llm):
            rows.append(row_of(case, method))
            print(json.dumps(rows[-1]), flush=True)
            about = machine.provenance(llm=options.llm, seed=options.seed, embedder=case.embedder.name)
            path = machine.write("quality", {**about, "rows": rows})
            Path(path).with_suffix(".md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
