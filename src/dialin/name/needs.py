"""Needs that people have wherever they are customers, by the names that we give them, and what people say for them.

Customers tell a story, and say no word of its name: the wedding that got moved is `change-booking-date`. So the vector
of a need is the mean of that of its name and of what customers of hundreds of businesses, in our own words, say for it.
A cluster that lies near it is named by it, if most of its sentences lie near, too (`dialin.name.honest.NEAR_NEED`).
``python -m studies.own.needs`` makes the vectors, which belong to those of exactly one embedder file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from dialin import files, saved
from dialin.arrays import Ints, Matrix
from dialin.cluster.centroids import unit_rows
from dialin.embed.choose import CHINESE, ENGLISH

WEIGHTS = Path(__file__).parent / "needs.npz"
EMBEDDERS: Mapping[str, str] = {"en": ENGLISH, "zh": CHINESE}
"""The embedder that knows the needs of a language."""
_LARGEST = 127
"""Of the signed bytes in which a vector is stored."""


@dataclass(frozen=True, eq=False)
class Needs:
    """The needs of one language.

    Parameters
    ----------
    model_sha256 : str
        Hash of the embedder's ``model.onnx``: with any other, the vectors mean nothing.
    names : sequence of str, n names
        Action-Objective labels, each once.
    vectors : ndarray of shape (n, d), float32
        Unit norm.
    n_businesses : ndarray of shape (n,), int64
        Businesses whose customers have each; at least 1.
    """

    model_sha256: str
    names: Sequence[str]
    vectors: Matrix
    n_businesses: Ints


class Need(NamedTuple):
    """A need that people have."""

    vector: Matrix
    """Where it lies: unit norm, shape (d,)."""
    n_businesses: int
    """Businesses whose customers have it, of those that we know."""


def known_needs(embedder: str, language: str) -> dict[str, Need]:
    """Return the needs of a language by name, with their vectors in the space of an embedder.

    Parameters
    ----------
    embedder : str
        Name of an embedder; empty where it does not know the needs of the language.
    language : str
        "en" or "zh".

    Examples
    --------
    >>> needs = known_needs("local:intents-en-v5", "en")
    >>> len(needs["request-refund"].vector), needs["request-refund"].n_businesses > 10
    (384, True)
    >>> known_needs("local:intents-en-v5", "zh"), known_needs("openai:m@http://h/v1", "en")
    ({}, {})
    """
    known = needs_by_embedder()
    needs, vectors = known[EMBEDDERS[language]], in_space(embedder, language, known)
    if vectors is None:
        return {}
    return {
        name: Need(vector, n) for name, vector, n in zip(needs.names, vectors, needs.n_businesses.tolist(), strict=True)
    }


def in_space(embedder: str, language: str, known: Mapping[str, Needs]) -> Matrix | None:
    """Return the vectors of a language in the space of an embedder, which may be two beside each other.

    Parameters
    ----------
    embedder : str
        Name of an embedder.
    language : str
        "en" or "zh".
    known : mapping of str to Needs
        What each embedder knows, with vectors by it alone.

    Returns
    -------
    ndarray of shape (n, D), float32, or None
        0 in the dimensions of another embedder; None where this one is not of the language.
    """
    parts, own = embedder.removeprefix("local:").split("+"), EMBEDDERS[language]
    if own not in parts or not known.keys() >= {*parts}:
        return None
    vectors = known[own].vectors
    blocks = [vectors if name == own else np.zeros((len(vectors), _size(known[name]))) for name in parts]
    return np.hstack(blocks).astype(np.float32)


def _size(needs: Needs) -> int:
    return int(needs.vectors.shape[1])


def needs_by_embedder(path: Path = WEIGHTS) -> dict[str, Needs]:
    """Return the needs in a file by embedder; those that are shipped, by default."""
    return {name: _read(parts) for name, parts in saved.read_arrays_by_owner(path).items()}


def _read(parts: Mapping[str, NDArray[Any]]) -> Needs:
    vectors = unit_rows(parts["vectors"].astype(np.float32))
    return Needs(str(parts["model_sha256"]), parts["names"].tolist(), vectors, parts["n_businesses"].astype(np.int64))


def write_needs(found: Mapping[str, Needs], path: Path = WEIGHTS) -> None:
    """Write needs into a file, each number of a vector as a signed byte."""
    files.write_arrays(path, dict(_stored(found)))


def _stored(found: Mapping[str, Needs]) -> Iterator[tuple[str, NDArray[Any]]]:
    for name, needs in found.items():
        scale = _LARGEST / np.abs(needs.vectors).max(axis=1, keepdims=True)
        yield f"{name}:model_sha256", np.array(needs.model_sha256)
        yield f"{name}:names", np.array(needs.names)
        yield f"{name}:n_businesses", needs.n_businesses.astype(np.int16)
        yield f"{name}:vectors", np.rint(needs.vectors * scale).astype(np.int8)
