"""How good dialin is, not told the number of intents, beside k-means and Ward that are told it.

One run per data set and method, all on the same embeddings in one process; the perfect judge (gold purity ≥ .9) and
one that is wrong 5 % of the time show what the loop could do. Writes ``benchmarks/results/quality.json`` and a table,
``quality.md``, after every row.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from benchmarks import cold, data, machine
from benchmarks.oracle import OracleJudge
from dialin.cluster import partitioner_of
from dialin.connect import cache_home
from dialin.discover import Data, Settings, Tools, discover
from dialin.embed import embedder_of
from dialin.embed_cache import CachedEmbedder
from dialin.metrics import evaluate

SETS = (
    "bank77_small",
    "clinc_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "dstc11_dev_insurance_task1_turns",
)
COLUMNS = (
    *("method", "nmi", "ami", "ari", "acc", "n_clusters", "n_true", "coverage", "assigned_ami", "assigned_acc"),
    *("questions", "tokens", "seconds", "predicted_seconds", "peak_memory_mb"),
)


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


@dataclass(frozen=True)
class Outcome:
    """Labels and costs of one run; `seconds` without embedding, except where a prediction stands beside it."""

    labels: NDArray[np.int64]
    questions: int = 0
    tokens: int = 0
    seconds: float = 0.0
    predicted: float | None = None
    peak_memory_mb: float = 0.0


def told_k(case: Case, method: str) -> Outcome:
    """Run a method that is told the true number of intents."""
    labels: NDArray[np.int64] = partitioner_of(method, case.seed).fit(case.X).cut(len(set(case.gold)))
    return Outcome(labels)


def with_llm(case: Case, spec: str) -> Outcome:
    """Run ``dialin discover`` as a user would, with no reply and no vector known from earlier runs."""
    with tempfile.TemporaryDirectory() as folder:
        table, out = Path(folder) / "sentences.parquet", Path(folder) / "run"
        pq.write_table(pa.table({"text": case.texts}), table)
        cold.discover(table, out, spec, case.seed)
        return outcome_of(case, out)


def outcome_of(case: Case, run: Path) -> Outcome:
    """Read labels, usage and times of a run folder."""
    intent = pq.read_table(run / "sentences.parquet")["intent_id"].to_numpy()
    occurrences = pq.read_table(run / "occurrences.parquet")
    labels = np.full(len(case.texts), -1, np.int64)
    labels[occurrences["row"].to_numpy()] = intent[occurrences["sentence_id"].to_numpy()]
    session = json.loads((run / "timing.json").read_text(encoding="utf-8"))["sessions"][-1]
    actual = session["actual"]
    return Outcome(
        labels=labels,
        questions=actual["calls"],
        tokens=actual["tokens_in"] + actual["tokens_out"],
        seconds=actual["seconds"],
        predicted=(session["predicted"] or {}).get("seconds"),
        peak_memory_mb=session["peak_memory_mb"],
    )


def with_judge(case: Case, wrong: float | None, **settings: object) -> Outcome:
    """Run dialin with a judge that knows the gold labels; None: with the geometry of the embeddings alone."""
    judge = None if wrong is None else OracleJudge(case.gold, wrong, case.seed)
    tools = Tools(None, case.embedder.encode, judge=judge)
    result = discover(case.data, tools, Settings(seed=case.seed, **settings))  # type: ignore[arg-type]
    return Outcome(result.labels, judge.n_asked if judge else 0)


def methods(case: Case, llm: str) -> dict[str, Callable[[], Outcome]]:
    """Return what to run, by name."""
    return {
        "k-means, told k": lambda: told_k(case, "kmeans"),
        "Ward, told k": lambda: told_k(case, "agglomerative"),
        "dialin, no LLM": lambda: with_judge(case, None),
        "dialin, perfect judge": lambda: with_judge(case, 0.0),
        "dialin, perfect judge, coverage 1": lambda: with_judge(case, 0.0, coverage=1.0),
        "dialin, judge 5 % wrong": lambda: with_judge(case, 0.05),
        "dialin, judge 5 % wrong, coverage 1": lambda: with_judge(case, 0.05, coverage=1.0),
        "paper's loop, perfect judge": lambda: with_judge(case, 0.0, strategy="paper"),
        f"dialin, {llm}": lambda: with_llm(case, llm),
    }


def row_of(case: Case, method: str, outcome: Outcome) -> dict[str, object]:
    """Return the figures of one run."""
    scores = evaluate(outcome.labels, case.gold)
    figures = {key: round(float(getattr(scores, key)), 3) for key in ("nmi", "ami", "ari", "acc", "coverage")}
    return {
        "data": case.name,
        "method": method,
        **figures,
        "n_clusters": scores.n_clusters,
        "n_true": scores.n_true,
        "assigned_ami": round(float(scores.assigned.ami), 3),
        "assigned_acc": round(float(scores.assigned.acc), 3),
        "questions": outcome.questions,
        "tokens": outcome.tokens,
        "seconds": round(outcome.seconds, 1),
        "predicted_seconds": None if outcome.predicted is None else round(outcome.predicted, 1),
        "peak_memory_mb": outcome.peak_memory_mb or machine.peak_memory_mb(),
    }


def table(rows: list[dict[str, object]]) -> str:
    """Return the rows as Markdown, one table a data set."""
    parts = []
    for name in dict.fromkeys(row["data"] for row in rows):
        own = [[str(row[column]) for column in COLUMNS] for row in rows if row["data"] == name]
        lines = [list(COLUMNS), ["---"] * len(COLUMNS), *own]
        parts.append(f"## {name}\n\n" + "\n".join("| " + " | ".join(line) + " |" for line in lines))
    return "\n\n".join(parts) + "\n"


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--name", default="quality", help="name of the results file")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in options.data:
        case = case_of(name, options.seed)
        for method, run in methods(case, options.llm).items():
            begin = time.perf_counter()
            outcome = run()
            if outcome.predicted is None:
                outcome = replace(outcome, seconds=time.perf_counter() - begin)
            rows.append(row_of(case, method, outcome))
            print(json.dumps(rows[-1]), flush=True)
            about = machine.provenance(llm=options.llm, seed=options.seed, embedder=case.embedder.name)
            path = machine.write(options.name, {**about, "rows": rows})
            Path(path).with_suffix(".md").write_text(table(rows), encoding="utf-8")


if __name__ == "__main__":
    main()
