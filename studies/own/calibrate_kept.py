"""Fit P(good) of the clusters that a run keeps, on vectors of embedders that have not learnt the sentences.

Of the public sets, the vectors are those of the untuned embedders from which the shipped ones are made; of the calls of
``studies.own.calls``, which the shipped ones have not learnt, they are theirs. dialin runs on each set without an LLM,
and a kept cluster is good if at least 90 % of its sentences have one label. The model is logistic in the log-odds of
the two shares of `dialin.judge.isolation.Isolation` and in log(size). Every family has the same weight, in it the
corpora of few intents as much as the others, and in these every corpus: the families are those of
``studies.own.embedders``, and the calls. Each public set is used whole, as 120 to 2,500 sentences,
and as the sentences of 5, 12 and 25 random intents, at most 10 or 60 of each or all of them: a user's corpus may be
small, hold few intents, or hold hundreds of sentences of each. Of the calls, what states no need is no intent, and only
the clusters of needs count. DSTC11 and NLU++, by the shipped embedder, are not fitted on.

``python -m studies.own.calibrate_kept`` reads the clusters in ``results/kept.csv``; with ``--data FOLDER`` it makes
this table anew. It writes ``studies/own/results/kept.json``: the weights, which go by hand into
``src/dialin/judge/calibration.json`` as ``confidence_weights``; the scores on each family by a model of the other
families; and what the words of `dialin.judge.certainty` mean there, for `dialin.judge.certainty.CERTAINTY_NOTE`.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
import pyarrow.parquet as pq
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Floats, Matrix, Rows
from dialin.discover.connect import kinds_by_shipped
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.embed.cache import CachedEmbedder
from dialin.embed.choose import embedder_of
from dialin.judge.certainty import CLEAR, MIXED
from dialin.judge.isolation import isolation_of
from dialin.models.home import cache_home
from dialin.name.actions import CUSTOMER
from dialin.name.kinds import NEED
from dialin.score.reliability import auc, expected_calibration_error
from studies.own import machine
from studies.own.calls import FOLDER, OTHER, businesses
from studies.own.embedders import FAMILIES, SETTINGS, SHIPPED, Sentences, sentences_of

RowsOf = Callable[[Path], Iterator[dict[str, Any]]]
"""The folder of the data -> clusters, one row each."""
TABLE = machine.RESULTS / "kept.csv"
EVIDENCE = ("near", "wide", "log_size")
FAMILY_OF = {
    **{name: family for families in FAMILIES.values() for family, names in families.items() for name in names},
    **{business.name: "calls" for business in businesses(FOLDER)},
}
"""Family of each set that is fitted on; MASSIVE in Chinese holds sentences of HWU64 in another language."""
UNFITTED = ("dstc11_dev_insurance_task1_turns", "dstc11_dev_insurance_utterances", "nlupp")
"""Sets that neither a shipped embedder nor P(good) has learnt."""
GOOD = 0.9
"""Least share of one label in a good cluster."""
SIZES = (120, 250, 400, 1_000, 2_500)
N_INTENTS = (5, 12, 25)
MIN_EACH = 12
"""Least sentences of each random intent."""
MOST_EACH = (10, 60, 10**6)
"""Most sentences of each."""


@dataclass(frozen=True, eq=False)
class LabelledVectors:
    """Sentences of one family, with unit-norm vectors X (n, d) and labels."""

    family: str
    data: Data
    gold: NDArray[np.str_]
    has_few_intents: bool = False

    def part(self, rows: Rows) -> LabelledVectors:
        """Return these rows."""
        texts, n = [self.data.texts[row] for row in rows], len(rows)
        kinds = self.data.kinds and self.data.kinds.at(rows)
        own = Data(texts, self.data.X[rows], np.ones(n, np.int64), [""] * n, self.data.embedder, kinds=kinds)
        return LabelledVectors(self.family, own, self.gold[rows])


@dataclass(frozen=True, eq=False)
class KeptClusters:
    """Clusters kept in one corpus of a family: both log-odds and log(size), shape (m, 3), and the purities, (m,)."""

    family: str
    features: Floats
    purity: Floats
    has_few_intents: bool = False

    @property
    def good(self) -> NDArray[np.bool_]:
        """Whether each is one intent, shape (m,)."""
        return self.purity >= GOOD


def corpora_in(data: Path) -> Iterator[tuple[str, LabelledVectors]]:
    """Yield the parts of each set, and the calls, with the name of each set."""
    for language, families in FAMILIES.items():
        for name in chain.from_iterable(families.values()):
            yield from ((name, part) for part in parts_of(embedded(data, name, f"local:{SETTINGS[language].base}")))
    for business in businesses(FOLDER):
        found = Sentences(business.texts, business.gold)
        yield business.name, labelled("calls", found, SHIPPED[business.language])
    for name in UNFITTED:
        yield from ((name, part) for part in parts_of(embedded(data, name, SHIPPED["en"])))


def embedded(data: Path, name: str, spec: str) -> LabelledVectors:
    """Return what customers say in a set, with the vectors of an embedder."""
    return labelled(FAMILY_OF.get(name, name), sentences_of(pq.read_table(data / f"{name}.parquet")), spec)


def labelled(family: str, found: Sentences, spec: str) -> LabelledVectors:
    """Return a set from its sentences, with the vectors of an embedder and the kind of each sentence."""
    embedder = CachedEmbedder(embedder_of(spec), cache_home() / "embeddings.sqlite")
    n = len(found.texts)
    kinds = kinds_by_shipped(found.texts, [CUSTOMER] * n)
    data = Data(found.texts, embedder.encode(found.texts), np.ones(n, np.int64), [""] * n, spec, kinds=kinds)
    return LabelledVectors(family, data, np.array(found.labels))


def parts_of(whole: LabelledVectors) -> list[LabelledVectors]:
    """Return a set whole, random parts of it, and twice the sentences of each number of random intents."""
    n, rng = len(whole.gold), np.random.default_rng(0)
    some = [whole.part(np.sort(rng.choice(n, size, replace=False))) for size in SIZES if size < n]
    drawn = [few_intents(whole, m, most, seed) for m in N_INTENTS for most in MOST_EACH for seed in (0, 1)]
    return [whole, *some, *drawn]


def few_intents(whole: LabelledVectors, n_intents: int, most: int, seed: int) -> LabelledVectors:
    """Return at most `most` sentences of each of some random intents that have at least twelve."""
    rng = np.random.default_rng(seed)
    intents, counts = np.unique(whole.gold, return_counts=True)
    often = intents[counts >= MIN_EACH]
    drawn = rng.choice(often, min(n_intents, len(often)), replace=False)
    rows = [rng.permutation(np.flatnonzero(whole.gold == intent))[:most] for intent in drawn]
    return replace(whole.part(np.sort(np.concatenate(rows))), has_few_intents=True)


def kept_of(part: LabelledVectors) -> KeptClusters:
    """Run the method without an LLM and return the clusters of two sentences or more that it keeps."""
    result = discover(part.data, Tools(None, embeds_nothing, ranks_names=False), Settings())
    features, purity, has_others = [], [], OTHER in part.gold
    for intent in result.intents:
        if has_others and intent.kind != NEED:
            continue  # nobody has said which of these turns say the same
        rows = np.flatnonzero(result.labels == intent.intent_id)
        apart = isolation_of(part.data.X, rows)
        if apart is None:
            continue
        features.append(apart.evidence(len(rows)))
        purity.append(purity_of(part.gold[rows]))
    return KeptClusters(part.family, np.array(features).reshape(-1, 3), np.array(purity), part.has_few_intents)


def embeds_nothing(texts: Sequence[str]) -> Matrix:
    """Raise NotImplementedError: without an LLM there are no names to embed."""
    raise NotImplementedError(texts)


def purity_of(labels: NDArray[np.str_]) -> float:
    """Return the share of the labels of a cluster that are the commonest one, `OTHER` aside.

    Examples
    --------
    >>> purity_of(np.array(["a"] * 8 + ["b"] * 2)), purity_of(np.array(["a"] * 2 + ["no need"] * 8))
    (0.8, 0.2)
    """
    counts = np.unique(labels[labels != OTHER], return_counts=True)[1]
    return float(counts.max(initial=0) / len(labels))


def fit(kept: Sequence[KeptClusters]) -> LogisticRegression:
    """Fit the model with the same weight for every family.

    In a family, the corpora of few intents weigh as much as the others, and every corpus as much as any like it.
    """
    found = [one for one in kept if len(one.good)]
    n_corpora = Counter((one.family, one.has_few_intents) for one in found)
    n_sorts = Counter(family for family, _ in n_corpora)
    n_like = [n_corpora[one.family, one.has_few_intents] * n_sorts[one.family] for one in found]
    weight = np.concatenate([np.ones(len(one.good)) / len(one.good) / n for one, n in zip(found, n_like, strict=True)])
    model = LogisticRegression(max_iter=1_000)
    features, good = np.concatenate([one.features for one in found]), np.concatenate([one.good for one in found])
    return model.fit(features, good, sample_weight=weight / weight.mean())


def figures(good: NDArray[np.bool_], p: Floats) -> dict[str, float | None]:
    """Return how P(good) and truth compare: means, AUC, calibration error, and the share of good ones by word.

    None stands for what is not defined: a share of nothing, or the AUC where all are good.

    Examples
    --------
    Of two clear clusters one is good, of one mixed cluster none.

    >>> found = figures(np.array([True, False, False]), np.array([0.9, 0.7, 0.1]))
    >>> found["clear"], found["unsure"], found["mixed"]
    (0.5, None, 0.0)
    """
    means = {"expected": p.mean(), "true": good.mean()}
    values = {**means, "auc": auc(p, good), "ece": expected_calibration_error(p, good)}
    words = {"clear": p >= CLEAR, "unsure": (p >= MIXED) & (p < CLEAR), "mixed": p < MIXED}
    shares = {word: round(float(good[own].mean()), 3) if own.any() else None for word, own in words.items()}
    rounded = {name: None if np.isnan(value) else round(float(value), 3) for name, value in values.items()}
    return {"n": len(good), **rounded, **shares}


def scored(kept: Sequence[KeptClusters]) -> dict[str, dict[str, float | None]]:
    """Return the figures on each family by a model fitted on the other families, and on all of them together.

    What is not fitted on is scored by a model of all families, and does not count among them.
    """
    fitted = [one for one in kept if one.family not in UNFITTED]
    table, all_good, all_p = {}, list[NDArray[np.bool_]](), list[Floats]()
    for family in dict.fromkeys(one.family for one in kept):
        own = [one for one in kept if one.family == family]
        model = fit([one for one in fitted if one.family != family])
        p = model.predict_proba(np.concatenate([one.features for one in own]))[:, 1]
        good = np.concatenate([one.good for one in own])
        table[family] = figures(good, p)
        if family not in UNFITTED:
            all_good, all_p = [*all_good, good], [*all_p, p]
    return {**table, "all": figures(np.concatenate(all_good), np.concatenate(all_p))}


def rows_of(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the clusters of the runs on all corpora, one row each."""
    for part, (name, own) in enumerate(corpora_in(data)):
        kept = kept_of(own)
        for evidence, purity in zip(kept.features.round(3).tolist(), kept.purity.round(4).tolist(), strict=True):
            found = {**dict(zip(EVIDENCE, evidence, strict=True)), "purity": purity}
            yield {"set": name, "part": part, "has_few_intents": own.has_few_intents, **found}


def asked_table(doc: str | None, rows_of: RowsOf, path: Path) -> pa.Table:
    """Return the table of clusters in a file, which is made anew where the command line has the data."""
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--data", type=Path, help="folder of the parquet files; makes the table of clusters anew")
    options = parser.parse_args()
    if options.data:
        pcsv.write_csv(pa.Table.from_pylist(list(rows_of(options.data))), path)
    return pcsv.read_csv(path)


def runs_in(table: pa.Table, evidence: Sequence[str] = EVIDENCE) -> list[KeptClusters]:
    """Return the clusters of each run in a table of clusters, with some of their evidence."""
    run = pc.binary_join_element_wise(table["set"], table["part"].cast(pa.string()), " ")
    return [run_in(table.filter(pc.equal(run, name)), evidence) for name in dict.fromkeys(run.to_pylist())]


def run_in(own: pa.Table, evidence: Sequence[str]) -> KeptClusters:
    """Return the clusters of the one run in a table, with some of their evidence."""
    name = own["set"][0].as_py()
    features = np.stack([own[column].to_numpy() for column in evidence], axis=1)
    has_few_intents = "has_few_intents" in own.column_names and own["has_few_intents"][0].as_py()
    return KeptClusters(FAMILY_OF.get(name, name), features, own["purity"].to_numpy(), has_few_intents)


def weights_of(kept: Sequence[KeptClusters]) -> list[float]:
    """Return the intercept and the weights of a model of all families, two digits."""
    model = fit([one for one in kept if one.family not in UNFITTED])
    return [round(float(value), 2) for value in (*model.intercept_, *model.coef_[0])]


def main() -> None:
    """Make the table of clusters, if wanted, fit the model and write the results."""
    kept = runs_in(asked_table(__doc__, rows_of, TABLE))
    found = machine.provenance(seed=0, weights=weights_of(kept), scored=scored(kept))
    print(found, machine.write("kept", found))


if __name__ == "__main__":
    main()
