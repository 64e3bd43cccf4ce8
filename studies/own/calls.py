"""What customers of many English and Chinese businesses say, in our own words: calls, chats and questions.

Those in `FOLDER` only measure, and nothing learns them (``studies.own.small_calls``): each has about 95 turns that
state a need, of ten to thirteen needs of very unequal size, and 25 turns that state none. Those in `LEARNT` teach the
embedders (``studies.own.embedders``): each has 14 to 40 needs, some of them near neighbours. Different people wrote the
two, and no business is in both. Those in `DIALOGUES` and `DIALOGUES_LEARNT`, by others again, are 100 or 120 whole
calls or chats each, with 6 to 30 needs, one of which a turn in five or six states. The first only measure; from the
second learns the head that reads where a sentence is said (``studies.own.places``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

FOLDER, LEARNT, DIALOGUES, DIALOGUES_LEARNT = (
    Path(__file__).with_name(name)
    for name in ("calls_data", "calls_learnt", "calls_dialogues", "calls_dialogues_learnt")
)
OTHER = "no need"


@dataclass(frozen=True)
class Business:
    """What the customers of one business say, and the need that each turn states, or `OTHER`."""

    name: str
    texts: list[str]
    gold: list[str]

    @property
    def n_needs(self) -> int:
        """Number of needs."""
        return len(set(self.gold) - {OTHER})

    @property
    def language(self) -> str:
        """The language, "en" or "zh"."""
        return self.name[:2]

    @property
    def needs(self) -> Business:
        """The turns that state a need, alone."""
        own = [(text, need) for text, need in zip(self.texts, self.gold, strict=True) if need != OTHER]
        return Business(self.name, [text for text, _ in own], [need for _, need in own])

    @property
    def is_need(self) -> NDArray[np.bool_]:
        """Which turns state a need, shape (n,)."""
        return np.array([need != OTHER for need in self.gold], dtype=np.bool_)


def businesses(folder: Path, language: str = "") -> Iterator[Business]:
    """Read each file of a folder, or of a language: the turns in random order, for no order of writing may help."""
    for path in sorted(folder.glob(f"{language}*.json")):
        found = json.loads(path.read_text("utf-8"))
        said = [(text, need) for need, texts in {**found["needs"], OTHER: found["other"]}.items() for text in texts]
        order = np.random.default_rng(0).permutation(len(said)).tolist()
        yield Business(path.stem, [said[i][0] for i in order], [said[i][1] for i in order])


def turns_in(path: Path) -> pa.Table:
    """Return the turns of a file of dialogues as a table, with the columns that `dialin.read` knows, and the need."""
    rows = [
        {"dialogue_id": call["dialogue_id"], "turn": place, **turn}
        for call in map(json.loads, path.read_text("utf-8").splitlines())
        for place, turn in enumerate(call["turns"])
    ]
    return pa.Table.from_pylist(rows)


def needs_of(path: Path) -> pa.Table:
    """Return the turns of a file that state a need, each with the name of its need in its language."""
    found = json.loads(path.read_text("utf-8"))
    names = found.get("names", {})
    said = [(text, names.get(need, need)) for need, texts in found["needs"].items() for text in texts]
    return pa.table({"text": [text for text, _ in said], "label": [name for _, name in said]})
