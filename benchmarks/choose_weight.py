"""Choose how much the answers of an LLM weigh beside the geometry, by the clusters that come of it.

`benchmarks.calibrate` fits the log-odds of single nodes; what the answers are worth on the way through a tree, where
the questions are the ones that the geometry leaves open, is another matter. The whole method, not told k, on 1,000
sentences of each set of ``benchmarks.calibrate`` (none of which a benchmark evaluates), the fitted log-odds taken 0,
1, 2 … times.
Writes ``benchmarks/results/weight-MODEL.json``; the best goes, by hand, into ``src/dialin/calibration.json``.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks import machine
from benchmarks.calibrate import SETS
from benchmarks.choose_geometry import corpus_of, figures
from dialin.calibrate import Calibration, calibration_of
from dialin.llm import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client

TIMES = (0.0, 1.0, 2.0, 3.0)
"""How often the fitted log-odds count; 0: the geometry alone."""


def weighed(calibration: Calibration, times: float) -> Calibration:
    """Return the calibration with the LLM's part taken `times` times, and its reach with it."""
    (a, b), (c, d, e) = calibration.llm, calibration.both
    return replace(
        calibration,
        llm=(times * a, times * b),
        both=(times * c, times * d, e),
        reach=times * calibration.reach,
    )


def main() -> None:
    """Try the weights and write what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--n", type=int, default=1_000)
    parser.add_argument("--store", default=str(Path.home() / ".cache/dialin/calibration.sqlite"))
    options = parser.parse_args()
    corpora = [corpus_of(name, options.n) for name in SETS]
    llm = Client(backend_of(options.llm), [ReplyStore(options.store)])
    fitted, rows = calibration_of(llm.name, "pairs"), []
    for times in TIMES:
        started, before = time.perf_counter(), llm.ledger.total()
        found = {corpus.name: figures(corpus, weighed(fitted, times), llm) for corpus in corpora}
        mean = np.mean(list(found.values()), axis=0).round(3).tolist()
        asked = (llm.ledger.total() - before).calls
        rows.append({"times": times, "mean_ami_ari_ratio": mean, "asked_now": asked, "sets": found})
        print(times, mean, asked, f"{time.perf_counter() - started:.0f} s", flush=True)
    name = llm.name.split("#")[0].split(":")[-1]
    columns = "AMI, ARI, clusters / true"
    results = machine.provenance(llm=llm.name, data=list(SETS), n=options.n, seed=0, columns=columns, rows=rows)
    print(machine.write(f"weight-{name}", results))


if __name__ == "__main__":
    main()
