"""Writes and reads ``tree.json``: the branches above the intents of a run, and the branch of each intent."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from dialin import files, saved
from dialin.discover.intent_tree import TOP, Branch, IntentTree
from dialin.runs.typed import check_types
from dialin.text.unseen import plain_name

MAX_DEPTH = 20
"""Most branches above an intent: those of a run are two, and a person may make some more."""


def write_tree(path: Path, tree: IntentTree) -> None:
    """Write a tree: its branches, each after the one that it is part of, and pairs of an intent and its branch."""
    branches = [asdict(branch) for branch in tree.branches]
    files.write_json(path, {"branches": branches, "intents": [list(pair) for pair in tree.places.items()]})


def read_tree(folder: Path, intents: set[int]) -> IntentTree:
    """Return the tree of a run with these intents; one without branches if it has none, as runs of older versions.

    Names have no marks that act or cannot be seen.

    Raises
    ------
    InputError
        The file cannot be read, or is damaged.
    """
    path = folder / files.INTENT_TREE
    if not path.exists():
        return IntentTree()
    values = saved.read_json(path)
    try:
        branches = tuple(map(_branch, values["branches"]))
        places = {int(intent): int(branch) for intent, branch in values["intents"]}
    except (TypeError, KeyError, ValueError) as error:
        raise saved.damaged(path, f"it holds something else than a tree ({error})") from error
    tree = IntentTree(branches, places)
    if why := _fault(tree, intents):
        raise saved.damaged(path, why)
    return tree


def _branch(values: dict[str, Any]) -> Branch:
    branch = Branch(**values)
    check_types(branch)
    return replace(branch, name=plain_name(branch.name), description=" ".join(branch.description.split()))


def _fault(tree: IntentTree, intents: set[int]) -> str:
    """Return what is wrong with a tree; "" for nothing."""
    known, depth = set[int](), {TOP: 0}
    for branch in tree.branches:
        if branch.number < 0 or branch.number in known or not branch.name:
            return f"branch {branch.number} is there twice, is below 0 or has no name"
        if branch.parent not in depth or depth[branch.parent] == MAX_DEPTH:
            return f"branch {branch.number} is part of {branch.parent}, which does not come before it or is too deep"
        known.add(branch.number)
        depth[branch.number] = depth[branch.parent] + 1
    for intent, branch_number in tree.places.items():
        if intent not in intents or branch_number not in known:
            return f"it puts intent {intent} into branch {branch_number}, and one of them is not there"
    return ""
