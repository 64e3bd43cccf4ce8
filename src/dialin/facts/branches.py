"""The readable tree of a run as facts: what each branch holds, and how often it is said."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dialin.discover.intent_tree import TOP, Branch, IntentTree
from dialin.name.sections import by_heading


@dataclass(frozen=True)
class BranchFacts:
    """Facts of one branch.

    Parameters
    ----------
    number, name, description, parent
        As in ``tree.json``.
    depth : int
        Number of branches above it.
    intents : tuple of int
        Ids of the intents that are directly in it, in the order in which they are listed.
    n_intents, n_occurrences : int
        Numbers of all intents in it and below, and of their utterances.
    share : float
        Their share of all utterances.
    """

    number: int
    name: str
    description: str
    parent: int
    depth: int
    intents: tuple[int, ...]
    n_intents: int
    n_occurrences: int
    share: float


def branch_facts(tree: IntentTree, rows: Sequence[dict[str, Any]]) -> tuple[BranchFacts, ...]:
    """Return the facts of the branches of a tree, each followed by what is in it.

    Parameters
    ----------
    tree : IntentTree
        The tree.
    rows : sequence of dict
        Rows of ``intents.parquet`` with their `share`, in the order of the run.

    Examples
    --------
    >>> tree = IntentTree((Branch(0, "card"), Branch(1, "lost-card", 0)), {3: 0, 5: 1})
    >>> said = {"name": "block", "kind": "need", "p_good": 0.5}
    >>> rows = [said | {"intent_id": i, "n_occurrences": n, "share": n / 10} for i, n in ((5, 6), (3, 2))]
    >>> [(one.name, one.depth, one.intents, one.n_occurrences) for one in branch_facts(tree, rows)]
    [('card', 0, (3,), 8), ('lost-card', 1, (5,), 6)]
    """
    own: dict[int, list[dict[str, Any]]] = {}
    below: dict[int, list[dict[str, Any]]] = {}
    for row in (row for _, group in by_heading(rows, rows) for row in group):
        number = tree.places.get(row["intent_id"], TOP)
        own.setdefault(number, []).append(row)
        for branch in tree.above(number):
            below.setdefault(branch.number, []).append(row)
    return tuple(
        BranchFacts(
            branch.number,
            branch.name,
            branch.description,
            branch.parent,
            depth,
            tuple(row["intent_id"] for row in own.get(branch.number, [])),
            len(below.get(branch.number, [])),
            sum(row["n_occurrences"] for row in below.get(branch.number, [])),
            sum(row["share"] for row in below.get(branch.number, [])),
        )
        for depth, branch in _in_order(tree)
    )


def _in_order(tree: IntentTree, parent: int = TOP, depth: int = 0) -> Iterator[tuple[int, Branch]]:
    for branch in tree.inside.get(parent, []):
        yield depth, branch
        yield from _in_order(tree, branch.number, depth + 1)
