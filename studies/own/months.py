"""Measure whether intents keep their identity from month to month, and whether new ones are found as new.

``python -m studies.own.months`` makes four months of CLINC150 and of the customers' turns of SGD (`months_data`),
finds the intents of each, with the month before as the earlier run, and scores what is said about them
(`months_score`). The judge is none (the geometry alone), or one that knows the intents of the month and errs in one
of twenty verdicts; "told the groups" has the true intents of each month, so that identity alone can err. ``--bertopic``
adds BERTopic's ``merge_models`` on the same vectors, with its default threshold and with others. The shipped embedder
has learnt both sets, so groups are found better here than in a domain that it does not know; all methods have the same
vectors. Writes ``studies/own/results/months.json``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.arrays import Matrix, Rows
from dialin.discover.assign import build
from dialin.discover.connect import open_embedder
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Intent, Result, nothing
from dialin.embed.choose import ChosenEmbedder
from dialin.score.metrics import ari
from dialin.taxonomy.difference import GONE, MERGED, NEW, SPLIT, Difference, difference
from dialin.taxonomy.identity import found_again, with_new_uids
from dialin.taxonomy.snapshot import IntentSeen, Snapshot, as_places, before_of, numbered_from_zero
from studies.own import data, machine
from studies.own.months_bertopic import SIMILARITIES, fitted, followed
from studies.own.months_data import N_MONTHS, Month, Sizes, Step, course_of, months_of
from studies.own.months_score import Seen, Strings, scores, total
from studies.own.oracle import OracleJudge

CLINC, SGD = "clinc150_full_with_oos", "sgd_dialogues"
SETS = {CLINC: Sizes(20, 30, 5), SGD: Sizes(20, 18, 2)}
Found = Callable[[Month, Snapshot | None], tuple[Data, Result]]
"""A month and the one before -> its sentences, and what is found in them."""
JUDGES = {"none": None, "5 % wrong": 0.05}


@dataclass(frozen=True)
class Corpus:
    """The sentences of a set, their labels and vectors, and the embedder."""

    texts: list[str]
    labels: Strings
    X: Matrix
    embedder: ChosenEmbedder


def corpus_of(name: str) -> Corpus:
    """Return labelled sentences of a set, without those out of scope; of SGD, those of customers."""
    texts, labels = data.load(name, n_max=10**6)
    if name == SGD:
        turns = pq.read_table(data.folder() / f"{name}.parquet", columns=["text", "role"]).to_pylist()
        customers = {turn["text"] for turn in turns if turn["role"] == "customer"}
        kept = np.array([text in customers for text in texts])
    else:
        kept = labels != "oos"
    rows = thinned(labels, kept, N_MONTHS * SETS[name].n_each)
    own = [texts[row] for row in rows.tolist()]
    embedder = open_embedder("auto", own)
    return Corpus(own, labels[rows], embedder.encode(own), embedder)


def thinned(labels: Strings, kept: NDArray[np.bool_], n_each: int) -> Rows:
    """Return random rows among those that are kept, at most `n_each` of each label: no course needs more."""
    order = np.random.default_rng(0).permutation(np.flatnonzero(kept))
    parts = [order[labels[order] == label][:n_each] for label in np.unique(labels[kept])]
    return np.sort(np.concatenate(parts))


def data_of(corpus: Corpus, month: Month) -> Data:
    """Return the sentences of a month."""
    texts, n = [corpus.texts[row] for row in month.rows.tolist()], len(month.rows)
    return Data(texts, corpus.X[month.rows], np.ones(n, np.int64), [""] * n, corpus.embedder.name)


def found_in(
    corpus: Corpus, month: Month, before: Snapshot | None, wrong: float | None, seed: int
) -> tuple[Data, Result]:
    """Let dialin find the intents of a month."""
    own = data_of(corpus, month)
    oracle = None if wrong is None else OracleJudge(month.gold, wrong, seed)
    tools = Tools(None, corpus.embedder.encode, judge=oracle, ranks_names=False, on_note=lambda _: None)
    return own, discover(own, tools, Settings(seed=seed), before_of(before) if before else None)


def alone(found: Found) -> Found:
    """Return what lets dialin find the intents of a month as if it knew none before."""
    return lambda month, _: found(month, None)


def told_in(corpus: Corpus, month: Month, _: Snapshot | None) -> tuple[Data, Result]:
    """Return a month as if dialin had found its true intents: what is left is the error of identity alone."""
    own = data_of(corpus, month)
    names, labels = np.unique(month.gold, return_inverse=True)
    clusters = [np.flatnonzero(labels == i) for i in range(len(names))]
    intents = tuple(Intent(i, str(names[i]), len(rows), len(rows), 1.0, "", ()) for i, rows in enumerate(clusters))
    pieces = build(own.X, clusters, range(len(names)), [""] * len(names))
    return own, replace(nothing(own), intents=intents, labels=labels.astype(np.int64), pieces=pieces)


def snapshot_of(own: Data, result: Result) -> Snapshot:
    """Return a month as the comparison of two runs sees it."""
    places = numbered_from_zero([intent.intent_id for intent in result.intents])
    return Snapshot(
        intents=tuple(IntentSeen(one.uid, one.name, one.size, one.n_occurrences) for one in result.intents),
        n_occurrences=len(own.texts),
        keys=[(text, "") for text in own.texts],
        labels=as_places(result.labels, places),
        X=own.X,
        roles=own.roles,
        pieces=replace(result.pieces, intents=as_places(result.pieces.intents, places)),
    )


def identified(own: Data, result: Result, before: Snapshot | None) -> tuple[Snapshot, Difference | None]:
    """Return a month with its uids, and the difference from the one before, as ``discover --since`` has them."""
    keys = [(text, "") for text in own.texts]
    if before is None:
        return snapshot_of(own, with_new_uids(result, keys, set())), None
    matched = difference(before, snapshot_of(own, result))
    named = with_new_uids(found_again(result, matched), keys, {intent.uid for intent in before.intents})
    now = snapshot_of(own, named)
    return now, replace(matched, new=now)


def seen_of(now: Snapshot, told: Difference | None, gold: Strings) -> Seen:
    """Return what dialin says about a month."""
    uids = np.array([intent.uid for intent in now.intents] + [""])[now.labels]
    if told is None:
        return Seen(gold, uids)
    by_state = {state: [one for one in told.changes if state in one.states] for state in (NEW, GONE, SPLIT, MERGED)}
    parts = {
        state: {told.seen(one).uid: told.relatives(one)[0].uid for one in by_state[state] if None in (one.old, one.new)}
        for state in (SPLIT, MERGED)
    }
    new, gone = ({told.seen(one).uid for one in by_state[state]} for state in (NEW, GONE))
    return Seen(gold, uids, new, gone, parts[SPLIT], parts[MERGED])


def by_dialin(months: list[Month], found: Found) -> Iterator[Seen]:
    """Yield what dialin says about each month, each with the one before as the earlier run."""
    before = None
    for month in months:
        before, told = identified(*found(month, before), before)
        yield seen_of(before, told, month.gold)


def rows_of(seen: Iterator[Seen], steps: list[Step], about: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the scores of each month after the first."""
    before = next(seen)
    for number, (now, step) in enumerate(zip(seen, steps, strict=True), start=2):
        counts = {"n_found": len(now.meaning), "n_true": len(np.unique(now.gold)), "n_sentences": len(now.gold)}
        yield about | {"month": number} | counts | {"ari": ari(now.uids, now.gold), "scores": scores(before, now, step)}
        before = now


def measure(name: str, corpus: Corpus, seed: int, with_bertopic: bool) -> Iterator[dict[str, Any]]:
    """Yield the scores of each method and month of a course."""
    course = course_of(corpus.X, corpus.labels, SETS[name], seed)
    months = months_of(corpus.labels, course, seed)
    steps = [course.step(number) for number in range(1, len(months))]
    about = {"data": name, "seed": seed}
    for judge, wrong in JUDGES.items():
        found = partial(found_in, corpus, wrong=wrong, seed=seed)
        yield from rows_of(by_dialin(months, found), steps, about | {"method": f"dialin, judge: {judge}"})
        yield from rows_of(
            by_dialin(months, alone(found)), steps, about | {"method": f"dialin, judge: {judge}, each month cut alone"}
        )
    seen = by_dialin(months, partial(told_in, corpus))
    yield from rows_of(seen, steps, about | {"method": "dialin, told the groups"})
    if not with_bertopic:
        return
    models = [fitted([corpus.texts[row] for row in one.rows.tolist()], corpus.X[one.rows], seed) for one in months]
    for least in SIMILARITIES:
        seen = followed(models, [month.gold for month in months], least)
        yield from rows_of(seen, steps, about | {"method": f"BERTopic, min_similarity {least}"})


def summary(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the totals of each set and method over months and seeds."""
    keys = dict.fromkeys((row["data"], row["method"]) for row in rows)
    groups = {key: [row for row in rows if (row["data"], row["method"]) == key] for key in keys}
    return [
        {"data": name, "method": method}
        | total([row["scores"] for row in groups[name, method]])
        | {"ari": round(float(np.mean([row["ari"] for row in groups[name, method]])), 4)}
        for name, method in keys
    ]


def short(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row with its scores in one line, each as right/of how many."""
    return row | {"scores": " ".join(f"{name}={right}/{of}" for name, (right, of) in row["scores"].items() if of)}


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the months, run the methods on each, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", nargs="+", default=list(SETS), choices=list(SETS))
    parser.add_argument("--seeds", type=int, default=2, help="number of random courses")
    parser.add_argument("--bertopic", action="store_true", help="also run BERTopic, which must be installed")
    parser.add_argument("--name", default="months", help="name of the results file")
    given = parser.parse_args(arguments)
    rows = list[dict[str, Any]]()
    for name in given.data:
        corpus = corpus_of(name)
        for seed in range(given.seeds):
            for row in measure(name, corpus, seed, given.bertopic):
                rows.append(row)
                machine.write(given.name, machine.provenance(summary=summary(rows), rows=[short(row) for row in rows]))


if __name__ == "__main__":
    main()
