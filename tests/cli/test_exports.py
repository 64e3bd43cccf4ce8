"""Exports of contact centres on the command line: whose they are is said, and their outcomes stay with the run."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin import files
from dialin.runs.manifest import read_manifest
from dialin.runs.run import load
from export_tree import calls_folder, contact_call, fixture_path, zipped
from one_line import nothing_left, one_line
from scripted import ScriptedBackend, sentences

LLM = ("--llm", "test:scripted")


@pytest.fixture
def exported(home: Path) -> Path:
    """Write a folder of 42 calls, in two of which nobody speaks."""
    folder = calls_folder(home / "calls", [text for text, _ in sentences()][:40])
    for n in (40, 41):
        (folder / f"{n}.json").write_text(json.dumps(contact_call(f"call-{n}")))
    return folder


def test_a_folder_of_calls_becomes_a_run(cli: Cli, backend: ScriptedBackend, exported: Path) -> None:
    result = cli("discover", "calls", "--out", "run", *LLM)
    assert result.exit_code == 0, result.stderr
    said = "dialin: note: calls: 42 Contact Lens calls, 2 skipped: no transcript; 40 bot turns left out"
    assert result.stderr.splitlines()[0] == said
    table = pq.read_table("run/occurrences.parquet")
    assert table.column_names == [
        *("row", "sentence_id", "dialogue_id", "turn", "role", "date"),
        *("start", "end", "duration", "channel", "language", "tags"),
    ]
    assert table.schema.field("start").type == pa.float64()
    assert table.num_rows == 80
    assert set(table["tags"].to_pylist()) == {"queue 0", "queue 1"}
    assert set(table["role"].to_pylist()) == {"agent", "customer"}


def test_a_zip_and_a_pipe_give_the_same_run(cli: Cli, backend: ScriptedBackend, exported: Path) -> None:
    calls = {path.name: path.read_bytes() for path in exported.iterdir()}
    Path("calls.zip").write_bytes(zipped(calls))
    lines = gzip.compress(b"\n".join(calls[name] for name in sorted(calls)))
    for source, stdin in (("calls", None), ("calls.zip", None), ("-", lines)):
        result = cli("discover", source, "--out", "run", *LLM, stdin=stdin)
        assert result.exit_code == 0, result.stderr
        found = pq.read_table("run/occurrences.parquet"), pq.read_table("run/sentences.parquet")
        if source == "calls":
            expected = found
        assert found == expected
        shutil.rmtree("run")


def test_what_follows_works_on_such_a_run(cli: Cli, backend: ScriptedBackend, exported: Path) -> None:
    assert cli("discover", "calls", "--out", "run", *LLM, "--max-calls", 2).exit_code == 0
    assert cli("resume", "run").exit_code == 0
    table = load(Path("run")).corpus.occurrences
    assert table["duration"].to_pylist() == [12.0] * 80
    for command in (["show", "run"], ["report", "run"], ["evaluate", "run", "--gold", "tags"]):
        result = cli(*command)
        assert result.exit_code == 0, result.stderr
    predicted = cli("predict", "run", "calls/3.json")
    assert predicted.exit_code == 0
    assert len(predicted.stdout.splitlines()) == 3
    assert cli("estimate", "calls", *LLM).stderr.startswith("dialin: note: calls: 42 Contact Lens calls")


def test_the_manifest_keeps_how_an_export_was_read(cli: Cli, backend: ScriptedBackend, exported: Path) -> None:
    given = ("--format", "contact-lens", "--speakers", "x=y", "--pause", 0)
    result = cli("discover", "calls", "--out", "run", *LLM, *given)
    assert result.exit_code == 0, result.stderr
    assert "dialin: warning: --speakers names x, but calls has no speakers without a role" in result.stderr
    columns = read_manifest(Path("run")).source.columns
    assert (columns.format, columns.speakers, columns.pause) == ("contact-lens", "x=y", 0)


def test_a_run_without_these_keys_still_opens(cli: Cli, backend: ScriptedBackend, calls: Path) -> None:
    """The manifest of an older version has neither a format nor a pause."""
    assert cli("discover", calls, "--out", "run", *LLM).exit_code == 0
    path = Path("run") / files.MANIFEST
    values = json.loads(path.read_text())
    for name in ("format", "speakers", "pause"):
        del values["source"]["columns"][name]
    path.write_text(json.dumps(values))
    assert cli("show", "run").exit_code == 0
    assert pq.read_table("run/occurrences.parquet").num_columns == 6


def test_other_columns_of_a_run_are_not_read(cli: Cli, backend: ScriptedBackend, calls: Path) -> None:
    """A run may come from somebody else: only numbers and texts go with the utterances."""
    assert cli("discover", calls, "--out", "run", *LLM).exit_code == 0
    path = Path("run") / files.OCCURRENCES
    table = pq.read_table(path)
    n = table.num_rows
    table = table.append_column("queue", pa.array(["a"] * n)).append_column("bytes", pa.array([b"x"] * n))
    pq.write_table(table, path)
    (Path("run") / files.MANIFEST).write_text(
        json.dumps(json.loads((Path("run") / files.MANIFEST).read_text()) | {"files": {}, "result": ""})
    )
    assert load(Path("run")).corpus.occurrences.column_names[6:] == ["queue"]


ERRORS: dict[str, tuple[list[str], list[str]]] = {
    "unknown format": (["calls", "--format", "contactlens"], ["'contactlens' is unknown", "contact-lens, ", "whisper"]),
    "another format": (["calls/0.json", "--format", "twilio"], ["holds Contact Lens calls"]),
    "no call": (["empty"], ["empty holds no export", "1 file, such as a.txt"]),
    "wrong speakers": (["calls", "--speakers", "agent"], ["'agent'", "0=agent,1=customer"]),
    "wrong pause": (["calls", "--pause", "-1"], ["--pause"]),
}


@pytest.mark.parametrize("kind", ERRORS)
def test_errors_are_one_line(cli: Cli, backend: ScriptedBackend, exported: Path, kind: str) -> None:
    Path("empty").mkdir()
    Path("empty/a.txt").write_text("hello")
    given, words = ERRORS[kind]
    one_line(cli("discover", *given, "--out", "run", *LLM), *words)
    nothing_left({"calls", "empty"})


def test_a_broken_call_is_named_with_the_place(cli: Cli, backend: ScriptedBackend, exported: Path) -> None:
    broken = contact_call("b", ("CUSTOMER", "hello"))
    broken["Transcript"][0]["BeginOffsetMillis"] = "soon"
    (exported / "7.json").write_text(json.dumps(broken))
    told = "calls/7.json: Transcript[0].BeginOffsetMillis is text 'soon', not a number"
    one_line(cli("discover", "calls", "--out", "run", *LLM), told)


def test_a_zip_bomb_is_refused(cli: Cli, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIALIN_MAX_INPUT", "1M")
    Path("a.zip").write_bytes(zipped({f"{n}.json": b" " * (400 << 10) for n in range(9)}))
    one_line(cli("discover", "a.zip", "--out", "run", *LLM), "a.zip holds more than 1 MiB")


def test_speakers_of_a_recogniser_get_roles(cli: Cli, backend: ScriptedBackend) -> None:
    result = cli("predict", "run", fixture_path("whisper"))
    assert "there is no run in run" in result.stderr
    Path("w").mkdir()
    for n, (text, _) in enumerate(sentences()[:30]):
        said = [{"start": 0, "end": 1, "text": " How can I help?", "speaker": "SPEAKER_00"}]
        said += [{"start": 2, "end": 3, "text": text, "speaker": "SPEAKER_01"}]
        Path(f"w/{n}.json").write_text(json.dumps({"language": "en", "segments": said}))
    result = cli("discover", "w", "--out", "run", *LLM, "--speakers", "0=agent,1=customer")
    assert result.exit_code == 0, result.stderr
    assert result.stderr.startswith("dialin: note: w: 30 Whisper transcripts\n")
    assert pq.read_table("run/occurrences.parquet")["role"].to_pylist() == ["agent", "customer"] * 30
