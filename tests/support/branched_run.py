"""A run of `fake_run` with a tree above some of its intents."""

from __future__ import annotations

from pathlib import Path

from dialin import files
from dialin.discover.intent_tree import Branch, IntentTree
from dialin.runs.branches import write_tree
from dialin.runs.run import Run, load
from fake_run import calls, fake_run, without_hashes

NEEDS = ("inquire-parcel", "request-refund", "重置-密码")
"""Intents in the branch "wishes"; the first two are in "orders" below it."""


def branched_run(folder: Path) -> Run:
    """Write a run of `calls` in which parcels and refunds are orders, and these and passwords are wishes."""
    run = fake_run(folder, calls())
    number = {name: intent for intent, name in run.found_names.items()}
    parcel, refund, password = (number[name] for name in NEEDS)
    branches = (Branch(0, "wishes", description="What people want."), Branch(1, "orders", 0))
    write_tree(folder / files.INTENT_TREE, IntentTree(branches, {parcel: 1, refund: 1, password: 0}))
    without_hashes(folder)
    return load(folder)
