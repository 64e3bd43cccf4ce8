"""Guard against growth: what each step of dialin costs, beside a fixed piece of work in the same run.

``python -m studies.own.growth_guard`` runs the steps on made-up sentences, 2,000 and 8,000 of them, in turn with the
reference work, which takes about a second: products of matrices, a sort, and a loop in Python. A step's figure is the
ratio of its processor time to that of the reference, the least of some rounds each: what else runs on the machine
crowds memory and cache, which lengthens a step that reads many vectors more than the reference, and never shortens
one. Such a ratio depends on the load far less than seconds do; but on the kind of processor it still depends. So it is
compared with that of the same machine in ``studies/own/results/growth_guard.json``; a step whose ratio has grown to
more than 1.5 times makes the command exit with 1. ``--write`` writes the figures of this machine instead, after a
change that is worth its cost. One thread works, whatever the machine has.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from dialin import files
from dialin.arrays import Matrix
from dialin.cluster.partition import Agglomerative
from dialin.cluster.smooth import smoothed
from dialin.discover.conclude import assignment_roles, conclude, decide
from dialin.discover.connections import Connections
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.method import collect
from dialin.discover.settings import Settings
from dialin.discover.specs import Specs
from dialin.discover.state import Draft
from dialin.discover.steps import merge_pieces
from dialin.jobs.machine import machine_name
from dialin.jobs.results import write_result
from dialin.jobs.timing import SessionLog
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus
from dialin.read.table import read
from dialin.runs.manifest import COMPLETE, RunPlan
from dialin.runs.start import start
from studies.own import machine
from studies.own.embedders import SHIPPED

NAME = "growth_guard"
SIZES = (2_000, 8_000)
ROUNDS = 3
FACTOR = 1.5
"""Growth of a ratio that is too much: what is measured twice in a row differs by a tenth to a fifth."""
LEAST = 0.05
"""Ratio below which a step costs next to nothing, and its figure is noise: it counts as this much."""
DIMENSIONS = 384
ROWS_AN_INTENT = 40
NOISE = 0.9
"""Length of what is random in a vector, beside 2 for its words."""
VERBS = "cancel change check confirm dispute extend find order pay renew report request return send stop track"
OBJECTS = (
    "account address bill booking card claim contract delivery deposit discount fee flight invoice loan meter order "
    "parcel password policy refund room seat statement subscription ticket transfer voucher warranty"
)
OPENERS = "please today hello again maybe still somehow really first also"
CLOSERS = "online tomorrow abroad quickly twice myself here anyway soon yesterday"

Seconds = dict[str, float]
Ratios = dict[str, dict[str, float]]


@dataclass
class Stopwatch:
    """Processor seconds of each step, all threads together."""

    seconds: Seconds = field(default_factory=dict)

    @contextmanager
    def timing(self, step: str) -> Iterator[None]:
        """Time the block as a step."""
        begin = time.process_time()
        yield
        self.seconds[step] = time.process_time() - begin


def reference() -> float:
    """Do a fixed piece of work, and return its processor seconds."""
    begin, rng = time.process_time(), np.random.default_rng(0)
    X = rng.standard_normal((2_048, DIMENSIONS), dtype=np.float32)
    for _ in range(8):
        np.argpartition(X @ X.T, 10, axis=1)
    counts = Counter[int]()
    for number in range(1_000_000):
        counts[number * 7_919 % 1_009] += 1
    return time.process_time() - begin


def vector_of(word: str) -> Matrix:
    """Return the fixed random unit vector of a word, shape (d,)."""
    row = np.random.default_rng(list(word.encode())).standard_normal(DIMENSIONS, dtype=np.float32)
    return np.asarray(row / np.linalg.norm(row))


def embedded(texts: Sequence[str]) -> Matrix:
    """Return the sums of the vectors of the words of each text, made unit vectors, shape (n, d)."""
    known = {word: vector_of(word) for text in texts for word in text.split()}
    sums = np.array([np.sum([known[word] for word in text.split()], axis=0) for text in texts], dtype=np.float32)
    return np.asarray(sums / np.linalg.norm(sums, axis=1, keepdims=True))


def made_up(n: int) -> tuple[Corpus, Matrix]:
    """Return n distinct sentences of n / 40 intents, and their vectors, which lie around those of their words."""
    rng = np.random.default_rng(n)
    deeds = [f"{verb} {thing}" for verb in VERBS.split() for thing in OBJECTS.split()]
    intents = rng.permutation(deeds)[: n // ROWS_AN_INTENT]
    around = OPENERS.split(), CLOSERS.split()
    said = [f"{rng.choice(around[0])} {rng.choice(intents)} {rng.choice(around[1])} {i}" for i in range(n)]
    corpus = read(said)
    noise = rng.standard_normal((n, DIMENSIONS), dtype=np.float32) * np.float32(NOISE / np.sqrt(DIMENSIONS))
    X = 2.0 * embedded([text.rpartition(" ")[0] for text in corpus.texts]) + noise
    return corpus, np.asarray(X / np.linalg.norm(X, axis=1, keepdims=True), dtype=np.float32)


def seconds_of(corpus: Corpus, X: Matrix) -> Seconds:
    """Run the steps of dialin without an LLM, and return the processor seconds of each."""
    watch, settings = Stopwatch(), Settings()
    data = Data(corpus.texts, X, corpus.counts, [""] * len(X), SHIPPED["en"])
    with watch.timing("smoothing"):
        points = smoothed(X)
    with watch.timing("tree"):
        Agglomerative().fit(points)
    with watch.timing("heights: smoothing, tree, granularity"):
        context = Context.of(data, Tools(None, embedded), settings)
    with watch.timing("search"):
        draft = collect(Draft([""] * len(X)), context)
    with watch.timing("merge"):
        draft = merge_pieces(draft, context)
    pieces = decide(draft, context)
    with watch.timing("assign"):
        pieces.assign(X, assignment_roles(draft.roles, context))
    with watch.timing("names, P(good), reasons"):
        result = conclude(draft, context)
    plan = RunPlan("made up", Columns(), settings, Specs("none", SHIPPED["en"]))
    with tempfile.TemporaryDirectory() as folder:
        run = start(Path(folder) / "run", plan, corpus, Connections(None, embedded, SHIPPED["en"], ""))
        run = replace(run, manifest=replace(run.manifest, status=COMPLETE))
        files.write_array(run.folder / files.EMBEDDINGS, X)
        with watch.timing("files and report"):
            write_result(run, result, SessionLog(run.folder))
    return watch.seconds


def ratios(sizes: Sequence[int], rounds: int) -> Ratios:
    """Return, by number of sentences and step, the ratio of its least seconds to the least of the reference."""
    made = {n: made_up(n) for n in sizes}
    found, units = {n: list[Seconds]() for n in sizes}, list[float]()
    for _ in range(rounds):
        for n, corpus_and_vectors in made.items():
            with threadpool_limits(1):
                units.append(reference())
                found[n].append(seconds_of(*corpus_and_vectors))
    unit = min(units)
    return {
        str(n): {step: round(min(one[step] for one in own) / unit, 3) for step in own[0]} for n, own in found.items()
    }


def grown(now: Ratios, before: Ratios, factor: float) -> list[str]:
    """Return a line for each step that costs more than `factor` times what it did; new steps and sizes are not told.

    Examples
    --------
    >>> grown({"2000": {"tree": 3.2, "search": 1.0}}, {"2000": {"tree": 2.0, "search": 1.0}}, 1.5)
    ['2000 sentences, tree: 2 -> 3.2 times the reference']
    """
    return [
        f"{n} sentences, {step}: {before[n][step]:.3g} -> {ratio:.3g} times the reference"
        for n, own in now.items()
        for step, ratio in own.items()
        if step in before.get(n, {}) and max(ratio, LEAST) > factor * max(before[n][step], LEAST)
    ]


def compared(now: Ratios, before: Ratios | None, factor: float) -> list[str]:
    """Return what is wrong: the steps that have grown, or that nothing was measured on this machine before."""
    if before is None:
        return [f"{NAME}.json has no figures of this machine: run it with --write on the commit to compare with"]
    return grown(now, before, factor)


def main() -> None:
    """Measure, print, and write or compare; exit with 1 where a step costs too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--factor", type=float, default=FACTOR)
    parser.add_argument("--write", action="store_true", help="write the ratios, which later runs are compared with")
    options = parser.parse_args()
    now = ratios(options.sizes, options.rounds)
    for n, own in now.items():
        print(*(f"{n} sentences, {step}: {ratio}" for step, ratio in own.items()), sep="\n")
    rows, here = machine.read(NAME).get("machines", []), machine_name()
    if options.write:
        others = [row for row in rows if row["machine"] != here]
        row = machine.provenance(rounds=options.rounds, ratios=now)
        print(machine.write(NAME, {"machines": [*others, row]}))
    elif lines := compared(now, {row["machine"]: row["ratios"] for row in rows}.get(here), options.factor):
        sys.exit("\n".join(lines))


if __name__ == "__main__":
    main()
