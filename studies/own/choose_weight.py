"""Choose the weight of an LLM's answers beside the height in the tree, by the clusters that follow from it.

``dialin tune calibrate`` fits the log-odds of single clusters, half of which are good. In a tree the same answers are
worth something else, because dialin asks only the questions that the heights leave open. This study therefore runs the
whole method, not told k, with 0 to 0.6 times the fitted weight, with and without the fitted intercept. Intents stay
unnamed. The data sets are sets that no benchmark evaluates; with ``--data``, give sets that a tuned judge has not
learnt. Writes ``studies/own/results/weight-MODEL.json``. The best weight goes by hand into
``src/dialin/judge/calibration.json``.
"""

from __future__ import annotations

import argparse
import itertools
import time
from dataclasses import replace
from pathlib import Path

from dialin.judge.calibration import Calibration, calibration_of
from dialin.llm.backends import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from studies.own import machine
from studies.own.choose_geometry import COLUMNS, SETS, corpus_of, few, figures, summary

TIMES = (0.0, 0.15, 0.3, 0.6)
"""Multiples of the fitted weight; 0 leaves the embeddings alone."""


def weighed(calibration: Calibration, times: float, intercept: float) -> Calibration:
    """Return the calibration with `times` times the LLM's weight, and `intercept` · `times` times its intercept."""
    a, b = calibration.llm_weights
    reach = calibration.answer_span * b / calibration.joint_weights[1]  # of the whole log-odds
    return replace(calibration, joint_weights=(intercept * times * a, times * b, 1.0), answer_span=times * reach)


def main() -> None:
    """Score every weight and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--llm", default="local:qwen2.5-coder-0.5b")
    parser.add_argument("--data", nargs="+", default=list(SETS))
    parser.add_argument("--n", type=int, default=4_500)
    parser.add_argument("--draws", type=int, default=0, help="random draws of 5 intents from each set")
    parser.add_argument("--store", default=str(Path.home() / ".cache/dialin/calibration.sqlite"))
    options = parser.parse_args()
    whole = [corpus_of(name, options.n) for name in options.data]
    tried = whole + [few(corpus_of(name, 4_500), 5, seed) for name in options.data for seed in range(options.draws)]
    llm = Client(backend_of(options.llm), [ReplyStore(options.store)])
    fitted, rows = calibration_of(llm.name), []
    for times, intercept in [(0.0, 0.0), *itertools.product(TIMES[1:], (0.0, 1.0))]:
        started, before = time.perf_counter(), llm.ledger.total()
        found = [figures(corpus, weighed(fitted, times, intercept), llm) for corpus in tried]
        asked = (llm.ledger.total() - before).calls
        rows.append({"times": times, "intercept": intercept, "asked_now": asked, **summary(tried, found)})
        print(rows[-1], f"{time.perf_counter() - started:.0f} s", flush=True)
    name = llm.name.split("#")[0].split(":")[-1]
    results = machine.provenance(llm=llm.name, data=options.data, n=options.n, seed=0, columns=COLUMNS, rows=rows)
    print(machine.write(f"weight-{name}", results))


if __name__ == "__main__":
    main()
