"""What the templates of the report read: the facts of a run, and the pictures and numbers that they draw from them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from dialin.facts.facts import Facts, IntentFacts, RoleFacts
from dialin.facts.families import families
from dialin.llm.usage import Price, Usage
from dialin.report.colours import UNASSIGNED_COLOUR, Colour, colours
from dialin.report.map.points import Points, script_json
from dialin.report.pictures import COLUMNS_WIDTH, StackedColumn, TreePicture, columns, line_points, tree_picture
from dialin.runs.manifest import Manifest

MAX_ROWS = 1_000
N_REASONS, N_MOVERS = 15, 12
"""Reasons of calls, and intents that rise or fall, in their tables."""
SECTIONS = {
    "map": "Map",
    "intents": "Intents",
    "calls": "Why people call",
    "trends": "Over time",
    "tree": "Tree",
    "left": "Without an intent",
    "rounds": "How they were found",
}


@dataclass(frozen=True, eq=False)
class Page:
    """What the templates of the report read.

    Parameters
    ----------
    manifest : Manifest
        Of the run.
    facts : Facts
        Everything that it says.
    points : Points or None
        Of the map; None without embeddings.
    style, script : str
        CSS and JavaScript.
    price : Price or None
        Where it is known, the cost is shown as money.
    max_rows : int
        Intents of the table, and of the tree that is drawn; of more, the most frequent are in the table.
    """

    manifest: Manifest
    facts: Facts
    points: Points | None
    style: str
    script: str
    price: Price | None = None
    max_rows: int = MAX_ROWS

    # --- head ---

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The parts that this run has something for, and their names."""
        facts = self.facts
        is_there = {
            "map": self.points is not None,
            "calls": facts.calls is not None,
            "trends": bool(facts.timeline or facts.roles),
            "tree": len(facts.intents) > 1 and facts.tree is not None,
        }
        return [(part, name) for part, name in SECTIONS.items() if is_there.get(part, True)]

    @property
    def script_hash(self) -> str:
        """What allows the browser to run this script and no other, such as one that somebody has typed into a chat."""
        digest = hashlib.sha256(self.script.encode()).digest()
        return f"sha256-{base64.b64encode(digest).decode()}"

    @property
    def source(self) -> str:
        """Name of the input."""
        path = self.manifest.source.path
        return "standard input" if path == "-" else PurePath(path).name

    @property
    def span(self) -> str:
        """From when to when; "" without dates."""
        timeline = self.facts.timeline
        return f"{timeline.names[0]} – {timeline.names[-1]}" if timeline and timeline.is_dated else ""

    @property
    def money(self) -> float | None:
        """What the questions of the run cost, where the price is known."""
        summary = self.facts.summary
        usage = Usage(summary.questions, 0, summary.tokens_in, summary.tokens_out)
        return self.price.cost(usage) if self.price else None

    @property
    def data(self) -> str:
        """What the script of the map reads, as JSON: the points, and of each intent title, colours, name and size."""
        if self.points is None:
            return "{}"
        found = [(self.colour(one.intent_id), one) for one in self.facts.intents]
        intents = [[one.title, colour.light, colour.dark, one.name, one.n_occurrences] for colour, one in found]
        return script_json({"intents": intents} | self.points.as_dict())

    # --- intents ---

    @property
    def n_intents(self) -> int:
        """Intents of the run."""
        return len(self.facts.intents)

    @property
    def shown(self) -> tuple[IntentFacts, ...]:
        """Intents of the table."""
        return self.facts.intents[: self.max_rows]

    def is_shown(self, intent: int) -> bool:
        """Return whether an intent has a row in the table."""
        return intent in self._shown

    @cached_property
    def _shown(self) -> set[int]:
        return {one.intent_id for one in self.shown}

    def colour(self, intent: int) -> Colour:
        """Return the colour of an intent; −1: of what has none."""
        return self._colours[intent] if intent >= 0 else UNASSIGNED_COLOUR

    @cached_property
    def _colours(self) -> dict[int, Colour]:
        found = zip(self.facts.intents, colours(self.order), strict=True)
        return {one.intent_id: colour for one, colour in found}

    @property
    def order(self) -> Sequence[int]:
        """The places of the intents in the order of the tree; by frequency where there is no tree."""
        tree = self.facts.tree
        return range(self.n_intents) if tree is None else [int(i) for i in tree.rows]

    @cached_property
    def tree(self) -> TreePicture | None:
        """The tree of the places as it is drawn; None if it would be too tall."""
        tree = self.facts.tree
        return tree_picture(tree, families(tree)) if tree and self.n_intents <= self.max_rows else None

    @property
    def reasons(self) -> list[IntentFacts]:
        """Intents that are the main reason of most calls, each of one in a hundred or more."""
        n = self.facts.calls.n_dialogues if self.facts.calls else 0
        return [one for one in self.facts.reasons[:N_REASONS] if 100 * one.n_reason >= n]

    @property
    def other_reasons(self) -> tuple[int, int]:
        """How many other intents are the main reason of a call, and of how many calls together."""
        others = self.facts.reasons[len(self.reasons) :]
        return len(others), sum(one.n_reason for one in others)

    # --- time ---

    @property
    def movers(self) -> list[IntentFacts]:
        """Intents whose share has surely changed."""
        return self.facts.movers[:N_MOVERS]

    def line(self, one: IntentFacts | RoleFacts) -> str:
        """Return the small line of the share of an intent or a role over time."""
        return line_points(self.facts.shares(one))

    def in_words(self, one: IntentFacts | RoleFacts) -> str:
        """Return what the small line of an intent or a role shows."""
        shares, timeline = self.facts.shares(one), self.facts.timeline
        assert timeline is not None  # the templates ask only where there is one
        top = shares.index(max(shares))
        ends = f"from {shares[0]:.1%} to {shares[-1]:.1%}"
        return f"share per {timeline.unit}: {ends}, at most {shares[top]:.1%} ({timeline.names[top]})"

    @property
    def columns(self) -> list[StackedColumn]:
        """Utterances per period, those without an intent on top."""
        timeline = self.facts.timeline
        assert timeline is not None
        lower = [total - none for total, none in zip(timeline.totals, timeline.unassigned, strict=True)]
        return columns(lower, timeline.unassigned)

    @property
    def highest(self) -> int:
        """Utterances of the period that has most."""
        return max(self.facts.timeline.totals) if self.facts.timeline else 0

    @property
    def ticks(self) -> list[tuple[float, str, str]]:
        """What is written under the first, the middle and the last column: where, how it is aligned, and its name."""
        names = self.facts.timeline.names if self.facts.timeline else ()
        middle = len(names) // 2
        ends = [(0.0, "start", names[0]), (float(COLUMNS_WIDTH), "end", names[-1])]
        return (
            ends if len(names) < 5 else [*ends, ((middle + 0.5) * COLUMNS_WIDTH / len(names), "middle", names[middle])]
        )
