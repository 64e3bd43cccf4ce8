"""Prints all facts of a run on a terminal: the parts of the report, one after another."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, Group, RenderableType
from rich.text import Text

from dialin.facts.facts import Facts, IntentFacts, stratum_of
from dialin.judge.certainty import with_certainty
from dialin.name.kinds import may_be_need
from dialin.report.branches_part import tree_part
from dialin.report.groups_part import groups_part
from dialin.report.outcomes_part import outcomes_part
from dialin.report.terminal import (
    OF_CALLS,
    OF_UTTERANCES,
    Column,
    add,
    counted_words,
    frequency_cells,
    grid,
    numbers,
    on_one_line,
    sparkline,
)
from dialin.report.totals import totals
from dialin.runs.run import Run
from dialin.text.width import shortened

N_REASONS, N_MOVERS, N_STRAYS = 12, 6, 3
"""Maximum numbers of main reasons, of rising or falling intents, and of example sentences without an intent."""
BAR = 18
"""Width of the longest bar, in columns."""
MIN_ROLE_WIDTH = 72
"""Minimum width of a terminal, in columns, with room for the role of each intent beside its name."""
MIN_WIDE_WIDTH = 110
"""Minimum width of a terminal, in columns, with room for a sentence of each intent."""
REASON_OF = "main reason of"
"""Column of the number of calls of which an intent is the main reason."""
LEFTOVER_MARK = "  leftover group"
"""Stands after the name of a leftover group that is a main reason."""
PATH_WIDTH = 72
"""Maximum width of a path through a call, in columns."""


def print_facts(run: Run, facts: Facts, console: Console) -> None:
    """Print all facts of a run."""
    parts = [
        *intents_parts(facts, console.width),
        ("New groups inside known intents", groups_part(facts)),
        ("Main reasons for calls", reasons_table(facts)),
        ("Outcomes", outcomes_part(facts)),
        ("Over time", time_part(facts)),
        ("Tree of intents", tree_part(facts, console.width)),
        ("Who speaks", roles_table(facts)),
        ("Without an intent", left_part(facts)),
        ("How they were found", rounds_table(facts)),
    ]
    for line in totals(run, facts.summary):
        console.print(Text(line), overflow="fold")
    for title, part in parts:
        if part is not None:
            console.print()
            console.print(title_line(title, facts))
            console.print(part)


def intents_parts(facts: Facts, width: int) -> list[tuple[str, RenderableType | None]]:
    """Return the tables of intents with their titles: needs and the rest apart, where their kinds are known."""
    if not facts.intents:
        return [("Intents", Text("no intents were found"))]
    return [(heading or "Intents", intents_grid(facts, intents, width)) for heading, intents in facts.sections]


def title_line(title: str, facts: Facts) -> Text:
    """Return the heading of a part, with what the intents under it add up to."""
    own = dict(facts.sections).get(title)
    said = f"  {counted_words(len(own), sum(one.n_occurrences for one in own))}" if own else ""
    return Text.assemble((title.upper(), "bold"), (said, "dim"))


def intents_grid(facts: Facts, intents: Sequence[IntentFacts], width: int) -> RenderableType:
    """Return a table of intents: id, name, figures and, if there is room, its kind, description and calls it explains.

    Where there are dialogues, the share is that of the calls in which it is said, not of the utterances. An intent
    without a description has an example there: in quotes, where others are described.
    """
    is_described = any(one.description for one in intents)
    is_mixed = is_described and not all(one.description for one in intents)
    told = "description, or “a sentence”" if is_mixed else "description" if is_described else "example"
    is_wide = width >= MIN_WIDE_WIDTH
    optional = [
        (Column("kind"), is_wide and not all(may_be_need(one.kind) for one in intents)),
        (Column("role"), bool(facts.roles) and width >= MIN_ROLE_WIDTH),
        (Column(REASON_OF, "right"), is_wide and any(one.n_reason for one in intents)),
        (Column(told, flexible=True), is_wide),
    ]
    more = [column for column, is_there in optional if is_there]
    intent = Column("intent", flexible=not is_wide, is_folded=not is_wide)
    shares = OF_UTTERANCES if facts.calls is None else OF_CALLS
    table = grid(Column("#", "right"), intent, *numbers(*shares, "P(good)"), *more)
    for one in intents:
        cells = {"role": one.role, "kind": one.kind, REASON_OF: f"{one.n_reason:,}" if one.n_reason else ""}
        said = on_one_line("".join(one.examples[:1]))
        cells[told] = one.description or (f"“{said}”" if is_mixed and said else said)
        figures = [*frequency_cells(vars(one), of_calls=facts.calls is not None), with_certainty(one.p_good)]
        name = Text.assemble((one.title, "bold"), ("  candidate" if one.candidate else "", "yellow"))
        add(table, one.intent_id, name, *figures, *(cells[column.name] for column in more))
    return table


def reasons_table(facts: Facts) -> RenderableType | None:
    """Return the table of main reasons for calls; None if there are no dialogues."""
    if facts.calls is None:
        return None
    found = facts.top_reasons(N_REASONS)
    shown = {one.intent_id for one in found}
    n = facts.calls.n_dialogues
    table = grid(Column("#", "right"), Column("main reason", flexible=True), *numbers("calls", "share"), Column(""))
    counts = [one.n_reason or 0 for one in found]
    for one, count in zip(found, counts, strict=True):
        bar = Text("█" * max(1, round(BAR * count / max(counts))), style="blue")
        title = Text.assemble(one.title, (LEFTOVER_MARK if one.is_leftover else "", "dim"))
        add(table, one.intent_id, title, f"{count:,}", f"{count / n:.1%}", bar)
    none = f"{n:,} dialogues, {facts.calls.n_without:,} of them without a main reason"
    few, rest = facts.calls.n_withheld, [one for one in facts.reasons if one.intent_id not in shown]
    if rest:
        n_rest = sum(one.n_reason or 0 for one in rest)
        none += f", {n_rest:,} with one of {len(rest):,} other intents"
    none += f", {few:,} with one whose number of calls is withheld" if few else ""
    return Group(table, Text(none), *ways_of(facts, facts.calls.paths))


def ways_of(facts: Facts, paths: Sequence[tuple[tuple[int, ...], int]]) -> list[Text]:
    """Return a heading and a line for each usual path through a call; empty if there are no such paths."""
    lines = []
    for path, count in paths:
        room = PATH_WIDTH // len(path) - len(" → ")
        way = " → ".join(shortened(facts.intent(i).title, room) for i in path)
        lines.append(Text(f"{count:>5,} × {way}"))
    return [Text("usual paths through a call:"), *lines] if lines else []


def time_part(facts: Facts) -> RenderableType | None:
    """Return the utterances per period and the rising and falling intents; None if there are no periods."""
    timeline = facts.timeline
    if timeline is None:
        return None
    order = "" if timeline.is_dated else " in input order, since the data has no dates"
    what = f"utterances per {timeline.unit}{order}; the highest bar is {max(timeline.totals):,}"
    sure = facts.movers[:N_MOVERS]
    table = grid(
        Column("#", "right"),
        Column("rising or falling", flexible=True),
        Column("share of utterances"),
        *numbers("earlier", "later"),
    )
    for one in sure:
        assert one.move is not None  # movers are intents with a move
        figures = [f"{one.move.before:.1%}", f"{one.move.after:.1%} {'↑' if one.move.z > 0 else '↓'}"]
        add(table, one.intent_id, one.title, sparkline(facts.shares(one)), *figures)
    line = sparkline(timeline.totals)
    axis = axis_under(line, timeline.days or timeline.names)
    return Group(Text(line), Text(axis), Text(what), *([table] if sure else []))


def axis_under(line: str, names: Sequence[str]) -> str:
    """Return the first and the last period as they stand under a line of blocks, or beside each other if it is short.

    Examples
    --------
    >>> axis_under("█▇█▇▇", "12345"), axis_under("▁█", ["2024-01-01", "2024-01-08"])
    ('1   5', '2024-01-01 to 2024-01-08')
    """
    first, last = names[0], names[-1]
    room = len(line) - len(first) - len(last)
    return f"{first}{' ' * room}{last}" if room >= 2 else f"{first} to {last}"


def roles_table(facts: Facts) -> RenderableType | None:
    """Return the table of roles; None if no role is known."""
    if not facts.roles:
        return None
    over_time = [Column("share")] if facts.timeline else []
    figures = numbers("utterances", "coverage", "intents")
    table = grid(Column("role"), *figures, *over_time, Column("most frequent", flexible=True))
    for role in facts.roles:
        top = ", ".join(f"{facts.intent(link.intent_id).title} {link.share:.0%}" for link in role.top)
        cells = [f"{role.n_occurrences:,}", f"{role.n_assigned / role.n_occurrences:.1%}", f"{role.n_intents:,}"]
        add(table, role.role or "unknown", *cells, *(sparkline(facts.shares(role), 12) for _ in over_time), top)
    return table


def left_part(facts: Facts) -> RenderableType:
    """Return the table of utterances without an intent, by reason."""
    if not facts.left:
        return Text("every utterance has an intent")
    table = grid(Column("reason"), Column("utterances", "right"), Column("meaning and examples", flexible=True))
    for left in facts.left:
        add(table, left.reason, f"{left.n_occurrences:,}", left.meaning)
        for stray in left.examples[:N_STRAYS]:
            said = f"{stray.count:,} × " if stray.count > 1 else ""
            add(table, "", "", Text(said + on_one_line(stray.text), style="dim"))
    return table


def rounds_table(facts: Facts) -> RenderableType | None:
    """Return the table of rounds, with their trials and kept pieces; None if there are no rounds."""
    if not facts.rounds:
        return None
    table = grid(
        Column("round", "right"),
        Column("stratum"),
        *numbers("sentences left", "k", "good", "bad", "unreadable"),
        Column("kept", flexible=True),
    )
    for i, round_ in enumerate(facts.rounds, 1):
        kept = f"{round_['n_kept']:,} pieces, {round_['n_kept_sentences']:,} sentences"
        for j, trial in enumerate(round_["trials"]):
            head = [i, stratum_of(round_), f"{round_['n_rest']:,}"] if j == 0 else [""] * 3
            figures = [f"{trial[name]:,}" for name in ("good", "bad", "unreadable")]
            is_best = len(round_["trials"]) > 1 and trial["k"] == round_["best_k"]
            add(table, *head, f"{'★ ' * is_best}{trial['k']:,}", *figures, kept if j == 0 else "")
    return table
