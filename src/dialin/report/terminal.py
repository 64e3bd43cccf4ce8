"""Prints the intents of a run as a table with totals, and offers the parts that other tables are built from.

Output fills the width of a terminal. A pipe gets no colours; there, the table of intents is as wide as it has to be,
and all else has 80 columns.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dialin.facts.facts import Facts
from dialin.facts.headline import summary_of
from dialin.judge.certainty import with_certainty
from dialin.name.sections import by_heading
from dialin.report.totals import stored_line, totals
from dialin.runs.run import Run
from dialin.text.screen import SafeConsole

N_SHOWN = 2
"""Number of examples shown per intent."""
PIPE_WIDTH = 80
LEAST_NAME, LEAST_EXAMPLE = 12, len("examples")
"""Columns of a terminal that names and examples have at least; between them, names come first."""
BLANKS_BETWEEN, BLANKS_AT_EDGES = 2, 2
RULE = " ─"
BLOCKS = "▁▂▃▄▅▆▇█"
OF_CALLS, OF_UTTERANCES = ("of calls", "utterances"), ("utterances", "share")
"""Columns of how often an intent is said, with and without dialogues."""


def console_on(stream: IO[str]) -> Console:
    """Return a console on a stream, as wide as the terminal; a pipe gets 80 columns without colours."""
    return SafeConsole(stream, width=None if stream.isatty() else PIPE_WIDTH)


def print_report(run: Run, stream: IO[str]) -> None:
    """Print the table of intents and the totals."""
    console, summary = console_on(stream), summary_of(run)
    for heading, intents in by_heading(summary.intents, summary.intents):
        if heading:
            said = counted_words(len(intents), sum(intent["n_occurrences"] for intent in intents))
            console.print(Text.assemble((heading.upper(), "bold"), (f"  {said}", "dim")))
        print_intents(console, intents)
    if not summary.intents:
        console.print("no intents were found")
    for line in filter(None, [*totals(run, summary), stored_line(run, summary)]):
        print_line(console, line)


def print_line(console: Console, line: str) -> None:
    """Print a line, folded at the edge of a terminal; in a pipe it stays whole, for whoever searches it."""
    if console.is_terminal:
        console.print(Text(line), overflow="fold")
    else:
        console.print(Text(line), soft_wrap=True)


def print_intents(console: Console, intents: Sequence[dict[str, Any]]) -> None:
    """Print the table of some intents, cut at the edge of a terminal; in a pipe it stays whole."""
    if console.is_terminal:
        console.print(table_of_intents(intents, console.width))
        return
    for line in whole_lines(table_of_intents(intents)):
        print_line(console, line)


def whole_lines(table: Table) -> list[str]:
    """Return the lines of a table, none of them cut but the rule under its head, without blanks at their ends."""
    wide = SafeConsole(io.StringIO(), width=sys.maxsize, color_system=None)
    with wide.capture() as printed:
        wide.print(table)
    lines = [line.rstrip() for line in printed.get().split("\n")[:-1]]
    return [line[:PIPE_WIDTH] if set(line) == set(RULE) else line for line in lines]


def table_of_intents(intents: Sequence[dict[str, Any]], width: int | None = None) -> Table:
    """Return the table of some intents, for a terminal of this width; None: as wide as it has to be.

    Where the input has dialogues, the share is that of the calls in which an intent is said, not of the utterances.
    """
    has_roles = any(intent["role"] for intent in intents)
    of_calls = any(intent["dialogue_share"] is not None for intent in intents)
    rows = [_cells(intent, has_roles=has_roles, of_calls=of_calls) for intent in intents]
    figures = [*(OF_CALLS if of_calls else OF_UTTERANCES), "P(good)", *(["role"] if has_roles else [])]
    room = None if width is None else max(LEAST_NAME, width - _width_of(figures, rows) - LEAST_EXAMPLE)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=room is not None)
    table.add_column("intent", no_wrap=True, overflow="ellipsis", max_width=room)
    for name in figures:
        table.add_column(name, no_wrap=True, justify="left" if name == "role" else "right")
    ratio = None if room is None else 1
    table.add_column("examples", no_wrap=True, overflow="ellipsis", ratio=ratio, style="dim")
    for row in rows:
        table.add_row(*row)
    return table


def _width_of(figures: Sequence[str], rows: Sequence[Sequence[Text]]) -> int:
    """Return the columns of a terminal that the figures take between names and examples, with all that is blank."""
    columns = zip(figures, list(zip(*rows, strict=True))[1:-1], strict=True)
    widest: list[int] = [max(cell_len(name), *(cell.cell_len for cell in cells)) for name, cells in columns]
    return sum(widest) + BLANKS_BETWEEN * (len(widest) + 1) + BLANKS_AT_EDGES


def counted_words(n_intents: int, n_occurrences: int) -> str:
    """Return how many intents stand under a heading, and how many utterances they have.

    Examples
    --------
    >>> counted_words(7, 1290), counted_words(1, 1)
    ('7 intents, 1,290 utterances', '1 intent, 1 utterance')
    """
    intents, utterances = "s" * (n_intents != 1), "s" * (n_occurrences != 1)
    return f"{n_intents:,} intent{intents}, {n_occurrences:,} utterance{utterances}"


def frequency_cells(intent: Mapping[str, Any], *, of_calls: bool) -> list[Text]:
    """Return the cells of how often an intent is said: the share of calls with it first, where there are calls."""
    said, share = f"{intent['n_occurrences']:,}", intent["dialogue_share"] if of_calls else intent["share"]
    told = "" if share is None else f"{share:.1%}"
    return [Text(told), Text(said)] if of_calls else [Text(said), Text(told)]


def _cells(intent: dict[str, Any], *, has_roles: bool, of_calls: bool) -> list[Text]:
    examples = [Text(on_one_line(text)) for text in intent["examples"][:N_SHOWN]]
    about = [Text(f"about: {intent['description']}", style="not dim")] if intent["description"] else []
    role = [Text(intent["role"] or "")] if has_roles else []
    name, p_good = Text(intent["name"], style="bold"), Text(with_certainty(intent["p_good"]))
    said = Text("\n").join([*examples, *about])
    return [name, *frequency_cells(intent, of_calls=of_calls), p_good, *role, said]


# --- parts of other tables ------------------------------------------------------------------------


@dataclass(frozen=True)
class Column:
    """Column of a table on a terminal.

    Parameters
    ----------
    name : str
        Heading.
    align : {"left", "right"}
        Alignment; "right" for numbers.
    flexible : bool
        Whether the column takes the width that the others leave.
    is_folded : bool
        Whether a cell that is too long goes on in the next line, rather than being cut.
    """

    name: str
    align: Literal["left", "right"] = "left"
    flexible: bool = False
    is_folded: bool = False


def numbers(*names: str) -> list[Column]:
    """Return columns of numbers."""
    return [Column(name, "right") for name in names]


def grid(*columns: Column) -> Table:
    """Return an empty table with these columns."""
    expand = any(column.flexible for column in columns)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=expand)
    for column in columns:
        ratio = 1 if column.flexible else None
        how: dict[str, Any] = {"overflow": "fold"} if column.is_folded else {"overflow": "ellipsis", "no_wrap": True}
        table.add_column(column.name, justify=column.align, ratio=ratio, **how)
    return table


def add(table: Table, *cells: object) -> None:
    """Add a row of cells as plain text, without markup."""
    table.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in cells))


def numbered_title(facts: Facts, intent: int) -> str:
    """Return the id and title of an intent; −1 is the end of the dialogue."""
    return "the end of the dialogue" if intent < 0 else f"#{intent} {facts.intent(intent).title}"


def sparkline(values: Sequence[float], width: int = 52) -> str:
    """Return a line of at most `width` blocks as high as the values, averaging neighbours if there are more values.

    Examples
    --------
    >>> sparkline([0, 1, 2, 7]), sparkline([0, 0])
    ('▁▂▃█', '▁▁')
    """
    step = -(-len(values) // width)
    means = [sum(part) / len(part) for i in range(0, len(values), step) if (part := values[i : i + step])]
    top = max(means) or 1
    return "".join(BLOCKS[round((len(BLOCKS) - 1) * mean / top)] for mean in means)


def on_one_line(text: str) -> str:
    """Return a text without line breaks."""
    return " ".join(text.split())
