"""A crowd of judges against the best of them (paper §3.1), and how far judges agree (Fleiss' κ; paper: .82).

Judges are LLMs in their forms and the embeddings. Each is calibrated on the clusters of one table, and votes on those
of another, by P(good) ≥ ½; the majority decides, a tie is bad. A second crowd takes the mean of their log-odds in place
of votes. Writes ``experiments/results/crowd.json``. Answers that ``experiments.evaluator_accuracy`` got are there.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
from benchmarks import machine

from dialin.connect import cache_home
from dialin.reliability import fleiss_kappa
from experiments.evaluator_accuracy import RESULTS, Bools, Clusters, Floats, asked, clusters_of, fitted, row_of


def votes_of(train: Clusters, test: Clusters, answers: dict[str, tuple[Floats, Floats]]) -> dict[str, Floats]:
    """Return P(good) of the test clusters by each judge."""
    found = {"embeddings": fitted(train, train.figures, test.figures)}
    return found | {name: fitted(train, own[:, None], new[:, None]) for name, (own, new) in answers.items()}


def majority(votes: dict[str, Floats]) -> Floats:
    """Return 1 where more than half of the judges say good, 0 elsewhere."""
    good = np.mean([p >= 0.5 for p in votes.values()], axis=0)
    return np.asarray(good > 0.5, dtype=np.float64)


def pooled(votes: dict[str, Floats]) -> Floats:
    """Return P(good) by the mean log-odds of the judges."""
    logits = [np.log(p) - np.log1p(-p) for p in votes.values()]
    return np.asarray(1 / (1 + np.exp(-np.mean(logits, axis=0))))


def kappa(votes: dict[str, Floats]) -> float:
    """Return Fleiss' κ of the judges' verdicts."""
    n_good = np.sum([p >= 0.5 for p in votes.values()], axis=0)
    return round(fleiss_kappa(np.column_stack([n_good, len(votes) - n_good])), 3)


def figures_of_crowd(votes: dict[str, Floats], good: Bools) -> dict[str, object]:
    """Return the figures of each judge, of both crowds, and the agreement."""
    rows: dict[str, object] = {name: row_of(p, good) for name, p in votes.items()}
    rows["majority"] = {"accuracy": round(float(((majority(votes) >= 0.5) == good).mean()), 3)}
    rows["mean log-odds"] = row_of(pooled(votes), good)
    return rows | {"kappa": kappa(votes), "n": len(good)}


def main() -> None:
    """Ask, vote, report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fit", type=Path, required=True, help="clusters to calibrate the judges on")
    parser.add_argument("--test", type=Path, required=True, help="clusters of other sources")
    parser.add_argument("--llm", nargs="+", required=True, metavar="SPEC/FORM")
    parser.add_argument("--each", type=int, default=40, help="good clusters of each source, and bad ones")
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    options = parser.parse_args()
    train, test = clusters_of(options.fit, options.each), clusters_of(options.test, options.each)
    answers, cost = asked(options.llm, train, test, options.store)
    votes = votes_of(train, test, answers)
    table = {"all": figures_of_crowd(votes, test.good)}
    for source in sorted(set(test.source)):
        own = test.source == source
        table[source] = figures_of_crowd({name: p[own] for name, p in votes.items()}, test.good[own])
    about = machine.provenance(fit=str(options.fit), test=str(options.test), cost=cost, seed=0)
    path = RESULTS / "crowd.json"
    path.write_text(json.dumps({**about, "figures": table}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    print(json.dumps(table, indent=1), path)


if __name__ == "__main__":
    main()
