"""The command `export`: what it prints, and what it leaves behind when something is wrong."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import Cli, Once

from dialin.export.registry import FORMATS
from dialin.files import MANIFEST
from dialin.runs.manifest import COMPLETE, RUNNING
from fake_run import Said, fake_run, without_hashes
from one_line import nothing_left, one_line
from shop_run import shop_run


@pytest.fixture
def run(home: Path, once: Once) -> Path:
    once(lambda: shop_run(Path("run")))
    return home / "run"


def files_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_help_lists_every_format(cli: Cli) -> None:
    lines = cli("export", "--help").stdout.splitlines()
    for name, form in FORMATS.items():
        assert any(line.split() == [name, *form.title.split()] for line in lines), name


@pytest.mark.parametrize("name", [name for name, form in FORMATS.items() if not form.library])
def test_every_format_is_written(cli: Cli, run: Path, name: str) -> None:
    result = cli("export", run, "--to", name, "--out", "out")
    assert result.exit_code == 0, result.stderr
    assert {"names.csv", "export.json"} < set(files_in(Path("out")))
    assert f" for {name}; what was left out: out/export.json\n" in result.stdout.replace("\\", "/")


def test_what_was_left_out_is_told_on_standard_error(cli: Cli, run: Path) -> None:
    result = cli("export", run, "--to", "copilot", "--out", "out")
    assert result.stdout.startswith("out  6 intents, ")
    assert result.stderr.splitlines() == [
        "left out 2 intents: 1 not a need (--all takes it), 1 said by an agent",
        "left out 41 phrases: 30 beyond 10 phrases of an intent, 6 of another length than the platform advises, "
        "4 no intent (the format has no place for them), 1 said more in another intent",
        "changed 1 name to one that the format takes; names.csv has both",
    ]


def test_json_is_what_the_account_says(cli: Cli, run: Path) -> None:
    result = cli("export", run, "--to", "csv", "--out", "out", "--with-none", "--json")
    assert json.loads(result.stdout) == json.loads(Path("out/export.json").read_text("utf-8"))


def test_a_second_export_needs_force_and_is_the_same(cli: Cli, run: Path) -> None:
    assert cli("export", run, "--to", "lex", "--out", "out").exit_code == 0
    before = files_in(Path("out"))
    one_line(cli("export", run, "--to", "lex", "--out", "out"), "out is not empty", "--force")
    assert cli("export", run, "--to", "lex", "--out", "out", "--force").exit_code == 0
    assert files_in(Path("out")) == before


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--to", "alexa"], ["'alexa'", "rasa", "xlsx"]),
        (["--to", "rasa", "--out", "intents.yml"], ["names a file", "--out intents"]),
        (["--to", "rasa", "--language", "zh"], ["--language", "by its script"]),
        (["--to", "rasa", "--language", "English please"], ["--language", "'English please'"]),
        (["--to", "rasa", "--max-phrases", "0"], ["--max-phrases"]),
        (["--to", "botpress", "--max-phrases", "101"], ["at most 100"]),
        (["--to", "rasa", "--min-p-good", "2"], ["--min-p-good"]),
        (["--to", "rasa", "--role", "agent"], ["no intent of", "7 said by a customer", "1 not a need"]),
        (["--to", "rasa", "--reviewed"], ["6 not accepted in a review", "dialin show"]),
        (["--to", "rasa", "--out", "a-file"], ["is a file, not a folder"]),
    ],
)
def test_a_wrong_option_is_one_line_and_leaves_nothing(
    cli: Cli, run: Path, options: list[str], words: list[str]
) -> None:
    Path("a-file").write_text("x")
    one_line(cli("export", run, *(["--out", "out"] if "--out" not in options else []), *options), *words)
    nothing_left({"run", "a-file"})


def test_a_run_without_a_result_and_a_folder_without_a_run_are_told(cli: Cli, home: Path) -> None:
    one_line(cli("export", "nowhere", "--to", "csv", "--out", "out"), "there is no run in nowhere")
    said = [Said(f"pay my bill {i}", "pay-bill") for i in range(4)]
    path = fake_run(home / "run", said).folder / MANIFEST
    without_hashes(path.parent)
    path.write_text(path.read_text("utf-8").replace(f'"{COMPLETE}"', f'"{RUNNING}"'), "utf-8")
    one_line(cli("export", "run", "--to", "csv", "--out", "out"), "no result yet", "dialin resume run")
    nothing_left({"run"})


def test_a_file_that_fails_its_check_is_never_written(cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = replace(FORMATS["csv"], write=lambda content: {"intents.csv": b"a,b\n"})
    monkeypatch.setattr("dialin.cli.export.format_named", lambda _: wrong)
    one_line(cli("export", run, "--to", "csv", "--out", "out"), "not valid", "intents.csv", "['a', 'b']")
    nothing_left({"run"})


def test_a_missing_library_is_named(cli: Cli, run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    one_line(cli("export", run, "--to", "xlsx", "--out", "out"), 'pip install "dialin[excel]"')
    monkeypatch.setitem(sys.modules, "spacy", None)
    one_line(cli("export", run, "--to", "spacy", "--out", "out"), 'pip install "dialin[spacy]"')
    nothing_left({"run"})
    assert (run / MANIFEST).is_file()
