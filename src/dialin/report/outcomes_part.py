"""Prints what came of the dialogues with each intent on a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from dialin.facts.facts import Facts
from dialin.facts.outcomes import IntentOutcomes, Outcomes
from dialin.report.outcome_words import again_text, compared_text, figure, outcome_heading, segment_text, with_margin
from dialin.report.terminal import Column, add, grid, numbers
from dialin.text.unseen import plain_name

N_COSTLIEST, N_DIFFERENCES, N_NUMBERS = 12, 12, 2
"""Maximum numbers of intents, of differences, and of outcomes that are numbers in the tables."""


def outcomes_part(facts: Facts) -> RenderableType | None:
    """Return the outcomes of the costliest intents and what differs; None if nothing is known of the dialogues."""
    found = facts.outcomes
    if found is None or not found.intents:
        return None
    return Group(
        costliest_table(facts, found), *outcome_notes(found), *differences(facts, found), *segment_lines(facts, found)
    )


def costliest_table(facts: Facts, found: Outcomes) -> Table:
    """Return the table of the intents that take the most time, or are in the most dialogues; needs come first."""
    shown = found.numbers[:N_NUMBERS]
    more = [("again", found.has_repeats), ("min/week", found.has_minutes)]
    names = [*map(outcome_heading, shown), *(name for name, is_there in more if is_there)]
    table = grid(Column("#", "right"), Column("intent", flexible=True), *numbers("dialogues", *names))
    needs = {one.intent_id for one in facts.needs}
    for one in sorted(found.costliest, key=lambda one: one.intent_id not in needs)[:N_COSTLIEST]:
        means = [with_margin(one.mean_of(outcome)) for outcome in shown]
        title = facts.intent(one.intent_id).title
        add(table, one.intent_id, title, f"{one.n_dialogues:,}", *means, *more_cells(found, one))
    return table


def more_cells(found: Outcomes, one: IntentOutcomes) -> Iterator[str]:
    """Yield the cells of repeat contact and of minutes a week, if the table has them."""
    if found.has_repeats:
        yield again_text(one)
    if found.has_minutes:
        yield figure(one.minutes_a_week)


def outcome_notes(found: Outcomes) -> Iterator[Text]:
    """Yield the lines that say what the columns mean."""
    yield Text(f"{found.n_dialogues:,} dialogues; one counts for each intent that is said in it; ± is a 95% interval")
    if found.has_repeats:
        yield Text(f"again: the same customer with the same intent within {found.repeat_days} days")


def differences(facts: Facts, found: Outcomes) -> Iterator[RenderableType]:
    """Yield the heading and the table of what differs from the rest; nothing if nothing does."""
    sure = found.differences
    if not sure:
        return
    yield Text(f"differs from the rest ({len(sure):,}, corrected for many tests):")
    table = grid(Column("#", "right"), Column("intent", flexible=True), Column("outcome"), *numbers("here", "the rest"))
    for intent, part in sure[:N_DIFFERENCES]:
        add(table, intent, facts.intent(intent).title, *compared_text(part))
    yield table


def segment_lines(facts: Facts, found: Outcomes) -> Iterator[RenderableType]:
    """Yield the heading and the table of what differs between segments; nothing without segments."""
    segments = found.segments
    if segments is None:
        return
    by, n = outcome_heading(segments.by), len(segments.differences)
    yield Text(f"by {by}: {n:,} difference{'s' * (n != 1)}, corrected for many tests")
    if n:
        flexible = Column("intent", flexible=True)
        table = grid(Column(by), Column("#", "right"), flexible, Column("outcome"), *numbers("here", "elsewhere"))
        for one in segments.differences[:N_DIFFERENCES]:
            title = facts.intent(one.intent_id).title
            add(table, plain_name(one.segment), one.intent_id, title, *segment_text(one))
        yield table
