"""Prints the difference between two runs on a terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from dialin.report.diff.words import based, explained, interval, is_quiet, n_by_state, ranked_changes, to_look_at
from dialin.report.terminal import Column, add, grid, numbers, on_one_line, print_line
from dialin.taxonomy.difference import NEW, Change, Difference


def print_difference(difference: Difference, console: Console) -> None:
    """Print the changes beyond chance, the numbers of all, what the shares are of, and what to look at."""
    loud = [change for change in ranked_changes(difference) if not is_quiet(change)]
    changed = [change for change in loud if not difference.may_be_chance(change)]
    if changed:
        table = grid(Column("intent"), Column("state"), *numbers("before", "now"), *_wide_columns())
        table.columns[0].max_width = 26
        for change in changed:
            share = change.share
            name = Text(difference.seen(change).name, style="bold")
            cells = name, ", ".join(change.states), f"{share.before:.1%}", f"{share.after:.1%}", interval(change)
            add(table, *cells, _about(difference, change))
        console.print(table)
    for line in counted_lines(difference, len(loud) - len(changed)):
        print_line(console, line)
    for line in to_look_at(difference):
        print_line(console, f"look at: {line}")


def _wide_columns() -> list[Column]:
    return [Column("difference", "right"), Column("about", flexible=True)]


def _about(difference: Difference, change: Change) -> Text:
    examples = difference.seen(change).examples
    said = on_one_line(examples[0]) if NEW in change.states and examples else ""
    return Text(explained(difference, change) or said, style="dim")


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
