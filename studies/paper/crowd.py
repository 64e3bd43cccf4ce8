"""Compare a crowd of judges with its best member (paper §3.1), and measure their agreement (Fleiss' κ; paper: .82).

The judges are the embeddings, and LLMs with a question form each. Every judge is calibrated on the clusters of one
table and votes on the clusters of another: good if P(good) ≥ ½. The majority decides, and a tie is bad. A second crowd
averages the log-odds of the judges instead of their votes. Answers come from the same store as in
``studies.paper.evaluator_accuracy``. Writes ``studies/paper/results/crowd.json``.
"""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import NDArray

from dialin.score.reliability import fleiss_kappa
from studies.own import machine
from studies.paper.evaluator_accuracy import (
    RESULTS,
    Bools,
    Clusters,
    Floats,
    asked,
    clusters_of,
    fitted,
    parser_of,
    row_of,
)


def votes_of(train: Clusters, test: Clusters, answers: dict[str, tuple[Floats, Floats]]) -> dict[str, Floats]:
    """Return P(good) of the test clusters according to each judge."""
    found = {"embeddings": fitted(train, train.figures, test.figures)}
    return found | {name: fitted(train, own[:, None], new[:, None]) for name, (own, new) in answers.items()}


def majority(votes: dict[str, Floats]) -> Floats:
    """Return 1 where more than half of the judges say good, 0 elsewhere."""
    good = np.mean([p >= 0.5 for p in votes.values()], axis=0)
    return np.asarray(good > 0.5, dtype=np.float64)


def pooled(votes: dict[str, Floats]) -> Floats:
    """Return P(good) from the mean log-odds of the judges."""
    logits = [np.log(p) - np.log1p(-p) for p in votes.values()]
    return np.asarray(1 / (1 + np.exp(-np.mean(logits, axis=0))))


def kappa(votes: list[NDArray[np.int64]], n_options: int) -> float:
    """Return Fleiss' κ of several judges that each chose one of `n_options`."""
    table = np.stack([np.bincount(column, minlength=n_options) for column in np.array(votes).T])
    return round(fleiss_kappa(table), 3)


def figures_of_crowd(votes: dict[str, Floats], good: Bools) -> dict[str, object]:
    """Return the figures of each judge and of both crowds, and the agreement of the judges."""
    rows: dict[str, object] = {name: row_of(p, good) for name, p in votes.items()}
    rows["majority"] = {"accuracy": round(float(((majority(votes) >= 0.5) == good).mean()), 3)}
    rows["mean log-odds"] = row_of(pooled(votes), good)
    verdicts = [(p >= 0.5).astype(np.int64) for p in votes.values()]
    return rows | {"kappa": kappa(verdicts, 2), "n": len(good)}


def main() -> None:
    """Ask the judges, count the votes and write the results."""
    parser = parser_of(__doc__, each=40)
    parser.add_argument("--llm", nargs="+", required=True, metavar="SPEC/FORM")
    options = parser.parse_args()
    train, test = clusters_of(options.fit, options.each), clusters_of(options.test, options.each)
    answers, cost = asked(options.llm, train, test, options.store)
    votes = votes_of(train, test, answers)
    table = {"all": figures_of_crowd(votes, test.good)}
    for source in sorted(set(test.source)):
        own = test.source == source
        table[source] = figures_of_crowd({name: p[own] for name, p in votes.items()}, test.good[own])
    about = machine.provenance(fit=str(options.fit), test=str(options.test), cost=cost, seed=0)
    path = machine.write("crowd", {**about, "figures": table}, RESULTS)
    print(json.dumps(table, indent=1), path)


if __name__ == "__main__":
    main()
