"""Labelled sentences of a benchmark: what a method may see, and what it may not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialin.arrays import Labels, Matrix
from dialin.errors import InputError
from dialin.peers.base import Problem
from dialin.read.columns import Columns
from dialin.read.corpus import corpus_of
from dialin.read.label_column import column_of
from dialin.read.table import read_table
from dialin.score.metrics import Scores, score


@dataclass(frozen=True)
class Case:
    """A data set.

    Parameters
    ----------
    name : str
        Of its file, without the ending.
    texts : list of str
        Distinct sentences, sorted; roles are not used, as no peer knows them.
    sentence : int64 array of shape (n_rows,)
        Sentence of each row.
    gold : list of (str or None), n_rows
        Label of each row; None if it has none.
    """

    name: str
    texts: list[str]
    sentence: NDArray[np.int64]
    gold: list[str | None]

    @property
    def n_clusters(self) -> int:
        """How many labels there are."""
        return len({label for label in self.gold if label is not None})

    @property
    def rows(self) -> list[str]:
        """The sentence of each row."""
        return [self.texts[sentence] for sentence in self.sentence.tolist()]

    @property
    def sha256(self) -> str:
        """Fingerprint of sentences and labels."""
        digest = hashlib.sha256("\0".join(self.texts).encode("utf-8", "replace"))
        for sentence, label in zip(self.sentence.tolist(), self.gold, strict=True):
            digest.update(f"\0{sentence}\0{label}".encode("utf-8", "replace"))
        return digest.hexdigest()

    def problem(self, X: Matrix, seed: int, *, told_k: bool) -> Problem:
        """Return what a method gets: no label, and the number of labels only where it is told; 1 otherwise."""
        return Problem(self.texts, X, self.n_clusters if told_k else 1, seed)

    def score(self, labels: Labels) -> Scores:
        """Return the scores of labels (n,) of the sentences; each row counts."""
        return score(labels[self.sentence], self.gold)


def read_case(path: str, label: str, text: str | None = None) -> Case:
    """Read one file.

    Parameters
    ----------
    path : str
        Any file that ``dialin discover`` reads.
    label : str
        Column of the gold labels, or field of the turns.
    text : str, optional
        Column of the sentences; by default found by its usual names.

    Raises
    ------
    InputError
        The file cannot be read, or has no such label.
    """
    if path == "-":
        raise InputError("a benchmark cannot read standard input, because it reads the file twice", hint="give a file")
    table = read_table(path, Columns(text=text))
    corpus = corpus_of(table.set_column(4, "role", pa.nulls(table.num_rows, pa.string())))
    rows = corpus.occurrences["row"].to_pylist()
    column = column_of(path, label)
    if len(column) < table.num_rows:
        raise InputError(
            f"column {label!r} of {path} has {len(column)} values for {table.num_rows} turns",
            hint="name a field of the turns",
        )
    gold = [column[row] for row in rows]
    if not any(gold):
        raise InputError(f"column {label!r} of {path} has no labels", hint="name another column")
    return Case(data_name(path), corpus.texts, corpus.occurrences["sentence_id"].to_numpy(), gold)


def read_cases(paths: Sequence[str], label: str, text: str | None = None) -> list[Case]:
    """Read all files; raise InputError also where two have one name."""
    names = [data_name(path) for path in paths]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(
            f"two files are called {twice[0]!r}, so their rows could not be told apart", hint="rename one of them"
        )
    return [read_case(path, label, text) for path in paths]


def read_held_out(paths: Sequence[str], cases: Sequence[Case], label: str, text: str | None = None) -> dict[str, Case]:
    """Read labelled sentences for a classifier: one file for each data set, in their order, or none at all.

    Returns
    -------
    dict of str to Case
        By the name of the data set, without the labels of sentences that are in it: those are not held out.

    Raises
    ------
    InputError
        There are more or fewer files than data sets, or one cannot be read, or holds nothing new.
    """
    if paths and len(paths) != len(cases):
        raise InputError(
            f"--held-out must be given once per --data, got {len(paths)} for {len(cases)}",
            hint="give one per --data, in the same order",
        )
    held = [read_case(path, label, text) for path in paths]
    return {case.name: without_seen(new, case) for case, new in zip(cases, held, strict=False)}


def without_seen(held: Case, case: Case) -> Case:
    """Return held-out sentences without the labels of those that the data set has, too."""
    known = set(case.texts)
    rows = zip(held.sentence.tolist(), held.gold, strict=True)
    gold = [None if held.texts[sentence] in known else label for sentence, label in rows]
    if not any(gold):
        raise InputError(
            f"all labelled sentences of the held-out {held.name!r} are in {case.name!r}", hint="use other sentences"
        )
    if not (theirs := set(filter(None, gold))) & (ours := set(filter(None, case.gold))):
        raise InputError(
            f"no label of the held-out {held.name!r}, such as {min(theirs)!r}, "
            f"is one of {case.name!r}, as {min(ours)!r}",
            hint="use the same spelling of the labels in both",
        )
    return replace(held, gold=gold)


def data_name(path: str) -> str:
    """Return the name of a file without folder and ending.

    Examples
    --------
    >>> data_name("data/bank77.v2.jsonl.gz")
    'bank77.v2'
    """
    name = Path(path).name.removesuffix(".gz")
    return Path(name).stem
