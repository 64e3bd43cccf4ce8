"""Fit how the evidence for a cut weighs (`dialin.cluster.granularity.CutWeights`), and score it on families left out.

Each data set has the vectors of an embedder that has learnt neither it nor a relative (``studies.own.embedders``), and
gives five corpora: a sample of it, two choices of its intents, its intents with unequal sizes, and 600 sentences. The
posterior should put its weight on cuts that are near the true number of intents, or that a comparison with the labels
finds as good. Every family counts the same. Gold labels serve here alone. Writes ``studies/own/results/fineness.json``.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.cuts import closeness_of, cuts_of, gap_of, partition_of, random_like
from dialin.cluster.granularity import CutWeights, Measuring, cut_probabilities, quantiles
from dialin.discover.context import LEAST_MEASURED
from studies.own import machine
from studies.own.left_out import TWINS, cases_of

FAMILY = {"massive_i_small": "assistant", "massive_i_zh_small": "assistant", "hwu64": "assistant"}
"""Families of more than one set; any other set is one of its own."""
N_SAMPLED, N_PART, N_SMALL = 3_200, 2_500, 600
GRID = [
    CutWeights(gap, distance, closeness)
    for gap, distance, closeness in product(
        (1.0, 2.0, 3.0, 4.0, 6.0), (0.0, 0.5, 1.0, 2.0, 4.0), np.arange(36, 60, 2) / 100
    )
]
NEAR = 0.2
"""Standard deviation of log k around the true number of intents, in the target."""
SHARPNESS = 25.0
"""How fast the target falls with the adjusted Rand index of a cut."""


@dataclass(frozen=True, eq=False)
class CutFigures:
    """What is known of the cuts of one corpus: their evidence, and how good they are; arrays of shape (n_cuts,)."""

    data: str
    part: str
    n: int
    n_true: int
    cuts: Labels
    worth: Floats
    closeness: Floats
    ari: Floats

    @property
    def family(self) -> str:
        """The family of the data set."""
        return FAMILY.get(self.data, self.data)

    @property
    def target(self) -> Floats:
        """What the posterior should be: half near the true number, half by the adjusted Rand index."""
        near = np.exp(-np.square(np.log(self.cuts / self.n_true)) / (2 * NEAR**2))
        good = np.exp(SHARPNESS * (self.ari - self.ari.max()))
        return np.asarray((near / near.sum() + good / good.sum()) / 2)


def parts_of(gold: NDArray[np.str_], rng: np.random.Generator) -> Iterator[tuple[str, Labels]]:
    """Return the rows of five corpora made of one data set."""
    n, labels = len(gold), np.unique(gold)
    yield "all", _some(np.arange(n), N_SAMPLED, rng)
    for part in ("some intents", "other intents"):
        kept = rng.choice(
            labels, int(rng.integers(max(6, len(labels) // 5), int(len(labels) * 0.8) + 1)), replace=False
        )
        yield part, _some(np.flatnonzero(np.isin(gold, kept)), N_PART, rng)
    yield "unequal", _some(_unequal(gold, rng.permutation(labels), rng), N_PART, rng)
    yield "small", _some(np.arange(n), N_SMALL, rng)


def _some(rows: Labels, size: int, rng: np.random.Generator) -> Labels:
    return rows if len(rows) <= size else np.sort(rng.choice(rows, size, replace=False))


def _unequal(gold: NDArray[np.str_], labels: NDArray[np.str_], rng: np.random.Generator) -> Labels:
    """Return rows so that the r-th intent keeps its share of rows over r to the power .7, but four at least."""
    kept = []
    for rank, label in enumerate(labels, start=1):
        rows = np.flatnonzero(gold == label)
        kept.append(_some(rows, max(4, int(len(rows) / rank**0.7)), rng))
    return np.sort(np.concatenate(kept))


def figures_of(data: str, part: str, X: Matrix, gold: NDArray[np.str_]) -> CutFigures:
    """Measure the cuts of one corpus as `granularity_of` does."""
    order = np.lexsort(X.T[:8])
    X, gold = X[order], gold[order]
    cuts, rng = cuts_of(len(X), LEAST_MEASURED), np.random.default_rng(0)
    partition = partition_of(X)
    return CutFigures(
        data,
        part,
        len(X),
        len(np.unique(gold)),
        cuts,
        gap_of(X, cuts, LEAST_MEASURED, rng, random_like),
        closeness_of(X, partition, cuts),
        np.array([adjusted_rand_score(gold, partition.cut(int(k))) for k in cuts]),
    )


def fit(found: Sequence[CutFigures]) -> CutWeights:
    """Return the weights of the grid whose posteriors are likeliest, every family counting the same."""
    sizes = {family: sum(one.family == family for one in found) for family in {one.family for one in found}}

    def likelihood(weights: CutWeights) -> float:
        return sum(float(one.target @ np.log(chances(one, weights) + 1e-9)) / sizes[one.family] for one in found)

    return max(GRID, key=likelihood)


def chances(one: CutFigures, weights: CutWeights) -> Floats:
    """Return the posterior over the cuts of a corpus."""
    return cut_probabilities(one.worth, one.closeness, one.cuts, Measuring(LEAST_MEASURED, weights=weights))


def row_of(one: CutFigures, weights: CutWeights) -> dict[str, object]:
    """Return what the posterior says of a corpus, and what that cut is worth."""
    low, median, high = quantiles(one.cuts, chances(one, weights))
    ari = float(np.interp(np.log(median), np.log(one.cuts), one.ari))
    return {
        "data": one.data,
        "part": one.part,
        "n": one.n,
        "n_true": one.n_true,
        "suggested": round(median),
        "low": round(low),
        "high": round(high),
        "ari": round(ari, 3),
        "best_ari": round(float(one.ari.max()), 3),
    }


def summary(rows: Sequence[dict[str, object]]) -> dict[str, float]:
    """Return the means over data sets: |log(suggested / true)|, share within 0.67 to 1.5, inside the interval, ARI."""
    ratio = np.array([float(str(row["suggested"])) / float(str(row["n_true"])) for row in rows])
    inside = np.array([float(str(r["low"])) <= float(str(r["n_true"])) <= float(str(r["high"])) for r in rows])
    ari, best = (np.array([float(str(row[name])) for row in rows]) for name in ("ari", "best_ari"))
    names = np.array([row["data"] for row in rows])

    def mean(values: Floats) -> float:
        return round(float(np.mean([values[names == name].mean() for name in np.unique(names)])), 3)

    off = np.abs(np.log(ratio))
    return {
        "off": mean(off),
        "within": mean((off <= np.log(1.5)).astype(float)),
        "inside": mean(inside.astype(float)),
        "ari": mean(ari),
        "best_ari": mean(best),
    }


def main() -> None:
    """Measure all corpora, fit, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument("--data", nargs="+", default=list(TWINS))
    options = parser.parse_args()
    found = list[CutFigures]()
    for name in options.data:
        case = next(cases_of(name, options.models))
        for part, rows in parts_of(case.gold, np.random.default_rng(1)):
            found.append(figures_of(name, part, case.X[rows], case.gold[rows]))
            print(json.dumps(row_of(found[-1], CutWeights())), flush=True)
    families = {one.family for one in found}
    fitted = {family: fit([one for one in found if one.family != family]) for family in sorted(families)}
    held_out = [row_of(one, fitted[one.family]) for one in found]
    gap_only = summary([row_of(one, CutWeights()) for one in found])
    print(fit(found), summary(held_out), gap_only)
    results = {"all": fit(found), "by family left out": fitted, "held out": summary(held_out), "gap alone": gap_only}
    machine.write("fineness", machine.provenance(**results, rows=held_out))


if __name__ == "__main__":
    main()
