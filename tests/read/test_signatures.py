"""Files that hold no text are told by how they begin, whatever their names say."""

from __future__ import annotations

import sqlite3
import wave
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli
from pyarrow import feather

from dialin.errors import InputError
from dialin.read.table import read
from one_line import one_line

PDF = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n%%EOF\n"
ZEROS = bytes(600)
FILES = {
    "pdf": (PDF, "a PDF"),
    "rtf": (b"{\\rtf1\\ansi where is my parcel}\n", "a rich text document (.rtf)"),
    "png": (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "a PNG image"),
    "jpeg": (b"\xff\xd8\xff\xe0\x00\x10JFIF", "a JPEG image"),
    "gif": (b"GIF89a\x01\x00\x01\x00", "a GIF image"),
    "7z": (b"7z\xbc\xaf\x27\x1c\x00\x04", "a 7z archive"),
    "rar": (b"Rar!\x1a\x07\x01\x00", "a RAR archive"),
    "tar": (b"calls.csv".ljust(257, b"\x00") + b"ustar\x00", "a tar archive"),
    "mp3": (b"ID3\x03\x00\x00", "an MP3 recording"),
    "mp3 without a tag": (b"\xff\xfb\x90\x00" + ZEROS, "an MP3 recording"),
    "ogg": (b"OggS\x00\x02", "an Ogg recording"),
    "flac": (b"fLaC\x00\x00\x00\x22", "a FLAC recording"),
    "m4a": (b"\x00\x00\x00\x20ftypM4A ", "an MP4 recording"),
}


@pytest.mark.parametrize("ending", [".csv", ".txt", ".jsonl", ".parquet", ""])
@pytest.mark.parametrize(("data", "what"), FILES.values(), ids=FILES)
def test_what_is_no_text_is_told_under_any_name(tmp_path: Path, data: bytes, what: str, ending: str) -> None:
    path = tmp_path / f"calls{ending}"
    path.write_bytes(data)
    with pytest.raises(InputError) as refused:
        read(path)
    assert str(refused.value).startswith(f"{path} is {what}, not text (")


def test_what_libraries_write_is_told(tmp_path: Path) -> None:
    base = sqlite3.connect(tmp_path / "base.csv")
    base.execute("create table calls (text)")
    base.close()
    feather.write_feather(pa.table({"text": ["a"]}), str(tmp_path / "feather.csv"))
    with wave.open(str(tmp_path / "wave.csv"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(ZEROS)
    told = {"base.csv": "an SQLite database", "feather.csv": "an Arrow file", "wave.csv": "a WAV recording"}
    for name, what in told.items():
        with pytest.raises(InputError, match=what):
            read(tmp_path / name)


def test_parquet_is_read_under_any_name(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["where is it"]}), tmp_path / "a.csv")
    assert read(tmp_path / "a.csv").texts == ["where is it"]


@pytest.mark.parametrize("line", ["GIF8 is a picture", "ID3 tags are wrong", "OggS?", "Rar! what", "look, a %PDF-1.4"])
def test_a_text_may_begin_as_a_signature_does(tmp_path: Path, line: str) -> None:
    (tmp_path / "a.txt").write_text(f"{line}\n")
    assert read(tmp_path / "a.txt").texts == [line]


def test_a_pdf_is_refused_in_one_line(cli: Cli, home: Path) -> None:
    (home / "calls.csv").write_bytes(PDF)
    done = cli("discover", "calls.csv", "--out", "run", "--llm", "none")
    one_line(done, "calls.csv is a PDF, not text (export the text as .txt or .csv)")
    assert (done.exit_code, Path("run").exists()) == (2, False)
