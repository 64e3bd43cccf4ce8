"""Never lost: kills at many points, Ctrl-C, caps; going on gives what an undisturbed run gives."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Cli

from dialin import files
from dialin.errors import ProviderError
from dialin.llm.base import Reply, Request
from run_commands import contents, discover
from scripted import ScriptedBackend
from thorough import IS_THOROUGH, some

HERE = Path(__file__).parents[1] / "support"
N_POINTS = 24 if IS_THOROUGH else 8
posix = pytest.mark.skipif(os.name != "posix", reason="needs fork and signals")


def environment(home: Path) -> dict[str, str]:
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    outer = os.environ.get("PYTHONPATH")  # in front, so that the child tests the same source
    path = os.pathsep.join([*([outer] if outer else []), str(HERE), *sys.path])
    return {**os.environ, "PYTHONPATH": path, "DIALIN_HOME": str(home), **threads}


def trials(folder: Path, calls: Path) -> list[dict[str, int]]:
    """Return what came of the undisturbed run, and of each that was killed."""
    command = [sys.executable, str(HERE / "kill_worker.py"), str(folder), str(calls), str(N_POINTS)]
    done = subprocess.run(command, env=environment(folder), capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


@posix
def test_killed_anywhere_and_resumed_it_ends_as_if_undisturbed(calls: Path, tmp_path: Path) -> None:
    """The undisturbed run is "killed" at an event that never comes; it says how many events there are."""
    folder = tmp_path / "kills"
    folder.mkdir()
    whole, *results = trials(folder, calls)
    expected = contents(folder / "whole" / "run")
    assert not whole["killed"]
    assert whole["n_events"] > 100
    points = [result["at"] for result in results]
    assert len(set(points)) == N_POINTS
    assert {1, 2, whole["n_events"]} <= set(points)
    assert all(result["killed"] for result in results)
    assert [r["at"] for r in results if r["resumed"] != 0 or r["asked_again"]] == []
    assert [at for at in points if contents(folder / str(at) / "run") != expected] == []
    assert any(result["n_stored"] > 10 for result in results)


@posix
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    questions = Path("questions")
    command = [sys.executable, HERE / "interrupt_worker.py", questions, "discover", calls, "--out", "my run"]
    process = subprocess.Popen(
        [*map(str, command), "--llm", "test:scripted"],
        env=environment(Path("other-home").absolute()),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while process.poll() is None and (not questions.exists() or len(questions.read_text().splitlines()) < 5):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == ""
    assert err.splitlines()[-1].endswith("continue with: dialin resume 'my run'")
    assert "Traceback" not in err
    assert json.loads(Path("my run/manifest.json").read_text())["status"] == "interrupted"
    kept = len(questions.read_text().splitlines())
    assert cli("resume", "my run").exit_code == 0
    whole = discover(cli, calls, "whole")
    assert contents(Path("my run")) == contents(whole)
    usage = json.loads((whole / "manifest.json").read_text())["usage"]
    n_questions = sum(step["questions"] for step in usage.values())
    # The replies of the stopped process serve its run alone: the whole run asks those questions, and no others.
    assert (len(backend.asked), kept > 0) == (n_questions, True)


@posix
@pytest.mark.parametrize("name", ["my  run", "it's", "$HOME", "`date`", 'a "b"', "运行", "-x; true"])
def test_the_printed_command_resumes_in_a_shell(
    cli: Cli, calls: Path, backend: ScriptedBackend, tmp_path: Path, name: str
) -> None:
    """What a shell makes of the printed words has to be the name of the folder."""
    result = cli("discover", calls, "--llm", "test:scripted", "--max-calls", 5, "--out", f"./{name}")
    assert result.exit_code == 0, result.stderr
    refused = cli("discover", calls, "--llm", "test:scripted", "--out", f"./{name}")
    command = refused.stderr.split("continue it with: ")[1].split("; or choose")[0]
    words = subprocess.run(["/bin/sh", "-c", f"printf '%s\\n' {command}"], capture_output=True, text=True, check=True)
    dialin, resume, folder = words.stdout.splitlines()
    assert (dialin, resume, Path(folder)) == ("dialin", "resume", Path(name))
    assert cli(resume, folder).exit_code == 0


@pytest.mark.parametrize("n_calls", [0, 7, 45])
def test_a_cap_gives_the_best_so_far_and_resume_completes(
    cli: Cli, calls: Path, backend: ScriptedBackend, n_calls: int
) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-calls", n_calls)
    assert result.exit_code == 0
    assert len(backend.asked) == n_calls
    assert "CAPPED" in result.stdout
    assert "Continue, with a higher cap or none: dialin resume run" in result.stdout
    assert json.loads(Path("run/manifest.json").read_text())["status"] == "capped"
    assert "the best result so far" in Path("run/report.html").read_text()
    assert cli("resume", "run").exit_code == 0
    assert len(backend.asked) == len(set(backend.asked))
    assert contents(Path("run")) == contents(discover(cli, calls, "whole"))


@pytest.mark.parametrize("name", some(["rounds.jsonl", "intents.parquet", "sentences.parquet", "report.html"], 2))
def test_ctrl_c_while_a_better_result_replaces_that_of_a_capped_run(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The manifest must not vouch for the earlier files once they are being overwritten."""
    expected = contents(discover(cli, calls, "whole"))
    monkeypatch.setenv("DIALIN_HOME", "cold")
    discover(cli, calls, "run", "--max-calls", 45)
    real = files.write_whole

    def stopped(path: Path, fill: Callable[[Path], None]) -> None:
        real(path, fill)
        if path.name == name:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(files, "write_whole", stopped)
        result = cli("resume", "run")
    assert result.exit_code == 130
    assert "continue with: dialin resume run" in result.stderr
    assert cli("resume", "run").exit_code == 0
    assert contents(Path("run")) == expected


def test_a_new_cap_counts_from_the_resume(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-calls", 5)
    assert cli("resume", "run", "--max-calls", 4).exit_code == 0
    assert len(backend.asked) == 9


def test_max_tokens_caps_too(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-tokens", 2000)
    session = json.loads(Path("run/timing.json").read_text())["sessions"][0]
    assert 0 < session["actual"]["tokens_in"] + session["actual"]["tokens_out"] <= 2000
    assert session["status"] == "capped"


def test_max_cost_caps_too(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    """At 1,000 money per million tokens each way, 2 money are 2,000 tokens."""
    prices = ("--price-in", 1000, "--price-out", 1000)
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-cost", 2, *prices)
    session = json.loads(Path("run/timing.json").read_text())["sessions"][0]
    assert 0 < session["actual"]["tokens_in"] + session["actual"]["tokens_out"] <= 2000
    assert session["status"] == "capped"
    n_asked = len(backend.asked)
    assert cli("resume", "run", "--max-cost", 0.5, *prices).exit_code == 0
    assert n_asked < len(backend.asked) < 2 * n_asked


@pytest.mark.parametrize("prices", [(), ("--price-in", 1)], ids=["no price", "half a price"])
def test_a_cap_on_money_needs_prices(cli: Cli, calls: Path, backend: ScriptedBackend, prices: tuple[object]) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-cost", 2, *prices)
    assert result.exit_code == 2
    assert "--price-in and --price-out" in result.stderr
    assert not Path("run").exists()


def test_resume_of_a_complete_run_asks_nothing(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    discover(cli, calls, "run")
    before, n_asked = contents(Path("run")), len(backend.asked)
    result = cli("resume", "run")
    assert result.exit_code == 0
    assert "is already complete" in result.stderr
    assert len(backend.asked) == n_asked
    assert contents(Path("run")) == before


def test_standard_input_can_be_resumed(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    arguments = ("discover", "-", "--out", "run", "--llm", "test:scripted", "--max-calls", 3)
    assert cli(*arguments, stdin=calls.read_text()).exit_code == 0
    assert cli("resume", "run").exit_code == 0
    assert json.loads(Path("run/manifest.json").read_text())["status"] == "complete"


class Failing(ScriptedBackend):
    """Fails from the n-th call on."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at

    def reply(self, request: Request) -> Reply:
        if len(self.asked) >= self.at:
            raise ProviderError("the server answered 402: no money left", hint="top up the account")
        return super().reply(request)


def test_a_failing_provider_keeps_everything_and_says_how_to_go_on(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = Failing(at=12)
    with monkeypatch.context() as patch:
        patch.setattr("dialin.discover.connect.backend_of", lambda spec: failing)
        result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert result.exit_code == 3
    last = result.stderr.splitlines()[-1]
    assert last == (
        "dialin: error: the server answered 402: no money left "
        "(top up the account; all replies are kept; continue with: dialin resume run)"
    )
    assert cli("resume", "run").exit_code == 0
    assert not set(failing.asked) & set(backend.asked)
    assert contents(Path("run")) == contents(discover(cli, calls, "whole"))


def test_a_provider_that_never_answers_leaves_no_folder(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialin.discover.connect.backend_of", lambda spec: Failing(at=0))
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert result.exit_code == 3
    assert not Path("run").exists()
