"""No value that was replaced is in any byte that a run leaves: its folder, the user's cache, the terminal."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from conftest import Cli, Served

from dialin.jobs.traces import contents_of
from dialin.runs.manifest import read_manifest
from dialin.runs.run import load
from run_commands import discover
from scripted import ScriptedBackend, sentences

VALUES = (
    "4111 1111 1111 1111",
    "ana.sample@example.com",
    "+44 20 7946 0018",
    "DE89370400440532013000",
    "110101199003071233",
    "13800138000",
    "京A12345",
    "203.0.113.77",
    "token=8f3a9c2e71b04d55",
)
SAID = "{text}, reach me under {value}"


@pytest.fixture
def private(home: Path) -> Path:
    """Write dialogues in which every third sentence holds a value."""
    with (home / "private.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "dialogue_id", "topic"])
        for i, (text, topic) in enumerate(sentences()):
            value = VALUES[i // 3 % len(VALUES)]
            value = f"https://example.com/reset?{value}" if "token" in value else value
            writer.writerow([SAID.format(text=text, value=value) if i % 3 == 0 else text, f"d{i // 6}", topic])
    return home / "private.csv"


def leaks(*folders: Path) -> list[tuple[str, str]]:
    """Return the files in folders that hold a value, in their bytes or in what they say when they are read."""
    found = []
    for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
        data = path.read_bytes()
        said = "\n".join(contents_of(path))
        forms = [(value, form) for value in VALUES for form in (value.encode(), value.encode("unicode_escape"))]
        found += [(path.name, value) for value, form in forms if form in data or value in said]
    return found


def test_no_value_is_in_any_file(cli: Cli, private: Path, backend: ScriptedBackend, tmp_path: Path) -> None:
    run = discover(cli, private, "run", "--redact", "rules")
    for words in (["predict", run, private, "--out", "found.parquet"], ["show", run], ["report", run], ["resume", run]):
        done = cli(*words)
        assert done.exit_code == 0, done.output
        assert not [value for value in VALUES if value in done.output]
    assert {"run", "found.parquet"} <= {path.name for path in run.absolute().parent.iterdir()}
    private.unlink()
    assert leaks(tmp_path) == []
    assert (tmp_path / "home" / "replies.sqlite").is_file()


def test_without_redaction_they_would_be_found(
    cli: Cli, private: Path, backend: ScriptedBackend, tmp_path: Path
) -> None:
    run = discover(cli, private, "run")
    assert {"sentences.parquet", "llm.sqlite", "report.html", "intents.parquet"} <= {name for name, _ in leaks(run)}
    assert "replies.sqlite" in {name for name, _ in leaks(tmp_path / "home")}


def test_the_run_says_what_was_replaced(cli: Cli, private: Path, backend: ScriptedBackend) -> None:
    done = cli("discover", private, "--out", "run", "--llm", "test:scripted", "--redact", "rules")
    line = "redacted by rules: 24 utterances (PHONE 6, "
    assert line in done.stderr
    assert line in done.stdout
    about = json.loads(Path("run/redaction.json").read_text())
    assert about["engine"] == "rules"
    assert about["n_utterances"] == sum(about["replaced"].values()) == 24
    assert line in cli("show", "run").stdout
    assert line in Path("run/report.html").read_text()
    assert json.loads(cli("show", "run", "--json").stdout)["redacted"].startswith(line)
    manifest = read_manifest(Path("run"))
    assert manifest.source.redact == "rules"
    assert "redaction.json" in manifest.files


def test_predict_reads_as_the_run_did(cli: Cli, private: Path, backend: ScriptedBackend) -> None:
    """So every sentence of the run gets its intent in the run, dialogues included, unless somebody asks otherwise."""
    run = load(discover(cli, private, "run", "--redact", "rules", "--context", "none"))
    done = cli("predict", "run", private, "--json")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    labels = dict(zip(run.corpus.texts, run.sentences["intent_id"].to_pylist(), strict=True))
    assert {row["text"]: row["intent_id"] for row in found} == labels
    plain = cli("predict", "run", private, "--json", "--redact", "off").stdout
    assert VALUES[1] in plain


def test_gold_in_the_input_is_found_again(cli: Cli, private: Path, backend: ScriptedBackend) -> None:
    discover(cli, private, "run", "--redact", "rules", "--llm", "none")
    done = cli("evaluate", "run", "--gold", "topic")
    assert done.exit_code == 0, done.output


def test_the_command_line_suggests_it_once(cli: Cli, private: Path, backend: ScriptedBackend) -> None:
    told = cli("discover", private, "--out", "a", "--llm", "none").stderr
    assert "hold what looks like" in told
    assert told.count("--redact rules replaces them") == 1
    for out, engine in (("b", "off"), ("c", "rules")):
        told = cli("discover", private, "--out", out, "--llm", "none", "--redact", engine).stderr
        assert "--redact rules replaces them" not in told


def test_estimate_and_annotate_read_with_it(
    cli: Cli, private: Path, backend: ScriptedBackend, served: Served, tmp_path: Path
) -> None:
    assert cli("estimate", private, "--llm", "test:scripted", "--redact", "rules").exit_code == 0
    assert cli("annotate", private, "--out", "folder", "--k", 4, "--redact", "rules").exit_code == 0
    assert read_manifest(Path("folder")).source.redact == "rules"
    private.unlink()
    assert leaks(tmp_path) == []


def test_a_damaged_redaction_is_named(cli: Cli, private: Path, backend: ScriptedBackend) -> None:
    run = discover(cli, private, "run", "--redact", "rules", "--llm", "none")
    (run / "redaction.json").write_text('{"engine": 3}')
    done = cli("show", run)
    assert done.exit_code == 2
    assert "redaction.json" in done.stderr


def test_an_engine_that_is_not_installed_is_named(cli: Cli, private: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for engine, library in (("presidio", "presidio_analyzer"), ("gliner", "gliner")):
        monkeypatch.setattr(f"dialin.redact.{engine}.find_spec", lambda name, gone=library: None if name == gone else 1)
        done = cli("discover", private, "--out", "run", "--llm", "none", "--redact", engine)
        assert done.exit_code == 2
        assert f'pip install "dialin[redact-{engine}]"' in done.stderr
        assert not Path("run").exists()
