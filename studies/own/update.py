"""Measure updates: ten parts of a labelled set, one after the other, beside one run of all; and false alarms of drift.

``python -m studies.own.update`` writes ``results/update.json``. The set is CLINC150 without its out-of-scope sentences,
or another one. The judge knows the labels, which nothing else does, and may err; a question is a distinct set of
sentences that it is asked about, in whichever part, since every answer is stored. The first part is a run of its own,
each further part an update.

False alarms: runs that no LLM judged, each with months of the same kind. "fresh": other sentences of the same set.
"same": the run's own sentences, drawn with replacement. "uneven": some sentences are said often, in the run and in the
months. A month has a false alarm if any change at all is told. "sixfold" are fresh months in which one of the 150
labels is said six times as often, "strange" are fresh months in which a tenth is out of scope: there an alarm is right.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.arrays import Ints, Matrix, Rows
from dialin.discover.connect import open_embedder
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.jobs.update_drift import Listener, left_out_of
from dialin.judge.verdict import Judge, Verdict
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit
from dialin.review.witnesses import Searched, homes_told
from dialin.score.metrics import accuracy, ami, ari, nmi
from dialin.taxonomy.drift import Drift, drift_between
from dialin.taxonomy.snapshot import IntentSeen, Snapshot
from studies.own.data import folder
from studies.own.oracle import OracleJudge

RESULTS = Path(__file__).parent / "results" / "update.json"
SET = "clinc150_full_with_oos"
ENOUGH = 0.9
"""Share of the sentences of a good set that are of one label, if nothing else is said."""
Embed = Callable[[Sequence[str]], Matrix]


@dataclass(frozen=True)
class Sentences:
    """Distinct sentences, their vectors and their labels; `order` is random."""

    texts: list[str]
    X: Matrix
    gold: NDArray[np.str_]

    def data(self, rows: Rows, counts: Ints | None = None) -> Data:
        """Return some of the sentences without their labels."""
        texts = [self.texts[row] for row in rows.tolist()]
        said = np.ones(len(rows), np.int64) if counts is None else counts
        return Data(texts, self.X[rows], said, [""] * len(rows))


def sentences_of(n: int, seed: int, embed: Embed, *, is_oos: bool = False, of: str = SET) -> Sentences:
    """Return n random sentences of a set: those in scope, or those out of it."""
    table = pq.read_table(folder() / f"{of}.parquet", columns=["text", "label"]).to_pylist()
    pairs = {row["text"]: row["label"] for row in table if (row["label"] == "oos") == is_oos}
    texts = sorted(pairs)
    chosen = np.random.default_rng(seed).permutation(len(texts))[:n]
    own = [texts[row] for row in chosen.tolist()]
    return Sentences(own, embed(own), np.array([pairs[text] for text in own]))


# --- ten updates beside one run -------------------------------------------------------------------


@dataclass
class Asked:
    """A judge that knows the labels of all sentences, and is asked about some of them: an answer is never asked twice.

    Parameters
    ----------
    oracle : OracleJudge
        Knows all labels.
    """

    oracle: OracleJudge

    def about(self, rows: Rows) -> Judge:
        """Return the judge for some sentences, to whom they are 0, 1, …."""
        return AboutSome(self.oracle, rows)


@dataclass
class AboutSome(Judge):
    """The judge of `Asked` for some sentences."""

    oracle: OracleJudge
    rows: Rows

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return one verdict per cluster."""
        return self.oracle.judge([self.rows[cluster] for cluster in clusters])

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return one verdict per union."""
        return self.oracle.judge_unions([(self.rows[a], self.rows[b]) for a, b in pairs])


@dataclass
class Course:
    """Parts of a set, one after the other.

    Parameters
    ----------
    sentences : Sentences
        The set.
    embed : callable
        Embeds texts.
    asked : Asked
        The judge.
    """

    sentences: Sentences
    embed: Embed
    asked: Asked

    def found_in(self, data: Data, rows: Rows) -> Result:
        """Return what is discovered in some sentences."""
        tools = Tools(None, self.embed, judge=self.asked.about(rows), ranks_names=False, on_note=lambda _: None)
        return discover(data, tools, Settings())

    def found_among(self, split: PinnedSplit, rows: Rows) -> tuple[Result, dict[int, int]]:
        """Return what is discovered in the sentences without an intent, and which of it is a part of a known one."""
        searched = Searched.of(split, split.free)
        whole = self.found_in(searched.data, rows[searched.rows])
        found = searched.alone(whole)
        return found, homes_told(searched.homes(whole), found)

    def updated(self, before: Result, rows: Rows) -> Result:
        """Return the update of a result of the first sentences with the next ones; `rows` are all of them."""
        data = self.sentences.data(rows)
        known = np.where(before.labels >= 0, before.labels, NO_DECISION)
        told, p_told = before.pieces.assign(data.X[len(known) :], [""] * (len(rows) - len(known)))
        labels = np.concatenate([known, np.where(told >= 0, told, NO_DECISION)])
        p = np.concatenate([before.p_intent, p_told])
        kept = KeptIntents(
            names=tuple(one.name for one in before.intents),
            roles=tuple(one.role for one in before.intents),
            descriptions=tuple(one.description for one in before.intents),
            p_good=np.array([one.p_good for one in before.intents]),
            labels=labels,
            pieces=before.pieces,
            uids=tuple(str(i) for i in range(len(before.intents))),
        )
        split = PinnedSplit(kept, data, labels, p)
        return split.joined(*self.found_among(split, rows))

    def scores(self, result: Result) -> dict[str, float]:
        """Return the scores, and the questions so far; sentences without an intent are one more cluster."""
        gold = np.unique(self.sentences.gold[: len(result.labels)], return_inverse=True)[1]
        measures = {"nmi": nmi, "ami": ami, "ari": ari, "acc": accuracy}
        found = {name: round(float(score(result.labels, gold)), 4) for name, score in measures.items()}
        has_one = result.labels >= 0
        found["ari of those with an intent"] = round(float(ari(result.labels[has_one], gold[has_one])), 4)
        coverage = round(float(has_one.mean()), 4)
        return found | {
            "n_intents": len(result.intents),
            "n_gold": int(gold.max()) + 1,
            "coverage": coverage,
            "questions": self.asked.oracle.n_asked,
        }


@dataclass(frozen=True)
class CourseTask:
    """What is measured: n sentences of a set, in parts, and a judge that errs in a share `wrong` of its answers.

    It finds a set good if a share `enough` of its sentences is of one label.
    """

    of: str
    n: int
    n_parts: int
    seed: int
    wrong: float
    enough: float

    @property
    def key(self) -> str:
        """The name of the results: the number of sentences, and what is not as usual."""
        told = [f"{self.n} sentences"]
        told += [f"of {self.of}"] if self.of != SET else []
        told += [f"{self.wrong:.0%} of the answers wrong"] if self.wrong else []
        told += [f"good from {self.enough:.0%}"] if self.enough != ENOUGH else []
        return ", ".join(told)


def courses(task: CourseTask, embed: Embed) -> dict[str, Any]:
    """Return the scores of one run of the sentences, and of parts that are taken in one after the other."""
    sentences = sentences_of(task.n, task.seed, embed, of=task.of)
    found: dict[str, Any] = {"set": f"{task.of} without oos", "parts": task.n_parts, "seed": task.seed}
    for name, n_parts in (("one run", 1), ("updates", task.n_parts)):
        asked, begun = Asked(OracleJudge(sentences.gold, task.wrong, enough=task.enough)), process_time()
        scores = measured(Course(sentences, embed, asked), n_parts)
        found[name] = scores | {"seconds": round(process_time() - begun, 1)}
    return found


def measured(course: Course, n_parts: int) -> dict[str, float]:
    """Return the scores after the last of some equal parts, of which the first is a run and the others are updates."""
    first, *ends = np.linspace(0, len(course.sentences.texts), n_parts + 1).astype(int)[1:].tolist()
    result = course.found_in(course.sentences.data(np.arange(first)), np.arange(first))
    for end in ends:
        before, result = result, course.updated(result, np.arange(end))
        check_nothing_moved(before, result)
    return course.scores(result)


def check_nothing_moved(before: Result, after: Result) -> None:
    """Raise if a sentence that had an intent is in one of another name."""
    for row in np.flatnonzero(before.labels >= 0).tolist():
        was, now = before.intents[before.labels[row]].name, after.intents[after.labels[row]].name
        if was != now:
            raise AssertionError(f"sentence {row} went from {was} to {now}")


# --- false alarms ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Known:
    """A run: its rows among all sentences, how often it says each, and the run as drift sees it."""

    rows: Rows
    counts: Ints
    snapshot: Snapshot

    def drift(self, sentences: Sentences, said: Rows) -> Drift:
        """Return the drift of a month in which these rows are said, each as often as it stands there."""
        rows, counts = np.unique(said, return_counts=True)
        listener = Listener.of(self.snapshot, len(rows))
        listener.look(slice(None), sentences.X[rows], [""] * len(rows))
        homes, _ = self.snapshot.pieces.assign(sentences.X[rows], [""] * len(rows))
        place = {row: i for i, row in enumerate(self.rows.tolist())}
        known = np.array([place.get(row, -1) for row in rows.tolist()])
        homes = np.where(known >= 0, self.snapshot.labels[known], homes)
        before = left_out_of(self.snapshot, self.counts, self.counts)
        uids = [one.uid for one in self.snapshot.intents]
        return drift_between(before, listener.heard(homes, counts.astype(np.int64)), uids)


def run_of(sentences: Sentences, said: Rows, embed: Embed) -> Known:
    """Return a run of the rows that are said, judged by the embeddings alone."""
    rows, counts = np.unique(said, return_counts=True)
    data = sentences.data(rows, counts.astype(np.int64))
    tools = Tools(None, embed, ranks_names=False, on_note=lambda _: None)
    found = discover(data, tools, Settings(judge="geometry"))
    seen = tuple(IntentSeen(str(one.intent_id), one.name, one.size, one.n_occurrences) for one in found.intents)
    keys = [(text, "") for text in data.texts]
    snapshot = Snapshot(seen, int(counts.sum()), keys, found.labels, data.X, data.roles, found.pieces)
    return Known(rows, counts.astype(np.int64), snapshot)


def is_alarm(drift: Drift) -> bool:
    """Return whether any change is told."""
    return drift.is_certain or any(one.changed for one in drift.intents)


@dataclass(frozen=True)
class Months:
    """Draws months for a run.

    Parameters
    ----------
    sentences, strange : Sentences
        Those in scope and those out of it; the latter come after the former in `all`.
    all : Sentences
        Both.
    n_run, n_month : int
        Utterances of a run and of a month.
    """

    sentences: Sentences
    strange: Sentences
    all: Sentences
    n_run: int
    n_month: int

    def alarms(self, seed: int, n_months: int, embed: Embed) -> dict[str, list[bool]]:
        """Return whether each month of a kind has an alarm, for one run of even sentences and one of uneven ones."""
        rng = np.random.default_rng(seed)
        order = rng.permutation(len(self.sentences.texts))
        known, rest = run_of(self.all, order[: self.n_run], embed), order[self.n_run :]
        weights = 1 / np.arange(1, len(order) + 1) ** 0.8
        weights /= weights.sum()
        uneven = run_of(self.all, rng.choice(order, self.n_run, p=weights), embed)
        found: dict[str, list[bool]] = {name: [] for name in ("fresh", "same", "uneven", "sixfold", "strange")}
        for _ in range(n_months):
            fresh = rng.choice(rest, self.n_month, replace=False)
            found["fresh"].append(is_alarm(known.drift(self.all, fresh)))
            found["same"].append(is_alarm(known.drift(self.all, rng.choice(known.rows, self.n_month))))
            told = rng.choice(order, self.n_month, p=weights)
            found["uneven"].append(is_alarm(uneven.drift(self.all, told)))
            found["sixfold"].append(is_alarm(known.drift(self.all, self.sixfold(rest, rng))))
            found["strange"].append(is_alarm(known.drift(self.all, self.mixed(fresh, rng))))
        return found

    def sixfold(self, rest: Rows, rng: np.random.Generator) -> Rows:
        """Return a fresh month in which one label has six times its weight."""
        gold = self.all.gold[rest]
        weights = np.where(gold == rng.choice(np.unique(gold)), 6.0, 1.0)
        return rng.choice(rest, self.n_month, replace=False, p=weights / weights.sum())

    def mixed(self, fresh: Rows, rng: np.random.Generator) -> Rows:
        """Return a month in which a tenth is out of scope."""
        n_strange = self.n_month // 10
        strange = len(self.sentences.texts) + rng.choice(len(self.strange.texts), n_strange, replace=False)
        return np.concatenate([fresh[n_strange:], strange])


def months_of(n: int, n_run: int, n_month: int, embed: Embed) -> Months:
    """Return what draws months from n sentences in scope, and 500 out of it."""
    inside, outside = sentences_of(n, 1, embed), sentences_of(500, 1, embed, is_oos=True)
    both = Sentences(
        inside.texts + outside.texts, np.concatenate([inside.X, outside.X]), np.concatenate([inside.gold, outside.gold])
    )
    return Months(inside, outside, both, n_run, n_month)


def alarm_rates(months: Months, n_runs: int, n_months: int, embed: Embed) -> dict[str, Any]:
    """Return how many months of each kind have an alarm, over several runs."""
    told = [months.alarms(seed, n_months, embed) for seed in range(n_runs)]
    return {name: {"months": n_runs * n_months, "alarms": sum(sum(one[name]) for one in told)} for name in told[0]}


def main() -> None:
    """Measure both, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=10_000, help="sentences of the one run")
    parser.add_argument("--parts", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--set", default=SET, help="the set of the one run")
    parser.add_argument("--wrong", type=float, default=0.0, help="share of the judge's answers that are wrong")
    parser.add_argument("--enough", type=float, default=ENOUGH, help="share of one label in a good set")
    parser.add_argument("--runs", type=int, default=5, help="runs whose months are drawn")
    parser.add_argument("--months", type=int, default=10, help="months of each run")
    parser.add_argument("--only", choices=["courses", "alarms"])
    options = parser.parse_args()
    embed = open_embedder("local:intents-en-v5").encode
    found: dict[str, Any] = {}
    if options.only != "alarms":
        task = CourseTask(options.set, options.n, options.parts, options.seed, options.wrong, options.enough)
        found[task.key] = courses(task, embed)
    if options.only != "courses":
        months = months_of(6_000, 1_500, 500, embed)
        found["alarms"] = {"n_run": 1_500, "n_month": 500} | alarm_rates(months, options.runs, options.months, embed)
    before = json.loads(RESULTS.read_text()) if RESULTS.is_file() else {}
    RESULTS.write_text(json.dumps(before | found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
