"""The guard against growth: what it compares, and what it runs, on few sentences."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from dialin.jobs.machine import machine_name
from studies.own import growth_guard, machine
from studies.own.growth_guard import grown, made_up, ratios


def test_only_what_has_grown_by_more_than_the_factor_is_told() -> None:
    before = {"2000": {"tree": 1.0, "search": 1.0}}
    assert grown({"2000": {"tree": 1.5, "search": 0.5}}, before, 1.5) == []
    assert grown({"2000": {"tree": 1.6, "search": 0.5}}, before, 1.5) == [
        "2000 sentences, tree: 1 -> 1.6 times the reference"
    ]


def test_what_costs_next_to_nothing_may_double() -> None:
    assert grown({"2000": {"assign": 0.04}}, {"2000": {"assign": 0.001}}, 1.5) == []


def test_new_steps_and_sizes_have_nothing_to_be_compared_with() -> None:
    assert grown({"2000": {"new": 9.0}, "100": {"tree": 9.0}}, {"2000": {"tree": 1.0}}, 1.5) == []


def test_the_made_up_sentences_are_always_the_same_and_distinct() -> None:
    (corpus, X), (again, Y) = made_up(80), made_up(80)
    assert corpus.texts == again.texts
    assert np.array_equal(X, Y)
    assert len(set(corpus.texts)) == len(X) == 80


def test_each_step_of_a_whole_run_is_measured() -> None:
    found = ratios([200], 1)["200"]
    assert list(found)[:2] == ["smoothing", "tree"]
    assert list(found)[-1] == "files and report"
    assert all(ratio >= 0 for ratio in found.values())


def test_the_least_of_the_rounds_counts_because_a_busy_machine_only_adds(monkeypatch: pytest.MonkeyPatch) -> None:
    """References of 2 and 1 s, a step of 3 and 6 s: 3 / 1."""
    units, steps = iter([2.0, 1.0]), iter([3.0, 6.0])
    monkeypatch.setattr(growth_guard, "made_up", lambda n: (n, n))
    monkeypatch.setattr(growth_guard, "reference", lambda: next(units))
    monkeypatch.setattr(growth_guard, "seconds_of", lambda _corpus, _X: {"tree": next(steps)})
    assert ratios([100], 2) == {"100": {"tree": 3.0}}


def run_beside(figures: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(growth_guard, "ratios", lambda _sizes, _rounds: {"2000": {"tree": 3.0}})
    monkeypatch.setattr(machine, "read", lambda _name: {"machines": figures})
    monkeypatch.setattr(sys, "argv", ["growth_guard", *options])
    growth_guard.main()


def figures_of(name: str, tree: float) -> dict[str, object]:
    return {"machine": name, "ratios": {"2000": {"tree": tree}}}


def test_growth_ends_the_command_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="tree: 1 -> 3 times"):
        run_beside([figures_of("another", 3.0), figures_of(machine_name(), 1.0)], monkeypatch)


def test_a_machine_that_was_not_measured_before_is_not_compared_with_another(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SystemExit, match="no figures of this machine"):
        run_beside([figures_of("another", 1.0)], monkeypatch)


def test_new_figures_of_a_machine_replace_its_own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    written = list[dict[str, object]]()
    monkeypatch.setattr(machine, "write", lambda _name, results: written.extend(results["machines"]))
    run_beside([figures_of(machine_name(), 1.0), figures_of("another", 1.0)], monkeypatch, "--write")
    assert [row["machine"] for row in written] == ["another", machine_name()]
    assert written[1]["ratios"] == {"2000": {"tree": 3.0}}
