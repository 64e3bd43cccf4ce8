"""Files at URLs are read as those of this machine; what may be secret in a URL is not told."""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator

import fsspec
import pytest

from dialin.bounded import MAX_INPUT
from dialin.errors import InputError
from dialin.read.table import read_table
from export_tree import contact_call


@pytest.fixture
def store() -> Iterator[fsspec.AbstractFileSystem]:
    """Return a store in the memory, which is emptied again."""
    files = fsspec.filesystem("memory")
    yield files
    files.store.clear()
    files.pseudo_dirs[:] = [""]


@pytest.mark.parametrize("name", ["calls.csv", "calls.csv.gz", "2026/5/文件.csv"])
def test_a_file_at_a_url_is_read_as_one_here(store: fsspec.AbstractFileSystem, name: str) -> None:
    data = "text,role\n我的卡丢了,客户\n".encode()
    store.pipe(f"/{name}", gzip.compress(data) if name.endswith("gz") else data)
    table = read_table(f"memory://{name}")
    assert (table["text"].to_pylist(), table["role"].to_pylist()) == (["我的卡丢了"], ["customer"])


def test_the_ending_is_that_of_the_name(store: fsspec.AbstractFileSystem) -> None:
    store.pipe("/calls.txt", b"hello, you\nbye, you\n")
    assert read_table("memory://calls.txt")["text"].to_pylist() == ["hello, you", "bye, you"]


def test_a_file_that_is_not_there_is_told(store: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(InputError, match=r"there is no file memory://calls\.csv"):
        read_table("memory://calls.csv")


def test_what_is_unpacked_is_bounded(store: fsspec.AbstractFileSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    store.pipe("/big.txt", b"x" * 5000)
    store.pipe("/packed.txt.gz", gzip.compress(b"x" * 5000))
    monkeypatch.setenv(MAX_INPUT, "4K")
    for name in ("big.txt", "packed.txt.gz"):
        with pytest.raises(InputError, match=rf"memory://{name} holds more than"):
            read_table(f"memory://{name}")


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(InputError, match=r"s3://bucket/a\.csv needs a package that is not installed: .*s3fs"):
        read_table("s3://bucket/a.csv")


def test_without_fsspec_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "fsspec", None)
    with pytest.raises(InputError, match=r'memory://a\.csv needs fsspec.*\(pip install "dialin\[cloud\]"\)'):
        read_table("memory://a.csv")


def test_an_unknown_protocol_is_told() -> None:
    with pytest.raises(InputError, match=r"cannot read foo://a\.csv: Protocol not known: foo"):
        read_table("foo://a.csv")


def test_a_service_that_repeats_the_url_tells_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    url = "https://ann:S3cr3t@example.org/calls.csv?sig=S3cr3t"

    def failing(path: str, mode: str) -> None:
        raise RuntimeError(f"403, message='Forbidden', url='{path}'")

    monkeypatch.setattr(fsspec, "open", failing)
    with pytest.raises(InputError, match=r"cannot read https://\*\*\*@example\.org/calls\.csv\?\*\*\*: 403") as error:
        read_table(url)
    assert "S3cr3t" not in str(error.value)


@pytest.mark.filterwarnings("ignore::dialin.errors.InputNote")
def test_a_folder_at_a_url_is_read_as_one_here(store: fsspec.AbstractFileSystem) -> None:
    """Hidden files do not count, and one of another kind is left out."""
    for n, text in enumerate(["hello", "my card is gone"]):
        call = json.dumps(contact_call(f"call-{n}", ("CUSTOMER", text))).encode()
        store.pipe(f"/calls/2026/{n}.json.gz", gzip.compress(call))
    store.pipe("/calls/.hidden.json", b"{}")
    store.pipe("/calls/picture.png", b"\x89PNG")
    table = read_table("memory://calls/")
    assert table["dialogue_id"].to_pylist() == ["call-0", "call-1"]
    assert table["text"].to_pylist() == ["hello", "my card is gone"]


def test_a_broken_file_in_a_folder_is_named(store: fsspec.AbstractFileSystem) -> None:
    call = contact_call("a", ("CUSTOMER", "hello"))
    del call["Transcript"][0]["Content"]
    store.pipe("/calls/2026/a.json", json.dumps(call).encode())
    with pytest.raises(InputError, match=r"^memory://calls/2026/a\.json: Transcript\[0\]\.Content is missing"):
        read_table("memory://calls/")


def test_a_folder_without_files_is_told(store: fsspec.AbstractFileSystem) -> None:
    with pytest.raises(InputError, match="memory://calls/ holds no export that dialin knows: no files"):
        read_table("memory://calls/")
