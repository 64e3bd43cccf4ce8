"""Says in words what changed between two runs, for the terminal and the page alike."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from dialin.discover.as_before import PART
from dialin.runs.withheld import WITHHELD
from dialin.taxonomy.alarm import figures_of
from dialin.taxonomy.difference import (
    GONE,
    GROWN,
    KEPT,
    MERGED,
    NEW,
    SHRUNK,
    SPLIT,
    STATES,
    Change,
    Difference,
    change_json,
)

N_LOOKED_AT = 12
"""Maximum number of lines about what to look at."""
N_NAMED = 3
"""Most intents named that take in the sentences of one that is gone."""
INTERVAL_NOTE = (
    "An interval is Newcombe's for the difference of two proportions. Of those that tell a change, all but one in 20 "
    "hold the true difference, on average. It takes utterances as independent, so it is too narrow if the same people "
    "say the same thing several times."
)


def ranked_changes(difference: Difference) -> list[Change]:
    """Return the changes as people want to read them: what is new first, what is kept last, the largest share first."""
    return sorted(
        difference.changes,
        key=lambda one: (STATES.index(one.states[0]), -max(one.share.before, one.share.after)),
    )


def n_by_state(difference: Difference, among: Sequence[Change] | None = None) -> dict[str, int]:
    """Return the number of intents in each state, of all or of some changes, without the states that none is in."""
    changes = difference.changes if among is None else among
    counts = {state: sum(state in change.states for change in changes) for state in STATES}
    return {state: n for state, n in counts.items() if n}


def based(difference: Difference) -> list[str]:
    """Return the lines that say what the shares are of."""
    old, new = difference.old, difference.new
    lines = [f"shares are of {old.n_occurrences:,} {old.unit} before and {new.n_occurrences:,} {new.counted} now"]
    if difference.is_update:
        lines.append("the newer run is an update that holds the older one: only what it added counts as now")
    if difference.is_mixed:
        lines.append(
            "the newer run is an update that holds most of the older one's utterances, so changes look smaller than "
            "they are: see drift.json"
        )
    return lines


def points(share: float) -> str:
    """Return a difference of shares in percentage points.

    Examples
    --------
    >>> points(0.0214), points(-0.3), points(0.0)
    ('+2.1', '−30.0', '0.0')
    """
    text = f"{100 * share:+.1f}"
    return "0.0" if float(text) == 0 else text.replace("-", "−")


def interval(change: Change) -> str:
    """Return the interval of a change of share, in percentage points."""
    return f"{points(change.share.low)} to {points(change.share.high)}"


def explained(difference: Difference, change: Change) -> str:
    """Return what the states of a change mean for its intent; "" for one that is kept, grown or shrunk, or alone."""
    before, now = difference.before(change), difference.seen(change).name
    others = listed([one.name for one in difference.relatives(change)])
    if GONE in change.states:
        return f"its sentences would now be in {to}" if (to := _destinations(difference, change)) else ""
    if change.new is None:
        return f"now in {others}"
    if before is None:
        former = "the former " if others == now else ""
        return f"was part of {former}{others}" if SPLIT in change.states else ""
    return _joined_or_parted(difference, change, before.name) or (f"was {before.name}" if before.name != now else "")


def _joined_or_parted(difference: Difference, change: Change, before: str) -> str:
    """Return what an intent of both runs was split into, and what was merged into it, by the name it had before."""
    now, parts = difference.seen(change).name, difference.parts(change)
    split = [difference.seen(one).name for one in parts if one.old is None]
    merged = [difference.seen(one).name for one in parts if one.new is None]
    told = [f"{before} was split into {listed([now, *split])}"] if split else []
    if merged:
        joined = [before, *merged] if before != now and not split else merged
        told.append(f"{listed(joined)} {'were' if len(joined) > 1 else 'was'} merged into {now}")
    return "; ".join(told)


def _destinations(difference: Difference, change: Change) -> str:
    """Return the newer intents that take in the sentences of one that is gone, each with its share of these."""
    assert change.old is not None  # it is gone
    went = difference.flows.went[change.old]
    largest = sorted(range(len(went)), key=lambda place: -went[place])[:N_NAMED]
    return listed([f"{difference.new.intents[i].name} ({went[i]:.0%})" for i in largest if went[i] >= PART])


def listed(names: Sequence[str]) -> str:
    """Return names as a list in a sentence.

    Examples
    --------
    >>> listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"])
    ('a', 'a and b', 'a, b and c')
    """
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def to_look_at(difference: Difference) -> list[str]:
    """Return a line for each change beyond chance, the most important first; none is about withheld intents.

    The parts of an intent that was split are named in the line about the whole.
    """
    sure = [change for change in ranked_changes(difference) if not difference.may_be_chance(change)]
    changes = [change for change in sure if difference.seen(change).uid != WITHHELD]
    told = {part for change in changes if SPLIT in change.states and change.old is not None for part in change.related}
    changes = [change for change in changes if change.old is not None or change.new not in told]
    lines = [line for change in changes if (line := _looked_at(difference, change))]
    more = len(lines) - N_LOOKED_AT
    found = [*lines[:N_LOOKED_AT], *([f"and {more:,} more changes"] if more > 0 else [])]
    none = difference.unassigned
    if none.low > 0:
        found.insert(0, f"more {difference.new.counted} have no intent: {none.before:.1%} before, {none.after:.1%} now")
    return found


def _looked_at(difference: Difference, change: Change) -> str:
    name, share = difference.seen(change).name, change.share
    before, now = (f"of the {seen.counted}" for seen in (difference.old, difference.new))
    if NEW in change.states:
        return f"{name} is new: {share.after:.1%} {now}. Is it an intent of its own, and is there an answer to it?"
    if GONE in change.states:
        return _gone(name, f"{share.before:.1%} {before} before", explained(difference, change))
    if SPLIT in change.states or (MERGED in change.states and change.new is not None):
        return f"{explained(difference, change)}. Is that right?"
    if GROWN in change.states or SHRUNK in change.states:
        return f"{name} has {change.states[0]}: {share.before:.1%} {before} before, {share.after:.1%} now"
    return ""


def _gone(name: str, share: str, where: str) -> str:
    if where:
        return f"{name} is no longer an intent of its own: {share}; {where}. Is it hidden there?"
    return f"{name} is gone: {share}; no intent takes in its sentences now. Has it ended?"


def is_quiet(change: Change) -> bool:
    """Return whether nothing happened to an intent."""
    return change.states == (KEPT,)


def difference_json(difference: Difference) -> dict[str, Any]:
    """Return the difference as plain values."""
    rows = []
    for change in ranked_changes(difference):
        seen, before = difference.seen(change), difference.before(change)
        names = {"name": seen.name, "name_before": before.name if before else None, "examples": list(seen.examples)}
        rows.append(change_json(difference, change) | names)
    return {
        "figures": figures_of(difference),
        "states": n_by_state(difference),
        "unassigned": asdict(difference.unassigned),
        "intents": rows,
        "to_look_at": to_look_at(difference),
    }
