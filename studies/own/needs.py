"""Make the needs that names are taken from (``src/dialin/name/needs.npz``).

``need_names.json`` gives each need of the businesses that the embedders learn (``studies.own.calls``) a name that holds
in other businesses, too, one by one, and has more needs, with sentences; those that customers have everywhere, such as
to speak to a human, with what they say to twelve businesses each. The vector of a need is the mean of that of its name
and of that of all that customers say for it. Remake them whenever a shipped embedder changes: ``python -m
studies.own.needs``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from dialin.arrays import Matrix
from dialin.cluster.centroids import unit_rows
from dialin.discover.connect import open_embedder
from dialin.models.store import folder_of, sha256_of
from dialin.name.near_centroids import as_text
from dialin.name.needs import EMBEDDERS, Needs, write_needs
from studies.own.calls import LEARNT, needs_of

NAMES = Path(__file__).with_name("need_names.json")
SPECIAL = ("-", "~")
"""What a name begins with that holds in its own trade alone."""


def main() -> None:
    """Make the needs of both languages and write them."""
    found = {}
    for language, name in EMBEDDERS.items():
        embed = open_embedder(f"local:{name}", ()).encode
        by_business = said_for(language)
        names = sorted(by_business)
        V = vectors_of({need: [*chain(*by_business[need].values())] for need in names}, embed)
        n_businesses = np.array([len(by_business[need]) for need in names])
        found[name] = Needs(sha256_of(folder_of(name) / "model.onnx"), names, V, n_businesses)
        print(f"{name}: {len(names)} needs")
    write_needs(found)


def said_for(language: str) -> dict[str, dict[str, list[str]]]:
    """Return what customers say for each need, by its general name and by business."""
    general, said = general_names(language), {name: {"": texts} for name, texts in more_needs(language).items()}
    for path in sorted(LEARNT.glob(f"{language}-*.json")):
        for row in needs_of(path).to_pylist():
            name = general[row["label"].lower()]
            said.setdefault(name, {}).setdefault(path.stem, []).append(row["text"])
    for name, by_business in needs_everywhere(language).items():
        said[name] = {**said.get(name, {}), **by_business}
    return said


def general_names(language: str) -> dict[str, str]:
    """Return the general name of each need of the learnt businesses."""
    names: dict[str, str] = json.loads(NAMES.read_text("utf-8"))[language]["general"]
    return {need: name.lstrip("".join(SPECIAL)) for need, name in names.items()}


def more_needs(language: str) -> dict[str, list[str]]:
    """Return needs that no learnt business has, with what customers of many businesses say for them."""
    needs: dict[str, list[str]] = json.loads(NAMES.read_text("utf-8"))[language]["more"]
    return needs


def needs_everywhere(language: str) -> dict[str, dict[str, list[str]]]:
    """Return needs that customers of every business have, with what they say to each of some businesses."""
    needs: dict[str, dict[str, list[str]]] = json.loads(NAMES.read_text("utf-8"))[language]["everywhere"]
    return needs


def vectors_of(said: Mapping[str, Sequence[str]], embed: Callable[[Sequence[str]], Matrix]) -> Matrix:
    """Return the vectors of needs, shape (n, d), unit norm, of all that is said for each."""
    V = embed([as_text(name) for name in said])
    means = np.array([embed(list(texts)).mean(axis=0) for texts in said.values()])
    return unit_rows(V + unit_rows(means)).astype(np.float32)


if __name__ == "__main__":
    main()
