"""How the documents of a file are found: one value, a list, a line each; packed or not; and what a folder holds."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile

import pytest

from dialin.errors import InputError
from dialin.read.importers import containers
from dialin.read.importers.containers import files_in_folder, files_in_zip, is_archive
from dialin.read.importers.documents import SourceFile, documents_in, ending_of, head_of
from export_tree import zipped

DOCUMENT = {"a": {"b": ["文", 1]}}
LINE = json.dumps(DOCUMENT)


def values_in(text: str | bytes) -> list[object]:
    data = text if isinstance(text, bytes) else text.encode()
    return [document.value for document in documents_in(SourceFile("x.json", "x.json", data))]


@pytest.mark.parametrize(
    ("text", "n"),
    [
        (LINE, 1),
        (f"{LINE}\n", 1),
        (f"\n\n{LINE}\n", 1),
        (json.dumps(DOCUMENT, indent=2), 1),
        (f"[{LINE}, {LINE}]", 2),
        (json.dumps([DOCUMENT] * 3, indent=1), 3),
        (f"{LINE}\n{LINE}\n", 2),
        (f"{LINE}\r\n\r\n{LINE}", 2),
    ],
)
def test_documents_of_json(text: str, n: int) -> None:
    assert values_in(text) == [DOCUMENT] * n
    assert head_of(text.encode()) == DOCUMENT


def test_a_mark_of_the_byte_order_and_other_encodings_do_not_matter() -> None:
    assert values_in(b"\xef\xbb\xbf" + LINE.encode()) == [DOCUMENT]
    assert values_in(json.dumps(DOCUMENT, ensure_ascii=False).encode("utf-16")) == [DOCUMENT]


def test_other_text_is_one_document() -> None:
    assert values_in("WEBVTT\n\nhello") == ["WEBVTT\n\nhello"]
    assert head_of(b"WEBVTT\n\nhello") == "WEBVTT\n\nhello"


def test_documents_say_where_they_are() -> None:
    found = list(documents_in(SourceFile("a/x.jsonl", "the file", f"{LINE}\n\n{LINE}\n".encode())))
    assert [(document.where, document.file, document.number) for document in found] == [
        ("line 1 of the file", "a/x", 1),
        ("line 3 of the file", "a/x", 3),
    ]
    found = list(documents_in(SourceFile("x.json", "the file", f"[{LINE}, 2]".encode())))
    assert [(document.where, document.value) for document in found] == [
        ("item 1 of the file", DOCUMENT),
        ("item 2 of the file", 2),
    ]


def test_a_broken_line_is_named() -> None:
    with pytest.raises(InputError, match=r"line 2 of x\.json is not JSON: .*it reads '\{\"a\":'"):
        values_in(f'{LINE}\n{{"a": \n')


@pytest.mark.parametrize("text", ["{", '{"a": 1,\n', "[1, 2", '{"a": 1} x'])
def test_broken_json_is_named(text: str) -> None:
    with pytest.raises(InputError, match=r"x\.json is not JSON"):
        values_in(text)


def test_what_nests_too_deeply_is_not_json() -> None:
    with pytest.raises(InputError, match="is not JSON"):
        values_in('{"a": ' * 100_000)
    assert isinstance(head_of(b'{"a": ' * 100_000), str)


@pytest.mark.parametrize(
    ("path", "stem", "ending"),
    [
        ("a.json", "a", ".json"),
        ("b/a.v2.JSON.gz", "b/a.v2", ".json"),
        ("2026.01.02", "2026.01.02", ".02"),
        ("a", "a", ""),
        ("a.gz", "a", ""),
        ("通话.ndjson", "通话", ".ndjson"),
        ("a.wav", "a.wav", ".wav"),
    ],
)
def test_names_lose_the_endings_of_formats(path: str, stem: str, ending: str) -> None:
    assert SourceFile(path, path, b"").stem == stem
    assert ending_of(path) == ending


# --- folders and archives ---------------------------------------------------------------------------


def make_tree(folder: Path) -> None:
    (folder / "b" / ".git").mkdir(parents=True)
    for name in ("z.json", "b/a.json", "b/.hidden.json", "b/.git/c.json", "notes.md"):
        (folder / name).write_text(name, "utf-8")
    (folder / "a.json.gz").write_bytes(gzip.compress(b"a.json.gz"))
    (folder / "a.json.bz2").write_bytes(bz2.compress(b"a.json.bz2"))
    (folder / "a.json.xz").write_bytes(lzma.compress(b"a.json.xz"))


EXPECTED = ["a.json.bz2", "a.json.gz", "a.json.xz", "b/a.json", "notes.md", "z.json"]


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    make_tree(tmp_path)
    found = list(files_in_folder(tmp_path))
    assert [file if isinstance(file, str) else file.path for file in found] == EXPECTED
    assert [file.data.decode() for file in found if isinstance(file, SourceFile)] == [
        name for name in EXPECTED if name != "notes.md"
    ]
    assert [file for file in found if isinstance(file, str)] == ["notes.md"]


def test_an_archive_is_read_like_the_folder(tmp_path: Path) -> None:
    make_tree(tmp_path)
    files = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    found = list(files_in_zip(zipped(files | {"__MACOSX/._z.json": b"x"}), "x.zip"))
    assert [file if isinstance(file, str) else file.path for file in found] == EXPECTED
    assert [file.where for file in found if isinstance(file, SourceFile)][:1] == ["a.json.bz2 in x.zip"]


@pytest.mark.parametrize("name", ["../../evil.json", "/etc/evil.json", "C:\\evil.json", "..\\evil.json", "a/../b.json"])
def test_names_in_an_archive_are_no_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.chdir(tmp_path)
    (file,) = files_in_zip(zipped({name: b"{}"}), "x.zip")
    assert isinstance(file, SourceFile)
    assert file.data == b"{}"
    assert list(tmp_path.rglob("*")) == []


def test_an_archive_that_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALIN_MAX_INPUT", "1M")
    one = zipped({"a.json": b"0" * (2 << 20)})
    many = zipped({f"{n}.json": b"0" * (300 << 10) for n in range(4)})
    within = zipped({"a.json.gz": gzip.compress(b"0" * (2 << 20))})
    for data in (one, many, within):
        assert len(data) < 1 << 14
        with pytest.raises(InputError, match=r"x\.zip holds more than 1 MiB of data"):
            list(files_in_zip(data, "x.zip"))


def test_a_broken_archive_is_named() -> None:
    data = zipped({"a.json": b'{"a": 1}' * 500})
    for broken in (data[: len(data) // 2], data[:40] + b"\0\0\0\0\0\0" + data[46:]):
        with pytest.raises(InputError, match=r"x\.zip is a zip archive that cannot be unpacked"):
            list(files_in_zip(broken, "x.zip"))


def test_an_encrypted_archive_is_named(tmp_path: Path) -> None:
    path = tmp_path / "x.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as packed:
        packed.writestr("a.json", b"{}")
    data = bytearray(path.read_bytes())
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(mark) + at] |= 1  # the bit that says it is encrypted
    with pytest.raises(InputError, match=r"cannot be unpacked: .*encrypted.*without a password"):
        list(files_in_zip(bytes(data), "x.zip"))


def test_a_workbook_is_no_archive_of_files() -> None:
    assert is_archive(zipped({"a.json": b"{}"}), "a.zip")
    assert not is_archive(zipped({"[Content_Types].xml": b""}), "a.zip")
    assert not is_archive(b"PK\x03\x04" + b"\0" * 40, "a.xlsx")
    assert is_archive(b"PK\x03\x04" + b"\0" * 40, "a.zip")
    assert not is_archive(b"{}", "a.zip")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").write_text("{}", "utf-8")

    def refuse(*_: object) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(containers, "read_path", refuse)
    with pytest.raises(InputError, match=r"cannot read '.*a\.json': .*Permission denied.*check its permissions"):
        list(files_in_folder(tmp_path))


def test_a_packed_file_that_is_broken_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.json.gz").write_bytes(gzip.compress(b"{}")[:-6])
    with pytest.raises(InputError, match=r"a\.json\.gz is broken gzip"):
        list(files_in_folder(tmp_path))
