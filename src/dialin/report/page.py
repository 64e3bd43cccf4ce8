"""Prepares the data of the report's templates: the facts of a run, with the pictures and figures drawn from them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from dialin.facts.facts import Facts, IntentFacts, RoleFacts
from dialin.judge.certainty import CERTAINTY_NOTE, UNFITTED_NOTE
from dialin.name.kinds import NEED
from dialin.name.sections import LEFTOVER, WHY
from dialin.report.colours import UNASSIGNED_COLOUR, Colour, colours
from dialin.report.inputs import inputs_line
from dialin.report.intent_groups import IntentGroup, intent_groups
from dialin.report.map.points import Points, script_json
from dialin.report.outcome_view import OutcomeView
from dialin.report.pictures import COLUMNS_WIDTH, StackedColumn, TreePicture, columns, line_points, tree_picture
from dialin.report.took import Took, took
from dialin.runs.manifest import Manifest

MAX_ROWS = 1_000
N_REASONS, N_MOVERS = 15, 12
"""Maximum numbers of main reasons and of rising or falling intents in their tables."""
WRITING = "report"
"""Name of the step that writes the page."""
INTERVAL_NOTE = "In four corpora of five, the true number lies in such an interval."
ALL_KINDS_NOTE = "It counts intents of all roles and kinds, as the number above does."
SECTIONS = {
    "map": "Map",
    "intents": "Intents",
    "groups": "New groups",
    "calls": "Main reasons",
    "outcomes": "Outcomes",
    "trends": "Over time",
    "tree": "Tree",
    "left": "Without an intent",
    "rounds": "How they were found",
}


KIND_WORDS = {
    "need": "state a need",
    "answer": "answer",
    "data": "give or ask for data",
    "acknowledgement": "acknowledge",
    "social": "are social",
}


@dataclass(frozen=True, eq=False)
class Page:
    """Data of the report's templates.

    Parameters
    ----------
    manifest : Manifest
        Manifest of the run.
    facts : Facts
        All facts of the run.
    points : Points or None
        Points of the map; None without embeddings.
    style, script : str
        CSS and JavaScript.
    max_rows : int
        Maximum number of intents in the table, which shows the most frequent, and in the drawn tree.
    """

    manifest: Manifest
    facts: Facts
    points: Points | None
    style: str
    script: str
    max_rows: int = MAX_ROWS

    # --- head ---

    @property
    def parts(self) -> list[tuple[str, str]]:
        """The parts of the page that this run has data for, with their names."""
        facts = self.facts
        is_there = {
            "map": self.points is not None,
            "groups": bool(facts.groups),
            "calls": facts.calls is not None,
            "outcomes": facts.outcomes is not None and bool(facts.outcomes.intents),
            "trends": bool(facts.timeline or facts.roles),
            "tree": bool(facts.branches) or (len(facts.intents) > 1 and facts.tree is not None),
        }
        return [(part, name) for part, name in SECTIONS.items() if is_there.get(part, True)]

    @property
    def script_hash(self) -> str:
        """The hash that allows the browser to run only this script, and not one that was typed into a chat."""
        digest = hashlib.sha256(self.script.encode()).digest()
        return f"sha256-{base64.b64encode(digest).decode()}"

    @property
    def source(self) -> str:
        """The names of the inputs."""
        return inputs_line(self.manifest)

    @property
    def span(self) -> str:
        """The first and the last day; "" without dates."""
        timeline = self.facts.timeline
        return " – ".join(timeline.days) if timeline and timeline.is_dated else ""

    @property
    def data(self) -> str:
        """The map's data as JSON: points; each intent's title, colours, name and utterances; the order of the list."""
        if self.points is None:
            return "{}"
        found = [(self.colour(one.intent_id), one) for one in self.facts.intents]
        intents = [[one.title, colour.light, colour.dark, one.name, one.n_occurrences] for colour, one in found]
        listed = [self.place(one) for one in self.facts.listed]
        return script_json({"intents": intents, "listed": listed} | self.points.as_dict())

    @property
    def suggestion_note(self) -> str:
        """The note beside the suggested number of intents; of another embedder nobody knows how often it holds."""
        return f"{INTERVAL_NOTE} {ALL_KINDS_NOTE}" if self.facts.summary.is_fitted else ALL_KINDS_NOTE

    @cached_property
    def steps(self) -> dict[str, float]:
        """The seconds of each step, over all sessions; not those of writing this page, which nobody knows before."""
        return {step: seconds for step, seconds in self.facts.seconds.items() if step != WRITING}

    @property
    def seconds(self) -> float:
        """The seconds that the run took."""
        return sum(self.steps.values())

    @cached_property
    def took(self) -> list[Took]:
        """The parts of the bar of seconds; empty if nobody wrote them down."""
        return took(self.steps)

    # --- intents ---

    @property
    def certainty_note(self) -> str:
        """The meaning of P(good) and its words."""
        return CERTAINTY_NOTE if self.facts.summary.is_fitted else f"{CERTAINTY_NOTE} {UNFITTED_NOTE}"

    @property
    def n_intents(self) -> int:
        """The number of intents in the run."""
        return len(self.facts.intents)

    @property
    def about_intents(self) -> str:
        """What there is to say of the intents as a whole: branches, roles, and how many are needs."""
        facts, n_in = self.facts, {heading: len(own) for heading, own in self.facts.sections}
        n_tops = sum(branch.parent < 0 for branch in facts.branches)
        counted = [("branch", "branches", n_tops), ("role", "roles", len(facts.roles))]
        parts = [", ".join(f"{n} {one if n == 1 else more}" for one, more, n in counted if n)]
        if self.said and len(n_in) > 1:
            n = n_in.get(WHY, 0)
            parts.append(f"{n:,} {'is' if n == 1 else 'are'} why people call")
            if n := n_in.get(LEFTOVER, 0):
                parts.append(f"{n:,} leftover group{'s' * (n != 1)}")
        if n := facts.summary.n_candidates:
            parts.append(f"{n:,} {'is a candidate' if n == 1 else 'are candidates'} that nobody has accepted yet")
        return "; ".join(filter(None, parts))

    @property
    def shown(self) -> tuple[IntentFacts, ...]:
        """The intents in the table."""
        return self.facts.listed[: self.max_rows]

    @property
    def groups(self) -> list[IntentGroup]:
        """The intents in the table under their headings."""
        return intent_groups(self.shown)

    @property
    def rest(self) -> tuple[IntentFacts, ...]:
        """The intents that are not in the table: a list below it has them."""
        return self.facts.listed[self.max_rows :]

    def place(self, one: IntentFacts) -> int:
        """Return the place of an intent among all, by which the script of the map knows it."""
        return self.facts.place(one.intent_id)

    @property
    def said(self) -> list[tuple[str, int]]:
        """What the utterances do: the words for each known kind, and the number of utterances."""
        return [(KIND_WORDS[kind], n) for kind, n in self.facts.summary.kinds.items()]

    @property
    def said_note(self) -> str:
        """Why these numbers are not those of the table; "" where they are."""
        summary = self.facts.summary
        if summary.n_in_needs is None or summary.n_in_needs == summary.kinds.get(NEED, 0):
            return ""
        return (
            "Here, each utterance is read by itself; an intent of the table goes by what most of its utterances do, "
            f"so {summary.n_in_needs:,} are in intents that state a need."
        )

    def colour(self, intent: int) -> Colour:
        """Return the colour of an intent; −1 gives the colour of unassigned sentences."""
        return self._colours[intent] if intent >= 0 else UNASSIGNED_COLOUR

    @cached_property
    def _colours(self) -> dict[int, Colour]:
        found = zip(self.facts.intents, colours(self.order), strict=True)
        return {one.intent_id: colour for one, colour in found}

    @property
    def order(self) -> Sequence[int]:
        """The places of the intents in tree order, or by frequency without a tree."""
        tree = self.facts.tree
        return range(self.n_intents) if tree is None else [int(i) for i in tree.rows]

    @cached_property
    def tree(self) -> TreePicture | None:
        """The picture of the tree over the places; None if it would be too tall."""
        tree = self.facts.tree
        return tree_picture(tree, self.facts.top_branches) if tree and self.n_intents <= self.max_rows else None

    @property
    def reasons(self) -> list[IntentFacts]:
        """The most frequent main reasons, each of at least 1 % of the calls."""
        n = self.facts.calls.n_dialogues if self.facts.calls else 0
        return [one for one in self.facts.top_reasons(N_REASONS) if 100 * (one.n_reason or 0) >= n]

    @property
    def other_reasons(self) -> tuple[int, int]:
        """The number of other intents that are a main reason, and the number of calls they account for."""
        shown = {one.intent_id for one in self.reasons}
        others = [one for one in self.facts.reasons if one.intent_id not in shown]
        return len(others), sum(one.n_reason or 0 for one in others)

    @cached_property
    def outcomes(self) -> OutcomeView | None:
        """What came of the dialogues; None if nothing is known of it."""
        return OutcomeView(self.facts.outcomes, self.max_rows) if self.facts.outcomes else None

    # --- time ---

    @property
    def movers(self) -> list[IntentFacts]:
        """The intents whose share changed significantly."""
        return self.facts.movers[:N_MOVERS]

    @property
    def axis(self) -> str:
        """What the small lines run over: the first and the last day, and the unit."""
        timeline = self.facts.timeline
        if timeline is None:
            return ""
        if not timeline.is_dated:
            return "tenths of the input"
        return f"{self.span}, per {timeline.unit}"

    def line(self, one: IntentFacts | RoleFacts) -> str:
        """Return the points of the small line for the share of an intent or role over time."""
        return line_points(self.facts.shares(one))

    def in_words(self, one: IntentFacts | RoleFacts) -> str:
        """Return a description of the small line of an intent or role."""
        shares, timeline = self.facts.shares(one), self.facts.timeline
        assert timeline is not None  # the templates ask only if there is a timeline
        top = shares.index(max(shares))
        ends = f"from {shares[0]:.1%} to {shares[-1]:.1%}"
        return f"share per {timeline.unit}: {ends}, at most {shares[top]:.1%} ({timeline.names[top]})"

    @property
    def columns(self) -> list[StackedColumn]:
        """The columns of utterances per period, with those without an intent on top."""
        timeline = self.facts.timeline
        assert timeline is not None
        lower = [total - none for total, none in zip(timeline.totals, timeline.unassigned, strict=True)]
        return columns(lower, timeline.unassigned)

    @property
    def highest(self) -> int:
        """The largest number of utterances in a period."""
        return max(self.facts.timeline.totals) if self.facts.timeline else 0

    @property
    def ticks(self) -> list[tuple[float, str, str]]:
        """The labels under the first, middle and last column: position, alignment and text."""
        names = self.facts.timeline.names if self.facts.timeline else ()
        middle = len(names) // 2
        ends = [(0.0, "start", names[0]), (float(COLUMNS_WIDTH), "end", names[-1])]
        return (
            ends if len(names) < 5 else [*ends, ((middle + 0.5) * COLUMNS_WIDTH / len(names), "middle", names[middle])]
        )
