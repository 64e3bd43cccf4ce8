"""`dialin bench --calls`: caps count questions, known or not, and a capped run gives its best so far."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from conftest import Cli

from bench_runs import bench, lasting, rows_of
from dialin.bench.methods import base_of, cap_of
from dialin.errors import ProviderError
from scripted import ScriptedBackend, sentences

CAPS = ("--llm", "test:scripted", "--calls", "40,8,20,8")


@pytest.fixture
def one(home: Path) -> list[str]:
    """Write a file of 70 sentences about five topics; return the options that name it."""
    with (home / "客服.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("text", "topic"), *sentences(14, 1)])
    return ["--data", "客服.csv", "--label", "topic", "--methods", "dialin", "--out", "out"]


def by_method(out: str = "out") -> dict[str, dict[str, Any]]:
    return {row["method"]: row for row in rows_of(out)}


def test_a_cap_counts_questions_that_were_known_before(cli: Cli, one: list[str], backend: ScriptedBackend) -> None:
    bench(cli, one, *CAPS)
    rows = by_method()
    assert list(rows) == ["dialin", "dialin@8", "dialin@20", "dialin@40"]
    assert rows["dialin"]["calls"] > 40
    assert {name: rows[name]["calls"] for name in list(rows)[1:]} == {"dialin@8": 8, "dialin@20": 20, "dialin@40": 40}
    assert [row["paid_calls"] for row in rows.values()] == [rows["dialin"]["calls"], 0, 0, 0]
    assert len(set(backend.asked)) == len(backend.asked) == rows["dialin"]["calls"]
    assert rows["dialin@8"]["ari"] < rows["dialin@40"]["ari"]
    assert not rows["dialin@8"]["told_k"]


def test_without_the_whole_run_a_cap_is_what_is_paid(cli: Cli, one: list[str], backend: ScriptedBackend) -> None:
    bench(cli, [*one[:4], "--methods", ",", "--out", "out"], "--llm", "test:scripted", "--calls", "20")
    row = by_method()["dialin@20"]
    assert (row["calls"], row["paid_calls"], len(backend.asked)) == (20, 20, 20)


def test_a_cap_that_is_not_reached_changes_nothing(cli: Cli, one: list[str], backend: ScriptedBackend) -> None:
    bench(cli, one, "--llm", "test:scripted", "--calls", "100000")
    whole, capped = (by_method()[name] for name in ("dialin", "dialin@100000"))
    assert {name for name in whole if whole[name] != capped[name]} <= {
        "method", "paid_calls", "seconds", "peak_memory_mb",
    }  # fmt: skip


@pytest.mark.parametrize("at", [3, 12, 19])
def test_after_a_stop_the_cap_still_holds(at: int, cli: Cli, one: list[str], backend: ScriptedBackend) -> None:
    options = [*one[:4], "--methods", ",", "--llm", "test:scripted", "--calls", "20"]

    def strike(event: str) -> None:
        if event == "ask" and len(backend.asked) == at:
            raise ProviderError("the server is gone")

    backend.on_call = strike
    assert cli("bench", *options, "--out", "out").exit_code == 3
    backend.on_call = lambda _: None
    bench(cli, options, "--out", "out")
    assert by_method()["dialin@20"]["calls"] == 20
    assert len(backend.asked) == 21  # one got no answer
    bench(cli, options, "--out", "other")
    assert lasting(rows_of()) == lasting(rows_of("other"))


def test_names_with_a_cap() -> None:
    caps = {name: cap_of(name) for name in ("dialin@50", "dialin@0", "dialin@x", "dialin@５", "dialin@", "paper@50")}
    assert caps == {
        "dialin@50": 50,
        "dialin@0": None,
        "dialin@x": None,
        "dialin@５": None,
        "dialin@": None,
        "paper@50": None,
    }
    assert (base_of("dialin@50"), base_of("paper@50")) == ("dialin", "paper@50")
