"""Names the inputs of a run: its own, and those of the runs that it updates."""

from __future__ import annotations

from pathlib import PurePath

from dialin.runs.manifest import Manifest, updated_runs


def inputs_line(manifest: Manifest) -> str:
    """Return the names of the inputs in words, the earliest first; of an update whose earlier run is gone, says so."""
    known = [manifest, *(one for _, one in updated_runs(manifest) if one)]
    names = [_name_of(one) for one in reversed(known)]
    if known[-1].is_update:
        return f"{', '.join(names)} and what the updated run held"
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]


def _name_of(manifest: Manifest) -> str:
    path = manifest.source.path
    return "standard input" if path == "-" else PurePath(path).name
