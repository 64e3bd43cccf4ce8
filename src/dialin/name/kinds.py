"""What a sentence does in its dialogue: states a need, answers, gives data, acknowledges, or is social.

A small multinomial logistic head reads the vector of a shipped embedder, a few cues of the text, and its runs of one to
three characters: embedders made for intents blur the small words that tell a question from its answer. There is one
head for English and one for Chinese; a text in another script has no kind. ``python -m studies.own.kinds`` makes the
weights, which belong to the vectors of exactly one embedder file.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, hstack

from dialin import files, saved
from dialin.arrays import Bools, Floats, Ints, Matrix, Rows
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.name.actions import AGENT
from dialin.text.script import is_chinese, is_japanese_or_korean

NEED, DATA, ACKNOWLEDGEMENT, SOCIAL = "need", "data", "acknowledgement", "social"
KINDS = (NEED, "answer", DATA, ACKNOWLEDGEMENT, SOCIAL)
"""The kinds, and the order of the columns of probabilities."""
SAYING_NOTHING = KINDS[3:]
"""What greets, thanks or shows attention: it would fit into any dialogue."""
WEIGHTS = Path(__file__).parent / "kinds.npz"
CHUNK = 8_192
"""Sentences whose vectors are held at once; no result depends on it."""
VECTOR_SCALE, RUN_SCALE = 4.0, 3.0
"""Factors on a vector and on the counts of runs, both of norm 1, so that a head can use them like the cues."""
N_RUNS = 2_048
"""Places for runs of characters, which share them by hash."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class Kinds:
    """The kinds of n sentences.

    Parameters
    ----------
    P : ndarray of shape (n, 5), float64
        P(kind | sentence) in the order of `KINDS`; each row sums to 1, or is nan where no head reads the script.
    """

    P: NDArray[np.float64]

    @cached_property
    def names(self) -> list[str]:
        """The likeliest kind of each sentence; "" if it is unknown."""
        best = np.where(np.isnan(self.P[:, 0]), len(KINDS), np.nan_to_num(self.P).argmax(axis=1))
        return [(*KINDS, "")[i] for i in best.tolist()]

    @property
    def p(self) -> NDArray[np.float64]:
        """P(likeliest kind | sentence), shape (n,); nan if it is unknown."""
        return np.asarray(self.P.max(axis=1, initial=0.0))

    @property
    def may_be_needs(self) -> Bools:
        """Whether each sentence is a need or has no known kind, shape (n,)."""
        return np.array([may_be_need(name) for name in self.names], dtype=np.bool_)

    @property
    def say_something(self) -> Bools:
        """Whether each sentence is of another kind than `SAYING_NOTHING`, or of no known kind, shape (n,)."""
        return np.array([name not in SAYING_NOTHING for name in self.names], dtype=np.bool_)

    def at(self, rows: Rows) -> Kinds:
        """Return the kinds of some sentences."""
        return Kinds(self.P[rows])

    def known_at(self, rows: Rows, known: Kinds) -> Kinds:
        """Return the kinds, those of known sentences as they are known: row −1 is none of them.

        Examples
        --------
        >>> known = Kinds(np.array([[0.9, 0.1, 0, 0, 0]]))
        >>> Kinds(np.array([[0.2, 0.8, 0, 0, 0]] * 2)).known_at(np.array([-1, 0]), known).names
        ['answer', 'need']
        """
        return Kinds(np.where((rows >= 0)[:, None], known.P[rows], self.P)) if len(known.P) else self

    @classmethod
    def of_likeliest(cls, places: Ints, p: Floats, p_need: Floats | None = None) -> Kinds:
        """Return kinds of which the likeliest of each sentence, by its place in `KINDS`, and its P are known.

        The other kinds share the rest alike, but a need has its own P where that is known, too. A place of −1 means
        that the kind is unknown.

        Examples
        --------
        >>> Kinds.of_likeliest(np.array([1, -1]), np.array([0.6, np.nan])).P.round(1).tolist()
        [[0.1, 0.6, 0.1, 0.1, 0.1], [nan, nan, nan, nan, nan]]
        >>> Kinds.of_likeliest(np.array([1, 0]), np.array([0.5, 0.6]), np.array([0.2, 0.6])).P.round(1).tolist()
        [[0.2, 0.5, 0.1, 0.1, 0.1], [0.6, 0.1, 0.1, 0.1, 0.1]]
        """
        own, own_need = np.arange(len(KINDS)) == places[:, None], np.arange(len(KINDS)) == 0
        known = np.where(own, p[:, None], 0.0)
        is_told = own if p_need is None else own | own_need
        known = known if p_need is None else np.where(own_need, p_need[:, None], known)
        rest = (1 - known.sum(axis=1, keepdims=True)) / np.maximum((~is_told).sum(axis=1, keepdims=True), 1)
        return cls(np.where(places[:, None] >= 0, np.where(is_told, known, rest), np.nan))

    def with_roles(self, roles: Sequence[str]) -> Kinds:
        """Return the kinds given who speaks, n roles: an agent's sentence is no need; "" where it is unknown."""
        return Kinds(without_needs(self.P, np.array([role == AGENT for role in roles], dtype=np.bool_)))


@dataclass(frozen=True, eq=False)
class KindHead:
    """The logistic head for the vectors of one embedder.

    Parameters
    ----------
    embedder : str
        Name of the embedder in the catalogue.
    model_sha256 : str
        Hash of its ``model.onnx``: with any other, the weights mean nothing.
    weights : ndarray of shape (5, d + 3 + `N_RUNS`), float64
        For the d numbers of a vector, the cues of `kind_cues`, and the runs of `character_runs`.
    bias : ndarray of shape (5,), float64
        One number for each kind.
    """

    embedder: str
    model_sha256: str
    weights: NDArray[np.float64]
    bias: NDArray[np.float64]

    def probabilities(self, texts: Sequence[str], X: Matrix) -> NDArray[np.float64]:
        """Return P(kind | sentence), shape (n, 5), for texts and their unit-norm vectors, shape (n, d)."""
        scores = kind_features(texts, X) @ self.weights.T + self.bias
        raised = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(raised / raised.sum(axis=1, keepdims=True))


def kind_features(texts: Sequence[str], X: Matrix) -> csr_array:
    """Return what a head reads: scaled vectors, cues and runs, shape (n, d + 3 + `N_RUNS`)."""
    dense = np.hstack([VECTOR_SCALE * X.astype(np.float64), kind_cues(texts)])
    return csr_array(hstack([csr_array(dense), RUN_SCALE * character_runs(texts)]))


def character_runs(texts: Sequence[str]) -> csr_array:
    """Return runs of one to three characters within words, counted at their hash, unit norm, shape (n, `N_RUNS`)."""
    from sklearn.feature_extraction.text import HashingVectorizer  # noqa: PLC0415  (slow to import)

    hashing = HashingVectorizer(analyzer="char_wb", ngram_range=(1, 3), n_features=N_RUNS)
    return csr_array(hashing.transform(texts))


def kind_cues(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return the length, the share of numerals, and whether there is a question mark, shape (n, 3), for any language.

    The length is log(1 + characters) / 4. Numerals are the characters that Unicode gives a numeric value, so 四 is one.

    Examples
    --------
    >>> kind_cues(["4四?"]).round(2).tolist()
    [[0.35, 0.67, 1.0]]
    """
    rows = [(np.log1p(len(text)) / 4, numeral_share(text), "?" in text or "？" in text) for text in texts]
    return np.array(rows, dtype=np.float64).reshape(-1, 3)


def numeral_share(text: str) -> float:
    """Return the share of the characters that have a numeric value, in [0, 1]."""
    return sum(unicodedata.numeric(character, None) is not None for character in text) / max(len(text), 1)


def kind_heads(path: Path = WEIGHTS) -> dict[str, KindHead]:
    """Return the heads of a file, by embedder; those that are shipped, by default."""
    return {name: _head_of(name, **parts) for name, parts in saved.read_arrays_by_owner(path).items()}


def _head_of(name: str, model_sha256: NDArray[Any], weights: NDArray[Any], bias: NDArray[Any]) -> KindHead:
    return KindHead(name, str(model_sha256), weights.astype(np.float64), bias.astype(np.float64))


def write_kind_heads(heads: Sequence[KindHead], path: Path = WEIGHTS) -> None:
    """Write heads into a file, with three significant digits a weight."""
    values = dict[str, NDArray[Any]]()
    for head in heads:
        values[f"{head.embedder}:model_sha256"] = np.array(head.model_sha256)
        values[f"{head.embedder}:weights"] = head.weights.astype(np.float16)
        values[f"{head.embedder}:bias"] = head.bias
    files.write_arrays(path, values)


def kinds_of(texts: Sequence[str], roles: Sequence[str], encoder_for: Callable[[str], Encode]) -> Kinds:
    """Return the kinds of sentences; an agent's sentence is never a need.

    Parameters
    ----------
    texts : sequence of str, n texts
        The sentences.
    roles : sequence of str, n roles
        Role of each; "" where it is unknown.
    encoder_for : callable
        Name of a shipped embedder -> its function from texts to unit-norm vectors.
    """
    P, heads = np.full((len(texts), len(KINDS)), np.nan), kind_heads()
    names = np.array([embedder_for(text) for text in texts], dtype=object)
    for name in sorted(set(names.tolist()) - {""}):
        rows, encode = np.flatnonzero(names == name), encoder_for(name)
        for part in (rows[i : i + CHUNK] for i in range(0, len(rows), CHUNK)):
            own = [texts[row] for row in part.tolist()]
            P[part] = heads[name].probabilities(own, encode(own))
    return Kinds(P).with_roles(roles)


def embedder_for(text: str) -> str:
    """Return the embedder whose head reads a text: by its script; "" if neither knows it.

    Examples
    --------
    >>> embedder_for("where is it"), embedder_for("在哪里"), embedder_for("где оно"), embedder_for("4471")
    ('intents-en-v5', 'intents-zh-v4', '', 'intents-en-v5')
    """
    if is_chinese(text):
        return CHINESE
    letters = [character for character in text if character.isalpha()]
    n_latin = sum(character < "\u0250" for character in letters)
    return "" if is_japanese_or_korean(text) or 2 * n_latin < len(letters) else ENGLISH


def without_needs(P: NDArray[np.float64], which: Bools) -> NDArray[np.float64]:
    """Return the probabilities, with those of a need given to the other kinds in the marked rows.

    Examples
    --------
    >>> without_needs(np.array([[0.5, 0.25, 0.25, 0.0, 0.0]] * 2), np.array([True, False])).tolist()
    [[0.0, 0.5, 0.5, 0.0, 0.0], [0.5, 0.25, 0.25, 0.0, 0.0]]
    """
    rest = P.copy()
    rest[which, 0] = 0.0
    return np.asarray(rest / np.maximum(rest.sum(axis=1, keepdims=True), np.finfo(float).tiny))


def may_be_need(kind: str) -> bool:
    """Return whether a kind is a need or unknown: what nobody has read may be a reason to call."""
    return kind in {NEED, ""}


def needs_and_frequent_first(kind: str, n_occurrences: int) -> tuple[bool, int]:
    """Return what intents are ordered by: needs first, each group with the most frequent first.

    Examples
    --------
    >>> sorted([("social", 9), ("need", 2), ("", 5)], key=lambda intent: needs_and_frequent_first(*intent))
    [('', 5), ('need', 2), ('social', 9)]
    """
    return not may_be_need(kind), -n_occurrences


def prevailing(kinds: Kinds, counts: Ints) -> tuple[str, float | None]:
    """Return the kind that sentences together most likely have, and the share of the utterances that have it alone.

    Their probabilities are summed, so that three sentences that may be a need outweigh one that is surely none. What
    was said m times counts √m times, the geometric mean of once, as it is one piece of evidence, and of m times, as
    people hear it: so a frequent "agent please" does not outvote five complaints, nor a rare remark frequent thanks.

    Parameters
    ----------
    kinds : Kinds
        Kinds of n sentences.
    counts : ndarray of shape (n,), int64
        How often each was said.

    Returns
    -------
    str
        One of `KINDS`; "" if no kind is known.
    float or None
        Share of the utterances whose own likeliest kind it is, in [0, 1]; None if no kind is known.

    Examples
    --------
    For a need, √9 · 0.1 + 5 · 0.8 = 4.3 votes; for small talk, √9 · 0.9 + 5 · 0.2 = 3.7. Of 14 utterances, 5 are needs.

    >>> P = np.array([[0.1, 0, 0, 0, 0.9]] + [[0.8, 0, 0, 0, 0.2]] * 5)
    >>> kind, share = prevailing(Kinds(P), np.array([9, 1, 1, 1, 1, 1]))
    >>> kind, round(share, 2)
    ('need', 0.36)
    """
    votes = np.sqrt(counts) @ np.nan_to_num(kinds.P)
    if not votes.any():
        return "", None
    kind = KINDS[int(votes.argmax())]
    return kind, int(counts[[name == kind for name in kinds.names]].sum()) / int(counts.sum())
