"""Names the inputs of a run: its own, and those of the runs that it updates."""

from __future__ import annotations

from pathlib import Path, PurePath

from dialin.errors import InputError
from dialin.runs.manifest import Manifest, read_manifest

MAX_UPDATES = 100
"""Most updates that are followed back; a folder that follows itself would otherwise never end."""


def inputs_line(manifest: Manifest) -> str:
    """Return the names of the inputs in words, the earliest first; of an update whose earlier run is gone, says so."""
    names = [_name_of(manifest)]
    for _ in range(MAX_UPDATES):
        if not manifest.is_update:
            return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else names[0]
        try:
            manifest = read_manifest(Path(manifest.since))
        except InputError:
            break
        names.insert(0, _name_of(manifest))
    return f"{', '.join(names)} and what the updated run held"


def _name_of(manifest: Manifest) -> str:
    path = manifest.source.path
    return "standard input" if path == "-" else PurePath(path).name
