"""A large file is redacted part by part as it would be whole, and nothing that must not be seen touches a disk."""

from __future__ import annotations

import gzip
import io
import json
import sys
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError, InputWarning
from dialin.jobs.memory import check_number
from dialin.read import distinct, parts, text_parts
from dialin.read.columns import Columns
from dialin.read.limits import ReadLimits
from dialin.redact import source
from dialin.redact.engine import RuleFinder
from dialin.redact.source import RedactedCorpus, read_redacted
from dialin.redact.table import Cutter, redacted_table
from fake_run import Said, table_of
from same_corpus import same_corpus

TWO_ROWS = ReadLimits(most_rows=2)
CARD, OTHER = "4111 1111 1111 1111", "5555555555554444"
ROWS: list[dict[str, Any]] = [
    {"text": f"no, {OTHER} or\u200b {CARD}", "role": "user", "call_id": "a", "turn": 2, "queue": "ann@example.com"},
    {"text": f"我的卡号是{CARD}", "role": "agent", "call_id": "b", "turn": 0, "queue": "x"},
    {"text": "was it <CARD_4>?", "role": "agent", "call_id": "b", "turn": 1, "queue": "x"},
    {"text": f"it is {CARD}. Where is my parcel, write to ann@example.com!", "role": "user", "call_id": "a", "turn": 1},
    {"text": f"and {OTHER}", "role": "user", "call_id": "b", "turn": 3, "queue": "x"},
    {"text": f"{OTHER} again {OTHER}", "role": "user", "call_id": None, "turn": None, "queue": "ann@example.com"},
    {"text": "hello", "role": "user", "call_id": "a", "turn": 0, "queue": None},
]
PRIVATE = ("4111 1111", "41111111", "55555555", "ann@example", "ann@", "5555 5555")


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take every file for a large one, which is read two rows at a time."""
    for module, name, value in (
        *((text_parts, "LARGE_BYTES", 1), (parts, "LARGE_ROWS", 1), (distinct, "MERGED_ROWS", 1)),
    ):
        monkeypatch.setattr(module, name, value)


def written(folder: Path, form: str) -> Path:
    path = folder / f"in.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif form == "csv.gz":
        lines = [",".join(ROWS[0]), *(",".join(f'"{_cell(row.get(name))}"' for name in ROWS[0]) for row in ROWS)]
        path.write_bytes(gzip.compress("\n".join(lines).encode()))
    elif form == "calls.json":
        calls = [{"call_id": row["call_id"], "queue": row["queue"], "turns": [row]} for row in map(_with_queue, ROWS)]
        path.write_text(json.dumps(calls), "utf-8")
    else:
        text = "\n".join(map(json.dumps, ROWS)) if form == "jsonl" else json.dumps(ROWS)
        path.write_text(text, "utf-8")
    return path


def _with_queue(row: dict[str, Any]) -> dict[str, Any]:
    return {"queue": None} | row


def _cell(value: object) -> object:
    return "" if value is None else value


FORMS = ["csv.gz", "jsonl", "json", "parquet"]
OUTCOME = Columns(outcomes=("queue",))


@pytest.mark.parametrize("columns", [OUTCOME, Columns(split=True)], ids=["outcome", "split"])
@pytest.mark.parametrize("form", FORMS)
def test_a_redacted_file_in_parts_is_the_whole(
    tmp_path: Path, form: str, columns: Columns, request: pytest.FixtureRequest
) -> None:
    """Dialogue "a" goes on in the last part, with an earlier turn that decides the number of a card."""
    path = written(tmp_path, form)
    whole = read_redacted(path, columns, "rules", TWO_ROWS)
    request.getfixturevalue("small_parts")
    found = read_redacted(path, columns, "rules", TWO_ROWS)
    assert same_corpus(found.corpus, whole.corpus)
    assert found.redaction == whole.redaction
    assert found.redaction is not None
    assert found.redaction.replaced == {"CARD": 7, "EMAIL": 1}
    assert found.redaction.n_utterances == 5 + columns.split
    assert "no, <CARD_2> or <CARD_1>" in found.corpus.texts
    assert "我的卡号是<CARD_5>" in found.corpus.texts


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, bytes]]:
    """All that lies in the folder for temporary files, looked at whenever sentences are cut or merged."""
    folder, seen = tmp_path / "temporary", dict[str, bytes]()
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    looked_at = ((source, "corpus_of_parts"), (distinct, "held_in"), (Cutter, "cut"))
    for owner, name in looked_at:
        monkeypatch.setattr(owner, name, _looking(getattr(owner, name), folder, seen))
    yield seen
    monkeypatch.undo()


def _looking(work: Any, folder: Path, seen: dict[str, bytes]) -> Any:
    def looked(*given: Any) -> Any:
        done = work(*given)
        files = (path for path in folder.rglob("*") if path.is_file())
        seen.update({path.name: path.read_bytes() for path in files})
        return done

    return looked


@pytest.mark.parametrize("form", [*FORMS, "calls.json", "standard input"])
@pytest.mark.usefixtures("small_parts")
def test_nothing_that_must_not_be_seen_touches_the_disk(
    tmp_path: Path, form: str, disk: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    if form == "standard input":
        data = written(tmp_path, "jsonl").read_bytes()
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        read_redacted("-", OUTCOME, "rules", TWO_ROWS)
    else:
        read_redacted(written(tmp_path, form), OUTCOME, "rules", TWO_ROWS)
    assert {"cut.arrow", "sorted.arrow", "rows.arrow"} <= set(disk)
    written_all = b"".join(disk.values())
    assert b"Where is my parcel" in written_all
    assert [value for value in PRIVATE if value.encode() in written_all] == []
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.usefixtures("small_parts")
def test_errors_and_warnings_of_parts_do_not_repeat_a_value(tmp_path: Path) -> None:
    path = tmp_path / "in.csv"
    path.write_text("text,date\nhello,2024-05-01\nyou,2024-05-02\nbye,2024-05-03\nhm,ann@example.com\n")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", InputWarning)
        assert read_redacted(path, None, "rules", TWO_ROWS).corpus.occurrences["date"].null_count == 1
    assert len(told) == 1
    assert "<EMAIL_1>" in str(told[0].message)
    path.write_text(f"text,date\nhello,1\n{CARD}\n")
    with pytest.raises(InputError, match=r"line 3 of .* has 1 fields, the header 2: '<CARD_1>'"):
        read_redacted(path, None, "rules", TWO_ROWS)


@pytest.mark.usefixtures("small_parts")
def test_too_many_rows_are_told_before_any_is_redacted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Cutter, "cut", None)
    asked = list[tuple[int, int]]()

    def check(n: int, n_rows: int) -> None:
        asked.append((n, n_rows))
        check_number(n, n_rows, memory=1)

    with pytest.raises(InputError, match="7 rows need about"):
        read_redacted(written(tmp_path, "jsonl"), None, "rules", ReadLimits(check_number=check, most_rows=2))
    assert asked == [(0, 7)]


@given(
    st.lists(st.tuples(st.sampled_from([CARD, OTHER, "<CARD_1>", "x"]), st.sampled_from(["a", "b", None])), max_size=9),
    st.integers(1, 9),
)
def test_the_parts_of_a_table_do_not_matter(said: list[tuple[str, str | None]], n: int) -> None:
    table = table_of([Said(f"it is {text} 1", "", dialogue) for text, dialogue in said])
    cutter = Cutter(RuleFinder())
    cut = pa.concat_tables([cutter.cut(table.slice(at, n)) for at in range(0, max(len(said), 1), n)])
    filled = cutter.filled(cut.slice(at, 2) for at in range(0, max(len(said), 1), 2))
    assert pa.concat_tables(filled).to_pylist() == redacted_table(table, RuleFinder()).to_pylist()


def test_nothing_to_find_is_a_file_without_placeholders(tmp_path: Path, small_parts: None) -> None:
    path = tmp_path / "in.txt"
    path.write_text("hello\nyou\nand me\n")
    found: RedactedCorpus = read_redacted(path, None, "rules", TWO_ROWS)
    assert found.corpus.texts == ["and me", "hello", "you"]
    assert found.redaction is not None
    assert found.redaction.line == "redacted by rules: 0 utterances"
