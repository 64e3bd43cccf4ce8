"""Trees and heights of the same sentences are measured once in a session."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import Cli

from dialin.discover import measured
from dialin.discover.data import Data
from dialin.discover.heights import heights_of, trees_for
from dialin.discover.measured import Measurements
from dialin.discover.settings import Settings
from dialin.name.kinds import KINDS, Kinds
from run_commands import discover
from scripted import ScriptedBackend
from spheres import spheres


def some_data() -> Data:
    X = spheres(8, 10)
    return Data([f"sentence {i}" for i in range(80)], X, np.ones(80, np.int64), ["customer"] * 80)


@pytest.fixture
def n_measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The number of sentences of each measurement, as it is made."""
    found = list[int]()

    def counted(data: Data, *others: object) -> object:
        found.append(len(data.texts))
        return heights_of(data, *others)  # type: ignore[arg-type]

    monkeypatch.setattr(measured, "heights_of", counted)
    return found


def test_equal_sentences_are_measured_once(n_measured: list[int]) -> None:
    known = Measurements()
    first, again = known.of(some_data(), Settings()), known.of(some_data(), Settings(cascade_target=0.99))
    assert first() is again()
    assert first.trees is again.trees
    assert n_measured == [80]


def with_kinds(data: Data) -> Data:
    return replace(data, kinds=Kinds(np.full((len(data.texts), len(KINDS)), 1 / len(KINDS))))


@pytest.mark.parametrize(
    "changed",
    [
        lambda data: replace(data, X=np.roll(data.X, 1, axis=0)),
        lambda data: replace(data, roles=["agent"] * 80),
        lambda data: replace(data, texts=[*data.texts[:-1], "你好"]),
        lambda data: replace(data, embedder="another"),
        with_kinds,
    ],
    ids=["vectors", "roles", "texts", "embedder", "kinds"],
)
def test_other_sentences_are_measured_by_themselves(changed: Callable[[Data], Data]) -> None:
    known, data = Measurements(), some_data()
    assert known.of(changed(data), Settings()) is not known.of(data, Settings())


def test_another_seed_is_measured_by_itself() -> None:
    known, data = Measurements(), some_data()
    assert known.of(data, Settings()) is not known.of(data, Settings(seed=1))


def test_the_seconds_are_those_of_all_that_was_measured() -> None:
    known = Measurements()
    assert known.seconds == 0
    one = known.of(some_data(), Settings())
    assert known.seconds == 0
    one()
    assert known.seconds == one.seconds > 0


def test_nothing_is_suggested_before_it_is_measured() -> None:
    one = Measurements().of(some_data(), Settings())
    assert one.suggested is None
    one()
    assert one.suggested == heights_of(some_data(), Settings(), trees_for(Settings())).suggested


def test_a_run_that_is_predicted_is_measured_once(
    cli: Cli, calls: Path, backend: ScriptedBackend, n_measured: list[int]
) -> None:
    discover(cli, calls, "run")
    assert backend.asked
    assert n_measured == [70]
