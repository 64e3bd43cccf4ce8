"""Compare the number of clusters that the sentences suggest, and the cut there, with Ward's tree told the true k.

There is no LLM and no search: `dialin.cluster.granularity` runs with several seeds, and each suggestion cuts the
smoothed tree. The table holds the sets that any constant was chosen on (``chosen``) and the sets that are only
evaluated. Writes ``studies/own/results/granularity.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels
from dialin.cluster.cut_weights import weights_for
from dialin.cluster.granularity import Measuring, granularity_of
from dialin.cluster.partition import Agglomerative
from dialin.discover.context import default_min_size
from dialin.score.metrics import score
from studies.own import machine
from studies.own.quality import Case, case_of

CHOSEN = ("hwu64", "sgd_dialogues", "bitext_customer_support", "smp2019_ecdt_nlu_train")
EVALUATED = (
    "bank77_small",
    "clinc_i_small",
    "mtop_i_small",
    "massive_i_small",
    "massive_i_zh_small",
    "dstc11_dev_insurance_task1_turns",
)


def figures(labels: Labels, gold: NDArray[np.str_]) -> dict[str, float]:
    """Return the scores of a clustering."""
    scores = score(labels, gold)
    return {name: round(float(getattr(scores, name)), 3) for name in ("nmi", "ami", "ari", "acc")}


def row_of(case: Case, seeds: range) -> dict[str, Any]:
    """Return the suggested numbers of clusters for a data set, and the scores of the cuts."""
    begin, weights = time.perf_counter(), weights_for(case.embedder.name)
    min_size = default_min_size(len(case.X))
    found = [granularity_of(case.X, Measuring(min_size, seed, weights=weights)) for seed in seeds]
    seconds = (time.perf_counter() - begin) / len(seeds)
    tree, n_true = Agglomerative(smooth=True).fit(case.X), len(np.unique(case.gold))
    cuts = [figures(tree.cut(one.n_clusters), case.gold) for one in found if one]
    return {
        "data": case.name,
        "chosen": case.name in CHOSEN,
        "n_true": n_true,
        "n_clusters": [one.n_clusters for one in found if one],
        "interval": [(one.low, one.high) for one in found if one],
        "seconds": round(seconds, 1),
        "cut": {name: round(float(np.mean([cut[name] for cut in cuts])), 3) for name in cuts[0]},
        "smoothed Ward, told k": figures(tree.cut(n_true), case.gold),
        "Ward, told k": figures(Agglomerative().fit(case.X).cut(n_true), case.gold),
    }


def main() -> None:
    """Measure every data set and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=[*CHOSEN, *EVALUATED])
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    rows = []
    for name in options.data:
        rows.append(row_of(case_of(name, 0), range(options.seeds)))
        print(json.dumps(rows[-1]), flush=True)
        machine.write("granularity", machine.provenance(seeds=options.seeds, rows=rows))


if __name__ == "__main__":
    main()
