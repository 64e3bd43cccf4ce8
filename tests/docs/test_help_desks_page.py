"""The page on help desks, spreadsheets and databases: its commands run, and its tables are those of the code."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import sqlite3
from io import BytesIO
from pathlib import Path
from typing import IO

import fsspec
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.read.importers.known import IMPORTERS
from doc_pages import page, shell_lines
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/help-desks-and-databases.md"
TEXTS = [text for text, _ in sentences()][:30]


def make_inputs() -> None:
    """Write what the commands of the page name."""
    Path("zendesk.ndjson").write_text("".join(f"{json.dumps(ticket(n, t))}\n" for n, t in enumerate(TEXTS)))
    cues = (f"00:00:{n:02}.000 --> 00:00:{n:02}.500\n<v {('Anna', 'Bo')[n % 2]}>{text}" for n, text in enumerate(TEXTS))
    Path("calls.vtt").write_text("WEBVTT\n\n" + "\n\n".join(cues))
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("Calls")
    for text in ["text", *TEXTS]:
        sheet.append([text])
    book.save("calls.xlsx")
    with sqlite3.connect("calls.db") as file:
        file.execute("CREATE TABLE turns (said TEXT, who TEXT, call_id TEXT, day TEXT)")
        file.executemany("INSERT INTO turns VALUES (?, 'customer', ?, '2026-05-01')", [(t, t[:1]) for t in TEXTS])
    file.close()


def ticket(n: int, text: str) -> dict[str, object]:
    comment = {"author_id": 1, "public": True, "html_body": f"<p>Hello.</p><p>{text}</p>"}
    return {"id": n, "requester_id": 1, "via": {"channel": "email"}, "comments": [comment]}


def cloud(url: str, mode: str) -> IO[bytes]:
    """Return the file of a cloud that cannot be reached from here."""
    stream = BytesIO()
    if url.endswith(".parquet"):
        pq.write_table(pa.table({"text": TEXTS}), stream)
    else:
        stream.write("\n".join(["text", *TEXTS]).encode())
    return BytesIO(stream.getvalue())


def test_the_commands_of_the_page_run(cli: Cli, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    make_inputs()
    monkeypatch.setattr(fsspec, "open", cloud)
    n = 0
    for line in shell_lines(PAGE):
        program, *words = shlex.split(line)
        if program == "export":
            monkeypatch.setenv(*words[0].split("=", 1))
        if program != "dialin":
            continue
        if words[0] == "discover":
            shutil.rmtree("run", ignore_errors=True)
        llm = ["--llm", "test:scripted"] if words[0] in {"discover", "estimate"} else []
        result = cli(*words, *llm)
        assert result.exit_code == 0, (line, result.stderr)
        n += 1
    assert n >= 10


def test_every_source_of_the_page_is_an_importer() -> None:
    named = re.findall(r"^\| [^|]+ \| `([a-z][a-z-]*)` \| ", page(PAGE), re.M)
    other = set(re.findall(r"^\| [^|]+ \| `([a-z][a-z-]*)` \| ", page("docs/guide/contact-centre-files.md"), re.M))
    assert set(named) == {importer.name for importer in IMPORTERS} - other


def test_the_page_counts_the_examples_of_the_tests() -> None:
    text = (Path(__file__).parents[1] / "read" / "test_split.py").read_text("utf-8")
    n_missed, n = re.findall(r"(\d+) of (\d+) examples", text)[0]
    assert f"Of {n} examples that we wrote, it cuts {int(n) - int(n_missed)} as we would" in page(PAGE)
