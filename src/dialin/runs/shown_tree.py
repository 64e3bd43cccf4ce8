"""Takes the withheld intents out of the readable tree of a run, with the names of branches that tell of them.

Without an LLM, the name of a branch is made from those of its intents; with one, the LLM has read them. So a branch
keeps its name only if all its intents are shown or a person gave it. What else would stay is its intents: they move
into the next branch above that stays.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from dialin.discover.intent_tree import TOP, Branch, IntentTree


def shown_tree(tree: IntentTree, withheld: Collection[int]) -> IntentTree:
    """Return a tree without some intents.

    A branch stays if all its intents are shown, or if some are and a person gave its name; then its description goes,
    which may tell of the others.

    Parameters
    ----------
    tree : IntentTree
        The tree.
    withheld : collection of int
        Ids of the withheld intents.

    Examples
    --------
    >>> tree = IntentTree((Branch(0, "card-and-divorce"), Branch(1, "lost-card", 0)), {3: 0, 5: 1, 6: 1})
    >>> shown = shown_tree(tree, {3})
    >>> shown.path(3), shown.path(5), [branch.name for branch in shown.branches]
    ((), ('lost-card',), ['lost-card'])
    """
    if not withheld:
        return tree
    has_shown, has_withheld = set[int](), set[int]()
    for intent, number in tree.places.items():
        (has_withheld if intent in withheld else has_shown).update(branch.number for branch in tree.above(number))
    stays = {
        one.number for one in tree.branches if one.number in has_shown and (one.given or one.number not in has_withheld)
    }
    branches = tuple(
        _after(one, _next_above(tree, one.parent, stays), is_mixed=one.number in has_withheld)
        for one in tree.branches
        if one.number in stays
    )
    above = {i: _next_above(tree, number, stays) for i, number in tree.places.items() if i not in withheld}
    return IntentTree(branches, {intent: number for intent, number in above.items() if number != TOP})


def _after(branch: Branch, parent: int, *, is_mixed: bool) -> Branch:
    return replace(branch, parent=parent, description="" if is_mixed else branch.description)


def _next_above(tree: IntentTree, number: int, stays: Collection[int]) -> int:
    """Return the number of a branch or of the next one above it that stays; `TOP` for none."""
    return next((branch.number for branch in tree.above(number) if branch.number in stays), TOP)
