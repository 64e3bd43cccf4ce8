"""Prints the readable tree of a run on a terminal: branches with what they hold, indented."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from dialin.facts.branches import BranchFacts
from dialin.facts.facts import Facts, IntentFacts
from dialin.report.terminal import Column, add, grid, numbers

MIN_DESCRIBED_WIDTH = 110
"""Minimum width of a terminal, in columns, with room for descriptions of branches."""


def tree_part(facts: Facts, width: int) -> RenderableType | None:
    """Return the branches with their intents indented, and what stands alone last; None where there are no branches."""
    if not facts.branches:
        return None
    described = width >= MIN_DESCRIBED_WIDTH and any(branch.description for branch in facts.branches)
    about = [Column("description", flexible=True)] if described else []
    table = grid(Column("branch or intent", flexible=not described), *numbers("utterances", "share"), *about)
    for branch in facts.branches:
        indent = "  " * branch.depth
        name = Text.assemble(indent, (branch.name, "bold"), (f"  {_counted(branch.n_intents)}", "dim"))
        _add(table, name, (branch.n_occurrences, branch.share), branch.description if described else None)
        _add_intents(table, facts, branch, described)
    for one in facts.alone:
        _add(table, Text(_title(one)), (one.n_occurrences, one.share), "" if described else None)
    return table


def _add_intents(table: Table, facts: Facts, branch: BranchFacts, described: bool) -> None:
    last = branch.intents[-1:] if not _has_branches(facts.branches, branch) else ()
    for intent in branch.intents:
        one = facts.intent(intent)
        line = Text.assemble("  " * branch.depth, ("└ " if intent in last else "├ ", "dim"), _title(one))
        _add(table, line, (one.n_occurrences, one.share), "" if described else None)


def _has_branches(branches: Sequence[BranchFacts], branch: BranchFacts) -> bool:
    return any(one.parent == branch.number for one in branches)


def _counted(n: int) -> str:
    return f"{n:,} intent{'s' * (n != 1)}"


def _title(one: IntentFacts) -> str:
    return f"#{one.intent_id} {one.title}"


def _add(table: Table, name: Text, figures: tuple[int, float], about: str | None) -> None:
    n, share = figures
    add(table, name, f"{n:,}", f"{share:.1%}", *([] if about is None else [about]))
