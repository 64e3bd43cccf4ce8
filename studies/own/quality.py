"""Measure dialin's quality with judges of known error rates, against k-means and Ward that are told k.

There is one run per data set, method and seed, all on the same embeddings in one process; dialin is not told k. A
perfect judge (gold purity ≥ .9) and judges that are wrong 5 % and 10 % of the time replace all other evidence and so
show the losses of the loop itself. `dialin bench` measures real LLMs; ``--llm`` adds one cold run, as a new user would
make it. Writes ``studies/own/results/quality.json`` and a table of means, ``quality.md``, after every method.
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

from dialin.cluster.partition import partitioner_of
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.models.home import cache_home
from dialin.score.metrics import score
from dialin.text.markdown import raw_table
from studies.own import cold, data, machine
from studies.own.once import measured_once
from studies.own.oracle import OracleJudge

SETS = (
    "bank77_small",
    "clinc_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "dstc11_dev_insurance_task1_turns",
    "mtop_i_small",
)
SCORES = ("nmi", "ami", "ari", "acc", "n_clusters", "n_true", "coverage", "assigned_ami", "assigned_acc")
COSTS = ("questions", "tokens", "seconds", "predicted_seconds", "peak_memory_mb")
COLUMNS = ("method", "seeds", *SCORES, *COSTS)


@dataclass(frozen=True)
class Case:
    """A labelled data set with its embeddings."""

    name: str
    texts: list[str]
    gold: NDArray[np.str_]
    embedder: CachedEmbedder
    X: NDArray[np.float32]
    seed: int

    @property
    def data(self) -> Data:
        """The sentences in the form that `discover` takes."""
        n = len(self.texts)
        return Data(self.texts, self.X, np.ones(n, np.int64), [""] * n, self.embedder.name)


def case_of(name: str, seed: int) -> Case:
    """Load and embed a data set."""
    texts, gold = data.load(name)
    embedder = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite")
    return Case(name, texts, gold, embedder, embedder.encode(texts), seed)


@dataclass(frozen=True)
class Outcome:
    """Labels and costs of one run; `seconds` includes the embedding only if the run has a predicted time."""

    labels: NDArray[np.int64]
    questions: int = 0
    tokens: int = 0
    seconds: float = 0.0
    predicted: float | None = None
    peak_memory_mb: float = 0.0


def told_k(case: Case, method: str) -> Outcome:
    """Run a clustering method that is told the true number of intents."""
    labels: NDArray[np.int64] = partitioner_of(method, case.seed).fit(case.X).cut(len(set(case.gold)))
    return Outcome(labels)


def with_llm(case: Case, spec: str) -> Outcome:
    """Run ``dialin discover`` as a new user would, without replies or vectors from earlier runs."""
    with tempfile.TemporaryDirectory() as folder:
        table, out = Path(folder) / "sentences.parquet", Path(folder) / "run"
        pq.write_table(pa.table({"text": case.texts}), table)
        cold.discover(table, out, spec, case.seed)
        return outcome_of(case, out)


def outcome_of(case: Case, run: Path) -> Outcome:
    """Read the labels, the usage and the times from a run folder."""
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
    """Run dialin with a judge that knows the gold labels, or, if `wrong` is None, with the geometry alone."""
    judge = None if wrong is None else OracleJudge(case.gold, wrong, case.seed)
    tools = Tools(None, case.embedder.encode, judge=judge)
    result = discover(case.data, tools, Settings(seed=case.seed, **settings))  # type: ignore[arg-type]
    return Outcome(result.labels, judge.n_asked if judge else 0)


@dataclass(frozen=True)
class Method:
    """A method to run on a case; `is_random` says whether its result depends on the seed."""

    run: Callable[[Case], Outcome]
    is_random: bool = True


def methods(llm: str) -> dict[str, Method]:
    """Return the methods by name."""
    found = {
        "k-means, told k": Method(lambda case: told_k(case, "kmeans")),
        "Ward, told k": Method(lambda case: told_k(case, "agglomerative"), is_random=False),
        "dialin, no LLM": Method(lambda case: with_judge(case, None)),
        "dialin, perfect judge": Method(lambda case: with_judge(case, 0.0)),
        "dialin, perfect judge, clusters of 4 or more": Method(lambda case: with_judge(case, 0.0, min_cluster_size=4)),
        "dialin, judge 5 % wrong": Method(lambda case: with_judge(case, 0.05)),
        "dialin, judge 10 % wrong": Method(lambda case: with_judge(case, 0.1)),
        "paper's loop, perfect judge": Method(lambda case: with_judge(case, 0.0, strategy="paper"), is_random=False),
    }
    if llm != "none":
        found[f"dialin, {llm}"] = Method(lambda case: with_llm(case, llm))
    return found


def row_of(case: Case, method: str, outcome: Outcome) -> dict[str, object]:
    """Return the figures of one run."""
    scores = score(outcome.labels, case.gold)
    figures = {key: round(float(getattr(scores, key)), 3) for key in ("nmi", "ami", "ari", "acc", "coverage")}
    return {
        "data": case.name,
        "method": method,
        "seed": case.seed,
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
    """Return the means over seeds as Markdown, one table per data set."""
    parts = []
    for name in dict.fromkeys(row["data"] for row in rows):
        own = [row for row in rows if row["data"] == name]
        means = [mean_of([row for row in own if row["method"] == m]) for m in dict.fromkeys(r["method"] for r in own)]
        parts.append(f"## {name}\n\n{raw_table(COLUMNS, means)}")
    return "\n\n".join(parts) + "\n"


def mean_of(rows: list[dict[str, object]]) -> list[str]:
    """Return the table row of a method on a data set: the means over its seeds."""
    cells = [str(rows[0]["method"]), str(len(rows))]
    for column in (*SCORES, *COSTS):
        values = [float(value) for row in rows if isinstance(value := row[column], (int, float))]
        cells.append(f"{np.mean(values):.4g}" if values else "")
    return cells


def main() -> None:
    """Run every method and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--llm", default="none", help="also run dialin cold with this LLM")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--name", default="quality", help="name of the results file")
    options = parser.parse_args()
    rows: list[dict[str, object]] = []
    for name in options.data:
        first = case_of(name, options.seeds[0])
        for label, method in methods(options.llm).items():
            for seed in options.seeds if method.is_random else options.seeds[:1]:
                rows.append(measured(replace(first, seed=seed), label, method))
                print(json.dumps(rows[-1]), flush=True)
            about = machine.provenance(llm=options.llm, seed=options.seeds, embedder=first.embedder.name)
            path = machine.write(options.name, {**about, "rows": rows})
            Path(path).with_suffix(".md").write_text(table(rows), encoding="utf-8")


def measured(case: Case, label: str, method: Method) -> dict[str, object]:
    """Run a method and return its figures."""
    begin = time.perf_counter()
    outcome = method.run(case)
    if outcome.predicted is None:
        outcome = replace(outcome, seconds=time.perf_counter() - begin)
    return row_of(case, label, outcome)


if __name__ == "__main__":
    with measured_once():
        main()
