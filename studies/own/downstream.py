"""Measure what clusters are worth to a bot on sets that the embedder has not learnt (Table 6 of the paper).

``python -m studies.own.downstream --models FOLDER`` clusters four fifths of each set of ``studies.own.left_out`` on the
vectors of its twin, by dialin without an LLM and by Ward's tree that is told the number of intents. A logistic
regression learns the clusters and is scored on the last fifth (`dialin.bench.downstream`). Five random splits. Writes
``studies/own/results/downstream.json``.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from dialin.bench.downstream import LabelledRows, downstream_accuracy
from studies.own import machine
from studies.own.left_out import TWINS, VectorCase, cases_of, not_told, told_k

N_SPLITS = 5
HELD_OUT = 0.2


def row_of(case: VectorCase, seed: int) -> dict[str, object]:
    """Return the accuracies of both, and the number of clusters that dialin found, on one random split."""
    order = np.random.default_rng(seed).permutation(len(case.texts))
    held, learnt = np.split(order, [int(HELD_OUT * len(order))])
    whole = LabelledRows(case.texts, case.X, case.gold.tolist())
    part = VectorCase(
        case.name, case.vectors, [case.texts[row] for row in learnt], case.gold[learnt], case.X[learnt], case.embedder
    )
    found = {"dialin": not_told(part, None, seed), "ward, told k": told_k(part, "agglomerative", seed)}
    scores = {
        name: round(downstream_accuracy(whole.of(learnt), labels, whole.of(held)), 4) for name, labels in found.items()
    }
    sizes = {"n_clusters": len(set(found["dialin"].tolist()) - {-1}), "n_true": len(set(part.gold.tolist()))}
    return {"data": case.name, "seed": seed, **scores, **sizes}


def main() -> None:
    """Run every set and write the results after each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", default=list(TWINS))
    options = parser.parse_args()
    rows = []
    for name in options.data:
        case = next(case for case in cases_of(name, options.models) if case.vectors == "tuned")
        for seed in range(N_SPLITS):
            rows.append(row_of(case, seed))
            print(rows[-1], flush=True)
        machine.write("downstream", machine.provenance(rows=rows))


if __name__ == "__main__":
    main()
