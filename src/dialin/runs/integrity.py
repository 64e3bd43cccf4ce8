"""Records the hashes of the files of a result, and finds out whether the files are still those.

A run folder is data that others may have sent, copied by halves or edited. The manifest names the sha256 and the size
of each file that a result is made of. Left out are the files that change afterwards: the report and the decisions of
people, the replies (each is checked when it is read) and the times of the sessions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dialin import files, saved

RESULT_FILES = (
    files.OCCURRENCES,
    files.SENTENCES,
    files.INTENTS,
    files.ROUNDS,
    files.EMBEDDINGS,
    files.PIECES,
    files.PINNED_INTENTS,
    files.TAXONOMY,
    files.DRIFT,
    files.LISTED_INTENTS,
    files.REDACTION,
)


@dataclass(frozen=True)
class FileHash:
    """What a file was when the result was written: its sha256 in hexadecimal, and its size in bytes."""

    sha256: str
    bytes: int


def hashes_in(folder: Path) -> dict[str, FileHash]:
    """Return the hash of each file of the result in a folder, by name."""
    paths = [folder / name for name in RESULT_FILES]
    return {path.name: FileHash(_sha256(path), path.stat().st_size) for path in paths if path.is_file()}


def result_id(hashes: Mapping[str, FileHash]) -> str:
    """Return the id by which decisions know their result: 16 hexadecimal digits for its sentences and intents."""
    both = hashes[files.SENTENCES].sha256 + hashes[files.INTENTS].sha256
    return hashlib.sha256(both.encode()).hexdigest()[:16]


def check_hashes(folder: Path, hashes: Mapping[str, FileHash]) -> None:
    """Raise InputError if a file is missing, or is not the one that the manifest names."""
    for name, known in hashes.items():
        path = folder / name
        if name not in RESULT_FILES:
            raise saved.damaged(folder / files.MANIFEST, f"it names {name!r}, which is no file of a result")
        if not path.is_file():
            raise saved.damaged(path, "it is missing")
        size = path.stat().st_size
        if size != known.bytes:
            raise saved.damaged(path, f"it has {size:,} bytes, expected {known.bytes:,}" if size else "it is empty")
        got = _sha256(path)
        if got != known.sha256:
            raise saved.damaged(path, f"its sha256 is {got:.16}…, expected {known.sha256:.16}…")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
