"""What people do to the tree of intents: rename a branch, put intents into another one, or into a new one."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from dialin.discover.intent_tree import TOP, Branch, IntentTree
from dialin.review.edits import Change, Place, RenameBranch


def branch_misfit(tree: IntentTree, intents: Collection[int], change: Change) -> str:
    """Return the reason why an edit does not fit the tree and the intents that exist, or "" if it fits."""
    match change:
        case RenameBranch(branch, name):
            return _gone(tree, branch) or _named_so(tree, tree.by_number[branch].parent, name, branch)
        case Place(own, branch, name):
            missing = [intent for intent in own if intent not in intents]
            if missing:
                return f"intent {missing[0]} no longer exists"
            if name:
                is_used = branch in tree.by_number
                return f"branch {branch} is already in use" if is_used else _named_so(tree, TOP, name, branch)
            return "" if branch == TOP else _gone(tree, branch)
    return ""


def _gone(tree: IntentTree, branch: int) -> str:
    return "" if branch in tree.by_number else f"branch {branch} no longer exists"


def _named_so(tree: IntentTree, parent: int, name: str, branch: int) -> str:
    beside = [one for one in tree.inside.get(parent, []) if one.number != branch]
    is_taken = any(one.name.casefold() == name.casefold() for one in beside)
    return f"another branch is named {name!r}" if is_taken else ""


def changed_tree(tree: IntentTree, change: Change) -> IntentTree:
    """Return the tree after an edit that fits it.

    Examples
    --------
    >>> tree = IntentTree((Branch(0, "card"),), {3: 0, 5: 0})
    >>> changed_tree(tree, Place((5,), 1, "travel")).path(5), changed_tree(tree, Place((5,), TOP)).path(5)
    (('travel',), ())
    """
    match change:
        case RenameBranch(branch, name):
            made = [replace(b, name=name, given=True) if b.number == branch else b for b in tree.branches]
            return replace(tree, branches=tuple(made))
        case Place(own, branch, name):
            new = (Branch(branch, name, given=True),) if name else ()
            left = {intent: b for intent, b in tree.places.items() if intent not in own}
            return IntentTree((*tree.branches, *new), left if branch == TOP else left | dict.fromkeys(own, branch))
    return tree


def put_beside(tree: IntentTree, new: Iterable[int], old: int) -> IntentTree:
    """Return the tree with new intents in the branch that another one is in: they are parts of it."""
    if old not in tree.places:
        return tree
    added = {intent: tree.places[old] for intent in new if intent not in tree.places}
    return replace(tree, places={**tree.places, **added})


def with_intents(tree: IntentTree, intents: Mapping[int, object]) -> IntentTree:
    """Return the tree of the intents that exist, without branches that hold none of them.

    Examples
    --------
    >>> tree = IntentTree((Branch(0, "card"), Branch(1, "lost-card", 0), Branch(2, "travel")), {3: 1, 5: 2})
    >>> [branch.name for branch in with_intents(tree, {3: "block-card"}).branches]
    ['card', 'lost-card']
    """
    places = {intent: branch for intent, branch in tree.places.items() if intent in intents}
    held = {branch.number for number in set(places.values()) for branch in tree.above(number)}
    return IntentTree(tuple(branch for branch in tree.branches if branch.number in held), places)
