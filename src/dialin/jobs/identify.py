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
from dialin.runs.manifest import Manifest, read_manifest
from dialin.runs.run import Run, keys_of, load
from dialin.taxonomy.difference import difference
from dialin.taxonomy.identity import found_again, taxonomy_json, with_new_uids
from dialin.taxonomy.snapshot import Snapshot, before_of, snapshot_of, snapshot_of_result


def check_earlier(run: Run) -> None:
    """Raise InputError if the earlier run that this one follows is not there any more."""
    if run.manifest.since:
        _check_there(run)


def earlier_seen(run: Run) -> Snapshot | None:
    """Return the earlier run that a run follows, as its last review left it; None if it follows none.

    Raises
    ------
    InputError
        It is not there any more, or has no result.
    """
    if not run.manifest.since:
        return None
    _check_there(run)
    return snapshot_of(load(Path(run.manifest.since)))


def told_before(earlier: Snapshot, splits: Sequence[PinnedSplit]) -> Before:
    """Return what `dialin.discover.method.discover` is told of an earlier run: all but what the splits keep of it."""
    return before_of(earlier, {uid for split in splits for uid in split.pinned.uids})


def identified(run: Run, result: Result, earlier: Snapshot | None) -> tuple[Result, dict[str, Any] | None]:
    """Return the result with uids and kept names, and the values of ``taxonomy.json``; None without an earlier run."""
    keys = keys_of(run.corpus)
    if earlier is None:
        return with_new_uids(result, keys, set()), None
    matched = difference(earlier, snapshot_of_result(run, result))
    taken = {intent.uid for intent in earlier.intents}
    named = with_new_uids(found_again(result, matched), keys, taken)
    told = replace(matched, new=snapshot_of_result(run, named))
    return named, taxonomy_json(told, run.manifest.since, _check_there(run).result)


def _check_there(run: Run) -> Manifest:
    """Return the manifest of the earlier run; raise InputError if it cannot be read."""
    try:
        return read_manifest(Path(run.manifest.since))
    except InputError as error:
        raise InputError(
            f"{run.folder} follows the run {run.manifest.since}, which cannot be read: {error.message}",
            hint="put it back where it was",
        ) from error
