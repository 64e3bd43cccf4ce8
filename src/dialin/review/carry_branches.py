"""Carry what people did to the tree of intents over to another result of the run, by the intents in each branch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from dialin.discover.intent_tree import TOP, IntentTree
from dialin.review.edits import Entry, Place, RenameBranch
from dialin.review.state import ReviewState

Homes = Mapping[int, int | None]
"""The intent of the other result that each intent is found again as; None for none."""


def branch_entries(state: ReviewState, found: ReviewState, homes: Homes, active: Sequence[Entry]) -> list[Entry]:
    """Return the edits of branches as edits of another result; those that cannot be told of it are left out.

    A branch is found again as the one that shares at least half of the intents both ways, else as that of the same
    path. An intent that was moved into a branch which is not found again moves into a new one of its name.
    """
    same, free = _found_again(state.tree, found.tree, homes), found.free_branch
    made = list[Entry]()
    for entry in active:
        match entry.edit:
            case RenameBranch(branch, name) if branch in same:
                made.append(replace(entry, edit=RenameBranch(same[branch], name)))
            case Place(intents, branch, _):
                own = tuple(home for intent in intents if (home := homes.get(intent)) is not None)
                is_known = branch == TOP or branch in same
                if own and (is_known or branch in state.tree.by_number):
                    place = Place(own, free, state.tree.by_number[branch].name) if not is_known else None
                    made.append(replace(entry, edit=place or Place(own, same.get(branch, TOP))))
                    if place:
                        same[branch], free = free, free + 1
    return made


def _found_again(before: IntentTree, after: IntentTree, homes: Homes) -> dict[int, int]:
    """Return the number that each branch has in another tree, if it is there."""
    paths = {after.path_to(branch.number): branch.number for branch in after.branches}
    held = {branch.number: set(_below(after, branch.number)) for branch in after.branches}
    found = dict[int, int]()
    for branch in before.branches:
        own = {home for intent in _below(before, branch.number) if (home := homes.get(intent)) is not None}
        shared = {n: len(own & others) for n, others in held.items() if n not in found.values()}
        alike = [n for n, both in shared.items() if both and 2 * both >= max(len(own), len(held[n]))]
        same = paths.get(before.path_to(branch.number))
        if alike:
            found[branch.number] = max(alike, key=lambda n: shared[n])
        elif same is not None and same not in found.values():
            found[branch.number] = same
    return found


def _below(tree: IntentTree, number: int) -> Iterator[int]:
    """Yield the intents in a branch and in those below it."""
    for intent, branch in tree.places.items():
        if any(one.number == number for one in tree.above(branch)):
            yield intent
