"""Measure how far the mean P(good) of a run is from the share of its clusters that are one intent.

The labels of a corpus are finer or coarser than the clusters that dialin finds in it, and no vector tells by how much:
in a single run, P(good) is too high or too low for all clusters together. ``python -m studies.own.shared_error`` reads
the kept clusters of ``studies.own.calibrate_kept``, and scores each family by a model fitted on the others, and the
sets that are not fitted on by the shipped one. It finds the least shared error with which the interval of
`dialin.score.reliability.expected_goodness` holds the true share in 95 % of the runs, and tries on each family the one
found on the others. It also fits the line by which `dialin.judge.certainty.expected_purity` follows P(good), and finds
the mean purity behind each word, which `dialin.judge.certainty.CERTAINTY_NOTE` gives. It writes
``results/shared_error.json``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.csv as pcsv
from scipy.special import expit

from dialin.arrays import Floats
from dialin.judge.calibration import general_calibration
from dialin.judge.certainty import CERTAINTIES, certainty_of, expected_purity
from dialin.score.reliability import SHARED_ERROR, auc, expected_calibration_error, half_width
from studies.own import machine
from studies.own.calibrate_kept import TABLE, UNFITTED, KeptClusters, fit, runs_in

LEVEL = 0.95


@dataclass(frozen=True, eq=False)
class ScoredRun:
    """The P(good) of the clusters of one run, shape (m,), by a model that has not seen its family, and the truth."""

    kept: KeptClusters
    p: Floats

    @property
    def off(self) -> float:
        """How much higher the mean P(good) is than the share of good clusters."""
        return float(self.p.mean() - self.kept.good.mean())

    @property
    def purity_off(self) -> float:
        """How much higher the expected purity is than the mean purity of the clusters."""
        return float(np.mean([expected_purity(p) for p in self.p.tolist()]) - self.kept.purity.mean())

    @property
    def needed(self) -> float:
        """The least shared error with which the interval holds the true share.

        Examples
        --------
        Of 100 clusters with P ½, 70 are good: w is ¼, and √((.2 / 1.96)² − .0025) / w is .36.

        >>> kept = KeptClusters("a", np.zeros((100, 3)), 1.0 * (np.arange(100) < 70))
        >>> round(ScoredRun(kept, np.full(100, 0.5)).needed, 2)
        0.36
        """
        each = float((self.p * (1 - self.p)).mean())
        return float(np.sqrt(max((self.off / 1.96) ** 2 - each / len(self.p), 0.0))) / each

    def is_held(self, shared_error: float) -> bool:
        """Tell whether the interval with this shared error holds the true share."""
        return abs(self.off) <= half_width(self.p, shared_error)


def shared_error_of(runs: Sequence[ScoredRun]) -> float:
    """Return the least shared error that suffices for 95 % of the runs, with the same weight for every family."""
    _, family, counts = np.unique([one.kept.family for one in runs], return_inverse=True, return_counts=True)
    needed, weight = np.array([one.needed for one in runs]), 1 / counts[family]
    order = np.argsort(needed)
    reached = np.cumsum(weight[order]) / weight.sum()
    return float(needed[order][np.searchsorted(reached, LEVEL)])


def purity_line(runs: Sequence[ScoredRun]) -> tuple[float, float]:
    """Return the purity at a P(good) of 0 and what it gains up to 1, with the same weight for every family.

    Examples
    --------
    >>> run = ScoredRun(KeptClusters("a", np.zeros((3, 3)), np.array([0.5, 0.7, 0.9])), np.array([0.0, 0.5, 1.0]))
    >>> [round(value, 2) for value in purity_line([run])]
    [0.5, 0.4]
    """
    families = Counter(one.kept.family for one in runs for _ in one.p)
    weight = [1 / families[one.kept.family] for one in runs for _ in one.p]
    p, purity = np.concatenate([one.p for one in runs]), np.concatenate([one.kept.purity for one in runs])
    gain, least = np.polyfit(p, purity, 1, w=np.sqrt(weight))
    return float(least), float(gain)


def purity_by_word(runs: Sequence[ScoredRun]) -> dict[str, float]:
    """Return the mean purity of the clear, the unsure and the mixed clusters, with the same weight for every family.

    Examples
    --------
    >>> run = ScoredRun(KeptClusters("a", np.zeros((3, 3)), np.array([0.5, 0.7, 0.9])), np.array([0.0, 0.5, 0.5]))
    >>> purity_by_word([run])
    {'unsure': 0.8, 'mixed': 0.5}
    """
    found: dict[str, dict[str, list[float]]] = {word: {} for word in CERTAINTIES}
    for one in runs:
        for p, purity in zip(one.p.tolist(), one.kept.purity.tolist(), strict=True):
            found[certainty_of(p)].setdefault(one.kept.family, []).append(purity)
    means = {word: [float(np.mean(own)) for own in families.values()] for word, families in found.items() if families}
    return {word: round(float(np.mean(own)), 2) for word, own in means.items()}


def held_out(kept: Sequence[KeptClusters]) -> list[ScoredRun]:
    """Return the runs of several families, each scored by a model of the other families."""
    families = dict.fromkeys(one.family for one in kept)
    models = {family: fit([one for one in kept if one.family != family]) for family in families}
    return [ScoredRun(one, models[one.family].predict_proba(one.features)[:, 1]) for one in kept]


def by_shipped(kept: KeptClusters) -> ScoredRun:
    """Return a run scored by the shipped model."""
    intercept, *weights = general_calibration("").confidence_weights or ()
    return ScoredRun(kept, np.asarray(expit(intercept + kept.features @ np.array(weights))))


def figures(runs: Sequence[ScoredRun], shared_error: float) -> dict[str, float]:
    """Return the scores of all clusters of some runs, and the share of the runs that the intervals hold."""
    p, good = np.concatenate([one.p for one in runs]), np.concatenate([one.kept.good for one in runs])
    values = {
        "expected": p.mean(),
        "true": good.mean(),
        "auc": auc(p, good),
        "brier": ((p - good) ** 2).mean(),
        "ece": expected_calibration_error(p, good),
        "off_by_run": np.sqrt(np.mean([one.off**2 for one in runs])),
        "shared_error": shared_error,
        "purity": np.concatenate([one.kept.purity for one in runs]).mean(),
        "expected_purity": np.mean([expected_purity(each) for each in p.tolist()]),
        "purity_off_by_run": np.sqrt(np.mean([one.purity_off**2 for one in runs])),
        "held_without": np.mean([one.is_held(0.0) for one in runs]),
        "held": np.mean([one.is_held(shared_error) for one in runs]),
    }
    return {"runs": len(runs), "clusters": len(p), **{name: round(float(value), 3) for name, value in values.items()}}


def scores(kept: Sequence[KeptClusters]) -> dict[str, Any]:
    """Return the figures of each family by the others, those of each set not fitted on, and the shared error."""
    fitted = held_out([one for one in kept if one.family not in UNFITTED])
    found = dict[str, Any]()
    for family in dict.fromkeys(one.kept.family for one in fitted):
        others = shared_error_of([one for one in fitted if one.kept.family != family])
        found[family] = figures([one for one in fitted if one.kept.family == family], others)
    for name in UNFITTED:
        if own := [by_shipped(one) for one in kept if one.family == name]:
            found[name] = figures(own, SHARED_ERROR)
    line = [round(value, 2) for value in purity_line(fitted)]
    words = purity_by_word(fitted)
    shared_error = round(shared_error_of(fitted), 2)
    return {"sets": found, "shared_error": shared_error, "purity_line": line, "purity_by_word": words}


def main() -> None:
    """Write the figures."""
    found = machine.provenance(seed=0, **scores(runs_in(pcsv.read_csv(TABLE))))
    print(found, machine.write("shared_error", found))


if __name__ == "__main__":
    main()
