"""Measure the labels of finished runs: goodness by another LLM, and downstream accuracy.

The measurements follow the runs on a data set, when the LLM of the loop is already closed. They cover all runs of the
folder that lack them, including runs of earlier calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.bench.cases import Case
from dialin.bench.downstream import Classifier, LabelledRows, downstream_accuracy, logistic
from dialin.bench.encoder import EncoderClassifier
from dialin.bench.goodness import judge_on, judged
from dialin.bench.labels import kept
from dialin.bench.plan import Bench, Watch
from dialin.bench.results import GOODNESS, Row
from dialin.discover.connect import connect
from dialin.discover.connections import Connections
from dialin.discover.context import Tools
from dialin.discover.replies import shared_store
from dialin.discover.specs import Specs
from dialin.jobs.discover import tools_of
from dialin.judge.verdict import Judge
from dialin.llm.base import Backend
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.spec import NO_LLM
from dialin.tune.base import Weights


@dataclass(frozen=True)
class Gauge:
    """The judge and the rows that measure the runs on a data set.

    Parameters
    ----------
    judge : Judge or None
        The independent judge; None if goodness is not wanted.
    sides : Sides or None
        Rows to learn and held-out rows; None if downstream accuracy is not wanted.
    """

    judge: Judge | None
    sides: Sides | None


@dataclass(frozen=True)
class Sides:
    """Rows that classifiers learn, and rows that they are scored on.

    Parameters
    ----------
    train, held : LabelledRows
        Rows of the data set, and held-out rows.
    sentence : int64 array of shape (n_rows,)
        Number of the sentence in each row of `train`.
    encoder : Weights or None
        Weights of an encoder that also learns the clusters; None if it is not wanted.
    """

    train: LabelledRows
    held: LabelledRows
    sentence: NDArray[np.int64]
    encoder: Weights | None

    @classmethod
    def of(cls, case: Case, X: Matrix, bench: Bench, opened: Connections) -> Sides | None:
        """Return the sides of a data set; None if it has no held-out sentences."""
        held = bench.held_out.get(case.name)
        if held is None:
            return None
        train = LabelledRows(case.rows, X[case.sentence], case.gold)
        new = LabelledRows(held.rows, opened.embed(held.texts)[held.sentence], held.gold)
        return cls(train, new, case.sentence, bench.encoder)

    def accuracy(self, labels: Labels, classifier: Classifier = logistic) -> float | None:
        """Return the downstream accuracy of `labels` (n,) of the distinct sentences; None if there is no cluster."""
        return none_of_nan(downstream_accuracy(self.train, labels[self.sentence], self.held, classifier))


def lacks(row: Row, bench: Bench) -> bool:
    """Return whether a run lacks a measurement that the benchmark asks for."""
    is_held = row.data in bench.held_out
    return lacks_goodness(row, bench) or (is_held and (row.n_held_out is None or lacks_encoder(row, bench.encoder)))


def lacks_goodness(row: Row, bench: Bench) -> bool:
    """Return whether the benchmark asks for the goodness of a run that has not been judged."""
    return row.goodness_calls is None and bool(bench.goodness_llm)


def lacks_encoder(row: Row, encoder: Weights | None) -> bool:
    """Return whether the encoder has yet to learn the clusters of a run; a run without clusters lacks nothing."""
    return encoder is not None and row.encoder is None and row.coverage > 0


def measure_case(case: Case, rows: Sequence[Row], bench: Bench, watch: Watch) -> Iterator[Row]:
    """Yield each row on a data set that lacks a measurement, once measured; open no model if nothing is missing."""
    wanted = [row for row in rows if row.data == case.name and lacks(row, bench)]
    found = {row.key: labels for row in wanted if (labels := kept(bench.out, row.key, len(case.texts))) is not None}
    if n := len(wanted) - len(found):
        watch.on_note(f"{case.name}: {n} run{'s' * (n > 1)} cannot be measured, because the labels are missing")
    wanted = [row for row in wanted if row.key in found]
    if not wanted:
        return
    with gauge_for(case, bench, watch, judges=any(lacks_goodness(row, bench) for row in wanted)) as gauge:
        for number, row in enumerate(wanted, 1):
            watch.on_step(f"{case.name}: measuring {row.method}, seed {row.seed} ({number} of {len(wanted)})")
            yield measured(row, found[row.key], gauge)


def measured(row: Row, labels: Labels, gauge: Gauge) -> Row:
    """Return a row with its missing measurements filled in, from the labels (n,) of the distinct sentences."""
    if gauge.judge is not None and row.goodness_calls is None:
        found = judged(labels, gauge.judge)
        share, n_unreadable = none_of_nan(found.goodness.value), found.goodness.n_unreadable
        row = replace(row, goodness=share, n_unreadable=n_unreadable, goodness_calls=found.n_asked)
    return row if gauge.sides is None else scored(row, labels, gauge.sides)


def scored(row: Row, labels: Labels, sides: Sides) -> Row:
    """Return a row with its missing downstream accuracies filled in."""
    if row.n_held_out is None:
        n_held_out = sum(label is not None for label in sides.held.gold)
        row = replace(row, downstream=sides.accuracy(labels), n_held_out=n_held_out)
    if sides.encoder is not None and lacks_encoder(row, sides.encoder):
        row = replace(row, encoder=sides.accuracy(labels, EncoderClassifier(sides.encoder, row.seed)))
    return row


def none_of_nan(value: float) -> float | None:
    """Return the value, or None for nan."""
    return None if math.isnan(value) else value


@contextmanager
def gauge_for(case: Case, bench: Bench, watch: Watch, *, judges: bool) -> Iterator[Gauge]:
    """Open the gauge for the runs on a data set; open the other LLM only if it `judges`."""
    llm = bench.goodness_llm if judges else NO_LLM
    store = bench.out / GOODNESS / f"{case.name}.sqlite"
    with connect(Specs(llm, llm, bench.specs.embedder), case.texts, watch.on_embed, watch.on_note) as opened:
        watch.on_step("embed")
        X = opened.embed(case.texts)
        with goodness_tools(opened, store, watch) as tools:
            judge = judge_on(case, X, tools) if judges else None
            yield Gauge(judge, Sides.of(case, X, bench, opened))


@contextmanager
def goodness_tools(opened: Connections, store: Path, watch: Watch) -> Iterator[Tools]:
    """Open the tools of the independent judge; its replies go to a store of their own, not to those of the methods."""

    def client_of(backend: Backend) -> Client:
        return Client(backend, [ReplyStore(store), shared_store()])

    with tools_of(opened, client_of, watch.on_reply) as tools:
        yield tools
