"""The page on exports: its commands run, and its tables are those of the code."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import warnings
from pathlib import Path

import pytest
from conftest import Cli

from dialin.read.importers.known import IMPORTERS
from dialin.read.table import read_table
from doc_pages import page, shell_lines
from export_tree import calls_folder, fixture_path, zipped
from scripted import ScriptedBackend, sentences

PAGE = "docs/guide/contact-centre-files.md"
TEXTS = [text for text, _ in sentences()][:12]


def make_inputs() -> None:
    """Write what the commands of the page name."""
    calls = calls_folder(Path("calls"), TEXTS)
    shutil.copytree(calls, "new-calls")
    shutil.copytree(calls, "mixed")
    shutil.copy(fixture_path("twilio"), "mixed")
    data = {path.name: path.read_bytes() for path in sorted(calls.iterdir())}
    Path("calls.zip").write_bytes(zipped(data))
    Path("calls.ndjson.gz").write_bytes(gzip.compress(b"\n".join(data.values())))
    Path("recordings").mkdir()
    for n, text in enumerate(TEXTS):
        said = [("spk_0", "How can I help you", 0), ("spk_1", text, 2)]
        segments = [{"start": at, "end": at + 1, "text": words, "speaker": who} for who, words, at in said]
        Path(f"recordings/{n}.json").write_text(json.dumps({"language": "en", "segments": segments}))


def test_the_commands_of_the_page_run(cli: Cli, backend: ScriptedBackend) -> None:
    make_inputs()
    for line in shell_lines(PAGE):
        words = shlex.split(line)[1:]
        if "--out" in words and words[0] == "discover":
            shutil.rmtree("run", ignore_errors=True)
        llm = ["--llm", "test:scripted"] if words[0] in {"discover", "estimate"} else []
        result = cli(*words, *llm)
        assert result.exit_code == 0, (line, result.stderr)


def rows() -> dict[str, set[str]]:
    """Return the further columns of each source, by the name of its format."""
    table = re.findall(r"^\| [^|`]+ \| `([a-z][\w-]*)` \| [^|]+ \| ([^|]+) \|$", page(PAGE), re.M)
    return {name: set(re.findall(r"`(\w+)`", columns)) for name, columns in table}


def test_each_importer_is_in_the_table() -> None:
    """Those of help desks are on a page of their own."""
    known = [importer.name for importer in IMPORTERS if importer.name in rows()]
    assert list(rows()) == known
    assert len(known) >= 14


@pytest.mark.parametrize("name", rows())
def test_a_source_gives_no_column_that_the_page_lacks(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = read_table(str(fixture_path(name))).column_names[6:]
    assert set(found) <= rows()[name]


def test_every_column_is_explained() -> None:
    columns = set().union(*rows().values())
    explained = set(re.findall(r"`(\w+)`", page(PAGE).split("## Columns", 1)[1]))
    assert columns <= explained
