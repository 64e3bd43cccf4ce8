"""``--cascade`` on the command line: the line at the end, the files, the estimate, resume, and what it needs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli

import scripted
from dialin import IntentClusterer, Settings
from dialin.errors import InputError
from dialin.llm.base import Reply, Request
from dialin.llm.client import Client
from one_line import nothing_left, one_line
from oracles import BagOfWords, ScriptedLLM, talk
from run_commands import contents
from scripted import ScriptedBackend

CASCADE = ("--judge-llm", "test:scripted", "--cascade", "test:dear", "--judge", "llm", "--cascade-target", "0.8")


class DearBackend(ScriptedBackend):
    """The same answers, at a higher price."""

    name = "test:dear"
    n_closed = 0

    def close(self) -> None:
        self.n_closed += 1

    def reply(self, request: Request) -> Reply:
        self.asked.append(request.prompt.user)
        return scripted.answer(request)


@pytest.fixture
def dear(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> DearBackend:
    found = DearBackend()
    scripted.install(found, monkeypatch.setattr)
    return found


def discovered(cli: Cli, calls: Path, out: str, *options: object) -> Path:
    result = cli("discover", calls, "--text", "text", "--out", out, "--llm", "none", *CASCADE, *options)
    assert result.exit_code == 0, result.stderr
    return Path(out)


def manifest(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run / "manifest.json").read_text("utf-8"))
    return found


def test_the_end_of_discover_and_the_files_say_who_decided_what(cli: Cli, calls: Path, dear: DearBackend) -> None:
    run = discovered(cli, calls, "run")
    found = manifest(run)
    cascaded = found["cascaded"]
    assert found["cascade_llm"] == "test:dear"
    assert cascaded["target"] == found["settings"]["cascade_target"] == 0.8
    assert cascaded["n_questions"] >= len(dear.asked) > 0  # a pair that comes up again is asked once
    assert 0 < cascaded["n_cheap"] < cascaded["n_sets"]
    line = f"The cheap judge decided {cascaded['n_cheap']} of {cascaded['n_sets']} sets of sentences"
    assert line in " ".join(cli("show", run).stdout.split())
    assert line in (run / "report.html").read_text("utf-8")
    summary = json.loads(cli("show", run, "--json").stdout)
    assert (summary["cascaded"], summary["dear"]) == (cascaded, "test:dear")


def test_without_the_option_there_is_no_such_line(cli: Cli, calls: Path, dear: DearBackend) -> None:
    result = cli("discover", calls, "--text", "text", "--out", "run", "--llm", "test:scripted")
    assert "cheap judge" not in result.stdout
    assert manifest(Path("run"))["cascaded"] is None
    assert dear.asked == []


def test_the_dear_llm_may_name_the_intents_and_is_opened_once(cli: Cli, calls: Path, dear: DearBackend) -> None:
    result = cli("discover", calls, "--text", "text", "--out", "run", "--llm", "test:dear", *CASCADE)
    assert result.exit_code == 0, result.stderr
    found = manifest(Path("run"))
    assert (found["llm"], found["judge_llm"], found["cascade_llm"]) == ("test:dear", "test:scripted", "test:dear")
    assert found["cascaded"]["n_cheap"] > 0
    assert dear.n_closed == 1


def test_the_estimate_counts_the_dear_judge_at_its_worst(cli: Cli, calls: Path, dear: DearBackend) -> None:
    """Both are asked about every set; a target of 1 is just that."""
    asked = ("estimate", calls, "--text", "text", "--llm", "none", *CASCADE)
    first = json.loads(cli(*asked, "--json").stdout)
    second = json.loads(cli(*asked, "--cascade-target", "1", "--json").stdout)
    assert first["by_step"] == second["by_step"]
    assert first["calls"] % 2 == 0 < first["calls"]


def test_a_capped_run_ends_as_one_that_was_not(
    cli: Cli, calls: Path, dear: DearBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = discovered(cli, calls, "whole")
    n_asked = len(dear.asked)
    monkeypatch.setenv("DIALIN_HOME", "no-replies")
    run = discovered(cli, calls, "run", "--max-calls", 60)
    assert manifest(run)["status"] == "capped"
    assert cli("resume", run).exit_code == 0
    assert contents(run) == contents(whole)
    assert len(dear.asked) == 2 * n_asked


def test_resume_asks_no_dear_judge_that_only_the_run_names(cli: Cli, calls: Path, dear: DearBackend) -> None:
    run = discovered(cli, calls, "run", "--max-calls", 60)
    values = manifest(run) | {"cascade_llm": "openai:m@http://10.0.0.5:8000/v1"}
    (run / "manifest.json").write_text(json.dumps(values), "utf-8")
    one_line(cli("resume", run), "this run asks http://10.0.0.5:8000", "--allow-server http://10.0.0.5:8000")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--judge-llm", "test:dear"), "needs another LLM that judges cheaply, got test:dear"),
        (("--judge-llm", "none"), "needs another LLM that judges cheaply, got none"),
        (("--judge-llm", "test:scripted", "--judge", "geometry"), "does not go with --judge geometry"),
    ],
    ids=["the same LLM twice", "no cheap LLM", "no LLM judges"],
)
def test_what_does_not_go_with_it(
    cli: Cli, calls: Path, dear: DearBackend, options: tuple[str, ...], said: str
) -> None:
    result = cli(
        "discover", calls, "--text", "text", "--out", "run", "--llm", "none", "--cascade", "test:dear", *options
    )
    one_line(result, said)
    nothing_left({"calls.csv"})


def test_judge_asks_the_dear_llm_and_says_so(cli: Cli, calls: Path, dear: DearBackend) -> None:
    asked = ("judge", calls, "--text", "text", "--cluster", "topic", "--llm", "test:scripted", "--cascade", "test:dear")
    result = cli(*asked)
    assert result.exit_code == 0, result.stderr
    assert "questions to test:dear" in result.stderr
    assert dear.asked


def test_a_tuple_of_llms_is_a_cascade_in_python() -> None:
    texts = talk({f"topic{i}": 6 for i in range(12)})
    cheap, dear = ScriptedLLM(), ScriptedLLM(name="dear")
    settings = Settings(judge="llm", form="list", cascade_target=0.5)
    fitted = IntentClusterer(None, BagOfWords(), judge_llm=(cheap, dear), settings=settings).fit(texts)
    alone = IntentClusterer(None, BagOfWords(), judge_llm=dear, settings=settings).fit(texts)
    assert fitted.labels_.tolist() == alone.labels_.tolist()
    cascaded = fitted.result_.cascaded
    assert cascaded is not None
    assert cascaded.n_cheap > 0
    assert alone.result_.cascaded is None


def test_usage_in_python_counts_the_dear_llm() -> None:
    texts = talk({f"topic{i}": 9 for i in range(5)})
    cheap, dear = Client(ScriptedBackend()), Client(DearBackend())
    settings = Settings(judge="llm", form="list")
    fitted = IntentClusterer(None, BagOfWords(), judge_llm=(cheap, dear), settings=settings).fit(texts)
    assert fitted.usage_.calls == sum(client.ledger.total().calls for client in (cheap, dear))
    assert dear.ledger.total().calls > 0


def test_a_cascade_in_python_needs_two_llms_that_judge() -> None:
    texts = talk({"parcel": 5, "refund": 5})
    settings = Settings(judge="geometry")
    with pytest.raises(InputError, match="a cascade needs two LLMs that judge"):
        IntentClusterer(None, BagOfWords(), judge_llm=(ScriptedLLM(), ScriptedLLM()), settings=settings).fit(texts)


def test_an_estimate_asks_no_server_not_even_whether_the_dear_judge_is_there(cli: Cli, calls: Path) -> None:
    nobody = "@http://127.0.0.1:1/v1"
    llms = ("--llm", f"openai:a{nobody}", "--judge-llm", f"openai:b{nobody}", "--cascade", f"openai:c{nobody}")
    result = cli("estimate", calls, "--text", "text", *llms)
    assert result.exit_code == 0, result.stderr
    assert f"no price is known for openai:b{nobody}, openai:c{nobody}, openai:a{nobody};" in result.stdout
