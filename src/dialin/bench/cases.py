"""Read the labelled sentences of a benchmark and keep their labels away from the methods."""

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
    """A labelled data set.

    Parameters
    ----------
    name : str
        Name of its file without the ending.
    texts : list of str
        Distinct sentences, sorted. Roles are ignored, because the peers do not know them.
    sentence : int64 array of shape (n_rows,)
        Number of the sentence in each row.
    gold : list of (str or None), n_rows
        Label of each row; None for an unlabelled row.
    """

    name: str
    texts: list[str]
    sentence: NDArray[np.int64]
    gold: list[str | None]

    @property
    def n_clusters(self) -> int:
        """Number of distinct labels."""
        return len({label for label in self.gold if label is not None})

    @property
    def rows(self) -> list[str]:
        """Text of the sentence in each row."""
        return [self.texts[sentence] for sentence in self.sentence.tolist()]

    @property
    def sha256(self) -> str:
        """Hash of sentences and labels."""
        digest = hashlib.sha256("\0".join(self.texts).encode("utf-8", "replace"))
        for sentence, label in zip(self.sentence.tolist(), self.gold, strict=True):
            digest.update(f"\0{sentence}\0{label}".encode("utf-8", "replace"))
        return digest.hexdigest()

    def problem(self, X: Matrix, seed: int, *, told_k: bool) -> Problem:
        """Return the problem for a method: no labels, and 1 in place of the number of labels unless it is told k."""
        return Problem(self.texts, X, self.n_clusters if told_k else 1, seed)

    def score(self, labels: Labels) -> Scores:
        """Return the scores of the clustering `labels` (n,) of the distinct sentences; every row counts."""
        return score(labels[self.sentence], self.gold)


def read_case(path: str, label: str, text: str | None = None) -> Case:
    """Read one labelled file.

    Parameters
    ----------
    path : str
        Any file that ``dialin discover`` reads.
    label : str
        Column, or field of the turns, with the gold labels.
    text : str, optional
        Column of the sentences; by default a column with one of the usual names.

    Raises
    ------
    InputError
        If the file cannot be read, or has no labels in `label`.
    """
    if path == "-":
        raise InputError("a benchmark cannot read standard input, because it reads its input twice", hint="give a file")
    table = read_table(path, Columns(text=text))
    corpus = corpus_of(table.set_column(4, "role", pa.nulls(table.num_rows, pa.string())))
    rows = corpus.occurrences["row"].to_pylist()
    column = column_of(path, label)
    if len(column) < table.num_rows:
        raise InputError(
            f"column {label!r} of {path} has {len(column)} values for {table.num_rows} turns",
            hint="give a field that every turn has",
        )
    gold = [column[row] for row in rows]
    if not any(gold):
        raise InputError(f"column {label!r} of {path} has no labels", hint="give another column")
    return Case(data_name(path), corpus.texts, corpus.occurrences["sentence_id"].to_numpy(), gold)


def read_cases(paths: Sequence[str], label: str, text: str | None = None) -> list[Case]:
    """Read all files; raise InputError if a file cannot be read, or if two files share a name."""
    names = [data_name(path) for path in paths]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise InputError(
            f"two files are called {twice[0]!r}, so the tables could not tell them apart", hint="rename one of them"
        )
    return [read_case(path, label, text) for path in paths]


def read_held_out(paths: Sequence[str], cases: Sequence[Case], label: str, text: str | None = None) -> dict[str, Case]:
    """Read the held-out sentences for a classifier: one file per data set in the same order, or no file at all.

    Returns
    -------
    dict of str to Case
        Held-out sentences by the name of their data set. A sentence that is also in the data set loses its label,
        because it is not held out.

    Raises
    ------
    InputError
        If the numbers of files and data sets differ, or if a file cannot be read or holds no new labelled sentence.
    """
    if paths and len(paths) != len(cases):
        raise InputError(
            f"--held-out must be given once per --data, got {len(paths)} for {len(cases)}",
            hint="give one per --data, in the same order",
        )
    held = [read_case(path, label, text) for path in paths]
    return {case.name: without_seen(new, case) for case, new in zip(cases, held, strict=False)}


def without_seen(held: Case, case: Case) -> Case:
    """Return the held-out sentences, with the labels removed from those that the data set also has.

    Raises
    ------
    InputError
        If no labelled sentence is new, or if both share no label.
    """
    known = set(case.texts)
    rows = zip(held.sentence.tolist(), held.gold, strict=True)
    gold = [None if held.texts[sentence] in known else label for sentence, label in rows]
    if not any(gold):
        raise InputError(
            f"all labelled sentences of the held-out {held.name!r} are in {case.name!r}", hint="use new sentences"
        )
    if not (theirs := set(filter(None, gold))) & (ours := set(filter(None, case.gold))):
        raise InputError(
            f"no label of the held-out {held.name!r}, such as {min(theirs)!r}, "
            f"is one of {case.name!r}, as {min(ours)!r}",
            hint="spell the labels alike in both files",
        )
    return replace(held, gold=gold)


def data_name(path: str) -> str:
    """Return the name of a file without its folder and ending.

    Examples
    --------
    >>> data_name("data/bank77.v2.jsonl.gz")
    'bank77.v2'
    """
    name = Path(path).name.removesuffix(".gz")
    return Path(name).stem
