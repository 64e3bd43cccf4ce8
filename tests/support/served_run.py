"""A run against a scripted server: the sentences, the command, and what it found."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import Result
from conftest import Cli

from scripted import sentences
from servers.personality import Personality
from servers.world import World, enter

KETTLE = "refund the money for the kettle"
"""The one sentence that filters do not let pass."""


@dataclass(frozen=True)
class Found:
    """What a run found: its intents, by name and sentences, and whether each cluster that it kept is good."""

    intents: frozenset[tuple[str, frozenset[str]]]
    verdicts: tuple[str, ...]

    @property
    def elsewhere(self) -> frozenset[tuple[str, frozenset[str]]]:
        """The intents without the sentence that filters do not let pass."""
        return frozenset((name, texts) for name, texts in self.intents if KETTLE not in texts)

    @classmethod
    def of(cls, folder: Path) -> Found:
        """Read the result of a run."""
        names = {row["intent_id"]: row["name"] for row in pq.read_table(folder / "intents.parquet").to_pylist()}
        texts: dict[int, set[str]] = {}
        for row in pq.read_table(folder / "sentences.parquet").to_pylist():
            texts.setdefault(row["intent_id"], set()).add(row["text"])
        rounds = map(json.loads, (folder / "rounds.jsonl").read_text().splitlines())
        signs = sorted(f"{c['size']} {c['coherence']}" for round_ in rounds for c in round_["clusters"])
        intents = frozenset((names.get(key, ""), frozenset(found)) for key, found in texts.items())
        return cls(intents, tuple(signs))


def write_calls(path: Path, per_topic: int = 9) -> Path:
    """Write the sentences of a conformance run, so many about each of five topics."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text"])
        writer.writerows([[text] for text, _ in sentences(per_topic)] + [[KETTLE]])
    return path


@dataclass(frozen=True)
class Stage:
    """What a test needs to run a command against servers."""

    cli: Cli
    monkeypatch: pytest.MonkeyPatch
    calls: Path

    def enter(self, *servers: Personality, together: int = 1) -> World:
        """Let there be these servers and no others."""
        world = World(*servers, together=together)
        enter(world, self.monkeypatch)
        return world

    def discover(self, spec: str, out: str, *more: object) -> Result:
        """Find the intents of the sentences with the LLM of a spec."""
        result: Result = self.cli("discover", self.calls, "--out", out, "--llm", spec, *more)
        return result
