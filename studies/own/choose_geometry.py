"""Choose the weights with which tightness judges where granularity cannot be measured: in small corpora or roles.

The study scores each choice of an intercept and of weights for tightness, size and share by the clusters that follow
from it. It runs the whole method without an LLM, not told k, on data sets that no benchmark evaluates. Each set is used
whole, as 1,000 sentences, and as the sentences of 5 or of 12 random intents, because a user's corpus may hold few
intents. A classifier of good and bad nodes would be too strict: it does not penalise an intent left in pieces. A
difference of 2 % in AMI + ARI is noise, so among the geometries that come this close to the best, the winner is the one
with the most accurate number of clusters. Writes ``studies/own/results/geometry.json``. The winner goes by hand into
``src/dialin/judge/calibration.json``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.discover.context import Tools, evidence_of
from dialin.discover.data import Data
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.judge.calibration import Calibration, calibration_of
from dialin.judge.coherence import CoherenceJudge, JudgeSettings, Mode
from dialin.judge.evidence import Evidence
from dialin.judge.sample import sampler_of
from dialin.llm.base import LLM
from dialin.models.home import cache_home
from dialin.score.metrics import score
from studies.own import data, machine

SETS = ("mtop_i_small", "bitext_customer_support", "hwu64", "smp2019_ecdt_nlu_train")
Row = dict[str, Any]
TIGHTNESS = 5.5
LEVELS = (2.0, 2.75, 3.5, 4.25)
"""Log-odds of a set of twenty sentences with tightness ½ that makes up a hundredth of the corpus."""
GRID = list(itertools.product((0.0, -0.5, -1.0), (0.25, 0.5, 1.0), LEVELS))
"""Weight of log(size), weight of log(n / size), and level."""
COLUMNS = "AMI, ARI, clusters / true"


@dataclass(frozen=True)
class Corpus:
    """A labelled corpus with its embeddings; `kind` is "whole", or names the number of intents drawn from it."""

    name: str
    kind: str
    data: Data
    gold: NDArray[np.str_]
    embedder: CachedEmbedder

    @cached_property
    def evidence(self) -> Evidence:
        """Evidence from the heights in the tree, measured once."""
        heights = heights_of(self.data, Settings(), trees_for(Settings()))
        return evidence_of(self.data, heights, calibration_of(""))

    def part(self, kind: str, rows: NDArray[np.int64]) -> Corpus:
        """Return the corpus of the given rows."""
        texts, n = [self.data.texts[i] for i in rows], len(rows)
        sentences = Data(texts, self.data.X[rows], np.ones(n, np.int64), [""] * n, self.data.embedder)
        return Corpus(f"{self.name}, {kind}", kind, sentences, self.gold[rows], self.embedder)


def corpus_of(name: str, n: int) -> Corpus:
    """Return at most n sentences of a data set, with embeddings."""
    texts, gold = data.load(name, n)
    embedder = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite")
    n_texts = len(texts)
    sentences = Data(texts, embedder.encode(texts), np.ones(n_texts, np.int64), [""] * n_texts, embedder.name)
    return Corpus(f"{name} ({len(texts)})", "whole", sentences, np.array(gold), embedder)


def few(corpus: Corpus, n_intents: int, seed: int) -> Corpus:
    """Return at most 60 sentences from each of `n_intents` random intents that have at least twelve sentences."""
    rng = np.random.default_rng(seed)
    intents, counts = np.unique(corpus.gold, return_counts=True)
    drawn = rng.choice(intents[counts >= 12], n_intents, replace=False)
    rows = np.concatenate([rng.permutation(np.flatnonzero(corpus.gold == intent))[:60] for intent in drawn])
    return corpus.part(f"{n_intents} intents", np.sort(rows))


def corpora() -> list[Corpus]:
    """Return all corpora of the study."""
    whole = [corpus_of(name, n) for name in SETS for n in (4_500, 1_000)]
    return whole + [few(corpus, n, seed) for corpus in whole[::2] for n in (5, 12) for seed in (0, 1)]


def figures(corpus: Corpus, calibration: Calibration, llm: LLM | None = None) -> list[float]:
    """Return AMI, ARI and clusters / true of the method with this calibration; intents stay unnamed."""
    mode: Mode = "both" if llm else "geometry"
    asked = JudgeSettings(calibration.form, mode, n_representatives=calibration.n_shown)
    X, sampler, evidence = corpus.data.X, sampler_of("convex", 2), corpus.evidence if llm else None
    judge = CoherenceJudge(corpus.data.texts, X, llm, sampler, asked, calibration, evidence=evidence)
    result = discover(corpus.data, Tools(None, corpus.embedder.encode, judge=judge), Settings())
    scores = score(result.labels, corpus.gold)
    return [round(x, 3) for x in (scores.ami, scores.ari, scores.n_clusters / scores.n_true)]


def summary(tried: list[Corpus], found: list[list[float]]) -> dict[str, list[float]]:
    """Return the mean figures of each kind of corpus and of all kinds; the mean of the ratio is geometric.

    In "all", whole corpora weigh as much as all other kinds together.
    """
    table = np.array(found)
    table[:, 2] = np.log(np.maximum(table[:, 2], 1e-3))
    kinds = {kind: table[[c.kind == kind for c in tried]].mean(axis=0) for kind in dict.fromkeys(c.kind for c in tried)}
    drawn = [mean for kind, mean in kinds.items() if kind != "whole"]
    kinds["all"] = np.mean([kinds["whole"], np.mean(drawn, axis=0)], axis=0) if drawn else kinds["whole"]
    return {kind: [*mean[:2].round(3).tolist(), round(float(np.exp(mean[2])), 3)] for kind, mean in kinds.items()}


def winner(rows: list[Row]) -> Row:
    """Return the row with the most accurate number of clusters among those within 2 % of the best AMI + ARI."""
    good = [sum(row["all"][:2]) for row in rows]
    near = [row for row, value in zip(rows, good, strict=True) if value >= 0.98 * max(good)]
    return min(near, key=lambda row: abs(float(np.log(row["all"][2]))))


def geometry_at(size: float, share: float, level: float) -> tuple[float, ...]:
    """Return the intercept and the weights of tightness, log(size) and log(n / size)."""
    intercept = level - TIGHTNESS / 2 - size * float(np.log(20)) - share * float(np.log(100))
    return (round(intercept, 2), TIGHTNESS, size, share)


def main() -> None:
    """Score every geometry of the grid and write the results."""
    tried, rows = corpora(), list[Row]()
    for geometry in itertools.starmap(geometry_at, GRID):
        calibration = Calibration("tried", geometry, (0.0, 1.0), (0.0, 1.0, 1.0))
        rows.append({"geometry": geometry, **summary(tried, [figures(corpus, calibration) for corpus in tried])})
        print(rows[-1], flush=True)
    rows.sort(key=lambda row: -sum(row["all"][:2]))
    best = winner(rows)["geometry"]
    results = machine.provenance(data=list(SETS), seed=0, columns=COLUMNS, winner=best, rows=rows)
    print(best, machine.write("geometry", results))


if __name__ == "__main__":
    main()
