"""Try whether P(good) is too high in small corpora, and whether a fit on small parts mends that.

P(good) is fitted on parts of 300 sentences and more (``studies.own.calibrate_kept``). Here dialin runs without an LLM
on 120 random sentences of each set (three times), on 120 of those of 12 random intents (three times), and on 250, by an
embedder that has not learnt the set. ``results/small_corpora.csv`` holds the clusters that it keeps.
``python -m studies.own.small_corpora`` scores them, and those of ``studies.own.shared_error``, on each family by two
models of the other families: one fitted on the larger parts alone, one on both. It writes the figures, and the weights
of a model of all, into ``results/small_corpora.json``; with ``--data FOLDER`` it makes the table anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

from dialin.embed.cache import CachedEmbedder
from dialin.embed.onnx import OnnxEmbedder
from dialin.models.home import cache_home
from dialin.score.reliability import SHARED_ERROR
from studies.own import machine, shared_error
from studies.own.calibrate_kept import KeptClusters, LabelledVectors, fit, kept_of, labelled
from studies.own.embedders import sentences_of
from studies.own.found_again import some_of
from studies.own.shared_error import EVIDENCE, FITTED, UNFITTED, ScoredRun, asked_table, embedder_for, figures, runs_in

TABLE = machine.RESULTS / "small_corpora.csv"
SMALL, MEDIUM = 120, 250
N_DRAWN, N_INTENTS = 3, 12
MIN_EACH = 8
"""Least sentences of each random intent in the sentences that are drawn from."""


def parts_of(whole: LabelledVectors) -> Iterator[LabelledVectors]:
    """Yield small random parts of a set, small parts of twelve of its intents, and a larger part."""
    n, rng = len(whole.gold), np.random.default_rng(7)
    for _ in range(N_DRAWN):
        yield whole.part(np.sort(rng.choice(n, min(SMALL, n), replace=False)))
    intents, counts = np.unique(whole.gold, return_counts=True)
    often = intents[counts >= MIN_EACH]
    for _ in range(N_DRAWN):
        drawn = rng.choice(often, min(N_INTENTS, len(often)), replace=False)
        rows = np.flatnonzero(np.isin(whole.gold, drawn))
        yield whole.part(np.sort(rng.choice(rows, min(SMALL, len(rows)), replace=False)))
    yield whole.part(np.sort(rng.choice(n, min(MEDIUM, n), replace=False)))


def rows_of(data: Path, name: str) -> Iterator[dict[str, Any]]:
    """Yield the clusters of the runs on one set, one row each."""
    found = some_of(sentences_of(pq.read_table(data / f"{name}.parquet")))
    embedder = CachedEmbedder(OnnxEmbedder(embedder_for(name)), cache_home() / "embeddings.sqlite")
    whole = labelled(FITTED.get(name, name), embedder.encode(found.texts), found, embedder.name)
    for number, part in enumerate(parts_of(whole)):
        kept = kept_of(part)
        for evidence, purity in zip(kept.features.round(3).tolist(), kept.purity.round(4).tolist(), strict=True):
            yield {"set": name, "part": number, **dict(zip(EVIDENCE, evidence, strict=True)), "purity": purity}


def scored(runs: Sequence[KeptClusters], fitted: Sequence[KeptClusters]) -> list[ScoredRun]:
    """Return the runs, each scored by a model that is fitted without its family, and without the sets apart."""
    families = dict.fromkeys(one.family for one in runs)
    apart = {family: fit([one for one in fitted if one.family not in {family, *UNFITTED}]) for family in families}
    return [ScoredRun(one, apart[one.family].predict_proba(one.features)[:, 1]) for one in runs]


def scores(large: Sequence[KeptClusters], small: Sequence[KeptClusters]) -> dict[str, Any]:
    """Return the figures of small and of larger parts by family, by both models, and the weights of a model of all."""
    both, found = [*large, *small], dict[str, Any]()
    for size, runs in (("small", small), ("large", large)):
        for name, fitted in (("by large", large), ("by both", both)):
            found[f"{size} parts, {name}"] = by_family(scored(runs, fitted))
    model = fit([one for one in both if one.family not in UNFITTED])
    return {**found, "weights": [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0])]}


def by_family(runs: Sequence[ScoredRun]) -> dict[str, dict[str, float]]:
    """Return the figures of each family, and their means."""
    families = dict.fromkeys(one.kept.family for one in runs)
    found = {family: figures([one for one in runs if one.kept.family == family], SHARED_ERROR) for family in families}
    names = ("expected", "true", "auc", "brier", "off_by_run", "held")
    means = {name: round(float(np.mean([own[name] for own in found.values()])), 3) for name in names}
    return {**found, "mean": means}


def main() -> None:
    """Make the table of clusters, if wanted, and write the figures."""
    small = runs_in(asked_table(__doc__, rows_of, TABLE))
    large = runs_in(pcsv.read_csv(shared_error.TABLE))
    found = machine.provenance(seed=0, **scores(large, small))
    print({name: own["mean"] for name, own in scores(large, small).items() if name != "weights"})
    print(found["weights"], machine.write("small_corpora", found))


if __name__ == "__main__":
    main()
