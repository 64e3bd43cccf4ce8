"""``--fallback`` on the command line: who answers, what is said, what the folder remembers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Cli

import scripted
from dialin.discover import connect
from dialin.errors import ProviderError
from dialin.llm.base import Reply, Request
from dialin.llm.http import NotReadyError
from one_line import one_line
from run_commands import contents
from scripted import ScriptedBackend

LLMS = ("--llm", "test:shaky", "--fallback", "test:scripted", "--judge", "llm")


class Shaky(ScriptedBackend):
    """Gives the same answers, but only so many."""

    name = "test:shaky"

    def __init__(self, n_answers: int) -> None:
        super().__init__()
        self.n_answers = n_answers

    def reply(self, request: Request) -> Reply:
        if len(self.asked) >= self.n_answers:
            raise ProviderError("the server answered 402: no money left", hint="top up the account")
        return super().reply(request)


def same_but_for_who(run: Path) -> dict[str, object]:
    """Return the result of a run without the names of its LLMs."""
    return {name: value for name, value in contents(run).items() if name in {"intents.parquet", "sentences.parquet"}}


def test_the_one_that_stands_in_ends_the_run_and_is_named(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert cli("discover", calls, "--out", "plain", "--llm", "test:scripted", "--judge", "llm").exit_code == 0
    n_questions = len(set(backend.asked))
    monkeypatch.setenv("DIALIN_HOME", "cold")
    shaky = Shaky(5)
    scripted.install(shaky, monkeypatch.setattr)
    result = cli("discover", calls, "--out", "run", *LLMS)
    assert result.exit_code == 0, result.stderr
    assert (
        "test:shaky fails: the server answered 402: no money left; test:scripted answers from here on" in result.stderr
    )
    assert same_but_for_who(Path("run")) == same_but_for_who(Path("plain"))
    assert len(shaky.asked) == 5
    assert len(backend.asked) == 2 * n_questions - 5
    assert json.loads(Path("run/manifest.json").read_text())["fallback_llms"] == ["test:scripted"]


def test_without_one_the_run_stops_and_resume_takes_the_answers_of_both(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted.install(Shaky(5), monkeypatch.setattr)
    capped = cli("discover", calls, "--out", "run", *LLMS, "--max-calls", "12")
    assert capped.exit_code == 0, capped.stderr
    before = list(backend.asked)
    assert cli("resume", "run").exit_code == 0
    assert len(set(backend.asked)) == len(backend.asked) > len(before)  # nothing is asked again


def test_one_that_is_not_there_at_the_start_is_left_out_with_a_note(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = connect.open_backend

    def open_backend(spec: str, check: bool = True) -> object:
        if spec == "test:shaky":
            raise NotReadyError("cannot reach the LLM server", hint="is it running?")
        return opened(spec, check)

    monkeypatch.setattr("dialin.discover.connect.open_backend", open_backend)
    result = cli("discover", calls, "--out", "run", *LLMS)
    assert result.exit_code == 0, result.stderr
    assert "test:shaky cannot be used: cannot reach the LLM server" in result.stderr


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--llm", "none", "--fallback", "test:scripted"), "--fallback needs LLMs"),
        (("--llm", "test:scripted", "--fallback", "none"), "--fallback needs LLMs"),
        (("--llm", "test:scripted", "--fallback", "nonsense:m"), "unknown LLM 'nonsense:m'"),
    ],
    ids=["no LLM", "no fallback", "unknown"],
)
def test_what_cannot_stand_in_is_refused(
    cli: Cli, calls: Path, backend: ScriptedBackend, options: tuple[str, ...], says: str
) -> None:
    one_line(cli("discover", calls, "--out", "run", *options), says)
    assert not Path("run").exists()
