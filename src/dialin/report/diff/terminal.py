"""Prints the difference between two runs on a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialin.report.diff.words import based, explained, interval, is_quiet, n_by_state, ranked_changes, to_look_at
from dialin.report.terminal import Column, add, grid, numbers, on_one_line, print_line
from dialin.taxonomy.difference import NEW, Change, Difference

QUOTED = 60
"""Columns of a terminal that an example takes at most."""


def print_difference(difference: Difference, console: Console) -> None:
    """Print the changes beyond chance, the numbers of all, what the shares are of, and what to look at."""
    loud = [change for change in ranked_changes(difference) if not is_quiet(change)]
    changed = [change for change in loud if not difference.may_be_chance(change)]
    if changed:
        console.print(_table(difference, changed))
    for line in counted_lines(difference, len(loud) - len(changed)):
        print_line(console, line)
    for line in to_look_at(difference):
        print_line(console, f"look at: {line}")


def _table(difference: Difference, changes: Sequence[Change]) -> Table:
    """Return the table of changes; what happened to an intent stands last and goes on below, so all of it is read."""
    table = grid(Column("intent"), *numbers("before", "now", "difference"), Column("what changed", flexible=True))
    table.columns[0].max_width = 26
    table.columns[-1].no_wrap, table.columns[-1].overflow = False, "fold"
    for change in changes:
        share, name = change.share, Text(difference.seen(change).name, style="bold")
        told = what_changed(difference, change)
        add(table, name, f"{share.before:.1%}", f"{share.after:.1%}", interval(change), told)
    return table


def what_changed(difference: Difference, change: Change) -> Text:
    """Return the states of a change, and what they mean for its intent; of a new one, what is said."""
    examples = difference.seen(change).examples
    said = Text(on_one_line(examples[0]) if NEW in change.states and examples else "")
    said.truncate(QUOTED, overflow="ellipsis")
    meaning = explained(difference, change) or said.plain
    return Text.assemble(", ".join(change.states), (f": {meaning}" if meaning else "", "dim"))


def counted_lines(difference: Difference, n_left_out: int) -> list[str]:
    """Return the lines under the table: how many intents are in each state and left out, and what has no intent."""
    counts = n_by_state(difference)
    none = difference.unassigned
    left_out = f"{n_left_out:,} of the changes may be chance; --html and --json list them, too"
    return [
        " · ".join(f"{state} {n:,}" for state, n in counts.items()) or "no intents in either run",
        *([left_out] if n_left_out else []),
        f"without an intent: {none.before:.1%} before, {none.after:.1%} now",
        *based(difference),
    ]
