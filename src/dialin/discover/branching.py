"""Gives a result its readable tree: branches above the intents, named by an LLM or by what their intents share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from dialin.arrays import Floats, Matrix
from dialin.cluster.centroids import centroids, unit_rows
from dialin.discover.branch_draft import DraftBranch, children_of, drafted, some_of
from dialin.discover.context import Tools
from dialin.discover.intent_tree import TOP, Branch, IntentTree, Path
from dialin.discover.settings import Settings
from dialin.discover.state import Intent, Result
from dialin.errors import BudgetError
from dialin.llm.base import LLM
from dialin.name.branch_topics import N_SHOWN, BranchShown, ask_topics, believed
from dialin.name.descriptions import Described, describe_clusters
from dialin.name.labels import Example
from dialin.name.shared import shared_names
from dialin.name.turns import Turn
from dialin.text.script import language_of


@dataclass(frozen=True)
class TreeTask:
    """What a tree is made from, beside the result.

    Parameters
    ----------
    X : ndarray of shape (n, d)
        Vectors of the sentences.
    tools : Tools
        The LLM that names and describes, if there is one.
    settings : Settings
        Settings of the run.
    placed : mapping of str to tuple of str
        Paths that people have chosen, by the uid of the intent.
    """

    X: Matrix
    tools: Tools
    settings: Settings
    placed: Mapping[str, Path] = field(default_factory=dict)


def with_tree(result: Result, task: TreeTask) -> Result:
    """Return a result with its tree; one of few intents, or without a real gap between them, has no branches.

    A cap of the budget ends the asking: the branches then have names by their intents, and the result is not complete.
    Takes O(m²) time for m intents.
    """
    C = centroids(task.X, result.labels, len(result.intents))
    placed = {i: task.placed[one.uid] for i, one in enumerate(result.intents) if one.uid in task.placed}
    branches = drafted(result.intents, C, placed)
    if not branches:
        return replace(result, tree=IntentTree())
    tools = replace(task.tools, steering=task.settings.steering)
    topics, is_whole = _topics(result, branches, replace(task, tools=tools))
    if tools.ranks_names:
        topics = _believed(branches, topics, C * np.array([one.size for one in result.intents])[:, None], tools)
    names = settled_names(result.intents, branches, topics)
    tree = _described(result.intents, _tree(result.intents, branches, names), branches, replace(task, tools=tools))
    return replace(result, tree=tree, complete=result.complete and is_whole)


def _topics(result: Result, branches: Sequence[DraftBranch], task: TreeTask) -> tuple[list[str], bool]:
    """Return the topics that the LLM names, "" for none, and whether no cap stopped it."""
    llm, none = task.tools.llm_for("name"), [""] * len(branches)
    if llm is None or not result.complete:
        return none, True
    task.tools.on_step("name")
    places = [place for place, branch in enumerate(branches) if not branch.given]
    try:
        found = ask_topics(llm, [_shown(result.intents, branches[place], task.settings) for place in places])
    except BudgetError:
        return none, False
    named = dict(zip(places, found, strict=True))
    return [named.get(place, "") for place in range(len(branches))], True


def _believed(branches: Sequence[DraftBranch], topics: Sequence[str], sums: Floats, tools: Tools) -> list[str]:
    """Return the topics that lie nearest to their own branch among those beside it; "" in the place of others."""
    found = list(topics)
    for places in children_of(branches).values():
        total = np.array([sums[list(branches[place].intents)].sum(axis=0) for place in places])
        centres = unit_rows(total).astype(np.float32)
        for place, topic in zip(places, believed([topics[i] for i in places], centres, tools.embed), strict=True):
            found[place] = topic
    return found


def _shown(intents: Sequence[Intent], branch: DraftBranch, settings: Settings) -> BranchShown:
    own = [intents[i] for i in some_of(branch, N_SHOWN)]
    language = language_of([one.name for one in own]) if settings.language == "auto" else settings.language
    return BranchShown(tuple((one.name, "".join(one.examples[:1])) for one in own), language)


def settled_names(intents: Sequence[Intent], branches: Sequence[DraftBranch], topics: Sequence[str]) -> list[str]:
    """Return a name for each branch: what a person gave, else its topic, else what its intents share.

    No branch has the name of one beside it, of one above it, or of an intent.
    """
    names, taken = [branch.given for branch in branches], {one.name.casefold() for one in intents}
    for parent, places in children_of(branches).items():
        used = taken | set(_above(parent, branches, names)) | {names[i].casefold() for i in places}
        for place in sorted((i for i in places if not names[i]), key=lambda i: (-len(branches[i].intents), i)):
            if topics[place] and topics[place].casefold() not in used:
                names[place] = topics[place]
                used.add(topics[place].casefold())
        _name_by_intents(intents, branches, (parent, [i for i in places if not names[i]]), (names, used))
    return names


def _above(place: int, branches: Sequence[DraftBranch], names: Sequence[str]) -> list[str]:
    found = list[str]()
    while place != TOP:
        found.append(names[place].casefold())
        place = branches[place].parent
    return found


def _name_by_intents(
    intents: Sequence[Intent],
    branches: Sequence[DraftBranch],
    beside: tuple[int, list[int]],
    names_and_used: tuple[list[str], set[str]],
) -> None:
    """Fill in the names of branches beside each other by what their intents share, language by language."""
    (parent, places), (names, used) = beside, names_and_used
    rest = [intents[i].name for i in branches[parent].own] if parent != TOP else []
    languages = [language_of([intents[branches[place].intents[0]].name]) for place in places]
    for language in dict.fromkeys(languages):
        own = [place for place, one in zip(places, languages, strict=True) if one == language]
        members = [[intents[i].name for i in branches[place].intents] for place in own]
        for place, name in zip(own, shared_names(members, language, sorted(used), rest), strict=True):
            names[place] = name
            used.add(name.casefold())


def _tree(intents: Sequence[Intent], branches: Sequence[DraftBranch], names: Sequence[str]) -> IntentTree:
    made = [
        Branch(number, name, branch.parent, given=bool(branch.given))
        for number, (branch, name) in enumerate(zip(branches, names, strict=True))
    ]
    places = {intents[i].intent_id: number for number, branch in enumerate(branches) for i in branch.own}
    return IntentTree(tuple(made), places)


def _described(
    intents: Sequence[Intent], tree: IntentTree, branches: Sequence[DraftBranch], task: TreeTask
) -> IntentTree:
    """Return the tree with a sentence about each branch, if the settings ask for that; a cap ends it."""
    llm = task.tools.llm_for("describe")
    if not task.settings.describe or llm is None:
        return tree
    task.tools.on_step("describe")
    asked = [
        _to_describe(intents, one, branch, task.settings) for one, branch in zip(branches, tree.branches, strict=True)
    ]
    return replace(tree, branches=_with_descriptions(llm, tree.branches, asked))


def _with_descriptions(llm: LLM, branches: Sequence[Branch], asked: Sequence[Described]) -> tuple[Branch, ...]:
    found = list(branches)
    try:
        for i, description in describe_clusters(llm, asked):
            found[i] = replace(found[i], description=description)
    except BudgetError:
        pass  # what it has is kept; descriptions decide about nothing
    return tuple(found)


def _to_describe(intents: Sequence[Intent], one: DraftBranch, branch: Branch, settings: Settings) -> Described:
    own = [intents[i] for i in some_of(one, N_SHOWN)]
    language = language_of([branch.name]) if settings.language == "auto" else settings.language
    texts = tuple(intent.examples[0] for intent in own if intent.examples)
    return Described(branch.name, Turn(own[0].kind, own[0].role), Example(texts, language))
