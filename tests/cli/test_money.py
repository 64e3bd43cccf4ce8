"""Money from the estimate to the report: what a run will cost, costs and has cost."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Cli

from dialin.discover.replies import asked
from dialin.llm.ledger import total_usage
from dialin.llm.prices import Price, known_price
from one_line import one_line
from scripted import ScriptedBackend

MINI = "openai:gpt-4o-mini@https://api.openai.com/v1"
SOURCE = r"genai-prices [\d.]+, prices up to \d{4}-\d\d-\d\d"


@pytest.fixture
def mini(backend: ScriptedBackend) -> Price:
    """Let the scripted LLM go by the name of a model whose price is known, and return that."""
    backend.name = MINI
    price = known_price(MINI)
    assert price is not None
    return price


def test_the_estimate_is_in_money_by_step_and_in_batches(cli: Cli, calls: Path, mini: Price) -> None:
    value = json.loads(cli("estimate", calls, "--llm", MINI, "--json").stdout)
    cost = (value["tokens_in"] * mini.per_million_in + value["tokens_out"] * mini.per_million_out) / 1e6
    assert value["cost"] == pytest.approx(cost)
    assert sum(value["cost_by_step"].values()) == pytest.approx(cost)
    assert value["cost_by_step"].keys() == value["by_step"].keys()
    assert value["batch_cost"] == pytest.approx(cost / 2)
    assert value["currency"] == "USD"
    assert re.fullmatch(SOURCE, value["price_source"])
    table = cli("estimate", calls, "--llm", MINI).stdout.splitlines()
    assert table[0].endswith("  money")
    assert re.fullmatch(rf"money   0\.\d{{4}} USD \({SOURCE}\)", table[-3])
    assert re.fullmatch(r"        0\.\d{4} USD at the price of batches", table[-2])


def test_a_given_price_comes_before_the_known_one(cli: Cli, calls: Path, mini: Price) -> None:
    prices = ("--price-in", 2, "--price-out", 10)
    value = json.loads(cli("estimate", calls, "--llm", MINI, "--json", *prices).stdout)
    assert value["cost"] == pytest.approx((2 * value["tokens_in"] + 10 * value["tokens_out"]) / 1e6)
    assert (value["currency"], value["price_source"], value["batch_cost"]) == ("", "prices as given", None)


def test_a_run_shows_its_cost_everywhere(cli: Cli, calls: Path, mini: Price) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", MINI)
    assert result.exit_code == 0, result.stderr
    bill = asked(Path("run/llm.sqlite"))
    usage, cost = total_usage(bill), mini.cost(total_usage(bill))
    assert re.search(rf"predicted: .*, 0\.\d{{4}} USD \({SOURCE}\)\n", result.stderr)
    assert re.search(rf"paid in this session: {usage.calls} calls, 0\.\d{{4}} USD \({SOURCE}\)\n", result.stderr)
    assert re.search(rf"^{usage.calls} LLM calls .*\ncost: 0\.\d{{4}} USD \({SOURCE}\)$", result.stdout, re.M)
    assert re.search(rf"judge 0\.\d{{4}}, name 0\.\d{{4}}: {SOURCE}", Path("run/report.html").read_text("utf-8"))
    session = json.loads(Path("run/timing.json").read_text())["sessions"][0]
    values = [
        json.loads(cli("show", "run", "--json").stdout),
        json.loads(cli("report", "run", "--json").stdout),
        json.loads(cli("evaluate", "run", "--gold", "topic", "--json").stdout),
        session["actual"],
    ]
    for value in values:
        assert value["cost"] == pytest.approx(cost)
        assert value["cost_by_step"].keys() == {"judge", "name"}
        assert re.fullmatch(SOURCE, value["price_source"])
    assert "USD (genai-prices" in cli("evaluate", "run", "--gold", "topic").stdout
    assert session["predicted"]["cost"] > 0


def test_replies_of_an_earlier_run_are_part_of_the_cost_but_not_paid_again(cli: Cli, calls: Path, mini: Price) -> None:
    first, second = (cli("discover", calls, "--out", out, "--llm", MINI, "--json") for out in ("run", "again"))
    assert json.loads(second.stdout)["cost"] == json.loads(first.stdout)["cost"] > 0
    assert "paid in this session: 0 calls, 0.00 USD" in second.stderr
    assert json.loads(Path("again/timing.json").read_text())["sessions"][0]["actual"]["cost"] == 0


def test_a_cap_on_money_needs_no_price_where_it_is_known(cli: Cli, calls: Path, mini: Price) -> None:
    result = cli("discover", calls, "--out", "run", "--llm", MINI, "--max-cost", 0.0004)
    assert result.exit_code == 0, result.stderr
    session = json.loads(Path("run/timing.json").read_text())["sessions"][0]
    assert session["status"] == "capped"
    assert 0 < session["actual"]["cost"] <= 0.0004
    assert cli("resume", "run", "--max-cost", 1).exit_code == 0
    assert json.loads(Path("run/manifest.json").read_text())["status"] == "complete"


def test_of_an_unknown_price_it_is_said_that_it_is_unknown(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    value = json.loads(cli("estimate", calls, "--llm", "test:scripted", "--json").stdout)
    assert (value["cost"], value["batch_cost"]) == (None, None)
    result = cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    assert re.search(r"predicted: .*, cost unknown\n", result.stderr)
    assert json.loads(Path("run/manifest.json").read_text())["cost"] is None


def test_a_cap_on_money_is_kept_by_a_resumed_run_too(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted", "--max-calls", 3)
    one_line(cli("resume", "run", "--max-cost", 1), "none is known for test:scripted (give --price-in and --price-out")


def test_a_local_model_has_no_money_and_no_word_about_it(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    backend.name = "local:scripted"
    table = cli("estimate", calls, "--llm", "local:scripted").stdout
    result = cli("discover", calls, "--out", "run", "--llm", "local:scripted", "--max-cost", 0)
    assert result.exit_code == 0, result.stderr
    assert len(backend.asked) > 14  # not only those of the estimate: the cap stops nobody
    for text in (table, result.stdout, result.stderr):
        assert not re.search(r"(?m)^\W*money  |cost|USD|unknown", text)
    one_line(cli("report", "run", "--price-in", 1, "--price-out", 1), "no reply of a server")


def test_a_report_can_be_priced_later(cli: Cli, calls: Path, backend: ScriptedBackend) -> None:
    cli("discover", calls, "--out", "run", "--llm", "test:scripted")
    prices = ("--price-in", 1000, "--price-out", 2000)
    value = json.loads(cli("report", "run", "--out", "x.html", "--json", *prices).stdout)
    assert value["cost"] == pytest.approx((1000 * value["tokens_in"] + 2000 * value["tokens_out"]) / 1e6)
    assert "prices as given" in Path("x.html").read_text("utf-8")
    assert "prices as given" not in Path("run/report.html").read_text("utf-8")
    Path("run/llm.sqlite").unlink()
    one_line(cli("report", "run", *prices), "llm.sqlite has no reply of a server")


def test_a_run_of_an_older_version_has_no_cost(cli: Cli, calls: Path, mini: Price) -> None:
    cli("discover", calls, "--out", "run", "--llm", MINI)
    path = Path("run/manifest.json")
    values = json.loads(path.read_text())
    del values["cost"]
    path.write_text(json.dumps(values))
    assert json.loads(cli("show", "run", "--json").stdout)["cost"] is None


def test_an_estimate_asks_no_server(
    cli: Cli, calls: Path, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing listens at the second address; the tests refuse connections to the first."""
    monkeypatch.setenv("OPENAI_API_KEY", "not-yet")
    for llm in ("openai:gpt-4o-mini", "openai:m@http://127.0.0.1:1/v1"):
        result = cli("estimate", calls, "--llm", llm, "--json")
        assert result.exit_code == 0, result.stderr
        assert json.loads(result.stdout)["calls"] > 0
    assert cli("discover", calls, "--out", "run", "--llm", llm).exit_code == 2
