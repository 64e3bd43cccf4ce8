"""What the README and the other pages say is so: their code runs, their commands and links exist."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

import dialin
import scripted
from dialin.cli import main
from dialin.discover import context
from dialin.llm import backends
from dialin.models.catalogue import catalogue
from dialin.runs.connect import DEFAULT_LLM

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "dialin"
PAGES = (
    *("README.md", "CONTRIBUTING.md", "CHANGELOG.md"),
    *("docs/architecture.md", "docs/cli.md", "docs/tune.md", "docs/peers.md", "docs/report.md", "docs/review.md"),
    "docs/annotate.md",
)
OTHER_COMMANDS = {"git", "cd", "export", "pip"}


def page(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


README = page("README.md")
ARCHITECTURE = page("docs/architecture.md")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.M | re.S)


def shell_lines() -> list[str]:
    lines = [line for name in PAGES for block in blocks(page(name), "sh") for line in block.splitlines()]
    return list(dict.fromkeys(line.strip() for line in lines if line.strip() and not line.startswith("#")))


def test_readme_is_short() -> None:
    assert 60 < len(README.splitlines()) < 150


# --- code -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("block", blocks(README, "python"))
def test_python_runs(
    block: str, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With stand-ins for LLM and embedder, and a file calls.txt about five topics, some sentences twice."""
    backend = scripted.ScriptedBackend()
    monkeypatch.setattr(backends, "backend_of", lambda spec: backend)
    monkeypatch.setattr(dialin, "embedder_of", scripted.embedder_of)
    monkeypatch.setattr(context, "calibration_of", lambda llm, form: scripted.CALIBRATION)
    rows = scripted.sentences()
    (home / "calls.txt").write_text("\n".join(text for text, _ in [*rows, *rows[:10]]), "utf-8")
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert backend.asked
    assert set(re.findall(r"inquire-(\w+)", printed)) == set(scripted.TOPICS)


def test_there_is_python_and_shell() -> None:
    assert blocks(README, "python")
    assert len([line for line in shell_lines() if line.startswith("dialin ")]) >= 8


# --- commands -------------------------------------------------------------------------------------


def targets() -> set[str]:
    return set(re.findall(r"^([a-z][\w-]*):", page("Makefile"), re.M))


def parse(line: str) -> click.Context:
    """Parse a command line of dialin as the program does, without running it."""
    command: click.Command = main
    context = click.Context(main, info_name="dialin", **main.context_settings)
    words = shlex.split(line, comments=True)[1:]
    while isinstance(command, click.Group) and words:
        found = command.get_command(context, words[0])
        if found is None:
            break
        command = found
        words.pop(0)
    assert command is not main, line
    return command.make_context(command.name, words, context)


@pytest.mark.parametrize("line", shell_lines())
def test_shell_commands_exist(line: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-no-key-at-all")
    first, *rest = shlex.split(line, comments=True)
    if first == "dialin":
        check_specs(parse(line))
    elif first == "make":
        wanted = [word for word in rest if "=" not in word]
        assert wanted
        assert set(wanted) <= targets()
    else:
        assert first in OTHER_COMMANDS or (ROOT / first).is_file(), line
        paths = [word for word in rest if word.startswith(("tests/", "docs/"))]
        assert all((ROOT / path).exists() for path in paths)


def check_specs(context: click.Context) -> None:
    """A server's spec makes a backend without a server; a local one has to be in the catalogue."""
    llm = str(context.params.get("llm", DEFAULT_LLM))
    if llm.startswith("openai:"):
        backends.backend_of(llm).close()
    else:
        assert llm == "none" or llm.removeprefix("local:") in catalogue()


def test_an_unknown_command_or_option_would_be_found(home: Path) -> None:
    with pytest.raises(AssertionError):
        parse("dialin divine calls.csv")
    with pytest.raises(click.UsageError):
        parse("dialin discover calls.csv --out run --colour blue")


@pytest.mark.parametrize("script", ["scripts/check", "scripts/test", ".ci/run"])
def test_scripts_are_strict_and_executable(script: str) -> None:
    assert page(script).startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in page(script)
    assert (ROOT / script).stat().st_mode & 0o100


def test_ci_runs_the_commands_of_the_readme() -> None:
    ran = set(re.findall(r'make PYTHON="\$python" ([\w-]+)', page(".ci/run")))
    documented = {
        shlex.split(line, comments=True)[1] for line in shell_lines() if line.startswith("make ") and line in README
    }
    assert documented | {"check"} == ran == {"check", "demo", "test"}


# --- models ----------------------------------------------------------------------------------------


def test_every_model_is_named_with_its_licence() -> None:
    rows = [line for line in README.splitlines() if line.startswith("|")]
    for model in catalogue().values():
        assert any(model.name in row and model.licence in row for row in rows), model.name


# --- links ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page(name)):
        if not target.startswith(("http://", "https://")):
            assert ((ROOT / name).parent / target).exists(), target
