"""Fixtures that several tests share."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import HealthCheck, settings

import scripted
from dialin.cli import main

Cli = Callable[..., Result]

# A slow machine is no fault of the program: speed is measured in benchmarks/, never by a test.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the shared caches of a test in a folder of its own, and its output in another."""
    monkeypatch.setenv("DIALIN_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


@pytest.fixture
def backend(home: Path, monkeypatch: pytest.MonkeyPatch) -> scripted.ScriptedBackend:
    """Put scripted stand-ins in the place of LLM and embedder: ``--llm test:scripted``."""
    scripted_backend = scripted.ScriptedBackend()
    scripted.install(scripted_backend, monkeypatch.setattr)
    return scripted_backend


@pytest.fixture
def cli(home: Path) -> Cli:
    """Run the command line in this process."""

    def run(*arguments: object, stdin: str | bytes | None = None) -> Result:
        return CliRunner().invoke(main, [str(argument) for argument in arguments], input=stdin)

    return run


@pytest.fixture
def calls(home: Path) -> Path:
    """Write a CSV of 70 sentences about five topics, some of them twice, with gold labels."""
    rows = scripted.sentences()
    path = home / "calls.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "topic"])
        writer.writerows([*rows, *rows[:10]])
    return path
