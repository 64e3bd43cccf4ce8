"""Measure a cascade of judges: how often it misses its target, and what it saves.

``simulate`` runs `dialin.judge.cascade.CascadeJudge` with judges that answer by a script: calibrated, miscalibrated and
made to deceive it. ``measure`` runs the whole method on real sentences: the cheap judge is the one that dialin ships,
the dear one answers from the gold labels, with errors or without, and is asked about every set afterwards. They write
``studies/own/results/cascade-simulate.json`` and ``cascade-measure.json``.

    python -m studies.own.cascade simulate --runs 200
    python -m studies.own.cascade measure --data bank77_small --n 1000
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Bools, Floats, Matrix, Rows
from dialin.discover.context import Context, Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.replies import shared_store
from dialin.discover.settings import Settings
from dialin.discover.specs import TUNED_JUDGE
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.judge.cascade import CascadeJudge
from dialin.judge.questions import SetQuestion
from dialin.judge.verdict import Judge, Verdict
from dialin.llm.backends import backend_of
from dialin.llm.client import Client
from dialin.models.home import cache_home
from dialin.prompts.quoted import BULLET_CHARS, as_quote
from dialin.score.metrics import score
from studies.own import data, machine
from studies.own.once import measured_once
from studies.own.oracle import OracleLLM

TARGETS = (0.95, 0.9, 0.8)
ALONE = Settings(judge="llm")
BATCH = 16
"""Sets judged at a time, as in the tree search."""
Guesses = Callable[[np.random.Generator, int], tuple[Floats, Bools]]


@dataclass(frozen=True)
class KnownJudge(Judge):
    """Finds the set of the rows 2 i and 2 i + 1 good with the probability p[i]; each takes one question."""

    p: Floats

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return a verdict for each cluster."""
        return [Verdict.of(self.p[rows[0] // 2], "llm", 1) for rows in clusters]

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return a verdict for each union."""
        return self.judge([np.concatenate(pair) for pair in pairs])

    def needs_llm(self, question: SetQuestion) -> bool:  # noqa: ARG002  (a protocol)
        """Tell that the LLM is asked about every set."""
        return True

    def verdicts(self, questions: Sequence[SetQuestion]) -> list[Verdict]:
        """Return a verdict for each set."""
        return self.judge([question.union for question in questions])

    def for_audit(self) -> KnownJudge:
        """Return the same judge."""
        return self


def calibrated(sharpness: float) -> Guesses:
    """Return a cheap judge that errs as often as it doubts: (rng, n) -> its doubts, and whether it errs."""

    def guess(rng: np.random.Generator, n: int) -> tuple[Floats, Bools]:
        doubts = rng.beta(1, sharpness, n) / 2
        return doubts, rng.random(n) < doubts

    return guess


def overconfident(rng: np.random.Generator, n: int) -> tuple[Floats, Bools]:
    """Return doubts of 2 % on average, and errors in 17 %, most where it doubts."""
    doubts = rng.beta(1, 20, n) / 2
    return doubts, rng.random(n) < 0.05 + 5 * doubts


def underconfident(rng: np.random.Generator, n: int) -> tuple[Floats, Bools]:
    """Return doubts of 20 to 50 %, and errors in 3 %, most where it doubts."""
    doubts = 0.2 + 0.3 * rng.beta(1, 2, n)
    return doubts, rng.random(n) < 2 * (doubts - 0.2) ** 2


def sure(p_wrong: float) -> Guesses:
    """Return a cheap judge that hardly doubts, and errs in this share."""
    return lambda rng, n: (rng.random(n) / 1000, rng.random(n) < p_wrong)


def turncoat(rng: np.random.Generator, n: int) -> tuple[Floats, Bools]:
    """Return hardly any doubt, no error in the first two thirds, and then nothing else."""
    return rng.random(n) / 1000, np.arange(n) >= 2 * n // 3


JUDGES: dict[str, Guesses] = {
    "always right": sure(0.0),
    "calibrated, sharp": calibrated(20),
    "calibrated, blunt": calibrated(5),
    "overconfident": overconfident,
    "underconfident": underconfident,
    "sure, 6 % wrong": sure(0.06),
    "sure, 12 % wrong": sure(0.12),
    "a coin": sure(0.5),
    "always wrong": sure(1.0),
    "turncoat": turncoat,
}


@dataclass(frozen=True)
class Outcome:
    """What simulated cascades came to: shares of the runs that missed the target, and of the sets; in [0, 1]."""

    judge: str
    n_sets: int
    target: float
    runs: int
    missed: float
    saved: float
    agreement: float


def cascade_of(guesses: Guesses, n: int, target: float, seed: int) -> CascadeJudge:
    """Return the cascade of a cheap judge that guesses so, and of a dear one that is certain, for n sets."""
    rng = np.random.default_rng(seed)
    doubts, wrong = guesses(rng, n)
    is_good = rng.random(n) < 0.5
    cheap = np.where(is_good ^ wrong, 1 - doubts, np.minimum(doubts, 0.499))
    return CascadeJudge(KnownJudge(cheap), KnownJudge(np.where(is_good, 0.99, 0.01)), target, seed)


def agreement(cascade: CascadeJudge, n: int) -> float:
    """Return the share of n sets, asked about in batches, of which a cascade says what its dear judge says."""
    sets = [np.array([2 * i, 2 * i + 1]) for i in range(n)]
    found = [verdict for i in range(0, n, BATCH) for verdict in cascade.judge(sets[i : i + BATCH])]
    return float(np.mean([a.good == b.good for a, b in zip(found, cascade.dear.judge(sets), strict=True)]))


def simulated(name: str, n: int, target: float, runs: int) -> Outcome:
    """Return the outcome of so many runs with the judge of a name."""
    agreed, saved = np.empty(runs), np.empty(runs)
    for seed in range(runs):
        cascade = cascade_of(JUDGES[name], n, target, seed)
        agreed[seed] = agreement(cascade, n)
        saved[seed] = cascade.cascaded.n_cheap / n
    missed = float((agreed < target - 1e-9).mean())
    return Outcome(name, n, target, runs, missed, round(float(saved.mean()), 3), round(float(agreed.mean()), 4))


def simulate(runs: int) -> Iterator[dict[str, object]]:
    """Yield a row for each judge, number of sets and target."""
    cells = [(name, n, target) for target in TARGETS[:2] for n in (100, 200, 400, 1000) for name in JUDGES]
    yield from (asdict(simulated(*cell, runs)) for cell in cells)


class Recorder(Judge):
    """Hands all questions to a cascade, and keeps the verdicts."""

    def __init__(self, cascade: CascadeJudge) -> None:
        self.cascade = cascade
        self.found: dict[bytes, tuple[SetQuestion, Verdict]] = {}

    def judge(self, clusters: Sequence[Rows]) -> list[Verdict]:
        """Return the verdict of the cascade on each cluster."""
        return self._kept([SetQuestion(rows) for rows in clusters], self.cascade.judge(clusters))

    def judge_unions(self, pairs: Sequence[tuple[Rows, Rows]]) -> list[Verdict]:
        """Return the verdict of the cascade on each union."""
        return self._kept([SetQuestion.across(a, b) for a, b in pairs], self.cascade.judge_unions(pairs))

    def agreement(self) -> float:
        """Return the share of all verdicts that are those of the dear judge, which is asked now."""
        sets, verdicts = zip(*self.found.values(), strict=True)
        own = self.cascade.dear.verdicts(sets)
        return float(np.mean([a.good == b.good for a, b in zip(own, verdicts, strict=True)]))

    def _kept(self, sets: list[SetQuestion], verdicts: list[Verdict]) -> list[Verdict]:
        self.found |= {one.key(): (one, verdict) for one, verdict in zip(sets, verdicts, strict=True)}
        return verdicts


def sentences_of(name: str, n: int) -> tuple[Data, NDArray[np.str_]]:
    """Return a sample of a data set with its vectors, and the gold labels."""
    texts, gold = data.load(name, n)
    chosen = embedder_of("auto", texts)
    X = CachedEmbedder(chosen.embedder, cache_home() / "embeddings.sqlite").encode(texts)
    return Data(texts, X, np.ones(len(texts), np.int64), [""] * len(texts), chosen.name), gold


def measure(name: str, n: int) -> Iterator[dict[str, object]]:
    """Yield what cascades come to in the method, after each of the two judges alone.

    The cheap judge is the shipped one, the dear one knows the gold labels. The LLMs alone judge, so that a set has the
    same verdict whenever it is asked about.
    """
    sentences, gold = sentences_of(name, n)
    shown = {as_quote(text, BULLET_CHARS): label for text, label in zip(sentences.texts, gold.tolist(), strict=True)}
    with Client(backend_of(TUNED_JUDGE), [shared_store()]) as cheap:
        tools = Tools(None, no_labels, cheap, ranks_names=False)
        for wrong in (0.0, 0.1):
            dear = OracleLLM(shown, wrong)
            for own in (tools, replace(tools, judge_llm=dear)):
                yield {"data": name, "wrong": wrong, "judge": llm_name(own)} | scored(sentences, gold, own, ALONE)
            for target in TARGETS:
                settings = replace(ALONE, cascade_target=target)
                recorder = Recorder(cascade_in(sentences, replace(tools, dear_llm=dear), settings))
                row = scored(sentences, gold, replace(tools, judge=recorder), settings)
                counts = asdict(recorder.cascade.cascaded) | {"agreement": round(recorder.agreement(), 4)}
                yield {"data": name, "wrong": wrong, "judge": "cascade"} | row | counts


def llm_name(tools: Tools) -> str:
    """Return the name of the LLM that judges."""
    llm = tools.llm_for("judge")
    return llm.name if llm else ""


def no_labels(names: Sequence[str]) -> Matrix:
    """Return a vector for each name; nothing is named here."""
    return np.zeros((len(names), 1), np.float32)


def cascade_in(sentences: Data, tools: Tools, settings: Settings) -> CascadeJudge:
    """Return the cascade that the method would use."""
    judge = Context.of(sentences, tools, settings).judge
    assert isinstance(judge, CascadeJudge)  # the tools have a dear LLM
    return judge


def scored(sentences: Data, gold: NDArray[np.str_], tools: Tools, settings: Settings) -> dict[str, object]:
    """Return the scores of a run."""
    found = score(discover(sentences, tools, settings).labels, gold)
    return {"ami": round(found.ami, 3), "acc": round(found.acc, 3), "n_clusters": found.n_clusters}


def main() -> None:
    """Simulate or measure, write the rows, and print them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["simulate", "measure"])
    parser.add_argument("--runs", type=int, default=200, help="simulated runs of each row")
    parser.add_argument("--data", default="bank77_small")
    parser.add_argument("--n", type=int, default=1000, help="sentences of the data set")
    args = parser.parse_args()
    rows = simulate(args.runs) if args.what == "simulate" else measure(args.data, args.n)
    found = list[dict[str, object]]()
    with measured_once():
        for row in rows:
            print(row, flush=True)
            found.append(row)
            machine.write(f"cascade-{args.what}", machine.provenance(rows=found))  # a slow one may be stopped


if __name__ == "__main__":
    main()
