"""Measure how far the mean P(good) of a run is from the share of its clusters that are one intent.

The labels of a corpus are finer or coarser than the clusters that dialin finds in it, and no vector tells by how much:
in a single run, P(good) is too high or too low for all clusters together. ``python -m studies.own.shared_error`` reads
the kept clusters in ``results/shared_error.csv``: those of parts of the sets on which P(good) is fitted, by the untuned
embedders, and those of sets on which nothing is fitted, by the shipped one. It scores each family by a model fitted on
the others. It finds the least shared error with which the interval of `dialin.score.reliability.expected_goodness`
holds the true share in 95 % of the runs, and tries on each family the one found on the others. It also fits the line
by which `dialin.judge.certainty.expected_purity` follows P(good), and finds the mean purity behind each word, which
`dialin.judge.certainty.CERTAINTY_NOTE` gives. It writes ``results/shared_error.json``; with ``--data FOLDER`` it makes
the table of clusters anew.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from scipy.special import expit

from dialin.arrays import Floats
from dialin.embed.choose import ENGLISH
from dialin.judge.calibration import general_calibration
from dialin.judge.certainty import CERTAINTIES, certainty_of, expected_purity
from dialin.score.reliability import SHARED_ERROR, auc, expected_calibration_error, half_width
from studies.own import machine
from studies.own.calibrate_kept import APART, KeptClusters, LabelledVectors, embedded, few_intents, fit, kept_of
from studies.own.embedders import SETTINGS

TABLE = machine.RESULTS / "shared_error.csv"
FITTED = {
    "banking77_full": "bank",
    "bitext_customer_support": "support",
    "clinc150_full_with_oos": "clinc",
    "hwu64": "assistant",
    "massive_zh_cn": "assistant",
    "mtop_i_small": "mtop",
    "smp2019_ecdt_nlu_train": "smp",
}
"""Family of each set; MASSIVE holds sentences of HWU64 in another language."""
UNFITTED = (APART, "dstc11_dev_insurance_utterances", "nlupp")
"""Sets that neither a shipped embedder nor P(good) has learnt."""
IS_CHINESE = {"massive_zh_cn", "smp2019_ecdt_nlu_train"}
SIZES = (2_500, 1_000, 400)
FEW = ((5, 60, 0), (12, 60, 0), (25, 60, 0), (5, 400, 1), (12, 200, 1))
"""Random intents of a part, most sentences of each, and the seed."""
LEVEL = 0.95
EVIDENCE = ("near", "wide", "log_size")
RowsOf = Callable[[Path, str], Iterator[dict[str, Any]]]
"""The folder of the data and the name of a set -> its clusters, one row each."""


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


def runs_in(table: pa.Table, evidence: Sequence[str] = EVIDENCE) -> list[KeptClusters]:
    """Return the clusters of each run in a table of clusters, with some of their evidence."""
    run = pc.binary_join_element_wise(table["set"], table["part"].cast(pa.string()), " ")
    return [run_in(table.filter(pc.equal(run, name)), evidence) for name in dict.fromkeys(run.to_pylist())]


def run_in(own: pa.Table, evidence: Sequence[str]) -> KeptClusters:
    """Return the clusters of the one run in a table, with some of their evidence."""
    name = own["set"][0].as_py()
    features = np.stack([own[column].to_numpy() for column in evidence], axis=1)
    return KeptClusters(FITTED.get(name, name), features, own["purity"].to_numpy())


def asked_table(doc: str | None, rows_of: RowsOf, path: Path) -> pa.Table:
    """Return the table of clusters in a file, which is made anew where the command line has the data."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--data", type=Path, help="folder of the parquet files; makes the table of clusters anew")
    options = parser.parse_args()
    if options.data:
        pcsv.write_csv(table_of(options.data, rows_of), path)
    return pcsv.read_csv(path)


def table_of(data: Path, rows_of: RowsOf) -> pa.Table:
    """Return the clusters that dialin keeps in parts of all sets."""
    return pa.Table.from_pylist(list(chain.from_iterable(rows_of(data, name) for name in (*FITTED, *UNFITTED))))


def rows_of(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the clusters of the runs on one set, one row each."""
    whole = embedded(data / f"{name}.parquet", FITTED.get(name, name), embedder_for(name))
    for part, own in enumerate(parts_of(whole)):
        kept = kept_of(own)
        for evidence, purity in zip(kept.features.round(3).tolist(), kept.purity.round(4).tolist(), strict=True):
            yield {"set": name, "part": part, **dict(zip(EVIDENCE, evidence, strict=True)), "purity": purity}


def embedder_for(name: str) -> str:
    """Return the embedder whose vectors of a set are looked at: one that has not learnt it."""
    if name in FITTED:
        return SETTINGS["zh" if name in IS_CHINESE else "en"].base
    return ENGLISH


def parts_of(whole: LabelledVectors) -> Iterator[LabelledVectors]:
    """Yield random parts of a set, and sentences of some of its intents."""
    n, rng = len(whole.gold), np.random.default_rng(0)
    for size in SIZES:
        yield whole.part(np.sort(rng.choice(n, min(size, n), replace=False)))
    for n_intents, most, seed in FEW:
        yield few_intents(whole, n_intents, most, seed)


def main() -> None:
    """Make the table of clusters, if wanted, and write the figures."""
    found = machine.provenance(seed=0, **scores(runs_in(asked_table(__doc__, rows_of, TABLE))))
    print(found, machine.write("shared_error", found))


if __name__ == "__main__":
    main()
