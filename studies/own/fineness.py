"""Fit how the evidence for a number of clusters weighs (`dialin.cluster.cut_weights.CutWeights`), on families left out.

Each data set has the vectors of an embedder that has learnt neither it nor a relative (``studies.own.embedders``). It
gives corpora of 5, 10, 20, 40, 80 and 150 sentences an intent, each of other intents, and its parts of similar intents,
which are like the regions of a large corpus. The suggested number should be near the number of intents that have three
sentences, however many sentences each intent has, and the cut there as good as the best one (adjusted Rand index).
Every family counts the same. Gold labels serve here alone. Writes ``studies/own/results/fineness.json``.
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
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from dialin.arrays import Floats, Labels, Matrix
from dialin.cluster.axes import along_leading_axes
from dialin.cluster.cut_weights import FITTED, CutWeights
from dialin.cluster.cuts import (
    MeasuredSample,
    closeness_of,
    cuts_of,
    measured_rows,
    random_like,
    samples_of,
    worth_of,
)
from dialin.cluster.granularity import MIN_SAMPLE, N_EACH, cut_probabilities, number_at, numbers_shown, quantiles
from dialin.discover.heights import LEAST_MEASURED
from studies.own import machine
from studies.own.left_out import TWINS, cases_of

FAMILY = {"massive_i_small": "assistant", "massive_i_zh_small": "assistant", "hwu64": "assistant"}
"""Families of more than one set; any other set is one of its own."""
DENSITIES = (5, 10, 20, 40, 80, 150)
N_TIMES = 2
N_MOST = 2_600
LEAST_INTENTS, INTENTS_A_PART = 6, 15
GRID = [
    CutWeights(gap, distance, closeness, raised, full)
    for gap, distance, closeness, raised, full in product(
        (2.0, 3.0, 4.0), (0.0, 0.5, 1.0, 2.0), np.arange(52, 70, 2) / 100, (0.0, 0.1, 0.2, 0.3), (40.0, 60.0, 80.0)
    )
]
MEASURES = "dstc11"
"""A data set that serves for comparisons alone, and fits nothing."""
CHINESE = 0.08
"""How much less close the sentences of an intent are in the Chinese vectors."""
WORST = 0.5
"""A greater square of the error in log k counts as this, twice or half the number: no one corpus decides."""
ARI_WEIGHT = 5.0
"""A tenth of ARI counts as much as that."""


@dataclass(frozen=True, eq=False)
class CutFigures:
    """What is known of one corpus: the evidence of its cuts, and how good they are.

    Parameters
    ----------
    data, part : str
        Data set, and how its corpus was drawn.
    density : float
        Sentences an intent.
    n_true : int
        Intents with three sentences.
    cuts, closeness, ari : arrays of shape (n_cuts,)
        Cuts of the tree of all sentences.
    sample : Curve
        The worth of the cuts of the thinner samples.
    """

    data: str
    part: str
    density: float
    n_true: int
    cuts: Labels
    closeness: Floats
    ari: Floats
    sample: Curve

    @property
    def family(self) -> str:
        """The family of the data set."""
        return FAMILY.get(self.data, self.data)

    def loss(self, number: float) -> float:
        """Return what is lost with a number of clusters: squares of its error in log, and the ARI below the best."""
        off = float(np.square(np.log(number / self.n_true)))
        ari = float(np.interp(np.log(number), np.log(self.cuts), self.ari))
        return min(off, WORST) + ARI_WEIGHT * (float(self.ari.max()) - ari)


@dataclass(frozen=True, eq=False)
class Curve:
    """The worth of the cuts of a sample of n sentences, shape (n_cuts,)."""

    n: int
    cuts: Labels
    worth: Floats


def corpora_of(X: Matrix, gold: NDArray[np.str_], rng: np.random.Generator) -> Iterator[tuple[str, Labels]]:
    """Return the rows of corpora of several densities, and of parts of similar intents."""
    names, intent, sizes = np.unique(gold, return_inverse=True, return_counts=True)
    for density, _ in product(DENSITIES, range(N_TIMES)):
        large = np.flatnonzero(sizes >= max(3, density / 2)) if density >= DENSITIES[3] else np.arange(len(names))
        n_intents = min(len(large), max(LEAST_INTENTS, N_MOST // density))
        rows = np.flatnonzero(np.isin(intent, rng.choice(large, n_intents, replace=False)))
        if n_intents >= LEAST_INTENTS and len(rows) >= density * n_intents / 2:
            yield f"{density} each", _some(rows, min(density * n_intents, N_MOST), rng)
    means = np.array([X[intent == i].mean(axis=0) for i in range(len(names))])
    part = KMeans(max(2, len(names) // INTENTS_A_PART), n_init=3, random_state=0).fit_predict(means)
    for number in range(part.max() + 1):
        rows = np.flatnonzero(part[intent] == number)
        if (part == number).sum() >= LEAST_INTENTS:
            yield "similar intents", _some(rows, N_MOST, rng)


def _some(rows: Labels, size: int, rng: np.random.Generator) -> Labels:
    return rows if len(rows) <= size else np.sort(rng.choice(rows, size, replace=False))


def figures_of(data: str, part: str, X: Matrix, gold: NDArray[np.str_]) -> CutFigures:
    """Measure the cuts of one corpus as `granularity_of` does."""
    rng = np.random.default_rng(0)
    order = measured_rows(X, rng)
    X, gold = X[order], gold[order]
    whole = MeasuredSample(along_leading_axes(X))
    cuts, partition = cuts_of(len(X), LEAST_MEASURED), whole.partition
    closeness = closeness_of(X, partition, cuts)
    near = number_at(closeness_in(data, FITTED), closeness, cuts)
    samples = samples_of(whole, max(MIN_SAMPLE, round(N_EACH * near)), rng)
    own = cuts_of(len(samples[0].X), LEAST_MEASURED)
    worth = worth_of(samples, own, LEAST_MEASURED, rng, random_like)
    sizes = np.unique(gold, return_counts=True)[1]
    return CutFigures(
        data,
        part,
        len(X) / len(sizes),
        int((sizes >= LEAST_MEASURED).sum()),
        cuts,
        closeness,
        np.array([adjusted_rand_score(gold, partition.cut(int(k))) for k in cuts]),
        Curve(len(samples[0].X), own, worth),
    )


def closeness_in(data: str, weights: CutWeights) -> float:
    """Return the closeness of one intent in the vectors of a data set."""
    return weights.closeness - (CHINESE if TWINS[data].startswith("zh") else 0.0)


def suggested(one: CutFigures, weights: CutWeights) -> tuple[float, float, float]:
    """Return the lower bound, the median and the upper bound of the number of clusters."""
    near = number_at(closeness_in(one.data, weights), one.closeness, one.cuts)
    numbers = numbers_shown(one.sample.cuts, one.sample.n, weights)
    return quantiles(numbers, cut_probabilities(one.sample.worth, numbers, near, weights))


def fit(found: Sequence[CutFigures]) -> CutWeights:
    """Return the weights of the grid that lose least (`CutFigures.loss`), every family counting the same."""
    sizes = {family: sum(one.family == family for one in found) for family in {one.family for one in found}}

    def error(weights: CutWeights) -> float:
        return sum(one.loss(suggested(one, weights)[1]) / sizes[one.family] for one in found)

    return min(GRID, key=error)


def row_of(one: CutFigures, weights: CutWeights) -> dict[str, object]:
    """Return what is suggested for a corpus, and what that cut is worth."""
    low, median, high = suggested(one, weights)
    ari = float(np.interp(np.log(median), np.log(one.cuts), one.ari))
    return {
        "data": one.data,
        "part": one.part,
        "density": round(one.density),
        "n_true": one.n_true,
        "suggested": round(median),
        "low": round(low),
        "high": round(high),
        "ari": round(ari, 3),
        "best_ari": round(float(one.ari.max()), 3),
    }


def summary(rows: Sequence[dict[str, object]]) -> dict[str, float]:
    """Return the means over data sets: log(suggested / true), its size, shares within 0.67 to 1.5 and inside, ARI."""
    ratio = np.array([float(str(row["suggested"])) / float(str(row["n_true"])) for row in rows])
    inside = np.array([float(str(r["low"])) <= float(str(r["n_true"])) <= float(str(r["high"])) for r in rows])
    ari, best = (np.array([float(str(row[name])) for row in rows]) for name in ("ari", "best_ari"))
    names = np.array([row["data"] for row in rows])

    def mean(values: Floats) -> float:
        return round(float(np.mean([values[names == name].mean() for name in np.unique(names)])), 3)

    off = np.log(ratio)
    return {
        "bias": mean(off),
        "off": mean(np.abs(off)),
        "within": mean((np.abs(off) <= np.log(1.5)).astype(float)),
        "inside": mean(inside.astype(float)),
        "ari": mean(ari),
        "best_ari": mean(best),
    }


def by_part(rows: Sequence[dict[str, object]]) -> dict[str, dict[str, float]]:
    """Return the summary of the corpora of each density, and of the parts."""
    parts = dict.fromkeys(str(row["part"]) for row in rows)
    return {part: summary([row for row in rows if row["part"] == part]) for part in parts}


def main() -> None:
    """Measure all corpora, fit, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=Path, required=True, help="folder of studies.own.embedders")
    parser.add_argument(
        "--data", nargs="+", default=[name for name in TWINS if name != "dstc11_dev_insurance_task1_turns"]
    )
    options = parser.parse_args()
    found = list[CutFigures]()
    for name in options.data:
        case = next(cases_of(name, options.models))
        for part, rows in corpora_of(case.X, case.gold, np.random.default_rng(1)):
            found.append(figures_of(name, part, case.X[rows], case.gold[rows]))
            print(json.dumps(row_of(found[-1], FITTED)), flush=True)
    families = {one.family for one in found}
    fitted = {family: fit([one for one in found if one.family != family]) for family in sorted(families)}
    held_out = [row_of(one, fitted[one.family]) for one in found]
    shipped = [row_of(one, FITTED) for one in found]
    results = {
        "all": fit(found),
        "by family left out": fitted,
        "held out": summary(held_out) | {"by part": by_part(held_out)},
        "shipped": summary(shipped) | {"by part": by_part(shipped)},
        "gap alone, as it is": summary([row_of(one, CutWeights(raised=0.0)) for one in found]),
    }
    print(json.dumps(results["held out"]), json.dumps(results["shipped"]))
    machine.write("fineness", machine.provenance(**results, rows=held_out))


if __name__ == "__main__":
    main()
