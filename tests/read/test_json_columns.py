"""A JSON object of columns in parts is what it is whole; what is none, or is broken, is read whole."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError
from dialin.read import json_text
from dialin.read.columns import Columns
from dialin.read.json_columns import JsonColumns, may_be_columns
from dialin.read.json_text import WholeNeededError
from dialin.read.limits import ReadLimits
from dialin.read.parts import read_large
from dialin.redact.source import read_redacted
from read_in_parts import TWO_ROWS, check_same, take_all_for_large

CALLS: dict[str, list[Any]] = {
    "n": [1, 2.5, None, True, 5],
    "text": ["Hello", "我的包裹呢", None, 'a "quoted" [one], {two}\\', "so \ud800 it is"],
    "role": ["agent", "user", "user", "user", "agent"],
    "dialogue_id": ["a", "a", "b", "b", 3],
    "date": ["1.5.2024", "13.5.2024", None, None, None],
}


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take every file for a large one, of which little is in memory."""
    take_all_for_large(monkeypatch)
    monkeypatch.setattr(json_text, "PIECE", 7)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("columns", [Columns(), Columns(text="text", outcomes=("n",)), Columns(split=True)])
@pytest.mark.parametrize("indent", [None, 1])
def test_columns_in_parts_are_the_whole(tmp_path: Path, columns: Columns, indent: int | None) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps(CALLS, indent=indent) + "\n \n", "utf-8")
    assert check_same(path, columns).has_dialogues


def test_lists_of_turns_in_a_column_are_dialogues(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text(json.dumps({"id": ["a", "b", "c"], "turns": [["hello", "you"], [], ["bye"]]}), "utf-8")
    assert check_same(path).occurrences["dialogue_id"].to_pylist() == ["a", "a", "c"]


@given(
    st.dictionaries(
        st.sampled_from(["text", "role", "turn", "x", "对话"]),
        st.lists(st.sampled_from(["hello", "", "客户", None, 3, 1.5, True]), min_size=3, max_size=3),
        min_size=1,
    ),
    st.integers(1, 9),
)
def test_any_columns_are_read_as_they_are(columns: dict[str, list[Any]], piece: int) -> None:
    text = json.dumps(columns, ensure_ascii=False, indent=piece % 3 or None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "PIECE", piece)
        parts = list(JsonColumns("a test", lambda: io.TextIOWrapper(io.BytesIO(text.encode()))).parts(bool, 2))
    assert [part.names for part in parts] == [list(columns)] * 2
    for name, cells in columns.items():
        found = [cell for part in parts for cell in part.columns[name].to_pylist()]
        assert [cell is None for cell in found] == [cell is None for cell in cells]


NOT_COLUMNS = {
    "empty": "{}",
    "a record": '{"turns": ["a"], "id": 3}',
    "records": '{"calls": [{"text": "a"}]}',
    "records second": '{"text": ["a"], "calls": [{"text": "a"}]}',
    "a name twice": '{"text": ["a"], "text": ["b"]}',
    "cut off": '{"text": ["a", "b',
    "cut off behind": '{"text": ["a"]',
    "more behind": '{"text": ["a"]}\n{"text": ["b"]}',
}


@pytest.mark.parametrize("text", NOT_COLUMNS.values(), ids=NOT_COLUMNS)
def test_what_is_no_object_of_columns_is_left_to_the_whole(text: str) -> None:
    columns = JsonColumns("a test", lambda: io.TextIOWrapper(io.BytesIO(text.encode())))
    with pytest.raises(WholeNeededError):
        list(columns.parts(bool, 2))


def test_how_a_text_begins_tells_whether_it_may_be_columns() -> None:
    assert may_be_columns(b'{ "a \\" b" :\n[ "x')
    assert may_be_columns(b'{"a": [-1')
    assert may_be_columns(b'{"a": []')
    assert not may_be_columns(b'{"a": [{"b')
    assert not may_be_columns(b'{"a": 3')


@pytest.mark.parametrize(
    "text", ['{"text": ["a", "b"], "role": ["user"]}', '{"said": ["a", "b"]}', '{"text": []}', '{"text": [1, 2]}']
)
def test_what_is_wrong_is_told_as_of_the_whole(tmp_path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.json"
    path.write_text(text, "utf-8")
    with pytest.raises(InputError) as in_parts:
        read_large(path, limits=TWO_ROWS)
    monkeypatch.undo()
    with pytest.raises(InputError) as whole:
        read_large(path)
    assert str(in_parts.value) == str(whole.value)


def test_what_does_not_fit_is_told_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    path.write_text('{"text": ["a"], "calls": [{"text": "a"}]}', "utf-8")
    with pytest.raises(InputError, match="is read whole, which takes about 191 MB of memory, and there are 0 MB"):
        read_large(path, limits=ReadLimits(memory=1_000, is_given=True))


def test_placeholders_are_those_of_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "in.json"
    cards = ["card 4111 1111 1111 1111", "no, 5555555555554444", "我的 4111 1111 1111 1111"]
    path.write_text(json.dumps({"text": cards, "dialogue_id": ["a", "a", "b"]}, ensure_ascii=False), "utf-8")
    in_parts = read_redacted(path, None, "rules", TWO_ROWS)
    monkeypatch.undo()
    assert in_parts.corpus.texts == read_redacted(path, None, "rules").corpus.texts
    assert "no, <CARD_2>" in in_parts.corpus.texts
