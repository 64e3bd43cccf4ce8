"""A trained classifier beside `predict`, on held-out sentences: ``python -m studies.own.classifier``.

For each set, `dialin discover --llm none` finds the intents of a sample of the training sentences; no label is read. An
intent then stands for the most frequent label of its sentences. Held-out sentences are decided by the run (`predict`)
and by the classifier of `dialin.export.classifier`, with and without its class "none of these". CLINC150 has sentences
that belong to no label: 100 are among those to learn from, and its held-out ones should get no intent. Of BANKING77,
ten labels are left out of the sample, and play that part. Results: ``studies/own/results/classifier.json``.
"""

from __future__ import annotations

import argparse
import csv
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dialin.arrays import Labels, Matrix
from dialin.bench.downstream import purest_labels
from dialin.cli import main as dialin_main
from dialin.discover.connect import connect_for_new
from dialin.export.classifier import learnt_classifier
from dialin.jobs.predict import Answers
from dialin.read.table import cleaned_table
from dialin.runs.run import Run, load
from studies.own import machine
from studies.own.data import folder

OUTSIDE = "outside"
N_LEFT_OUT = 10
SHARES = (0.05, 0.2, 0.5)
"""Shares of sentences to come that the classifier expects to be none of the intents."""


@dataclass(frozen=True)
class Split:
    """Sentences to learn from and held-out ones, with their labels; `OUTSIDE` for what belongs to none."""

    name: str
    train: list[tuple[str, str]]
    held: list[tuple[str, str]]


def banking(n_train: int, n_held: int, rng: np.random.Generator) -> Split:
    """Return BANKING77 without ten of its labels in the training sample; held-out sentences of these are outside."""
    rows = _rows("banking77_full", ["text", "label", "split"])
    gone = set(rng.choice(sorted({row["label"] for row in rows}), N_LEFT_OUT, replace=False).tolist())
    train = [(row["text"], row["label"]) for row in rows if row["split"] == "train" and row["label"] not in gone]
    held = [(r["text"], OUTSIDE if r["label"] in gone else r["label"]) for r in rows if r["split"] == "test"]
    return Split("banking77", _some(train, n_train, rng), _some(held, n_held, rng))


def clinc(n_train: int, n_held: int, rng: np.random.Generator) -> Split:
    """Return CLINC150 with 100 sentences of no label to learn from; a fifth of the held-out ones has none."""
    rows = _rows("clinc150_full_with_oos", ["text", "label", "split"])
    of = {name: [(r["text"], r["label"]) for r in rows if r["split"] == name] for name in ("train", "test")}
    outside = {name: [(r["text"], OUTSIDE) for r in rows if r["split"] == f"oos_{name}"] for name in ("train", "test")}
    train = _some(of["train"], n_train - 100, rng) + _some(outside["train"], 100, rng)
    held = _some(of["test"], n_held - n_held // 5, rng) + _some(outside["test"], n_held // 5, rng)
    return Split("clinc150", train, held)


def _rows(name: str, columns: Sequence[str]) -> list[dict[str, str]]:
    found: list[dict[str, str]] = pq.read_table(folder() / f"{name}.parquet", columns=list(columns)).to_pylist()
    return found


def _some(pairs: list[tuple[str, str]], n: int, rng: np.random.Generator) -> list[tuple[str, str]]:
    distinct = sorted(dict(pairs).items())
    return [distinct[row] for row in rng.permutation(len(distinct))[:n].tolist()]


@dataclass(frozen=True)
class Score:
    """How good decisions on held-out sentences are.

    Parameters
    ----------
    accuracy : float
        Share of the sentences inside that get an intent of their label; none counts as wrong.
    covered : float
        Share of the sentences inside that get an intent.
    right_of_covered : float
        Share of those whose intent is of their label.
    rejected : float
        Share of the sentences outside that get no intent.
    both : float
        Mean of `accuracy` and `rejected`.
    """

    accuracy: float
    covered: float
    right_of_covered: float
    rejected: float
    both: float


def score_of(found: Labels, held: Sequence[str], means: dict[int, str]) -> Score:
    """Return the score of the intents of held-out sentences, of which an intent `means` a label."""
    inside = np.array([label != OUTSIDE for label in held])
    right = np.array([means.get(int(i)) == label for i, label in zip(found, held, strict=True)])
    covered = found[inside] >= 0
    accuracy, rejected = float(right[inside].mean()), float((found[~inside] < 0).mean())
    of_covered = float(right[inside][covered].mean()) if covered.any() else np.nan
    return Score(accuracy, float(covered.mean()), of_covered, rejected, (accuracy + rejected) / 2)


def measured(split: Split, work: Path) -> dict[str, object]:
    """Return the scores of `predict` and of the classifier on one set."""
    run = found_run(split, work)
    opened = connect_for_new(run.embedder_alone.embedder)
    texts = [text for text, _ in split.held]
    table = cleaned_table(text=pa.array(texts, pa.large_string()), speakers=None)
    predicted = Answers.of(run, opened).table(table)["intent_id"].to_numpy()
    data, labels = run.data, run.sentences["intent_id"].to_numpy()
    assert data is not None
    means = purest_labels(labels, gold_of(run, split))
    X, H = np.asarray(data.own_vectors, np.float64), np.asarray(opened.embed(texts), np.float64)
    held = [label for _, label in split.held]
    began = time.perf_counter()
    learnt = {outside: learnt_classifier(X, labels, outside) for outside in SHARES}
    seconds = (time.perf_counter() - began) / len(SHARES)
    P, classes = learnt[SHARES[0]].model.predict_proba(H), learnt[SHARES[0]].model.classes_
    scores = {"predict": score_of(predicted, held, means)}
    scores["classifier without none"] = score_of(decided_by(P[:, 1:], classes[1:]), held, means)
    for outside, each in learnt.items():
        found = decided_by(each.model.predict_proba(H), classes)
        scores[f"classifier, {outside:.0%} outside"] = score_of(found, held, means)
    return {
        "set": split.name,
        "n_train": len(data.texts),
        "n_held": len(held),
        "n_outside": held.count(OUTSIDE),
        "n_intents": len(means),
        "n_unassigned": int((labels < 0).sum()),
        "scores": {name: rounded(score) for name, score in scores.items()},
        "cross_validated": {str(o): {"accuracy": e.accuracy, "rejected": e.rejected} for o, e in learnt.items()},
        "fit_seconds": round(seconds, 1),
    }


def rounded(score: Score) -> dict[str, float]:
    """Return the fields of a score."""
    return {name: round(value, 4) for name, value in asdict(score).items()}


def gold_of(run: Run, split: Split) -> list[str]:
    """Return the label of each sentence of a run."""
    said = run.corpus.occurrences
    label = dict(
        zip(said["sentence_id"].to_pylist(), (split.train[row][1] for row in said["row"].to_pylist()), strict=True)
    )
    return [label[sentence] for sentence in range(len(run.corpus.texts))]


def decided_by(P: Matrix, classes: Labels) -> Labels:
    """Return the likeliest class of each row; −1 is none."""
    return np.asarray(classes[P.argmax(axis=1)], dtype=np.int64)


def found_run(split: Split, work: Path) -> Run:
    """Let `dialin discover` find the intents of the training sentences, without their labels."""
    source, out = work / f"{split.name}.csv", work / split.name
    with source.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([["text"], *([text] for text, _ in split.train)])
    if not out.exists():
        dialin_main(["discover", str(source), "--out", str(out), "--llm", "none"], standalone_mode=False)
    return load(out)


def main() -> None:
    """Measure both sets and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--n-train", type=int, default=2_000)
    parser.add_argument("--n-held", type=int, default=1_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--work", type=Path, help="folder for the runs, kept (default: a temporary one)")
    options = parser.parse_args()
    found = []
    with TemporaryDirectory(prefix="dialin-classifier-") as temporary:
        work = options.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        for make in (banking, clinc):
            split = make(options.n_train, options.n_held, np.random.default_rng(options.seed))
            found.append(measured(split, work))
            print(json.dumps(found[-1], indent=1))
    machine.write("classifier", {"provenance": machine.provenance(), "sets": found})


if __name__ == "__main__":
    main()
