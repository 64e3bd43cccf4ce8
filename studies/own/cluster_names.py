"""Measure the names of the clusters that dialin finds in the calls of small businesses, which no name is learnt from.

A cluster counts whose turns are at least half of one need (``studies.own.calls``). Its name is right if, of the names
that people gave all needs of the business, that of this need lies nearest, by an untuned embedder that has no part in
dialin's default. Chinese needs have Chinese names for it in ``calls_names_zh.json``. No LLM; gold names serve for the
scores alone. Writes ``studies/own/results/cluster_names.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from dialin.discover.connect import open_embedder
from dialin.name.actions import CUSTOMER
from dialin.name.catch_all import is_catch_all
from studies.own import machine
from studies.own.calls import DIALOGUES, DIALOGUES_LEARNT, FOLDER, OTHER, businesses
from studies.own.small_calls import Clustered, in_dialogues, turns_alone

CHINESE_NAMES = Path(__file__).with_name("calls_names_zh.json")
JUDGES = {"en": "local:bge-small-en-v1.5", "zh": "local:bge-small-zh-v1.5"}
IN_DIALOGUES = ", dialogues"
LEAST = 0.5
"""Share of one need among the turns of a cluster that is measured."""


def named(clustered: Clustered) -> Iterator[tuple[str, str, float]]:
    """Yield the most frequent need of each cluster that is measured, its name, and the share of that need."""
    gold = np.array(clustered.business.gold)
    for intent in clustered.intents:
        inside = Counter(gold[clustered.labels == intent.intent_id].tolist())
        need, n = inside.most_common(1)[0] if inside and intent.role == CUSTOMER else (OTHER, 0)
        if need != OTHER and n >= LEAST * inside.total():
            yield need, intent.name, n / inside.total()


def rows_of(clustered: Clustered, kind: str = "") -> list[dict[str, object]]:
    """Return the measured clusters of a business, and whether the name of each is right."""
    business, language = clustered.business.name + kind, clustered.business.language
    needs = sorted({*clustered.business.gold} - {OTHER})
    names = (
        json.loads(CHINESE_NAMES.read_text("utf-8"))[business] if language == "zh" else {need: need for need in needs}
    )
    judge = open_embedder(JUDGES[language], ()).encode
    gold = judge([names[need].replace("-", " ") for need in needs])
    found = list(named(clustered))
    nearest = (judge([name.replace("-", " ") for _, name, _ in found] or [""]) @ gold.T).argmax(axis=1)
    return [
        {
            "business": business,
            "need": names[need],
            "name": name,
            "share": round(share, 2),
            "right": bool(needs[place] == need),
            "general": is_catch_all(name),
        }
        for (need, name, share), place in zip(found, nearest.tolist(), strict=False)
    ]


def share(rows: list[dict[str, object]], what: str) -> float:
    """Return the share of the rows that have something, three digits."""
    return round(float(np.mean([bool(row[what]) for row in rows])), 3)


def main() -> None:
    """Measure all businesses and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0)
    seed, groups = parser.parse_args().seed, dict[str, list[dict[str, object]]]()
    for business in businesses(FOLDER):
        groups.setdefault(business.language, []).extend(rows_of(turns_alone(business, seed)))
    for path in sorted(chain(DIALOGUES.glob("*.jsonl"), DIALOGUES_LEARNT.glob("*.jsonl"))):
        groups.setdefault(path.stem[:2] + IN_DIALOGUES, []).extend(rows_of(in_dialogues(path, seed), IN_DIALOGUES))
    means = {
        group: {"clusters": len(rows), "right": share(rows, "right"), "general": share(rows, "general")}
        for group, rows in groups.items()
    }
    print(json.dumps(means, indent=1))
    machine.write("cluster_names", machine.provenance(seed=seed, judges=JUDGES, means=means, rows=groups))


if __name__ == "__main__":
    main()
