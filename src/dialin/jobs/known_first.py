"""Takes the sentences of intents that are known before the search out of it: reviewed ones first, then listed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from dialin import files
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.settings import Settings
from dialin.discover.state import MIN_SENTENCES, Result
from dialin.name.once import Embed
from dialin.read.intent_list import ListedIntent
from dialin.review.listed import ListedTask, kept_of_list, uid_of_listed
from dialin.review.pin import NO_DECISION, KeptIntents, PinnedSplit, read_pinned
from dialin.runs.listed import read_listed
from dialin.runs.run import Run, load


def known_splits(run: Run, data: Data, tools: Tools, first: PinnedSplit | None = None) -> list[PinnedSplit]:
    """Return the splits of the sentences, each of what the one before it left; none if nothing is known.

    What people decided about an earlier run, or `first`, all that an updated run says, comes before the list, which may
    repeat its names.
    """
    roles, pinned = run.assignment_roles, read_pinned(run.folder / files.PINNED_INTENTS)
    if pinned:
        first = PinnedSplit.of(pinned, data, roles)
    splits = [first] if first else []
    if first:
        data, roles = first.rest, [roles[row] for row in first.free.tolist()]
    listed = read_listed(run.folder / files.LISTED_INTENTS)
    if listed and len(data.texts) >= MIN_SENTENCES:
        tools.on_step("list")
        kept = kept_of_list(ListedTask(listed, data, roles), tools, run.manifest.settings)
        splits.append(PinnedSplit.of(without_named(kept, first.pinned.names if first else ()), data, roles))
    return splits


def rest_of_listed(listed: Sequence[ListedIntent], data: Data, embed: Embed, settings: Settings) -> Data:
    """Return the sentences that a list of known intents leaves, as in a run; all of them if they are too few."""
    if len(data.texts) < MIN_SENTENCES:
        return data
    roles = data.roles if settings.roles == "auto" else [""] * len(data.texts)
    kept = kept_of_list(ListedTask(listed, data, roles), Tools(None, embed, on_note=lambda _: None), settings)
    return PinnedSplit.of(kept, data, roles).rest


def without_named(kept: KeptIntents, names: Sequence[str]) -> KeptIntents:
    """Return the intents with neither pieces nor sentences for those of these names, which another split has."""
    folded = {name.casefold() for name in names}
    is_taken = np.array([name.casefold() in folded for name in kept.names] + [False])  # the last is for "no intent"
    of, labels = kept.pieces.intents, kept.labels
    pieces = replace(kept.pieces, intents=np.where(is_taken[np.maximum(of, -1)], -1, of))
    return replace(kept, pieces=pieces, labels=np.where(is_taken[np.maximum(labels, -1)], NO_DECISION, labels))


def joined_all(splits: Sequence[PinnedSplit], found: Result) -> Result:
    """Return one result with the known intents of all splits and what was found in the rest."""
    for split in reversed(splits):
        found = split.joined(found)
    return found


def placed_by_people(run: Run) -> dict[str, tuple[str, ...]]:
    """Return where intents are placed in the tree already, by uid: in an earlier run, and in the list of intents.

    Of an earlier run counts what lies in a branch that a person made or renamed; an update keeps all of its branches.
    """
    found = dict[str, tuple[str, ...]]()
    if run.manifest.since:
        earlier = load(Path(run.manifest.since))
        given = {branch.number for branch in earlier.tree.branches if branch.given}
        homes = dict(zip(earlier.intents["intent_id"].to_pylist(), earlier.intents["uid"].to_pylist(), strict=True))
        for intent, branch in earlier.tree.places.items():
            is_kept = run.manifest.is_update or any(one.number in given for one in earlier.tree.above(branch))
            if intent in homes and is_kept:
                found[homes[intent]] = earlier.tree.path(intent)
    for one in read_listed(run.folder / files.LISTED_INTENTS):
        if one.parent:
            found[uid_of_listed(one.name)] = (one.parent,)
    return found


def unseen_in(folder: Path, result: Result) -> list[str]:
    """Return the names of the listed intents that no sentence of a result has, in the order of the list."""
    seen = {intent.name.casefold() for intent in result.intents}
    return [one.name for one in read_listed(folder / files.LISTED_INTENTS) if one.name.casefold() not in seen]
