"""Measure how often a name leads back to its intent (paper: Table 3).

The LLM names every gold intent of a data set from a sample of its sentences. A name is right if, among all labels of
the set, the nearest by embedding is the label of the intent. The study counts this for labels rewritten as
Action-Objective names by the rules of ``dialin.tune.labels``, and for the set's own labels with blanks. It also reports
the share of replies in the right format before any repair, and the share of duplicate names before and after the LLM is
asked to tell them apart. Writes ``studies/paper/results/naming_accuracy.json``.
"""

from __future__ import annotations

import argparse
import json
import re
import time

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.judge.sample import ConvexSampler
from dialin.llm.backends import backend_of
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.name.labels import PLACEHOLDER_NAMES, Example, contrast, name_clusters
from dialin.tune.labels import names_of
from studies.own import data, machine
from studies.paper.evaluator_accuracy import RESULTS, embed

N_SHOWN = 20


def samples_of(texts: list[str], gold: NDArray[np.str_], labels: list[str]) -> list[Example]:
    """Return the sample of sentences that the namer reads for each intent."""
    X, rng = embed(texts), np.random.default_rng(0)
    found = []
    for label in labels:
        rows = np.flatnonzero(gold == label)
        found.append(Example.of([texts[i] for i in rows[ConvexSampler()(X[rows], N_SHOWN, rng)]]))
    return found


def labels_of(name: str, labels: list[str]) -> list[str]:
    """Return the labels in the language of the sentences if the data set has them, else the labels unchanged."""
    table = pq.read_table(data.folder() / f"{name}.parquet")
    if "label_zh" not in table.column_names:
        return labels
    known = dict(zip(table["label"].to_pylist(), table["label_zh"].to_pylist(), strict=True))
    return [known[label] for label in labels]


def top_1(names: list[str], labels: list[str]) -> float:
    """Return the share of names whose nearest label is the label of their own intent."""
    found = embed([plain(name) for name in [*names, *labels]])
    nearest = (found[: len(names)] @ found[len(names) :].T).argmax(axis=1)
    return round(float((nearest == np.arange(len(names))).mean()), 3)


def plain(name: str) -> str:
    """Return a label as plain words with blanks, for the embedder."""
    return re.sub(r"[-_.:]+", " ", name)


def row_of(llm: Client, name: str) -> dict[str, float]:
    """Return the figures of one data set."""
    texts, gold = data.load(name)
    labels = sorted(set(gold.tolist()))
    examples = samples_of(texts, gold, labels)
    first = name_clusters(llm, examples)
    final = contrast(llm, examples, first)
    labels = labels_of(name, labels)
    rules = names_of(labels)
    return {
        "n": len(labels),
        "top 1 among names by rule": top_1(final, [rules[label] for label in labels]),
        "top 1 among labels": top_1(final, labels),
        "format": round(float(np.mean([each not in PLACEHOLDER_NAMES.values() for each in first])), 3),
        "twice at first": round(1 - len(set(first)) / len(first), 3),
        "twice": round(1 - len(set(final)) / len(final), 3),
        "at most four words": round(float(np.mean([each.count("-") < 4 for each in final])), 3),
    }


def main() -> None:
    """Name the intents, look up the nearest labels and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=["bank77_small", "massive_i_small", "massive_i_zh_small"])
    parser.add_argument("--llm", nargs="+", default=["local:qwen2.5-coder-0.5b"])
    parser.add_argument("--store", default=str(cache_home() / "calibration.sqlite"))
    options = parser.parse_args()
    table, begin = dict[str, dict[str, dict[str, float]]](), time.perf_counter()
    for spec in options.llm:
        with Client(backend_of(spec), [ReplyStore(options.store)]) as llm:
            table[spec] = {name: row_of(llm, name) for name in options.data}
        print(json.dumps(table[spec], indent=1), flush=True)
    seconds = round(time.perf_counter() - begin, 1)
    about = machine.provenance(seconds=seconds, seed=0)
    path = machine.write("naming_accuracy", {**about, "figures": table}, RESULTS)
    print(path)


if __name__ == "__main__":
    main()
