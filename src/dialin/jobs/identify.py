"""Gives the intents of a run their identity before they are written: that of an earlier run, or a new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from dialin.discover.as_before import Before
from dialin.discover.state import Result
from dialin.errors import InputError
from dialin.review.pin import PinnedSplit
from dialin.runs.manifest import read_manifest
from dialin.runs.run import Run, keys_of, load
from dialin.taxonomy.difference import difference
from dialin.taxonomy.identity import found_again, taxonomy_json, with_new_uids
from dialin.taxonomy.snapshot import before_of, snapshot_of, snapshot_of_result


def check_earlier(run: Run) -> None:
    """Raise InputError if the earlier run that this one follows is not there any more."""
    if run.manifest.since:
        _check_there(run)


def told_before(run: Run, splits: Sequence[PinnedSplit]) -> Before | None:
    """Return the earlier run that a run follows, without what the splits keep of it; None if there is none."""
    if not run.manifest.since or run.manifest.is_update:
        return None
    _check_there(run)
    kept = {uid for split in splits for uid in split.pinned.uids}
    return before_of(snapshot_of(load(Path(run.manifest.since))), kept)


def identified(run: Run, result: Result) -> tuple[Result, dict[str, Any] | None]:
    """Return the result with uids and kept names, and the values of ``taxonomy.json``; None without an earlier run."""
    keys = keys_of(run.corpus)
    if not run.manifest.since:
        return with_new_uids(result, keys, set()), None
    _check_there(run)
    earlier = load(Path(run.manifest.since))
    before, now = snapshot_of(earlier), snapshot_of_result(run, result)
    matched = difference(before, now)
    taken = {intent.uid for intent in before.intents}
    named = with_new_uids(found_again(result, matched), keys, taken)
    told = replace(matched, new=snapshot_of_result(run, named))
    return named, taxonomy_json(told, run.manifest.since, earlier.manifest.result)


def _check_there(run: Run) -> None:
    try:
        read_manifest(Path(run.manifest.since))
    except InputError as error:
        raise InputError(
            f"{run.folder} follows the run {run.manifest.since}, which cannot be read: {error.message}",
            hint="put it back where it was",
        ) from error
