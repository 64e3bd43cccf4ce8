"""Compare ways to sample the sentences that the judge sees, and numbers of questions (paper: Table 15, Figure 3).

The study compares convex hulls in 2 to 5 dimensions with one question each, and random samples with a majority over one
to five questions, with 10 and 20 sentences each. The clusters have at least 20 sentences and come from a table of
``dialin tune data``. A verdict is good above the median answer of its configuration, because half of the clusters are
good; AUC uses the mean log-odds. Writes ``studies/paper/results/sampling.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.judge.questions import build_list_prompt, parse_reply
from dialin.judge.sample import Sampler, sampler_of
from dialin.llm.backends import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.prompts.templates import Form, load
from dialin.score.reliability import auc
from studies.own import machine
from studies.paper.evaluator_accuracy import RESULTS, Bools, Floats, embed, some_of

LEAST = 20
SIZES = (10, 20)
DIMENSIONS = (2, 3, 4, 5)
REPETITIONS = 5


def clusters_of(path: Path, folder: Path, each: int) -> list[dict[str, Any]]:
    """Return at most `each` good and `each` bad clusters of every source, with all their sentences and vectors."""
    rows = some_of([row for row in pq.read_table(path).to_pylist() if row["size"] >= LEAST], each)
    for source in {row["source"] for row in rows}:
        texts = pq.read_table(folder / f"{source}.parquet", columns=["text"])["text"].to_pylist()
        own = [row for row in rows if row["source"] == source]
        X = embed([texts[i] for row in own for i in row["rows"]])
        for row, part in zip(own, np.split(X, np.cumsum([row["size"] for row in own])[:-1]), strict=True):
            row |= {"texts": [texts[i] for i in row["rows"]], "X": part}
    return rows


def answers_of(llm: Client, form: Form, rows: list[dict[str, Any]], samples: list[NDArray[np.int64]]) -> Floats:
    """Return the log-odds of Good for each cluster from its sample; 0 for an unreadable answer."""
    answers = np.zeros(len(rows))
    for language in sorted({row["language"] for row in rows}):
        own = [i for i, row in enumerate(rows) if row["language"] == language]
        prompts = [build_list_prompt([rows[i]["texts"][j] for j in samples[i]], form) for i in own]
        chosen = llm.choose(prompts, load(form, language).options)
        answers[own] = np.nan_to_num([parse_reply(p) for p in chosen])
    return answers


def sampled(sampler: Sampler, rows: list[dict[str, Any]], size: int, seed: int) -> list[NDArray[np.int64]]:
    """Return the positions of the shown sentences within each cluster."""
    return [np.asarray(sampler(row["X"], size, np.random.default_rng([seed, i]))) for i, row in enumerate(rows)]


def figures(draws: list[Floats], good: Bools) -> dict[str, float]:
    """Return the accuracy of the majority of the draws (a tie is bad) and the AUC of their mean."""
    votes = np.mean([draw > np.median(draw) for draw in draws], axis=0)
    mean = np.mean(draws, axis=0)
    return {
        "accuracy": round(float(((votes > 0.5) == good).mean()), 3),
        "auc": round(auc(1 / (1 + np.exp(-mean)), good), 3),
    }


def main() -> None:
    """Sample the sentences, ask the LLM and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--test", type=Path, required=True, help="clusters of dialin tune data")
    parser.add_argument("--data", type=Path, required=True, help="folder with SOURCE.parquet for each source")
    parser.add_argument("--llm", required=True, metavar="SPEC/FORM")
    parser.add_argument("--each", type=int, default=10, help="good and bad clusters of each source")
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    options = parser.parse_args()
    rows = clusters_of(options.test, options.data, options.each)
    good = np.array([row["good"] for row in rows])
    spec, form = options.llm.rsplit("/", 1)
    table, begin = dict[str, dict[str, float]](), time.perf_counter()
    with Client(backend_of(spec), [ReplyStore(options.store)]) as llm:
        for size in SIZES:
            for d in DIMENSIONS:
                draw = answers_of(llm, form, rows, sampled(sampler_of("convex", d), rows, size, 0))
                table[f"convex d={d}, n={size}"] = figures([draw], good)
            random = sampler_of("random")
            draws = [answers_of(llm, form, rows, sampled(random, rows, size, seed)) for seed in range(REPETITIONS)]
            for n in range(1, REPETITIONS + 1):
                table[f"random, n={size}, asked {n} times"] = figures(draws[:n], good)
            print(json.dumps(table, indent=1), flush=True)
    seconds = round(time.perf_counter() - begin, 1)
    about = machine.provenance(test=str(options.test), clusters=len(rows), seconds=seconds, seed=0)
    path = machine.write("sampling", {**about, "figures": table}, RESULTS)
    print(path)


if __name__ == "__main__":
    main()
