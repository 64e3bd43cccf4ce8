"""A large text file is read in parts as it would be read whole: the same sentences, warnings and errors."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin.errors import InputError, InputWarning
from dialin.read import csv_tsv, distinct, parts, text_parts
from dialin.read.columns import DEFAULT, Columns
from dialin.read.corpus import Corpus
from dialin.read.parts import flat_rows, read_large, read_parts
from dialin.read.table import read, read_table
from same_corpus import same_corpus

HEAD = "id,text,role,call_id,turn,date,score,customer id\n"
ROWS = [
    "1,Where is my parcel?,user,c1,0,1.5.2024,3,007\n",
    '2,"It says ""on its way"", since Monday",bot,c1,1,2.5.2024,4.5,007\n',
    '3,"我的包裹\n在哪里？",user,c2,0,31.5.2024,,8\n',
    "4,,bot,c2,1,,2,8\n",
    "5,  Where is\u00a0my parcel? ,user,c3,2,soon,1,9\n",
    "6,Where is my parcel?,bot,,3,3.5.2024,NULL,9\n",
]
RECORDS: list[Any] = [
    {"text": "Where is it?", "role": "user", "turn": 1},
    {"text": "我的包裹在哪里", "role": None, "date": {"$date": "2024-05-31"}},
    {"text": None, "call_id": 12.0},
    {"text": "Where is it?", "call_id": 13, "turn": 2.0, "extra": [1]},
    {"text": 5, "role": "tool"},
    {"text": "so \ud800 it is", "role": "agent"},
]


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take every file for a large one, which is read two rows at a time."""
    for module, name, value in (
        *((module, "PART_ROWS", 2) for module in (text_parts, parts)),
        *((text_parts, "LARGE_BYTES", 1), (parts, "LARGE_ROWS", 1), (distinct, "MERGED_ROWS", 1)),
        (csv_tsv, "_CSV_BLOCK", 150),
    ):
        monkeypatch.setattr(module, name, value)
    yield
    monkeypatch.undo()


def told(work: Callable[[], Any]) -> tuple[Any, list[str]]:
    """Return what work gives, or the error that it raises, and its warnings."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        try:
            found = work()
        except InputError as error:
            found = str(error), error.hint
    return found, [str(each.message) for each in said]


def is_copied(path: Path, columns: Columns = DEFAULT) -> bool:
    with warnings.catch_warnings(), flat_rows(path, columns) as flat:
        warnings.simplefilter("ignore")
        return flat is not None and flat.can_be_told


def check_same(path: Path, columns: Columns = DEFAULT) -> Corpus:
    """Check that a file that is copied gives what it gives whole."""
    assert is_copied(path, columns)
    found, in_parts = told(lambda: read_large(path, columns))
    whole, at_once = told(lambda: read(path, columns))
    assert isinstance(whole, Corpus)
    assert same_corpus(found, whole)
    assert in_parts == at_once
    alike = ["row", "text", "role"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pa.concat_tables(read_parts(path, columns, in_dialogues=False, n_rows=2))
        table = read_table(path, columns)
        assert rows.select(alike).equals(table.select(alike))
        if whole.has_dialogues:
            (once,) = read_parts(path, columns, in_dialogues=True, n_rows=2)
            assert once.equals(table)
    return whole


OUTCOMES = Columns(outcomes=("score", "customer id", "call_id"))


@pytest.mark.parametrize("columns", [Columns(), OUTCOMES, Columns(split=True)], ids=["", "outcomes", "split"])
@pytest.mark.parametrize("form", ["csv", "bom.csv", "tsv", "parquet"])
def test_a_table_in_parts_is_the_whole(tmp_path: Path, form: str, columns: Columns) -> None:
    """With quotes, a line break and Chinese in a text, blank texts, and dates that only the last row decides."""
    path = tmp_path / f"in.{form}"
    text = HEAD + "".join(ROWS)
    if form == "parquet":
        names = HEAD.strip().split(",")
        cells = [["1", "a", "user", "c", "0", "1.2.2024", "1", "7"], ["2", "b", "bot", "c", "x", "13.2.2024", "2", "8"]]
        pq.write_table(pa.table({name: [row[i] for row in cells] for i, name in enumerate(names)}), path)
    elif form == "tsv":
        path.write_text(text.replace(",", "\t"), "utf-8", newline="")
    else:
        path.write_text(text, "utf-8-sig" if form == "bom.csv" else "utf-8", newline="")
    corpus = check_same(path, columns)
    assert corpus.has_dialogues
    assert corpus.occurrences["date"].null_count < corpus.occurrences.num_rows


def test_records_in_parts_are_the_whole(tmp_path: Path) -> None:
    """With keys that begin late, numbers, a lone surrogate, and a line that nobody says."""
    path = tmp_path / "in.jsonl"
    path.write_text("\n\n".join(map(json.dumps, RECORDS)), "utf-8")
    corpus = check_same(path)
    assert corpus.occurrences["dialogue_id"].to_pylist() == [None, None, "13", None]
    assert corpus.texts == ["Where is it?", "Where is it?", "so \ufffd it is", "我的包裹在哪里"]


def test_lines_in_parts_are_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.txt"
    path.write_text("hello\r\n你好\rhello\n\n12\n", "utf-8", newline="")
    assert check_same(path).texts == ["12", "hello", "你好"]


CASES = {
    "a line too short": ("csv", HEAD + ROWS[0] + "7,hello\n"),
    "a quote that never closes": ("csv", HEAD + ROWS[0] + '7,"hello,user,c,1,,,\n' + ROWS[0]),
    "a quote that swallows rows": ("csv", HEAD + '7,"hello,user,c,1,,,\n' + ROWS[0] + ROWS[0] + ROWS[1] * 2),
    "only numbers": ("csv", "text\n12\n13\n"),
    "all blank": ("csv", 'text\n" "\n" "\n'),
    "no rows": ("csv", "text\n"),
    "no column": ("csv", "said\nhello\n"),
    "two columns of a name": ("csv", "text,text\na,b\n"),
    "two texts": ("csv", "question,message\na,b\n"),
    "not JSON": ("jsonl", '{"text": "a"}\n\n{"text": \n'),
    "not text": ("jsonl", '{"text": "a"}\n"b"\n12\n[1]\n'),
    "two likely texts late": ("jsonl", '{"question": "a"}\n{"question": "b"}\n{"message": "b"}\n'),
}


@pytest.mark.parametrize("case", CASES)
def test_errors_are_those_of_the_whole_file(tmp_path: Path, case: str) -> None:
    form, text = CASES[case]
    path = tmp_path / f"in.{form}"
    path.write_text(text, "utf-8", newline="")
    whole = told(lambda: read(path))
    assert isinstance(whole[0], tuple)
    assert told(lambda: read_large(path)) == whole


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        (["0", "1", "2nd", "x"], "turn"),
        (["1.2.2024", "2.3.2024", "3.4.2024", "4.5.2024"], "date"),
        (["soon", "later", "2024-05-01", "now"], "date"),
        (["2024-05-01", "2024-05-02", "2024-05-03", "now"], "date"),
        (["Ann 55512345", "Bob", "Eve", "Joe"], "role"),
        (["system", "user", "user", "agent"], "role"),
    ],
    ids=["turns", "day or month", "few dates", "most dates", "people", "a log"],
)
@pytest.mark.parametrize("is_given", [False, True], ids=["", "named"])
def test_what_a_whole_column_tells_is_told(tmp_path: Path, cells: list[str], name: str, is_given: bool) -> None:
    """A warning where the column has its usual name, an error where the user named it."""
    path = tmp_path / "in.csv"
    path.write_text(f"text,{name}\n" + "".join(f"hello {i},{cell}\n" for i, cell in enumerate(cells)), "utf-8")
    columns = Columns(**{name: name}) if is_given else Columns()  # type: ignore[arg-type]
    found, in_parts = told(lambda: read_large(path, columns))
    whole, at_once = told(lambda: read(path, columns))
    assert in_parts == at_once
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)
    assert in_parts or isinstance(whole, tuple)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("in.csv", "text\n我的包裹\n".encode("gb18030") * 9),
        ("in.csv", b"sep=;\ntext;role\nhello;user\n"),
        ("in.csv", b"text\nhello\n\x1a"),
        ("in.csv", b"text\nhel\0lo\nyou\n"),
        ("in.jsonl", b'[{"text": "hello"}]\n'),
        ("in.jsonl", b'{"turns": [{"text": "hello"}]}\n{"turns": [{"text": "you"}]}\n'),
        ("in.jsonl", b'{"text": "a"}\n{"text": "b"}\n{"text": "c", "role": {"name": "agent"}}\n'),
        ("in.txt", b"text\trole\nhello\tuser\n"),
        ("in.unknown", b"text\nhello\n"),
        ("in.csv", b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"),
    ],
    ids=["GB 18030", "sep", "DOS", "NUL", "array", "dialogues", "objects", "table", "no ending", "subtitles"],
)
@pytest.mark.filterwarnings("ignore::dialin.errors.InputWarning")
def test_what_cannot_be_copied_is_read_whole(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert not is_copied(path)
    found, whole = told(lambda: read_large(path))[0], told(lambda: read(path))[0]
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)


def test_no_copy_is_made_of_what_must_not_be_seen(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text\nhello\nyou\nand\n")
    with flat_rows(path, DEFAULT, may_copy=False) as flat:
        assert flat is None
    found = pa.concat_tables(read_parts(path, in_dialogues=False, may_copy=False, n_rows=2))
    assert found.equals(read_table(path))


def test_a_small_file_is_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_parts, "LARGE_BYTES", 1_000)
    path = tmp_path / "in.csv"
    path.write_text("text\nhello\n")
    assert not is_copied(path)


def test_warnings_of_what_the_user_gave_in_vain_come_as_before(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text\nhello\n")
    for columns in (Columns(sheet="A"), Columns(speakers="0=agent")):
        with pytest.warns(InputWarning, match="is not used"):
            read_large(path, columns)


def test_a_small_parquet_file_is_not_sorted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "corpus_of_parts", None)
    monkeypatch.setattr(parts, "LARGE_ROWS", 3)
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "in.parquet")
    assert read_large(tmp_path / "in.parquet").texts == ["a", "b"]
