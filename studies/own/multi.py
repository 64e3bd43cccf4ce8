"""Measure `--multi`, which finds several intents in one utterance: ``python -m studies.own.multi``.

Two sentences of different intents are joined by words that were written by hand for this study: by joints that dialin
knows, by unknown words after a mark that it knows, and by unknown words without any mark, where it sees no place to
cut. As many single sentences stand beside them. The run is made of gold labels, each a piece of its own, so that errors
of clustering play no part; no label is read where utterances are cut, and none of the test sentences is in the run.

NLU++ has several labels for most utterances, but they are no separate needs: most are modifiers ("card", "how much") of
one need. So each combination of labels that three sentences of the first ten folds have is an intent of that run, which
means its labels, and utterances of the other folds are to get all their labels, by one intent or by several.

The rule and its constants were chosen with hwu64, dstc11 and massive_zh in view (`DEVELOPMENT`); clinc150, smp2019 and
nlupp were not looked at. The shipped embedders have learnt clinc150 and smp2019, but not nlupp and dstc11.
Seconds are those of the processor, with an empty ``DIALIN_HOME``. Results: ``studies/own/results/multi.json``.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
import pyarrow.parquet as pq

from dialin.discover.assign import Pieces, build
from dialin.discover.connect import connect_for_new
from dialin.discover.part_intents import PartAssigner
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.name.kinds import may_be_need, prevailing
from dialin.read.clauses import clauses_in
from studies.own import machine
from studies.own.data import folder

JOINTS = {
    "en": {
        "known": (
            *(", and ", " and ", " and also ", ". Also, ", "; ", ", but ", ". ", ", then ", " plus "),
            *(", oh and ", ". By the way, ", ", another thing, "),
        ),
        "unknown words after a mark": (
            *(", next ", "; what's more, ", ". Separately, ", ", once you have done that, "),
            *(". On a different topic, ", ", or rather first "),
        ),
        "no mark": (*(" next ", " on a different topic ", " separately ", " when that is done ", " or rather first "),),
    },
    "zh": {
        "known": ("，还有", "，另外", "，顺便", "。", "，然后", "，同时", "；", "，", " 另外 ", "，对了，"),
        "unknown words after a mark": ("，等下", "，除了这个", "，其次", "。第二件事是", "，完了以后", "，跟着"),
        "no mark": ("完了以后", "等一下", "除了这个之外", "其次"),
    },
}
"""How two sentences are joined, by what dialin knows of it."""
LANGUAGE = {"clinc150_full_with_oos": "en", "smp2019_ecdt_nlu_train": "zh"}
DEVELOPMENT = {"hwu64": "en", "dstc11_dev_insurance_task1_turns": "en", "massive_zh_cn": "zh"}
EMBEDDERS = {"en": ENGLISH, "zh": CHINESE}
N_TRAIN, FIRST_TEST_FOLD, LEAST_SENTENCES = 20, 10, 3


@dataclass(frozen=True)
class Labelled:
    """Sentences with their labels: those of the run, and those to test with."""

    train: list[tuple[str, str]]
    test: list[tuple[str, str]]


@dataclass(frozen=True)
class Utterance:
    """An utterance to test with, and the labels that it states."""

    text: str
    labels: frozenset[str]


def labelled(name: str, rng: np.random.Generator) -> Labelled:
    """Return the distinct sentences of a set, by its own split if it has one, else seven of ten for the run."""
    rows = pq.read_table(folder() / f"{name}.parquet").to_pylist()
    of = {row["text"]: row for row in rows if row["text"] and row["label"] not in {None, "oos"}}
    by_label = defaultdict[str, list[str]](list)
    for text in sorted(of):
        by_label[of[text]["label"]].append(text)
    train, test = [], []
    for label, texts in sorted(by_label.items()):
        shuffled = [texts[row] for row in rng.permutation(len(texts)).tolist()]
        is_train = [of[t].get("split", "train" if i < 0.7 * len(texts) else "test") for i, t in enumerate(shuffled)]
        own = [t for t, part in zip(shuffled, is_train, strict=True) if part == "train"][:N_TRAIN]
        train += [(text, label) for text in own]
        test += [(t, label) for t, part in zip(shuffled, is_train, strict=True) if part != "train"]
    return Labelled(train, test)


def joined(test: Sequence[tuple[str, str]], joints: Sequence[str], n: int, rng: np.random.Generator) -> list[Utterance]:
    """Return n pairs of sentences of different labels, joined by each of the joints in turn."""
    found = list[Utterance]()
    while len(found) < n:
        (first, one), (second, other) = (test[row] for row in rng.choice(len(test), 2, replace=False).tolist())
        if one != other:
            joint = joints[len(found) % len(joints)]
            found.append(Utterance(first.rstrip(" .?!。？！") + joint + second, frozenset({one, other})))
    return found


@dataclass(frozen=True, eq=False)
class GoldRun:
    """A run whose intents are labels, each a single piece; `meant` has the labels that each intent means."""

    pieces: Pieces
    meant: list[frozenset[str]]
    assigner: PartAssigner

    @classmethod
    def of(cls, train: Sequence[tuple[str, str]], language: str) -> GoldRun:
        """Return the run of labelled sentences; a label may be several, joined by "+"."""
        opened = connect_for_new(f"local:{EMBEDDERS[language]}")
        names = sorted({label for _, label in train})
        labels = np.array([names.index(label) for _, label in train])
        texts = [text for text, _ in train]
        rows = [np.flatnonzero(labels == i) for i in range(len(names))]
        pieces = build(opened.embed(texts), rows, range(len(names)), [""] * len(names))
        kinds, ones = opened.kinds(texts, [""] * len(texts)), np.ones(len(texts), np.int64)
        said = [prevailing(kinds.at(own), ones[own])[0] for own in rows] if kinds else []
        not_needs = frozenset(i for i, kind in enumerate(said) if not may_be_need(kind))
        meant = [frozenset(name.split("+")) for name in names]
        return cls(pieces, meant, PartAssigner(pieces, opened.embed, opened.kinds, not_needs))

    def one_each(self, texts: Sequence[str]) -> list[frozenset[str]]:
        """Return the labels of the one intent of each utterance, as `predict` finds it."""
        intents, _ = self.pieces.assign(self.assigner.embed(texts), [""] * len(texts))
        return [self.meant[i] if i >= 0 else frozenset() for i in intents.tolist()]

    def several(self, texts: Sequence[str], one: Sequence[frozenset[str]]) -> tuple[list[frozenset[str]], list[bool]]:
        """Return the labels of all intents of each utterance, and whether it was cut; the one intent, if it was not."""
        none = [""] * len(texts)
        stated = self.assigner.stated(texts, none, none)
        labels = [frozenset().union(*(self.meant[each.intent_id] for each in own)) for own in stated]
        return [new or old for new, old in zip(labels, one, strict=True)], [bool(own) for own in stated]


def f1_of(found: Sequence[frozenset[str]], gold: Sequence[frozenset[str]]) -> dict[str, float]:
    """Return F1 as the mean over utterances ("sample"), and precision, recall and F1 of all labels together ("micro").

    Examples
    --------
    One of two labels is found, then the only one with a wrong one: (2/3 + 2/3) / 2, 2 of 3 found, 2 of 3 there.

    >>> f1_of([frozenset("a"), frozenset("ab")], [frozenset("ab"), frozenset("a")])
    {'sample_f1': 0.667, 'micro_f1': 0.667, 'precision': 0.667, 'recall': 0.667}
    """
    both = [len(own & wanted) for own, wanted in zip(found, gold, strict=True)]
    of_each = [2 * n / (len(own) + len(wanted)) for n, own, wanted in zip(both, found, gold, strict=True)]
    n_found, n_gold = sum(map(len, found)), sum(map(len, gold))
    values = {
        "sample_f1": float(np.mean(of_each)) if of_each else 0.0,
        "micro_f1": 2 * sum(both) / max(n_found + n_gold, 1),
        "precision": sum(both) / max(n_found, 1),
        "recall": sum(both) / max(n_gold, 1),
    }
    return {name: round(value, 3) for name, value in values.items()}


@dataclass(frozen=True)
class Answered:
    """What a run answers about utterances, beside their gold labels.

    Parameters
    ----------
    gold, one, several : list of frozenset of str
        The labels that each states, those of its one intent, and those of all its intents.
    may_be_cut, was_cut : list of bool
        Whether each has several clauses, and whether it was cut between them.
    seconds : (float, float)
        Of the processor: for one intent each, and the additional ones for several.
    """

    gold: list[frozenset[str]]
    one: list[frozenset[str]]
    several: list[frozenset[str]]
    may_be_cut: list[bool]
    was_cut: list[bool]
    seconds: tuple[float, float]

    @classmethod
    def by(cls, run: GoldRun, said: Sequence[Utterance]) -> Answered:
        """Return what a run answers."""
        texts = [each.text for each in said]
        began = time.process_time()
        one = run.one_each(texts)
        between = time.process_time()
        several, was_cut = run.several(texts, one)
        seconds = between - began, time.process_time() - between
        may_be_cut = [len(clauses_in(text)) > 1 for text in texts]
        return cls([each.labels for each in said], one, several, may_be_cut, was_cut, seconds)

    def __add__(self, other: Answered) -> Answered:
        seconds = self.seconds[0] + other.seconds[0], self.seconds[1] + other.seconds[1]
        one, several = self.one + other.one, self.several + other.several
        may_be_cut, was_cut = self.may_be_cut + other.may_be_cut, self.was_cut + other.was_cut
        return Answered(self.gold + other.gold, one, several, may_be_cut, was_cut, seconds)

    def first(self, n: int) -> Answered:
        """Return n of the utterances, with their part of the seconds."""
        share = min(1.0, n / len(self.gold))
        seconds = self.seconds[0] * share, self.seconds[1] * share
        own = self.gold[:n], self.one[:n], self.several[:n], self.may_be_cut[:n], self.was_cut[:n]
        return Answered(*own, seconds)

    @property
    def scores(self) -> dict[str, object]:
        """The scores of one label each and of several, the share that was cut, and the seconds."""
        n = len(self.gold)
        per_1000 = [round(1_000 * seconds / n, 1) for seconds in self.seconds]
        cut = np.flatnonzero(self.was_cut).tolist()
        one, several, gold = ([labels[row] for row in cut] for labels in (self.one, self.several, self.gold))
        return {
            "n": n,
            "labels_each": round(float(np.mean([len(labels) for labels in self.gold])), 2),
            "one_each": f1_of(self.one, self.gold),
            "multi": f1_of(self.several, self.gold),
            "several_clauses": round(sum(self.may_be_cut) / n, 3),
            "cut": round(len(cut) / n, 3),
            "of_those_cut": {"one_each": f1_of(one, gold)["sample_f1"], "multi": f1_of(several, gold)["sample_f1"]},
            "cpu_seconds_per_1000": {"one": per_1000[0], "multi_more": per_1000[1]},
        }


def pairs_measured(name: str, language: str, n: int, seed: int) -> dict[str, object]:
    """Return the scores on pairs of sentences of a set, and on as many single ones."""
    rng = np.random.default_rng(seed)
    data = labelled(name, rng)
    run = GoldRun.of(data.train, language)
    pairs = {how: joined(data.test, joints, n, rng) for how, joints in JOINTS[language].items()}
    wanted = min(3 * n, len(data.test))
    single = [data.test[row] for row in rng.choice(len(data.test), wanted, replace=False).tolist()]
    singles = [Utterance(text, frozenset({label})) for text, label in single]
    found = {"pairs, " + how: Answered.by(run, said) for how, said in pairs.items()}
    alone = Answered.by(run, singles)
    of_pairs = reduce(Answered.__add__, found.values())
    found |= {"singles": alone, "pairs and singles": of_pairs + alone.first(len(of_pairs.gold))}
    return {"n_intents": len(run.meant)} | {how: answered.scores for how, answered in found.items()}


def nlupp_measured(n: int, seed: int) -> dict[str, object]:
    """Return the scores on utterances of NLU++ with at least one label."""
    rows = pq.read_table(folder() / "nlupp.parquet").to_pylist()
    said = {row["text"]: (int(row["fold"]), "+".join(sorted(json.loads(row["intents"])))) for row in rows}
    train, test = defaultdict[str, list[str]](list), list[Utterance]()
    for text, (fold, label) in sorted(said.items()):
        if label and fold < FIRST_TEST_FOLD:
            train[label].append(text)
        elif label:
            test.append(Utterance(text, frozenset(label.split("+"))))
    enough = [(t, label) for label, texts in train.items() if len(texts) >= LEAST_SENTENCES for t in texts[:N_TRAIN]]
    run = GoldRun.of(enough, "en")
    chosen = np.random.default_rng(seed).permutation(len(test))[:n].tolist()
    return {"n_intents": len(run.meant), "other folds": Answered.by(run, [test[row] for row in chosen]).scores}


def main() -> None:
    """Measure each set and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n", type=int, default=200, help="pairs of each kind; three times as many single sentences")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--data", nargs="+", default=["nlupp", *LANGUAGE], choices=["nlupp", *LANGUAGE, *DEVELOPMENT])
    options = parser.parse_args()
    found = machine.read("multi").get("sets", {})
    for name in options.data:
        if name == "nlupp":
            found[name] = nlupp_measured(4 * options.n, options.seed)
        else:
            found[name] = pairs_measured(name, (LANGUAGE | DEVELOPMENT)[name], options.n, options.seed)
        print(name, json.dumps(found[name], indent=1), flush=True)
        machine.write("multi", {"provenance": machine.provenance(), "sets": found})


if __name__ == "__main__":
    main()
