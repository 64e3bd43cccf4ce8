"""Finds an intent by id or name, and prints all facts about it on a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from difflib import get_close_matches
from typing import Any

from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from dialin.errors import InputError
from dialin.facts.facts import Facts, IntentFacts, Link
from dialin.facts.outcomes import OutcomeMean, OutcomeShare
from dialin.judge.certainty import with_certainty
from dialin.report.outcome_words import again_text, compared_text, figure, outcome_heading, with_margin
from dialin.report.terminal import numbered_title, on_one_line, sparkline
from dialin.text.unseen import plain_name
from dialin.text.width import shortened

CANDIDATE_MARK = "  candidate: nobody has accepted it yet"
"""Stands behind an intent that an update found."""
LEFTOVER_LINE = "leftover group: no name holds for it, or most of it states no need; read it before you use it"
N_VALUES = 5
"""Maximum number of values of an outcome in words."""
EXAMPLE_WIDTH = 390
"""Maximum width of an example, in columns: five lines of 78."""


def find_intent(facts: Facts, wanted: str) -> IntentFacts:
    """Return the intent with this id or name; raise InputError, with similar names, if there is none."""
    number = wanted.removeprefix("#")
    is_number = number.isascii() and number.isdigit()
    if is_number and facts.has(int(number)):
        return facts.intent(int(number))
    for one in facts.intents:
        if searchable(one.name) == searchable(wanted):
            return one
    numbers = {one.name: one.intent_id for one in facts.intents}
    near = [] if is_number else [f"{name} (#{numbers[name]})" for name in near_names(wanted, list(numbers))]
    hint = f"numbers run from 0 to {max(numbers.values())}" if numbers else ""
    hint = f"similar: {', '.join(near)}" if near else hint
    hint = f"{hint}; some intents are withheld (--min-dialogues)" if facts.summary.withheld else hint
    raise InputError(f"the run has no intent {wanted!r} among its {len(facts.intents)}", hint=hint)


def near_names(wanted: str, names: Sequence[str], n: int = 4) -> list[str]:
    """Return the names most similar to the typed one: those that contain it, then those with a similar spelling.

    Examples
    --------
    >>> near_names("refnd", ["inquire-refund", "cancel-order", "refund-fee", "查询-物流"])
    ['inquire-refund', 'refund-fee']
    >>> near_names("物流", ["inquire-refund", "查询-物流"])
    ['查询-物流']
    """
    key = searchable(wanted)
    within = [name for name in names if key and key in searchable(name)]
    words = {name: {searchable(name), *searchable(name).split("-")} for name in names}
    close = get_close_matches(key, sorted(set[str]().union(*words.values())), n, 0.6)
    alike = [name for word in close for name in names if word in words[name]]
    return list(dict.fromkeys([*within, *alike]))[:n]


def searchable(name: str) -> str:
    """Return a name in a form that ignores case, and treats spaces, hyphens and underscores alike."""
    return "-".join(name.casefold().replace("-", " ").replace("_", " ").split())


def print_intent(facts: Facts, one: IntentFacts, console: Console) -> None:
    """Print all facts about one intent."""
    mark = CANDIDATE_MARK if one.candidate else ""
    console.print(Text.assemble((f"#{one.intent_id} ", "dim"), (one.name, "bold"), f"  {one.role}", mark))
    for line in filter(None, [one.description, *figure_lines(facts, one)]):
        console.print(Text(line), overflow="fold")
    lists = [
        ("examples", [Text(shortened(on_one_line(text), EXAMPLE_WIDTH)) for text in one.examples]),
        ("easily confused with", linked(facts, one.confused_with)),
        (f"{one.role or 'the same speaker'} usually continues with", linked(facts, one.followed_by)),
        ("the other side usually says", linked(facts, one.answered_by)),
        ("in the same branch", [Text(numbered_title(facts, i)) for i in branch_of(facts, one) if i != one.intent_id]),
    ]
    for title, lines in lists:
        if lines:
            console.print()
            console.print(Text(title, style="bold"))
            console.print(Padding(Group(*lines), (0, 0, 0, 2), expand=False))


def figure_lines(facts: Facts, one: IntentFacts) -> list[str]:
    """Return the lines with the figures of an intent."""
    sentences = "1 sentence" if one.size == 1 else f"{one.size:,} sentences"
    said = (
        f"{one.n_occurrences:,} utterances, {one.share:.1%} of all · {sentences} · P(good) {with_certainty(one.p_good)}"
    )
    lines = [*([" › ".join(one.path)] if one.path else []), *call_lines(facts, one), said]
    if one.kind:
        lines.append(f"{one.kind}: {one.p_kind:.0%} of its utterances")
    if one.is_leftover:
        lines.append(LEFTOVER_LINE)
    if facts.timeline and one.move:
        how_sure = "significant" if one.move.is_sure else "not significant"
        change = f"{one.move.before:.1%} → {one.move.after:.1%}, {how_sure}"
        lines.append(f"{sparkline(facts.shares(one))} share of the utterances per {facts.timeline.unit} · {change}")
    return [*lines, *outcome_lines(facts, one)]


def call_lines(facts: Facts, one: IntentFacts) -> list[str]:
    """Return the line about the calls with an intent, and of which it is the main reason; [] without any."""
    if facts.calls is None:
        return []
    n, parts = facts.calls.n_dialogues, list[str]()
    if one.n_dialogues is not None:
        parts.append(f"said in {one.n_dialogues:,} of {n:,} calls, {one.n_dialogues / n:.1%}")
    if one.is_routine:
        parts.append("never the main reason for a call")
    elif one.n_reason is None:
        parts.append("main reason for calls whose number is withheld")
    else:
        parts.append(f"main reason for {one.n_reason:,} of {n:,} calls, {one.n_reason / n:.1%}")
    return [" · ".join(parts)]


def outcome_lines(facts: Facts, one: IntentFacts) -> list[str]:
    """Return the lines about what came of the dialogues with an intent; [] if nothing is known."""
    found = facts.outcomes
    own = found.of_intent(one.intent_id) if found else None
    if found is None or own is None:
        return []
    lines = [f"in {own.n_dialogues:,} dialogues"]
    if own.minutes_a_week is not None:
        lines[0] += f" · {figure(own.minutes_a_week)} minutes a week"
    if own.repeat_share is not None:
        lines[0] += f" · again within {found.repeat_days} days {again_text(own)}"
    lines += [f"{outcome_heading(mean.outcome)}: {with_margin(mean)}{rest_text(mean)}" for mean in own.means]
    for outcome in found.words:
        shares = [f"{plain_name(part.value)} {part.share:.0%}{rest_text(part)}" for part in own.shares_of(outcome)]
        lines += [f"{outcome_heading(outcome)}: {', '.join(shares[:N_VALUES])}"] if shares else []
    return lines


def rest_text(part: OutcomeMean | OutcomeShare) -> str:
    """Return the figure of the other dialogues, if this one differs by more than chance; else ""."""
    return f" (the rest {compared_text(part)[2]})" if part.is_sure and part.rest is not None else ""


def linked(facts: Facts, links: Iterable[Link]) -> list[Text]:
    """Return a line for each link."""
    return [Text(f"{link.share:>4.0%}  {numbered_title(facts, link.intent_id)}") for link in links]


def branch_of(facts: Facts, one: IntentFacts) -> tuple[int, ...]:
    """Return the ids of the intents that are directly in the same branch; empty where it is in none."""
    return next((branch.intents for branch in facts.branches if one.intent_id in branch.intents), ())


def intent_json(facts: Facts, one: IntentFacts) -> dict[str, Any]:
    """Return all facts about an intent as plain values, with a name in each link."""
    values = asdict(one)
    for kind in ("confused_with", "followed_by", "answered_by"):
        for link in values[kind]:
            link["name"] = facts.intent(link["intent_id"]).name if link["intent_id"] >= 0 else None
    periods = list(facts.timeline.names) if facts.timeline else []
    own = facts.outcomes.of_intent(one.intent_id) if facts.outcomes else None
    outcomes = asdict(own) if own else None
    return values | {"branch": list(branch_of(facts, one)), "periods": periods, "outcomes": outcomes}
