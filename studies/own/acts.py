"""Make the acts that turns without a need are named by (``src/dialin/name/acts.npz``).

``turn_acts.json`` holds what agents and customers of twelve businesses say when they do each, two turns a business, in
our own words. The vector of an act is the mean of that of all its turns. ``--left-out`` tells how often a turn lies
nearest to its own act where its business is left out of the means, and writes ``studies/own/results/acts.json``. Remake
the acts whenever a shipped embedder changes: ``python -m studies.own.acts``.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dialin.arrays import Matrix
from dialin.cluster.centroids import unit_rows
from dialin.discover.connect import open_embedder
from dialin.models.store import folder_of, sha256_of
from dialin.name.acts import DONE, write_acts
from dialin.name.needs import EMBEDDERS, Needs
from studies.own import machine

SAID = Path(__file__).with_name("turn_acts.json")
READ = machine.RESULTS / "acts_read.csv"
Turns = Mapping[str, Mapping[str, Sequence[str]]]
"""Act -> business -> turns."""


def said_by(language: str) -> dict[str, Turns]:
    """Return what people of each role say in a language."""
    found: dict[str, Turns] = json.loads(SAID.read_text("utf-8"))[language]
    return found


def vectors_of(turns: Turns, X: Mapping[str, Matrix], without: str = "") -> Matrix:
    """Return the mean vectors of acts, shape (n, d), unit norm; one business may be left out.

    Examples
    --------
    >>> turns = {"say-thanks": {"bank": ["ta"], "clinic": ["thank you"]}}
    >>> X = {"ta": np.array([1.0, 0.0]), "thank you": np.array([0.0, 1.0])}
    >>> vectors_of(turns, X).round(3).tolist(), vectors_of(turns, X, without="bank").tolist()
    ([[0.707, 0.707]], [[0.0, 1.0]])
    """
    means = [
        np.mean([X[text] for business, own in by_business.items() if business != without for text in own], axis=0)
        for by_business in turns.values()
    ]
    return unit_rows(np.array(means))


def left_out(turns: Turns, X: Mapping[str, Matrix]) -> dict[str, object]:
    """Return how often a turn lies nearest to its own act by the other businesses, and how near those lie."""
    hits, cosines = list[bool](), list[float]()
    for business in next(iter(turns.values())):
        V = vectors_of(turns, X, without=business)
        for place, by_business in enumerate(turns.values()):
            S = np.array([X[text] for text in by_business[business]]) @ V.T
            hits += (S.argmax(axis=1) == place).tolist()
            cosines += S.max(axis=1)[S.argmax(axis=1) == place].tolist()
    return {
        "acts": len(turns),
        "turns": len(hits),
        "nearest to their own": round(float(np.mean(hits)), 3),
        "cosine of these, 2 %, 10 %, median": np.quantile(cosines, [0.02, 0.1, 0.5]).round(2).tolist(),
    }


def readings(path: Path = READ) -> dict[str, dict[str, dict[str, int]]]:
    """Return how often readers called names right, broad or wrong, and preferred them, by reading and votes."""
    found = dict[str, dict[str, Counter[str]]]()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            votes = "enough votes" if float(row["share"]) >= DONE else "fewer votes"
            own = found.setdefault(f"reading {row['reading']}, {votes}", {})
            for what, value in (("name", "name_is"), ("former", "former_is"), ("preferred", "preferred")):
                own.setdefault(what, Counter())[row[value] or "neither"] += 1
    return {
        reading: {what: dict(counts.most_common()) for what, counts in own.items()} for reading, own in found.items()
    }


def main() -> None:
    """Make the acts of both languages and write them; with ``--measure``, measure them instead."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--measure", action="store_true", help="make nothing")
    options = parser.parse_args()
    made, measured = dict[str, dict[str, Needs]](), dict[str, dict[str, object]]()
    for language, name in EMBEDDERS.items():
        embed, model = open_embedder(f"local:{name}", ()).encode, sha256_of(folder_of(name) / "model.onnx")
        for role, turns in said_by(language).items():
            texts = [text for own in turns.values() for each in own.values() for text in each]
            X = dict(zip(texts, embed(texts), strict=True))
            if options.measure:
                measured[f"{language}, {role}"] = left_out(turns, X)
                continue
            n_businesses = np.array([len(own) for own in turns.values()])
            made.setdefault(role, {})[name] = Needs(model, list(turns), vectors_of(turns, X), n_businesses)
    if options.measure:
        print(machine.write("acts", machine.provenance(left_out=measured, readings=readings())))
    else:
        write_acts(made)


if __name__ == "__main__":
    main()
