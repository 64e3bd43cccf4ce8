"""Choose how the geometry judges: intercept and weights of tightness and share, by the clusters that come of them.

The whole method without an LLM, not told k, on the sets of ``benchmarks.calibrate`` (none of which a benchmark
evaluates), whole and 1,000 sentences of each. A classifier of good and bad nodes would be too strict here: it has no
loss for a whole intent left in pieces. Of the geometries whose AMI + ARI comes within 2 % of the best one's, which is
noise, the one wins whose number of clusters is nearest to the truth. Writes ``benchmarks/results/geometry.json``; the
winner goes, by hand, into ``src/dialin/calibration.json``.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import data, machine
from benchmarks.calibrate import SETS
from dialin.calibrate import Calibration
from dialin.connect import cache_home
from dialin.discover import Data, Settings, Tools, discover
from dialin.embed import embedder_of
from dialin.embed_cache import CachedEmbedder
from dialin.judge import CoherenceJudge, JudgeSettings
from dialin.llm.base import LLM
from dialin.metrics import evaluate
from dialin.sample import sampler_of

TIGHTNESS = 5.5
Row = dict[str, Any]
GRID = list(itertools.product((0.0, 0.5, 1.0, 1.5, 2.0, 2.5), (1.25, 2.0, 2.75, 3.5, 4.25)))
"""Weight of log(n / size), and log-odds of a set of tightness ½ that holds a hundredth of the corpus."""


@dataclass(frozen=True)
class Corpus:
    """A labelled corpus, embedded."""

    name: str
    data: Data
    gold: NDArray[np.str_]
    embedder: CachedEmbedder


def corpus_of(name: str, n: int) -> Corpus:
    """Load and embed at most n sentences of a set."""
    texts, gold = data.load(name, n)
    embedder = CachedEmbedder(embedder_of("auto", texts), cache_home() / "embeddings.sqlite")
    sentences = Data(texts, embedder.encode(texts), np.ones(len(texts), np.int64), [""] * len(texts))
    return Corpus(f"{name} ({len(texts)})", sentences, np.array(gold), embedder)


def figures(corpus: Corpus, calibration: Calibration, llm: LLM | None = None) -> list[float]:
    """Return AMI, ARI and clusters / true of the method when its judge is calibrated so; intents stay unnamed."""
    settings = JudgeSettings(mode="both" if llm else "geometry")
    judge = CoherenceJudge(corpus.data.texts, corpus.data.X, llm, sampler_of("convex", 2), settings, calibration)
    result = discover(corpus.data, Tools(None, corpus.embedder.encode, judge), Settings())
    scores = evaluate(result.labels, corpus.gold)
    return [round(x, 3) for x in (scores.ami, scores.ari, scores.n_clusters / scores.n_true)]


def winner(rows: list[Row]) -> Row:
    """Return the row whose number of clusters is nearest to the truth, of those nearly as good as the best."""
    good = [sum(row["mean_ami_ari_ratio"][:2]) for row in rows]
    near = [row for row, value in zip(rows, good, strict=True) if value >= 0.98 * max(good)]
    return min(near, key=lambda row: abs(float(np.log(row["mean_ami_ari_ratio"][2]))))


def main() -> None:
    """Try the grid and write what came of it."""
    corpora = [corpus_of(name, n) for name in SETS for n in (4_500, 1_000)]
    rows = list[Row]()
    for share, level in GRID:
        geometry = (level - TIGHTNESS / 2 - share * float(np.log(100)), TIGHTNESS, 0.0, share)
        calibration = Calibration("tried", geometry, (0.0, 1.0), (0.0, 1.0, 1.0))
        found = {corpus.name: figures(corpus, calibration) for corpus in corpora}
        mean = np.mean(list(found.values()), axis=0).round(3).tolist()
        rows.append({"geometry": [round(x, 2) for x in geometry], "mean_ami_ari_ratio": mean, "sets": found})
        print(rows[-1]["geometry"], mean, flush=True)
    rows.sort(key=lambda row: -sum(row["mean_ami_ari_ratio"][:2]))
    columns = "AMI, ARI, clusters / true"
    results = machine.provenance(data=list(SETS), seed=0, columns=columns, winner=winner(rows)["geometry"], rows=rows)
    print(winner(rows)["geometry"], machine.write("geometry", results))


if __name__ == "__main__":
    main()
