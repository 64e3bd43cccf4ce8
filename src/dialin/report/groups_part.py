"""Prints the groups of new sentences that an update found inside known intents, with what can be done."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.text import Text

from dialin.facts.facts import Facts
from dialin.facts.groups import GroupFacts
from dialin.report.terminal import numbered_title, on_one_line

N_PLACES, N_SENTENCES = 3, 3
"""Maximum numbers of intents and of sentences of a group that are printed."""
WHAT_TO_DO = "nothing was moved; dialin review makes an intent of a group"


def groups_part(facts: Facts) -> RenderableType | None:
    """Return the groups with some of their sentences; None if there is no group."""
    if not facts.groups:
        return None
    lines = [line for group in facts.groups for line in _lines(facts, group)]
    return Group(*lines, Text(WHAT_TO_DO, style="dim"))


def _lines(facts: Facts, group: GroupFacts) -> list[Text]:
    unit = facts.summary.unit
    places = [f"{numbered_title(facts, intent)} ({n:,})" for intent, n in group.places]
    n_more = len(places) - N_PLACES
    where = ", ".join(places[:N_PLACES]) + (f" and {n_more:,} more" if n_more > 0 else "")
    homeless = f", and {group.n_nowhere:,} without an intent" if group.n_nowhere else ""
    head = Text(f"{group.n_inside:,} new {unit}{f' in {where}' if places else ''}{homeless}:")
    said = [Text(f"  {on_one_line(text)}", style="dim", overflow="ellipsis") for text in group.examples[:N_SENTENCES]]
    for line in said:
        line.no_wrap = True
    return [head, *said]
