"""Measure how often a name made from the sentences alone leads back to its intent, and write the sheet for people.

``python -m studies.own.names --models FOLDER`` names the gold intents of each set without an LLM. Ranking uses the
embedder of `studies.own.embedders` that has not learnt the set (in ``FOLDER``). A name is right if another embedder,
the referee, finds the label of its own intent nearest, among all labels of the set as plain words. Writes
``results/names.json``. With ``--sheet FILE``, the pipeline itself finds the intents, and the file holds 100 of their
names, each with eight random sentences, for somebody to judge: right, too broad, or wrong. With ``--verdicts FILE``, a
judged sheet is counted and goes into ``results/names_sheet.csv``, with the numbers of the sentences in their place.
"""

from __future__ import annotations

import argparse
import csv
import json
import re
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dialin.arrays import Matrix
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.choose import embedder_of
from dialin.name.by_nearness import names_by_nearness
from dialin.name.near_centroids import as_text
from dialin.name.task import NamingTask
from dialin.text.script import language_of
from studies.own import data, machine
from studies.own.embedders import CHINESE_LABELS, SHIPPED

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
VERDICTS = ("right", "too broad", "wrong")
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
    task = NamingTask(texts, centroids, case.language, vectors=[case.X[own] for own in rows])
    return names_by_nearness(task, embedder_of(case.embedder).encode)


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


def sheet_of(case: Case, seed: int) -> list[dict[str, object]]:
    """Return random intents that the pipeline finds without an LLM: data, name, and sentences with their numbers."""
    rng, n = np.random.default_rng(seed), len(case.texts)
    tools = Tools(None, embedder_of(case.embedder).encode)
    found = Data(case.texts, case.X, np.ones(n, np.int64), [""] * n, SHIPPED[case.language])
    result = discover(found, tools, Settings(seed=seed))
    chosen = rng.permutation(len(result.intents))[:N_INTENTS]
    lines = list[dict[str, object]]()
    for intent in (result.intents[i] for i in np.sort(chosen)):
        rows = rng.permutation(np.flatnonzero(result.labels == intent.intent_id))[:N_SENTENCES].tolist()
        said = {f"sentence {i + 1}": case.texts[row] for i, row in enumerate(rows)}
        numbers = " ".join(map(str, rows))
        lines.append({"data": case.name, "verdict": "", "name": intent.name, "rows": numbers, **said})
    return lines


def write_sheet(path: Path, cases: Sequence[Case], seed: int) -> None:
    """Write the sheet, with an empty column for the verdict."""
    head = ["data", "verdict", "name", "rows", *(f"sentence {i + 1}" for i in range(N_SENTENCES))]
    write_csv(path, head, [line for case in cases for line in sheet_of(case, seed)])


def write_csv(path: Path, head: Sequence[str], lines: Sequence[Mapping[str, object]]) -> None:
    """Write some columns of lines."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, head, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(lines)


def count_verdicts(path: Path) -> Counter[str]:
    """Return how often each verdict stands on a judged sheet, and keep the sheet without its sentences.

    Raises
    ------
    ValueError
        A verdict is none of `VERDICTS`.
    """
    with path.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    found = Counter(line["verdict"] for line in lines)
    if unknown := found.keys() - set(VERDICTS):
        raise ValueError(f"{path}: verdicts must be one of {', '.join(VERDICTS)}, got {sorted(unknown)}")
    write_csv(machine.RESULTS / "names_sheet.csv", ["data", "verdict", "name", "rows"], lines)
    return found


def main() -> None:
    """Name, look up the nearest labels and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", choices=list(TWINS), default=list(TWINS))
    parser.add_argument("--referee", default=REFEREES["en"], help="embedder that judges English names")
    parser.add_argument("--sheet", type=Path, metavar="FILE", help="write the sheet for people instead")
    parser.add_argument("--verdicts", type=Path, metavar="FILE", help="count a judged sheet instead")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.verdicts:
        print(count_verdicts(options.verdicts))
        return
    cases = [Case.of(name, options.models) for name in options.data]
    if options.sheet:
        write_sheet(options.sheet, cases, options.seed)
        return
    rows = [row_of(case, {**REFEREES, "en": options.referee}) for case in cases]
    for row in rows:
        print({name: value for name, value in row.items() if name != "names"})
    about = machine.provenance(seed=options.seed, referees={**REFEREES, "en": options.referee})
    print(machine.write("names", {**about, "rows": rows}))


if __name__ == "__main__":
    main()
