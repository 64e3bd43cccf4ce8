"""Measure how often a name made from the sentences alone leads back to its intent, and write the sheet for people.

``python -m studies.own.names --models FOLDER`` names the gold intents of each set without an LLM. Ranking uses the
embedder of `studies.own.embedders` that has not learnt the set (in ``FOLDER``). A name is right if another embedder,
the referee, finds the label of its own intent nearest, among all labels of the set as plain words. Writes
``results/names.json``. With ``--sheet``, the pipeline itself finds the intents, and ``results/names_sheet.csv`` holds
100 of their names, each with eight random sentences, for somebody to judge: right, too broad, or wrong.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialin.arrays import Matrix
from dialin.discover.context import Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Data
from dialin.embed.choose import embedder_of
from dialin.name.by_nearness import NamingTask, as_text, names_by_nearness
from dialin.text.script import language_of
from studies.own import data, machine
from studies.own.embedders import CHINESE_LABELS

TWINS = {
    "bank77_small": "no_bank",
    "massive_i_small": "no_assistant",
    "massive_i_zh_small": "zh_no_assistant",
    "dstc11_dev_insurance_task1_turns": "full",
}
"""Data set -> the embedder that has not learnt it."""
REFEREES = {"en": "local:bge-small-en-v1.5", "zh": "local:bge-small-zh-v1.5"}
N_INTENTS, N_SENTENCES = 25, 8
"""Intents of each set on the sheet, and sentences of each."""
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")


@dataclass(frozen=True)
class Case:
    """A data set with vectors of the embedder that has not learnt it."""

    name: str
    texts: list[str]
    gold: list[str]
    X: Matrix
    embedder: str

    @classmethod
    def of(cls, name: str, models: Path) -> Case:
        """Read a data set and embed it."""
        texts, gold = data.load(name)
        spec = f"local:{(models / TWINS[name]).resolve()}"
        return cls(name, texts, gold.tolist(), embedder_of(spec).encode(texts), spec)

    @property
    def language(self) -> str:
        """Language of the sentences."""
        return language_of(self.texts)


def names_of_gold(case: Case, labels: Sequence[str]) -> list[str]:
    """Return a name for each gold intent, from its sentences alone."""
    gold = np.array(case.gold)
    rows = [np.flatnonzero(gold == label) for label in labels]
    texts = [[case.texts[i] for i in own] for own in rows]
    centroids = np.stack([case.X[own].mean(axis=0) for own in rows])
    return names_by_nearness(NamingTask(texts, centroids, case.language), embedder_of(case.embedder).encode)


def plain(label: str, language: str) -> str:
    """Return a gold label as plain words, in the language of the sentences.

    Examples
    --------
    >>> plain("card_arrival", "en"), plain("FileClaim", "en"), plain("play_music", "zh")
    ('card arrival', 'file claim', '播放音乐')
    """
    if language == "zh":
        return str(json.loads(CHINESE_LABELS.read_text("utf-8"))["massive"][label])
    return " ".join(word.lower() for word in _WORD.findall(label))


def row_of(case: Case, referees: dict[str, str]) -> dict[str, object]:
    """Return the figures of one data set, and its names."""
    begin, labels = time.perf_counter(), sorted(set(case.gold))
    names = names_of_gold(case, labels)
    seconds = time.perf_counter() - begin
    encode = embedder_of(referees[case.language]).encode
    V, G = encode([as_text(name) for name in names]), encode([plain(label, case.language) for label in labels])
    right = (V @ G.T).argmax(axis=1) == np.arange(len(labels))
    return {
        "data": case.name,
        "n": len(labels),
        "top 1": round(float(right.mean()), 3),
        "seconds": round(seconds, 1),
        "names": dict(zip(labels, names, strict=True)),
    }


def sheet_of(case: Case, seed: int) -> list[list[str]]:
    """Return random intents that the pipeline finds without an LLM: data, name, sentences."""
    rng, n = np.random.default_rng(seed), len(case.texts)
    tools = Tools(None, embedder_of(case.embedder).encode)
    result = discover(Data(case.texts, case.X, np.ones(n, np.int64), [""] * n), tools, Settings(seed=seed))
    chosen = rng.permutation(len(result.intents))[:N_INTENTS]
    lines = []
    for intent in (result.intents[i] for i in np.sort(chosen)):
        rows = rng.permutation(np.flatnonzero(result.labels == intent.intent_id))[:N_SENTENCES]
        lines.append([case.name, intent.name, *(case.texts[i] for i in rows)])
    return lines


def write_sheet(cases: Sequence[Case], seed: int) -> None:
    """Write the sheet, with an empty column for the verdict."""
    head = ["data", "verdict", "name", *(f"sentence {i + 1}" for i in range(N_SENTENCES))]
    with (machine.RESULTS / "names_sheet.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        for line in (line for case in cases for line in sheet_of(case, seed)):
            writer.writerow([line[0], "", *line[1:]])


def main() -> None:
    """Name, look up the nearest labels and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", choices=list(TWINS), default=list(TWINS))
    parser.add_argument("--referee", default=REFEREES["en"], help="embedder that judges English names")
    parser.add_argument("--sheet", action="store_true", help="also write the sheet for people")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    cases = [Case.of(name, options.models) for name in options.data]
    rows = [row_of(case, {**REFEREES, "en": options.referee}) for case in cases]
    for row in rows:
        print({name: value for name, value in row.items() if name != "names"})
    about = machine.provenance(seed=options.seed, referees={**REFEREES, "en": options.referee})
    print(machine.write("names", {**about, "rows": rows}))
    if options.sheet:
        write_sheet(cases, options.seed)


if __name__ == "__main__":
    main()
