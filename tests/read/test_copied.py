"""A large text file is read in parts as it would be read whole: the same sentences, warnings and errors."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.bounded import MAX_INPUT
from dialin.errors import InputError, InputWarning
from dialin.read import csv_tsv, distinct, json_text, parts, text_parts
from dialin.read.columns import DEFAULT, Columns
from dialin.read.corpus import Corpus
from dialin.read.limits import ReadLimits
from dialin.read.parts import flat_rows, read_large, read_parts
from dialin.read.table import read, read_table
from dialin.room import temporary_folder
from same_corpus import same_corpus
from tellings import told

TWO_ROWS = ReadLimits(most_rows=2)
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
        *((text_parts, "LARGE_BYTES", 1), (parts, "LARGE_ROWS", 1), (distinct, "MERGED_ROWS", 1)),
        (csv_tsv, "_CSV_BLOCK", 150),
    ):
        monkeypatch.setattr(module, name, value)
    yield
    monkeypatch.undo()


def is_copied(path: Path, columns: Columns = DEFAULT) -> bool:
    with warnings.catch_warnings(), flat_rows(path, columns, n_rows=2) as flat:
        warnings.simplefilter("ignore")
        return flat is not None and flat.can_be_told


def check_same(path: Path, columns: Columns = DEFAULT) -> Corpus:
    """Check that a file that is copied gives what it gives whole."""
    assert is_copied(path, columns)
    found, in_parts = told(lambda: read_large(path, columns, TWO_ROWS))
    whole, at_once = told(lambda: read(path, columns))
    assert isinstance(whole, Corpus)
    assert same_corpus(found, whole)
    assert in_parts == at_once
    alike = ["row", "text", "role"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pa.concat_tables(read_parts(path, columns, in_dialogues=False, limits=TWO_ROWS))
        table = read_table(path, columns)
        assert rows.select(alike).equals(table.select(alike))
        if whole.has_dialogues:
            (once,) = read_parts(path, columns, in_dialogues=True, limits=TWO_ROWS)
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


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "xz": lzma.compress}


@pytest.mark.parametrize(
    ("form", "text"),
    [
        ("csv", "\ufeff" + HEAD + "".join(ROWS)),
        ("tsv", (HEAD + "".join(ROWS)).replace(",", "\t")),
        ("jsonl", "\n".join(map(json.dumps, RECORDS))),
        ("json", json.dumps(RECORDS)),
        ("txt", "hello\r\n你好\rhello\n\n12\n"),
    ],
)
@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_text_in_parts_is_the_plain_one(tmp_path: Path, form: str, text: str, packer: str) -> None:
    plain, packed = tmp_path / f"in.{form}", tmp_path / f"in.{form}.{packer}"
    plain.write_bytes(text.encode())
    packed.write_bytes(PACKERS[packer](text.encode()))
    assert same_corpus(check_same(packed), check_same(plain))


def test_a_packed_file_without_the_ending_and_the_ending_without_a_packed_file_are_read_in_parts(
    tmp_path: Path,
) -> None:
    (tmp_path / "in.csv").write_bytes(gzip.compress(b"text\nhello\n"))
    (tmp_path / "in.csv.gz").write_bytes(b"text\nhello\n")
    assert same_corpus(check_same(tmp_path / "in.csv"), check_same(tmp_path / "in.csv.gz"))


@pytest.mark.parametrize("packer", PACKERS)
def test_a_packed_file_that_is_cut_short_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packer: str) -> None:
    """Even one that holds more than is read whole."""
    monkeypatch.setenv(MAX_INPUT, "10K")
    path = tmp_path / f"in.csv.{packer}"
    path.write_bytes(PACKERS[packer](b"text\n" + b"".join(b"hello %i\n" % i for i in range(9_999)))[:-20])
    with pytest.raises(InputError, match=r"in\.csv\..* is broken"):
        read_large(path)


def test_a_line_without_end_is_bounded_and_a_file_of_many_lines_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MAX_INPUT, "1K")
    for name, text, is_fit in (("a.txt", "hello\n" * 300, True), ("b.txt", "hello " * 300, False)):
        path = tmp_path / f"{name}.gz"
        path.write_bytes(gzip.compress(text.encode()))
        assert is_copied(path) == is_fit
    with pytest.raises(InputError, match=r"b\.txt\.gz holds more than 0 MiB"):
        read_large(tmp_path / "b.txt.gz")


@pytest.mark.parametrize("name", ["in.json", "in.jsonl"])
def test_an_array_in_parts_is_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Wherever a piece ends: in a word, an escape, a number, between items."""
    monkeypatch.setattr(json_text, "PIECE", 7)
    path = tmp_path / name
    path.write_text("\ufeff" + json.dumps([*RECORDS, "hello ]", None], indent=1) + "\n", "utf-8")
    assert "hello ]" in check_same(path).texts


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists, max_leaves=5), st.integers(1, 9))
def test_the_items_of_an_array_are_those_of_json(value: object, n: int) -> None:
    text = json.dumps([value, value], indent=n % 3 or None)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(json_text, "PIECE", n)
        found = list(json_text.array_items(io.StringIO(text).read))
    assert json.dumps(found) == json.dumps([value, value])


@pytest.mark.parametrize("text", ["[", "[]", "[1, ]", "[1 2]", "[1] 2", '["a"]\n["b"]', "[1}", '["a', "[1, nul]"])
def test_what_is_no_array_with_items_is_told(text: str) -> None:
    with pytest.raises(json_text.WholeNeededError):
        list(json_text.array_items(io.StringIO(text).read))


def test_an_item_of_an_array_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_text, "PIECE", 8)
    monkeypatch.setenv(MAX_INPUT, "64")
    assert len(list(json_text.array_items(io.StringIO(json.dumps(["a"] * 99)).read))) == 99
    with pytest.raises(json_text.WholeNeededError):
        list(json_text.array_items(io.StringIO(json.dumps(["a" * 99])).read))


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
    "no array": ("json", '[{"text": "a"}, {"text": "b"'),
    "lists in an array": ("json", '["a", ["b"]]'),
    "two likely texts late": ("jsonl", '{"question": "a"}\n{"question": "b"}\n{"message": "b"}\n'),
}


@pytest.mark.parametrize("case", CASES)
def test_errors_are_those_of_the_whole_file(tmp_path: Path, case: str) -> None:
    form, text = CASES[case]
    path = tmp_path / f"in.{form}"
    path.write_text(text, "utf-8", newline="")
    whole = told(lambda: read(path))
    assert isinstance(whole[0], tuple)
    assert told(lambda: read_large(path, limits=TWO_ROWS)) == whole


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
    found, in_parts = told(lambda: read_large(path, columns, TWO_ROWS))
    whole, at_once = told(lambda: read(path, columns))
    assert in_parts == at_once
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)
    assert in_parts or isinstance(whole, tuple)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("in.csv", b"sep=;\ntext;role\nhello;user\n"),
        ("in.csv", b"text\nhello\n\x1a"),
        ("in.csv", b"text\nhel\0lo\nyou\n"),
        ("in.json", b'["hello"]\n["you"]\n'),
        ("in.jsonl", b'{"text": "a"}\n{"text": "b"}\n{"text": "c", "role": {"name": "agent"}}\n'),
        ("in.txt", b"text\trole\nhello\tuser\n"),
        ("in.csv", b"WEBVTT\n\n00:00.000 --> 00:01.000\nhello\n"),
    ],
    ids=[
        "sep",
        "DOS",
        "NUL",
        "arrays",
        "objects",
        "table",
        "subtitles",
    ],
)
@pytest.mark.filterwarnings("ignore::dialin.errors.InputWarning")
def test_what_cannot_be_copied_is_read_whole(tmp_path: Path, name: str, data: bytes) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    assert not is_copied(path)
    found, whole = told(lambda: read_large(path, limits=TWO_ROWS))[0], told(lambda: read(path))[0]
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)


@pytest.mark.parametrize(
    ("name", "text"), [("in.csv", HEAD + "".join(ROWS)), ("in.jsonl", "\n".join(map(json.dumps, RECORDS)))]
)
def test_without_a_copy_the_file_itself_is_read_in_parts(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8", newline="")
    with temporary_folder() as place, flat_rows(path, DEFAULT, may_copy=False, n_rows=2) as flat:
        assert flat is not None
        assert flat.stored.n_rows == len(RECORDS)
        found, in_parts = told(lambda: pa.concat_tables(flat.tables(2, place)).combine_chunks())
    whole, at_once = told(lambda: read_table(path))
    assert found.equals(whole)
    assert in_parts == at_once
    alike = ["row", "text", "role"]
    said, _ = told(lambda: pa.concat_tables(read_parts(path, in_dialogues=False, may_copy=False, limits=TWO_ROWS)))
    assert said.select(alike).equals(whole.select(alike))


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
            read_large(path, columns, TWO_ROWS)


def test_a_small_parquet_file_is_not_sorted_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "corpus_of_parts", None)
    monkeypatch.setattr(parts, "LARGE_ROWS", 3)
    pq.write_table(pa.table({"text": ["a", "b"]}), tmp_path / "in.parquet")
    assert read_large(tmp_path / "in.parquet").texts == ["a", "b"]
