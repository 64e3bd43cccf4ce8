"""Measure what the next turn adds to the vector of a sentence, in dialogues with gold labels.

``python -m studies.own.said_next --models FOLDER`` runs dialin without an LLM on the demo's calls and on 500 of SGD's
test dialogues (with the embedder of `studies.own.embedders` that has not learnt SGD, in ``FOLDER``), with several
weights of the next turn. The demo's calls were written by the authors, and nothing was chosen on them. Writes
``results/said_next.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from dialin.cli.demo import DEMO_GOLD, DEMO_INPUT, examples
from dialin.cluster.said_next import NEXT, NextTurns
from dialin.discover.context import Tools
from dialin.discover.in_context import VectorsInContext
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.choose import embedder_of
from dialin.read.table import read
from dialin.runs.run import data_of
from dialin.score.metrics import agreement_with_gold
from studies.own import machine
from studies.own.data import folder
from studies.own.embedders import SHIPPED

WEIGHTS = (0.0, 0.15, NEXT, 0.45, 0.6)
N_DIALOGUES = 500


@dataclass(frozen=True)
class Calls:
    """Dialogues with the gold intent of each turn, "" where it has none, and the spec of their embedder."""

    name: str
    source: object
    gold: Sequence[str]
    embedder: str


def demo() -> Calls:
    """Return the example calls of dialin; the gold intents of the two languages count separately."""
    gold = pcsv.read_csv(examples() / DEMO_GOLD)["intent_in_language"].to_pylist()
    return Calls("demo", str(examples() / DEMO_INPUT), gold, "auto")


def sgd(models: Path, seed: int) -> Calls:
    """Return random test dialogues of SGD; the turns that state an intent have a label."""
    turns = pq.read_table(folder() / "sgd_dialogues.parquet")
    turns = turns.filter(pc.equal(turns["split"], "test"))
    ids = sorted(set(turns["dialogue_id"].to_pylist()))
    chosen = np.random.default_rng(seed).choice(ids, N_DIALOGUES, replace=False)
    turns = turns.filter(pc.is_in(turns["dialogue_id"], pa.array(chosen.tolist())))
    spec = f"local:{(models / 'no_support').resolve()}"
    return Calls("sgd", turns.select(["dialogue_id", "turn", "role", "text"]), turns["label"].to_pylist(), spec)


def rows_of(calls: Calls, seed: int) -> Iterator[dict[str, object]]:
    """Yield the scores of the turns that have a gold intent, for each weight."""
    corpus = read(calls.source)
    embedder = embedder_of(calls.embedder, corpus.texts)
    named = SHIPPED["en"] if calls.name == "sgd" else embedder.name  # what was fitted to it serves for its twin
    data = data_of(corpus, embedder.encode(corpus.texts), named)
    place = dict(zip(corpus.occurrences["row"].to_pylist(), corpus.occurrences["sentence_id"].to_pylist(), strict=True))
    scored = [(place[row], label) for row, label in enumerate(calls.gold) if label and row in place]
    tools = Tools(None, embedder.encode, ranks_names=False)
    for weight in WEIGHTS:
        turns = NextTurns.of(data.order, data.scripts, weight) if data.order else NextTurns.none(len(data.texts))
        X = VectorsInContext(data.X, turns).whole()
        found = discover(replace(data, X=X, X_alone=data.X), tools, Settings(seed=seed))
        score = agreement_with_gold(
            [int(found.labels[sentence]) for sentence, _ in scored], [label for _, label in scored]
        )
        row = {"data": calls.name, "weight": weight, "intents": len(found.intents), **asdict(score)}
        yield {name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}


def main() -> None:
    """Score all weights on both sets and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    rows = []
    for calls in (demo(), sgd(options.models, options.seed)):
        for row in rows_of(calls, options.seed):
            print(row, flush=True)
            rows.append(row)
    print(machine.write("said_next", {**machine.provenance(seed=options.seed), "rows": rows}))


if __name__ == "__main__":
    main()
