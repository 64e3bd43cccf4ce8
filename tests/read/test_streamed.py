"""What was once read whole is read in parts as it would be whole: dialogues, other encodings, standard input, URLs."""

from __future__ import annotations

import gzip
import io
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.bounded import MAX_INPUT
from dialin.errors import InputError
from dialin.read import formats, input_file, text_parts
from dialin.read.columns import DEFAULT, Columns
from dialin.read.input_file import InputFile, at_hand
from dialin.read.limits import ReadLimits
from dialin.read.parts import flat_rows, read_large, read_parts
from dialin.read.table import read
from dialin.redact.source import read_redacted
from dialin.room import temporary_folder
from read_in_parts import TWO_ROWS, check_same, take_all_for_large
from same_corpus import same_corpus
from tellings import told

CALLS: list[Any] = [
    {"id": "a", "topic": "x", "turns": [{"text": "Hello", "role": "agent"}, {"text": "我的包裹呢", "role": "user"}]},
    {"id": None, "turns": [{"text": "Hello", "role": "agent", "date": "2024-05-31"}, {"text": None}], "topic": "7"},
    {"id": 12.0, "turns": None, "score": 4},
    {"turns": [], "score": 4.5, "date": "1.5.2024"},
    {"id": "a", "turns": [{"text": "so \ud800 it is", "role": "user", "turn": 3}, None], "date": "13.5.2024"},
    {"turns": [{"role": "system", "text": "Be brief. Do not swear!"}, {"text": "Where is it? Tell me."}]},
]


@pytest.fixture(autouse=True)
def all_is_large(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Take every file for a large one."""
    take_all_for_large(monkeypatch)
    yield
    monkeypatch.undo()


# --- dialogues ------------------------------------------------------------------------------------

SEVERAL = {
    "": Columns(),
    "split": Columns(split=True),
    "outcomes": Columns(outcomes=("topic", "score")),
    "turn": Columns(turn="turn"),
    "lists": Columns(text="turns"),
    "text": Columns(text="text", role="role", date="date"),
}


@pytest.mark.parametrize("columns", SEVERAL.values(), ids=SEVERAL)
@pytest.mark.parametrize("form", ["json", "jsonl.gz"])
def test_dialogues_in_parts_are_the_whole(tmp_path: Path, form: str, columns: Columns) -> None:
    """With a dialogue without turns, ids that come again or are missing, a turn that is null, and Chinese."""
    path = tmp_path / f"in.{form}"
    text = json.dumps(CALLS, indent=1) if form == "json" else "\n".join(map(json.dumps, CALLS))
    path.write_bytes(gzip.compress(text.encode()) if form.endswith("gz") else text.encode())
    corpus = check_same(path, columns)
    assert corpus.has_dialogues
    ids = corpus.occurrences["dialogue_id"].to_pylist()
    assert ids[:3] == ["a", "a", "#1"]
    assert corpus.occurrences["date"].null_count < corpus.occurrences.num_rows


@pytest.mark.parametrize(
    "rows",
    [
        [{"turns": ["hello", "you"]}, {"turns": ["bye"]}, {"turns": []}],
        [{"turns": []}, {"turns": [None]}, {"turns": []}, {"turns": [{"utterance": "hi"}, {"utterance": "you"}]}],
        [{"dialogue": [{"text": f"hi {i}", "speaker": "user"}], "role": "agent", "id": i} for i in range(5)],
        [{"messages": [{"content": "hi", "id": 3}], "date": "2024-05-31", "id": "x"}] * 3,
        [{"turns": None}, {"turns": None}, {"turns": [{"text": "hi", "date": "soon"}], "date": "2024-05-31"}] * 2,
        [{"turns": None, "id": 1}, {"turns": None}, {"turns": ["hi", "you"], "id": 2}, {"turns": ["bye"]}],
    ],
    ids=["texts", "empty first", "roles", "two ids", "dates of dialogues", "no turns first"],
)
def test_odd_dialogues_in_parts_are_the_whole(tmp_path: Path, rows: list[Any]) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    check_same(path)


@given(
    st.lists(
        st.fixed_dictionaries(
            {},
            optional={
                "id": st.sampled_from(["a", "b", 3, None]),
                "date": st.sampled_from(["2024-05-31", "1.2.2024", "13.2.2024", "soon"]),
                "messages": st.lists(
                    st.fixed_dictionaries(
                        {"text": st.sampled_from(["hello", "你好", "a. b", None])},
                        optional={"role": st.sampled_from(["user", "agent"]), "date": st.just("2024-06-01")},
                    ),
                    max_size=3,
                ),
            },
        ),
        min_size=1,
        max_size=6,
    ),
    st.booleans(),
)
def test_any_dialogues_in_parts_are_the_whole(tmp_path_factory: Any, rows: list[Any], split: bool) -> None:
    path = tmp_path_factory.getbasetemp() / "any.jsonl"
    path.write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    columns = Columns(split=split)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_parts, "LARGE_BYTES", 1)
        found, said = told(lambda: read_large(path, columns, TWO_ROWS))
    whole, at_once = told(lambda: read(path, columns))
    assert said == at_once
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)


WRONG = {
    "bad JSON in the middle": '{"turns": [{"text": "a"}]}\n{"turns": [{"text": \n{"turns": []}\n',
    "no text": '{"turns": [{"said": "a"}]}\n{"turns": [{"said": "b"}]}\n',
    "two texts": '{"turns": [{"query": "a"}]}\n{"turns": [{"message": "b"}]}\n',
    "texts and turns": '{"turns": [{"text": "a"}]}\n{"text": "b"}\n',
    "texts for turns": '{"turns": [{"text": "a"}]}\n{"turns": "b"}\n',
    "texts among turns": '{"turns": [{"text": "a"}]}\n{"turns": ["b"]}\n',
    "all blank": '{"turns": [{"text": "a"}]}\n{"turns": [{"text": ""}]}\n'.replace('"a"', '" "'),
    "no turns": '{"turns": []}\n{"turns": []}\n',
    "two lists": '{"turns": [{"text": "a"}]}\n{"messages": [{"text": "b"}]}\n',
    "numbers": '{"turns": [3]}\n{"turns": [1.5]}\n',
    "not text": '{"turns": [{"text": "a"}]}\n12\n',
    "a name without turns": '{"id": 1}\n{"id": 2, "dialogue_id": 3}\n{"id": 4, "turns": ["a"]}\n',
    "turns that are no numbers": '{"turns": [{"text": "a", "turn": "x"}]}\n{"turns": []}\n',
}


@pytest.mark.parametrize("case", WRONG)
@pytest.mark.parametrize("columns", [Columns(), Columns(turn="turn"), Columns(outcomes=("turns",))], ids=["", "t", "o"])
def test_what_is_wrong_with_dialogues_is_told_as_of_the_whole(tmp_path: Path, case: str, columns: Columns) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text(WRONG[case], "utf-8")
    whole = told(lambda: read(path, columns))
    found = told(lambda: read_large(path, columns, TWO_ROWS))
    assert found[0] == whole[0] if isinstance(whole[0], tuple) else same_corpus(found[0], whole[0])
    assert found[1] == whole[1]


def test_the_line_of_bad_json_is_told() -> None:
    lines = ['{"turns": [{"text": "a"}]}'] * 5 + ['{"turns": [{"text": ', '{"turns": []}']
    source = InputFile("\n".join(lines).encode(), "a pipe", "in.jsonl")
    with pytest.raises(InputError, match="line 6 of a pipe is not JSON"):
        read_large(source, limits=TWO_ROWS)


def test_roles_that_are_objects_are_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"turns": [{"text": "a", "author": {"role": "user"}}, {"text": "b"}]}\n{"turns": []}\n', "utf-8")
    assert check_same(path, in_parts=False).roles == ["customer", ""]


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("gb18030", "in.csv"),
        ("big5", "in.txt"),
        ("utf-16", "in.csv"),
        ("utf-16", "in.jsonl"),
        ("cp1252", "in.tsv"),
        ("gb18030", "in.json"),
        ("utf-8-sig", "in.csv"),
    ],
)
@pytest.mark.parametrize("packing", ["", ".gz"])
def test_another_encoding_in_parts_is_the_whole(tmp_path: Path, encoding: str, name: str, packing: str) -> None:
    said = "où est mon colis, café n° {}" if encoding == "cp1252" else "我的包裹在哪裡，訂單號是{}"
    texts = [said.format(i) for i in range(40)]
    text = {
        "csv": "text,role\n" + "".join(f"{text},客戶\n" for text in texts),
        "tsv": "text\trole\n" + "".join(f"{text}\tété\n" for text in texts),
        "txt": "\n".join(texts),
        "json": json.dumps(texts, ensure_ascii=False),
        "jsonl": "\n".join(json.dumps({"text": text}, ensure_ascii=False) for text in texts),
    }[name.split(".")[1]]
    path = tmp_path / f"{name}{packing}"
    data = text.encode(encoding)
    path.write_bytes(gzip.compress(data, mtime=0) if packing else data)
    assert sorted(texts) == check_same(path).texts


@pytest.mark.parametrize(
    "data",
    [
        b"text\n" + "我的包裹\n".encode("gb18030") * 9 + "我的包裹\n".encode() * 9,
        b"text\n" + "我的包裹\n".encode("gb18030") * 30 + b"\xff\xff\xff\n",
        "text\n我的包裹\n".encode("utf-16-le") * 9,
        "text\n我的包裹\n".encode("utf-16")[:-1],
        b"\xef\xbb\xbftext\n" + "我的包裹\n".encode("gb18030") * 9,
        b"text\nhel\0lo\nyou\n",
        bytes(range(256)) * 4,
    ],
    ids=["mixed", "broken", "no mark", "cut", "a mark of UTF-8", "NUL", "binary"],
)
def test_what_no_decoder_reads_to_its_end_is_told_as_of_the_whole(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "in.csv"
    path.write_bytes(data)
    whole, said = told(lambda: read(path))
    found, in_parts = told(lambda: read_large(path, limits=TWO_ROWS))
    assert found == whole if isinstance(whole, tuple) else same_corpus(found, whole)
    assert in_parts == said


# --- standard input and URLs ----------------------------------------------------------------------

STREAMS = {
    "csv": b"text,role\n" + "hello,user\n我的包裹,agent\n".encode() * 3,
    "csv.gz": gzip.compress(b"text\nhello\nyou\nbye\n", mtime=0),
    "csv of Excel": b"sep=;\ntext;role\nhello;user\n",
    "jsonl": b'{"text": "hello"}\n{"text": "you"}\n{"text": "bye"}\n',
    "dialogues": json.dumps(CALLS).encode(),
    "an array in lines": b'[\n {"text": "hello"},\n {"text": "you"}\n]\n',
    "lines": b"hello\nyou\nbye\n",
    "GB 18030": "你好，我的包裹在哪里\n".encode("gb18030") * 9,
    "one line": b"hello",
}


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> Callable[[bytes], None]:
    """Let standard input hold some bytes."""

    def pipe(data: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))

    return pipe


@pytest.mark.parametrize("stream", STREAMS)
def test_standard_input_in_parts_is_the_whole(stream: str, piped: Callable[[bytes], None]) -> None:
    results = []
    for work in (
        lambda: read("-"),
        lambda: read_large("-", limits=TWO_ROWS),
        lambda: read_redacted("-", None, "rules", TWO_ROWS).corpus,
    ):
        piped(STREAMS[stream])
        results.append(told(work))
    whole, in_parts, redacted = results
    assert same_corpus(in_parts[0], whole[0])
    assert same_corpus(redacted[0], whole[0])
    assert in_parts[1] == redacted[1] == whole[1]
    piped(STREAMS[stream])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rows = pa.concat_tables(read_parts("-", in_dialogues=False, limits=TWO_ROWS))
    assert len(rows) == len(whole[0].occurrences) + whole[0].n_blank


CUT_GZIP = gzip.compress(b"text\n" + b"hello\n" * 99, mtime=0)[:-9]


@pytest.mark.parametrize(
    "data", [b"", b" \n", CUT_GZIP, b"text,role\nhello\n"], ids=["", "blank", "cut gzip", "no text"]
)
def test_what_is_wrong_with_standard_input_is_told_as_of_the_whole(data: bytes, piped: Callable[[bytes], None]) -> None:
    piped(data)
    whole = told(lambda: read("-"))
    piped(data)
    found = told(lambda: read_large("-", limits=TWO_ROWS))
    assert isinstance(whole[0], tuple)
    assert "standard input" in whole[0][0]
    assert found == whole


def test_standard_input_that_breaks_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(Broken()))
    for work in (read, read_large):
        with pytest.raises(InputError, match=r"cannot read standard input: .*Input/output error"):
            work("-")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(InputError, match="cannot read standard input"):
        read_large("-")


def test_standard_input_is_on_the_disk_only_if_it_may(
    piped: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    piped(b"text\nhello\n")
    with at_hand("-", may_copy=True) as held:
        assert isinstance(held, InputFile)
        assert isinstance(held.place, Path)
        assert held.place.read_bytes() == b"text\nhello\n"
    assert not held.place.exists()
    piped(b"text\nhello\n")
    monkeypatch.setattr(input_file, "temporary_folder", None)
    with at_hand("-", may_copy=False) as held:
        assert held == InputFile(b"text\nhello\n", "standard input", "stdin")
    with at_hand(["hello"], may_copy=True) as held:
        assert held == ["hello"]


def test_what_has_to_stay_in_memory_is_bounded(piped: Callable[[bytes], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy on the disk may have any size; its lines may not."""
    monkeypatch.setenv(MAX_INPUT, "1M")
    data = b"text\n" + b"hello you\n" * 120_000
    piped(data)
    with pytest.raises(InputError, match="standard input holds more than"):
        read_redacted("-", None, "rules")
    piped(data)
    assert read_large("-").texts == ["hello you"]


def test_a_file_at_a_url_in_parts_is_the_whole(tmp_path: Path) -> None:
    path = tmp_path / "in.json.gz"
    path.write_bytes(gzip.compress(json.dumps(CALLS).encode()))
    url = path.as_uri()
    for may_copy in (True, False):
        with at_hand(url, may_copy=may_copy) as held, flat_rows(held, DEFAULT, may_copy=may_copy) as flat:
            assert flat is not None
    found, said = told(lambda: read_large(url, limits=TWO_ROWS))
    whole, at_once = told(lambda: read(url))
    assert same_corpus(found, whole)
    assert said == at_once
    with pytest.raises(InputError, match="there is no file"):
        read_large((tmp_path / "none.csv").as_uri())


# --- limits ---------------------------------------------------------------------------------------


def test_no_result_depends_on_the_memory(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    days = (f"{i % 28 + 1}.2.2024" for i in range(1_700))
    rows = [{"turns": [{"text": f"hello {i % 700}"}] * 3, "id": i % 50, "date": day} for i, day in enumerate(days)]
    path.write_text("\n".join(map(json.dumps, rows)), "utf-8")
    little = ReadLimits(1, is_given=True)
    assert little.n_rows == 4_096
    assert ReadLimits(1).n_rows == ReadLimits(1 << 40, is_given=True).n_rows == 1 << 16
    with flat_rows(path, DEFAULT, n_rows=little.n_rows) as flat, temporary_folder() as folder:
        assert flat is not None
        assert [table.num_rows for table in flat.tables(little.n_rows, folder)] == [4_096, 1_004]
    assert same_corpus(read_large(path, limits=little), read(path))


def test_what_is_read_whole_and_does_not_fit_is_told_before(tmp_path: Path) -> None:
    """200 MB for the program, and 8 bytes for each of the file."""
    path = tmp_path / "in.json"
    path.write_text('{"text": ["hello", "you"], "id": 3}')
    need = 200_000_000 + 8 * path.stat().st_size
    assert read_large(path, limits=ReadLimits(need)).texts == ["hello", "you"]
    for work in (
        lambda: read_large(path, limits=ReadLimits(need - 1)),
        lambda: read_redacted(path, None, "rules", ReadLimits(need - 1)),
        lambda: list(read_parts(path, in_dialogues=True, limits=ReadLimits(need - 1))),
    ):
        with pytest.raises(InputError, match=r"in\.json is read whole, which takes about 191 MB of memory"):
            work()
    path.write_text('["hello", "you"]')
    assert read_large(path, limits=ReadLimits(1)).texts == ["hello", "you"]


def test_an_archive_is_read_file_by_file_and_reckoned_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two calls of m bytes: one is parsed at a time, and both are kept, so that 8 · (m + 2m // 8) count."""
    path, call = tmp_path / "calls.zip", json.dumps({"Participants": [], "Transcript": [], "Version": "1.1.0"})
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        for name in ("a.json", "b.json"):
            packed.writestr(name, call)
    need = 200_000_000 + 8 * (len(call) + 2 * len(call) // 8)
    with pytest.raises(InputError, match=r"calls\.zip is read whole"):
        read_large(path, limits=ReadLimits(need - 1))
    monkeypatch.setattr(formats, "read_path", None)
    with pytest.raises(InputError, match=r"calls\.zip holds no"):
        read_large(path, limits=ReadLimits(need))


@pytest.mark.parametrize("share", [2, 3])
def test_an_archive_that_is_cut_short_is_named(tmp_path: Path, piped: Callable[[bytes], None], share: int) -> None:
    with ZipFile(tmp_path / "whole.zip", "w", ZIP_DEFLATED) as packed:
        packed.writestr("a.json", json.dumps(CALLS))
    data = (tmp_path / "whole.zip").read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(data[: len(data) // share])
    with pytest.raises(InputError, match=r"cut\.zip is a zip archive that cannot be unpacked"):
        read_large(path, limits=TWO_ROWS)
    piped(data[: len(data) // share])
    with pytest.raises(InputError, match="standard input is a zip archive that cannot be unpacked"):
        read_large("-", limits=TWO_ROWS)
