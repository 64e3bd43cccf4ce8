"""No input unpacks to more than the bound, whatever packs it; the error says how to raise the bound."""

from __future__ import annotations

import base64
import bz2
import gzip
import io
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin import saved
from dialin.bounded import DEFAULT_BYTES, MAX_INPUT, most_bytes
from dialin.bounded_parquet import parquet_table
from dialin.errors import InputError
from dialin.read.table import read_table

TEXT = b"text\n" + b"where is my card\n" * 70_000  # 1.2 MB
PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
}


@pytest.mark.parametrize("ending", PACKERS, ids=["plain", "gzip", "bzip2", "xz"])
def test_an_input_is_read_up_to_the_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(PACKERS[ending](TEXT))
    assert read_table(path).num_rows == 70_000
    monkeypatch.setenv(MAX_INPUT, "1M")
    with pytest.raises(InputError, match=r"a\.csv.* holds more than 1 MiB .*DIALIN_MAX_INPUT=4G"):
        read_table(path)


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_cut_archives_are_named(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"a.csv{ending}"
    path.write_bytes(PACKERS[ending](TEXT)[:-20])
    with pytest.raises(InputError, match="is broken"):
        read_table(path)


def test_standard_input_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAX_INPUT, "1M")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(gzip.compress(TEXT))))
    with pytest.raises(InputError, match="standard input holds more than 1 MiB"):
        read_table("-")


def bomb(nested: bool) -> bytes:
    """Return a small file of Parquet with a text of 10 kB, 4000 times by its dictionary."""
    texts = pa.DictionaryArray.from_arrays(pa.array([0] * 4000, pa.int32()), pa.array(["x" * 10_000]))
    column = pa.ListArray.from_arrays(pa.array(range(0, 4001, 4), pa.int32()), texts) if nested else texts
    out = io.BytesIO()
    pq.write_table(pa.table({"text": column}), out)
    return out.getvalue()


@pytest.mark.parametrize("nested", [False, True], ids=["flat", "nested"])
def test_parquet_is_measured_before_it_is_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nested: bool
) -> None:
    path = tmp_path / "a.parquet"
    path.write_bytes(bomb(nested))
    assert path.stat().st_size < 100_000
    monkeypatch.setenv(MAX_INPUT, "8M")
    with pytest.raises(InputError, match="more than 8 MiB"):
        read_table(path)
    with pytest.raises(InputError, match="more than 8 MiB"):
        saved.read_table_of(path, pq.read_schema(path))
    monkeypatch.setenv(MAX_INPUT, "64M")
    assert read_table(path).num_rows == 4000


def test_rows_of_nothing_are_measured() -> None:
    out = io.BytesIO()
    pq.write_table(pa.table({"text": pa.nulls(200_000_000)}), out)
    with pytest.raises(InputError, match="more than 1,024 MiB"):
        parquet_table(out.getvalue(), "a.parquet")


def test_every_shape_of_parquet_reads(tmp_path: Path) -> None:
    rows = [{"turns": [{"text": "hi", "more": [("a", "b")]}], "n": 1}, {"turns": None, "n": None}]
    kind = pa.list_(pa.struct([("text", pa.string()), ("more", pa.map_(pa.string(), pa.string()))]))
    table = pa.Table.from_pylist(rows, pa.schema([("turns", kind), ("n", pa.int64())]))
    pq.write_table(table, tmp_path / "a.parquet")
    assert parquet_table(tmp_path / "a.parquet", "a.parquet").equals(table)
    assert parquet_table(tmp_path / "a.parquet", "a.parquet", ["n"]).column_names == ["n"]


@pytest.mark.parametrize(("given", "n_bytes"), [("", DEFAULT_BYTES), ("5", 5), ("2k", 2048), ("3 MiB", 3 << 20)])
def test_the_bound_is_a_size(monkeypatch: pytest.MonkeyPatch, given: str, n_bytes: int) -> None:
    monkeypatch.setenv(MAX_INPUT, given)
    assert most_bytes() == n_bytes


def test_a_bound_that_is_no_size_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(MAX_INPUT, "much")
    with pytest.raises(InputError, match="DIALIN_MAX_INPUT is 'much', not a size"):
        most_bytes()


@pytest.mark.parametrize(
    ("start", "told"),
    [(b"PK\x03\x04", "not readable Excel.*save it again"), (b"\xd0\xcf\x11\xe0", "old Excel.*as .xlsx or as CSV")],
    ids=["xlsx", "xls"],
)
def test_a_damaged_or_old_workbook_is_named(tmp_path: Path, start: bytes, told: str) -> None:
    (tmp_path / "a.xlsx").write_bytes(start + b"\0" * 40)
    with pytest.raises(InputError, match=told):
        read_table(tmp_path / "a.xlsx")


DAMAGED = (
    "eNptUk9P2zAUfzYmINQDVHJkSznkQrRDKQWtFZrg8FLRbqLV2kqAhnbJ2qggldIlgQZOfIwd9xn3CfbstKVosxI/2+/9/vjJPRwcSSF3"
    "5E5HcgllAAYAkQRZluUKZXalIx2vwT+wSLFob4+ynP4Nxjj8C8wJ6Ev/PTBXLF8BBWwY+BZYvP5eB+Wkw9v4PpICZGmfK5HFebYPHY/q"
    "GlxtZo/JNCUNp3NKJ3WhxOQuzSQvqrfiSXwfT5cAV2hPVwLwZEk3wNnVBZ2khJu4SVANttcvo41TMFxAhjmculw7OuDGaUFSNyQnhQkr"
    "vBS0lK+MvuA3C17Wb/o/1kCAblEHDLP7h7ki2KYA2lMlHAy+Xn8qmqB+8UMzTsZIo4/FuECcYzjGFuIYmzaFYYjYNYsm4hd78BaxWIbp"
    "an/xYkhpcd5t2cO5mc9xqRJaKZsafb56/jE11M2xsXLco8mU9y9tURvXrS3425PazXXN7p9NfW7JyMQ3I9VdiC1BYTiwcfjmF1d+Ru2r"
    "j6PVvr/In52B8mdR8vMxzg6Gs9lBlCQPc/8pTtK7h6l/3KjWqke6Qm/APIMbanOPnvZf8/aO/w=="
)
"""A Parquet file with damaged metadata, found by ``studies.own.fuzz``: asked for them, Arrow 26 ends the process."""


def test_damaged_metadata_of_a_column_are_an_error_and_not_the_end_of_the_process(tmp_path: Path) -> None:
    path = tmp_path / "damaged.parquet"
    path.write_bytes(zlib.decompress(base64.b64decode(DAMAGED)))
    with pytest.raises(InputError, match="histogram size mismatch"):
        read_table(path)
