"""Measure which new intents an update tells: the candidates, and the groups that known intents have taken in.

``python -m studies.own.update_new`` writes ``results/update_new.json``. Some labels of a set are held out of a run of
1,200 sentences. A month has 500 sentences, some of them of one held-out label. The intent is found if one of the sets
that are told holds at least half of them, and is mostly of them; a set is right if it is mostly of them. Nothing but
the embeddings judges.

False alarms: the months of `studies.own.update` in which nothing changes, and those in which one label is said six
times as often; a group that is told in one of them is wrong.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from dialin.arrays import Rows
from dialin.cluster.partition import Agglomerative
from dialin.discover.connect import open_embedder
from dialin.discover.context import LEAST, Tools
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import MIN_SENTENCES
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit
from dialin.review.witnesses import Searched, homes_told
from dialin.taxonomy.new_groups import Nodes, Said, new_groups
from studies.own.data import folder
from studies.own.update import Embed, Known, Sentences, months_of, run_of

RESULTS = Path(__file__).parent / "results" / "update_new.json"
SETS = {"clinc150_full_with_oos": 10, "bitext_customer_support": 5}
"""Sets, and labels that are held out."""
SIZES = (8, 15, 30)
N_RUN, N_REST, N_MONTH = 1_200, 2_000, 500
MAX_HELD = 40
"""Sentences of a held-out label that are drawn from."""


@dataclass(frozen=True)
class Told:
    """A set that is told: its rows that are new, and P(chance); 0 for a candidate."""

    rows: Rows
    p: float


def held_out(of: str, seed: int, embed: Embed) -> tuple[Sentences, list[str]]:
    """Return random sentences of a set, those of the held-out labels last, and these labels."""
    table = pq.read_table(folder() / f"{of}.parquet", columns=["text", "label"]).to_pylist()
    label = {row["text"]: row["label"] for row in table if row["label"] != "oos"}
    texts, rng = sorted(label), np.random.default_rng(seed)
    held = rng.choice(np.unique(list(label.values())), SETS[of], replace=False).tolist()
    order = [texts[i] for i in rng.permutation(len(texts)).tolist()]
    own = [text for text in order if label[text] not in held][: N_RUN + N_REST]
    for one in held:
        own += [text for text in order if label[text] == one][:MAX_HELD]
    return Sentences(own, embed(own), np.array([label[text] for text in own])), held


@dataclass(frozen=True)
class Month:
    """A month after a run: the rows that are said among all sentences."""

    sentences: Sentences
    known: Known
    said: Rows

    def groups(self) -> list[Told]:
        """Return the groups of which known intents have taken in enough, as `dialin.jobs.update_groups` does."""
        rows = np.union1d(self.known.rows, self.said)
        X, pieces, place = self.sentences.X[rows], self.known.snapshot.pieces, np.searchsorted(rows, self.said)
        own = np.searchsorted(rows, self.known.rows)
        nearest, cosine, _ = pieces.nearest(X, [""] * len(rows))
        homes, is_in = np.append(pieces.intents, -1)[nearest], pieces.within(nearest, cosine)
        labels = self.known.snapshot.labels
        homes[own] = np.where(labels >= 0, labels, homes[own])
        sentences = np.concatenate([np.repeat(own, self.known.counts), place])
        is_new = np.arange(len(sentences)) >= int(self.known.counts.sum())
        said = Said(sentences, np.arange(len(sentences)), is_new)
        nodes = Nodes.of([(Agglomerative(smooth=True, random_state=0).fit(X).tree, np.arange(len(rows)))], LEAST)
        is_first = ~np.isin(np.arange(len(rows)), own)
        found = [(one.rows[is_first[one.rows]], one.p) for one in new_groups(nodes, said, homes)]
        return [Told(rows[new], p) for new, p in found if is_in[new].sum() >= LEAST]

    def candidates(self, embed: Embed) -> list[Told]:
        """Return what is found among the sentences without an intent, as an update does."""
        snapshot = self.known.snapshot
        rows = np.concatenate([self.known.rows, np.setdiff1d(self.said, self.known.rows)])
        data = self.sentences.data(rows)
        told, p = snapshot.pieces.assign(data.X[len(snapshot.labels) :], [""] * (len(rows) - len(snapshot.labels)))
        labels = np.concatenate([snapshot.labels, told])
        labels = np.where(labels >= 0, labels, NO_DECISION)
        n = len(snapshot.intents)
        names, blank = tuple(one.name for one in snapshot.intents), ("",) * n
        kept = KeptIntents(names, blank, blank, np.ones(n), labels, snapshot.pieces, tuple(map(str, range(n))))
        split = PinnedSplit(kept, data, labels, np.concatenate([np.ones(len(snapshot.labels)), p]))
        searched = Searched.of(split, split.free)
        if len(searched.rows) < MIN_SENTENCES:
            return []
        tools = Tools(None, embed, ranks_names=False, on_note=lambda _: None)
        whole = discover(searched.data, tools, Settings(judge="geometry"))
        found = searched.alone(whole)
        joined = homes_told(searched.homes(whole), found)
        free = rows[split.free]
        return [
            Told(free[found.labels == i], 0.0) for i, one in enumerate(found.intents) if one.size and i not in joined
        ]


def trials_of(of: str, seed: int, n_labels: int, embed: Embed) -> list[dict[str, Any]]:
    """Return what each month of a set tells, by the label that is new and the number of its sentences."""
    sentences, held = held_out(of, seed, embed)
    known, rest = run_of(sentences, np.arange(N_RUN), embed), np.arange(N_RUN, N_RUN + N_REST)
    return [
        {"set": of, "seed": seed, "label": label, "size": size} | trial(Month(sentences, known, said), label, embed)
        for label in held[:n_labels]
        for size in SIZES
        for said in [drawn(sentences, rest, label, size)]
    ]


def drawn(sentences: Sentences, rest: Rows, label: str, size: int) -> Rows:
    """Return the rows of a month with so many sentences of a label."""
    rng = np.random.default_rng(size)
    others = rng.choice(rest, N_MONTH - size, replace=False)
    return np.concatenate([others, rng.choice(np.flatnonzero(sentences.gold == label), size, replace=False)])


def trial(month: Month, label: str, embed: Embed) -> dict[str, Any]:
    """Return the sets that a month tells: how many sentences each has, how many of the new label, and P(chance)."""
    gold = month.sentences.gold
    ways = {"candidates": month.candidates(embed), "groups": month.groups()}
    return {
        name: [[len(one.rows), int((gold[one.rows] == label).sum()), one.p] for one in told]
        for name, told in ways.items()
    }


def figures(trials: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return recall and precision by set and size, of the candidates alone and with the groups."""
    found = []
    for of in SETS:
        for size in SIZES:
            own = [one for one in trials if (one["set"], one["size"]) == (of, size)]
            row: dict[str, Any] = {"set": of, "size": size, "trials": len(own)}
            for name, ways in (("before", ["candidates"]), ("now", ["candidates", "groups"])):
                told = [[two for way in ways for two in one[way]] for one in own]
                row[name] = {
                    "found": sum(any(2 * k >= max(n, size) for n, k, _ in sets) for sets in told),
                    "told": sum(map(len, told)),
                    "right": sum(2 * k >= n for sets in told for n, k, _ in sets),
                }
            found.append(row)
    return found


def alarms(embed: Embed, n_runs: int, n_months: int) -> dict[str, Any]:
    """Return P(chance) of the groups of each month with any, for months as in `studies.own.update`."""
    months, found = months_of(6_000, 1_500, N_MONTH, embed), dict[str, list[list[float]]]()
    for seed in range(n_runs):
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(months.sentences.texts))
        known, rest = run_of(months.all, order[: months.n_run], embed), order[months.n_run :]
        weights = 1 / np.arange(1, len(order) + 1) ** 0.8
        weights /= weights.sum()
        uneven = run_of(months.all, rng.choice(order, months.n_run, p=weights), embed)
        for _ in range(n_months):
            drawn_ = {
                "fresh": (known, rng.choice(rest, N_MONTH, replace=False)),
                "same": (known, rng.choice(known.rows, N_MONTH)),
                "uneven": (uneven, rng.choice(order, N_MONTH, p=weights)),
                "sixfold": (known, months.sixfold(rest, rng)),
            }
            for name, (run, said) in drawn_.items():
                told = Month(months.all, run, said).groups()
                found.setdefault(name, []).append([round(one.p, 3) for one in told])
    return {name: {"months": len(ps), "alarms": sum(map(bool, ps)), "p": ps} for name, ps in found.items()}


def main() -> None:
    """Measure both, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--labels", type=int, default=3, help="held-out labels that begin, one in each month")
    parser.add_argument("--runs", type=int, default=5, help="runs whose months are drawn")
    parser.add_argument("--months", type=int, default=10, help="months of each run")
    parser.add_argument("--only", choices=["new", "alarms"])
    options = parser.parse_args()
    embed = open_embedder("local:intents-en-v5").encode
    found: dict[str, Any] = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    if options.only != "alarms":
        trials = [
            one for of in SETS for seed in range(options.seeds) for one in trials_of(of, seed, options.labels, embed)
        ]
        found |= {"new": figures(trials), "trials": trials}
    if options.only != "new":
        found["alarms"] = alarms(embed, options.runs, options.months)
    RESULTS.write_text(json.dumps(found) + "\n")
    print(json.dumps({name: value for name, value in found.items() if name != "trials"}, indent=1))


if __name__ == "__main__":
    main()
