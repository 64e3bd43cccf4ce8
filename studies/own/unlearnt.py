"""Compare embedders on sentences that none of them has learnt: DSTC11, NLU++, and our businesses that only measure.

``python -m studies.own.unlearnt local:intents-en-v5 local:/path/to/a/folder`` measures Ward's tree told the number of
intents (AMI, ARI, ACC), and the share of the five nearest sentences of each that have its intent. Of the businesses,
only the turns that state a need count, and the figures are means. Writes
``studies/own/results/unlearnt-LANGUAGE.json``.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Matrix
from dialin.cluster.partition import Agglomerative
from dialin.embed.choose import embedder_of
from dialin.score.metrics import score
from studies.own import data, machine
from studies.own.calls import FOLDER, businesses
from studies.own.embedders import NOISE

SETS = ("dstc11_dev_insurance_task1_turns", "nlupp")
N_NEAREST = 5
LEAST = 5
"""Sentences of an intent, at least; the others are left out."""


@dataclass(frozen=True)
class LabelledTexts:
    """Distinct sentences of one corpus, with their intents."""

    corpus: str
    texts: list[str]
    gold: list[str]


def corpora(language: str) -> Iterator[LabelledTexts]:
    """Yield what no embedder of a language has learnt."""
    for business in businesses(FOLDER, language):
        yield LabelledTexts("businesses", business.needs.texts, business.needs.gold)
    for name in SETS if language == "en" else ():
        texts, labels = data.load(name)
        yield frequent(LabelledTexts(name, texts, labels.tolist()))


def frequent(corpus: LabelledTexts) -> LabelledTexts:
    """Return the sentences of the intents that have `LEAST` of them.

    Examples
    --------
    >>> frequent(LabelledTexts("c", ["a", "b", "c", "d", "e", "f"], ["x"] * 5 + ["y"])).texts
    ['a', 'b', 'c', 'd', 'e']
    """
    sizes = Counter(corpus.gold)
    rows = list(zip(corpus.texts, corpus.gold, strict=True))
    kept = [(text, intent) for text, intent in rows if sizes[intent] >= LEAST and intent not in NOISE]
    return LabelledTexts(corpus.corpus, [text for text, _ in kept], [intent for _, intent in kept])


def figures_of(X: Matrix, gold: NDArray[np.str_]) -> dict[str, float]:
    """Return the scores of Ward's tree, told the number of intents, and the share of near sentences of one's intent."""
    found = score(Agglomerative(smooth=True).fit(X).cut(len(np.unique(gold))), gold)
    return {"ami": found.ami, "ari": found.ari, "acc": found.acc, "near": near_alike(X, gold)}


def near_alike(X: Matrix, gold: NDArray[np.str_]) -> float:
    """Return the share of the nearest `N_NEAREST` others that have the intent of a sentence, the mean over all.

    Examples
    --------
    With five others each, all are near: of the other five, two have its intent.

    >>> near_alike(np.eye(6, dtype=np.float32), np.array(["a", "a", "a", "b", "b", "b"]))
    0.4
    """
    cosine = X @ X.T
    np.fill_diagonal(cosine, -np.inf)
    nearest = np.argsort(-cosine, axis=1)[:, :N_NEAREST]
    return float((gold[nearest] == gold[:, None]).mean())


def means_of(spec: str, language: str) -> dict[str, dict[str, float]]:
    """Return the mean figures of an embedder on each kind of corpus."""
    embedder, found = embedder_of(spec), dict[str, list[dict[str, float]]]()
    for corpus in corpora(language):
        found.setdefault(corpus.corpus, []).append(figures_of(embedder.encode(corpus.texts), np.array(corpus.gold)))
    return {
        name: {figure: round(float(np.mean([row[figure] for row in rows])), 3) for figure in rows[0]}
        for name, rows in found.items()
    }


def main() -> None:
    """Measure each embedder and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("embedders", nargs="+")
    parser.add_argument("--language", choices=("en", "zh"), default="en")
    options = parser.parse_args()
    found = {spec: means_of(spec, options.language) for spec in options.embedders}
    print(json.dumps(found, indent=1))
    machine.write(f"unlearnt-{options.language}", machine.provenance(found=found))


if __name__ == "__main__":
    main()
