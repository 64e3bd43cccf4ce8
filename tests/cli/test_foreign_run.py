"""A run folder that somebody sent: the servers that it names are asked only if the user allows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Cli

from dialin.errors import InputError
from dialin.jobs.open_run import open_run
from dialin.review.edits import Accept
from dialin.runs.manifest import CAPPED
from fake_run import calls as said
from fake_run import decide, fake_run
from one_line import one_line
from scripted import ScriptedBackend

SERVER = "http://10.0.0.5:8000"


def foreign(folder: str, **changes: str) -> Path:
    """Write a reviewed run whose models are on a server that this user does not know."""
    model = f"openai:m@{SERVER}/v1"
    run = fake_run(Path(folder), said(), **({"embedder": model} | changes))
    decide(run.folder, Accept(0))
    return run.folder


@pytest.mark.parametrize(
    ("command", "changes"),
    [
        (("predict", "run", "calls.csv"), {}),
        (("discover", "calls.csv", "--out", "new", "--llm", "none", "--since", "run"), {}),
        (("resume", "run"), {"status": CAPPED}),
        (("resume", "run"), {"status": CAPPED, "embedder": "test:hashing", "llm": f"openai:m@{SERVER}/v1"}),
        (("resume", "run"), {"status": CAPPED, "embedder": "test:hashing", "judge_llm": f"openai:m@{SERVER}/v1"}),
    ],
    ids=["predict", "since", "resume", "resume with an LLM", "resume with a judge"],
)
def test_no_command_asks_a_server_that_only_the_run_names(
    cli: Cli, calls: Path, backend: ScriptedBackend, command: tuple[str, ...], changes: dict[str, str]
) -> None:
    foreign("run", **changes)
    result = cli(*command)
    one_line(result, f"this run asks {SERVER}", f"--allow-server {SERVER}")
    assert result.exit_code == 2
    assert not Path("new").exists()


def test_predict_in_python_does_not_ask_it_either(home: Path, backend: ScriptedBackend) -> None:
    with pytest.raises(InputError, match="this run asks"):
        open_run(foreign("run"), "arrow").predict(["where is my parcel"])


def test_what_the_user_allows_is_remembered(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    foreign("run")
    assert cli("predict", "run", "calls.csv", "--allow-server", "10.0.0.5").exit_code == 0
    assert cli("predict", "run", "calls.csv").exit_code == 0
    assert "10.0.0.5" not in (Path("run") / "manifest.json").read_text().replace(SERVER, "")


def test_a_server_that_the_user_named_when_the_run_was_made_is_known(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stand-in answers under the name of a server."""
    monkeypatch.setattr(backend, "name", f"openai:m@{SERVER}/v1", raising=False)
    result = cli("discover", calls, "--out", "run", "--llm", f"openai:m@{SERVER}/v1", "--max-calls", "3")
    assert result.exit_code == 0, result.stderr
    assert cli("resume", "run").exit_code == 0
