"""The distinct sentences of a table that comes in parts are those of the whole, in the same order."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin import files
from dialin.errors import InputError
from dialin.read import distinct
from dialin.read.corpus import corpus_of
from dialin.read.distinct import corpus_of_parts
from dialin.read.limits import ReadLimits
from dialin.read.table import read_table
from same_corpus import same_corpus

TEXTS = ["where is it", "Where is it", "我的包裹", "我的", "😀", "\uffee", "a", "ab", "", " "]
ROLES = [None, "agent", "客户", "customer"]
rows = st.lists(st.tuples(st.sampled_from(TEXTS), st.sampled_from(ROLES)), min_size=1, max_size=30)


def table_of_rows(said: list[tuple[str, str | None]]) -> pa.Table:
    """Return rows of dialogues of three turns; one more has a text, so that not all are blank."""
    texts, roles = zip(*said, ("hello", None), strict=True)
    n = len(texts)
    return read_table(
        {
            "text": list(texts),
            "role": list(roles),
            "dialogue_id": [f"d{i // 3}" for i in range(n)],
            "turn": list(range(n)),
        }
        | {"date": [f"2024-05-{1 + i % 28:02d}" for i in range(n)]}
    )


@given(rows, st.integers(1, 9))
def test_wherever_a_table_is_cut_its_sentences_are_those_of_the_whole(
    said: list[tuple[str, str | None]], n_rows: int
) -> None:
    table = table_of_rows(said)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(distinct, "MERGED_ROWS", 2)
        found = corpus_of_parts(table.slice(first, n_rows) for first in range(0, table.num_rows, n_rows))
    assert same_corpus(found, corpus_of(table))


def test_a_sentence_of_two_parts_is_one() -> None:
    """The parts have b, 我 and a, b; together they are a, b, 我, and b occurs twice."""
    table = read_table(["b", "我", "a", "b"])
    found = corpus_of_parts([table.slice(0, 2), table.slice(2)])
    assert found.texts == ["a", "b", "我"]
    assert found.counts.tolist() == [1, 2, 1]
    assert found.occurrences["sentence_id"].to_pylist() == [1, 2, 0, 1]


def test_the_file_of_a_run_has_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the table is one piece of memory, as it is when it is read whole, or one for each part."""
    monkeypatch.setattr(files, "GROUP_ROWS", 5)
    table = table_of_rows([(f"我的包裹 {i % 4}", ROLES[i % 3]) for i in range(12)])
    for name, corpus in (("whole", corpus_of(table)), ("parts", corpus_of_parts([table.slice(0, 7), table.slice(7)]))):
        files.write_table(tmp_path / name, corpus.occurrences)
    assert (tmp_path / "parts").read_bytes() == (tmp_path / "whole").read_bytes()
    assert pq.read_metadata(tmp_path / "whole").num_row_groups == 3


def test_a_full_disk_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_path: str, _schema: pa.Schema) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with pytest.raises(InputError, match=r"cannot write .*: No space left on device"):
        corpus_of_parts([read_table(["a"])])


def test_too_many_sentences_are_told_before_all_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distinct, "CHECKED", 2)

    def check(n: int, n_rows: int) -> None:
        assert n_rows in {3, 9}
        if n > 3:
            raise InputError(f"{n} are too many")

    table = read_table([f"hello {i}" for i in range(9)])
    assert len(corpus_of_parts([table.slice(0, 3)], ReadLimits(check_number=check)).texts) == 3
    with pytest.raises(InputError, match=r"^4 are too many"):
        corpus_of_parts([table.slice(0, 5), table.slice(5)], ReadLimits(check_number=check))
