"""Build the page of the tree of intents, and turn its forms into edits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from dialin.discover.intent_tree import TOP
from dialin.errors import InputError
from dialin.facts.branches import BranchFacts, branch_facts
from dialin.name.sections import SECTIONS
from dialin.review.edits import Edit, Place, RenameBranch
from dialin.review.rank import RankedIntent
from dialin.review.state import ReviewState
from dialin.web.desk import View
from dialin.web.forms import NEW_INTENT, Form

NO_BRANCH = "none"
"""Value of the choice that takes intents out of their branches."""
PLACING, RENAMING = "place", "rename-branch"


@dataclass(frozen=True)
class TreePage:
    """The branches, each followed by what is in it; the intents of each, and those that stand alone (`TOP`)."""

    branches: tuple[BranchFacts, ...]
    paths: dict[int, str]
    intents: dict[int, tuple[RankedIntent, ...]]
    n_intents: int


def tree_page(view: View) -> TreePage:
    """Return the page of the tree of a run under review."""
    tree, n = view.state.tree, max(int(view.counts.sum()), 1)
    by_size = sorted(view.ranked, key=lambda one: (SECTIONS.index(one.section), -one.n_occurrences, one.name))
    rows = [one._asdict() | {"intent_id": one.intent, "share": one.n_occurrences / n} for one in by_size]
    own: dict[int, list[RankedIntent]] = {}
    for one in by_size:
        own.setdefault(tree.places.get(one.intent, TOP), []).append(one)
    return TreePage(
        branches=branch_facts(tree, rows),
        paths={branch.number: " › ".join(tree.path_to(branch.number)) for branch in tree.branches},
        intents={number: tuple(held) for number, held in own.items()},
        n_intents=len(by_size),
    )


def branch_decision(form: Form) -> Callable[[ReviewState], Edit] | None:
    """Return a function that turns the newest state into the edit of a form; None if it is not about branches.

    Raises
    ------
    InputError
        A field is missing or wrong.
    """
    if form.one("do") == RENAMING:
        edit = RenameBranch(form.number("branch"), _name_in(form))
        return lambda _: edit
    return _placed(form) if form.one("do") == PLACING else None


def _placed(form: Form) -> Callable[[ReviewState], Edit]:
    intents, into = form.numbers("placed"), form.one("into")
    if into == NEW_INTENT:
        name = _name_in(form)
        return lambda state: Place(intents, state.free_branch, name)
    branch = TOP if into == NO_BRANCH else form.number("into")
    return lambda _: Place(intents, branch)


def _name_in(form: Form) -> str:
    if not form.name():
        raise InputError("the name of the branch is missing", hint="give it one, such as payments")
    return form.name()
