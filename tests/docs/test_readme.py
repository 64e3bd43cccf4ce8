"""The README is short, its Python runs, and CI runs its commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from conftest import Cli

import run_commands
import scripted
from dialin.discover import connect
from doc_pages import PAGES, ROOT, blocks, page, shell_lines

README = page("README.md")


def test_readme_is_short() -> None:
    assert 60 < len(README.splitlines()) <= 110


@pytest.mark.parametrize("block", blocks(README, "python"))
def test_python_runs(
    block: str, cli: Cli, calls: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With stand-ins for LLM and embedder, a file calls.csv about five topics, and what discover made of it."""
    backend = scripted.ScriptedBackend()
    scripted.install(backend, monkeypatch.setattr)
    monkeypatch.setattr(connect, "backend_of", lambda spec: backend)
    run_commands.discover(cli, calls, "run")
    exec(compile(block, "README.md", "exec"), {})
    printed = capsys.readouterr().out
    assert backend.asked
    assert len(set(re.findall(r"\b[a-z]+(?:-[a-z]+)+\b", printed))) >= len(scripted.TOPICS)  # as many names


def test_there_is_python_and_shell() -> None:
    assert blocks(README, "python")
    assert len([line for line in shell_lines("README.md") if line.startswith("dialin ")]) >= 8


@pytest.mark.parametrize("script", ["scripts/check", "scripts/test", "scripts/reference", ".ci/run"])
def test_scripts_are_strict_and_executable(script: str) -> None:
    assert page(script).startswith("#!/usr/bin/env bash\n")
    assert "\nset -euo pipefail\n" in page(script)
    assert (ROOT / script).stat().st_mode & 0o100


def test_ci_runs_the_commands_of_the_pages() -> None:
    ran = set(re.findall(r'make PYTHON="\$python" ([\w-]+)', page(".ci/run")))
    documented = {shlex.split(line, comments=True)[1] for line in shell_lines(*PAGES) if line.startswith("make ")}
    assert ran == {"check", "docs", "test"}
    assert ran <= documented
