"""Checks that a file that is read in parts gives what it gives whole."""

from __future__ import annotations

import warnings
from pathlib import Path

import pyarrow as pa
import pytest

from dialin.read import distinct, parts, text_parts
from dialin.read.columns import DEFAULT, Columns
from dialin.read.corpus import Corpus
from dialin.read.limits import ReadLimits
from dialin.read.parts import flat_rows, read_large
from dialin.read.table import read, read_table
from dialin.room import temporary_folder
from same_corpus import same_corpus
from tellings import told

TWO_ROWS = ReadLimits(most_rows=2)


def take_all_for_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for a large one, until the patches are undone."""
    for module, name in ((text_parts, "LARGE_BYTES"), (parts, "LARGE_ROWS"), (distinct, "MERGED_ROWS")):
        monkeypatch.setattr(module, name, 1)


def check_same(path: Path, columns: Columns = DEFAULT, *, in_parts: bool = True) -> Corpus:
    """Check that a file that is read in parts, with and without a copy, gives what it gives whole."""
    whole = told(lambda: read_table(path, columns))
    assert isinstance(whole[0], pa.Table)
    for may_copy in (True, False):
        with temporary_folder() as folder, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with flat_rows(path, columns, may_copy=may_copy, n_rows=2) as flat:
                assert (flat is not None) == in_parts
                if flat:
                    tables = list(flat.tables(2, folder))
                    assert pa.concat_tables(tables).combine_chunks().equals(whole[0])
                    assert len(tables) > 1 or whole[0].num_rows <= 2
    found, said = told(lambda: read_large(path, columns, TWO_ROWS))
    corpus, at_once = told(lambda: read(path, columns))
    assert isinstance(corpus, Corpus)
    assert same_corpus(found, corpus)
    assert said == at_once
    return corpus
