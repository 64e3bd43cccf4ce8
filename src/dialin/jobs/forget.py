"""Delete a run, and what the user's cache holds of its sentences; or everything that the cache holds of any sentence.

The cache goes first: if a deletion is cut short, the run is still there to begin again. Then the manifest gets another
name, which needs no room on a full disk: whoever begins again finds by that name that only files are left to delete.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from dialin import files
from dialin.embed.cache import remove_vectors
from dialin.errors import InputError
from dialin.jobs.carry import is_kept_result
from dialin.llm.cache import ReplyStore
from dialin.models.home import home_path
from dialin.review.log import DECISIONS, read_log
from dialin.runs import lock
from dialin.runs.lock import LOCK
from dialin.runs.run import load

REPLY_CACHE, VECTOR_CACHE = "replies.sqlite", "embeddings.sqlite"
_WRITTEN = frozenset(
    {
        *(files.MANIFEST, files.TIMING, files.OCCURRENCES, files.SENTENCES, files.INTENTS, files.ROUNDS),
        *(files.REPLIES, files.EMBEDDINGS, files.PIECES, files.PINNED_INTENTS, files.LISTED_INTENTS),
        *(files.TAXONOMY, files.DRIFT, files.REPORT),
        *(files.BATCHES, files.REDACTION, DECISIONS, LOCK),
    }
)
FORGETTING = f"{files.MANIFEST}.forgetting"
"""Name of the manifest while the files of its run are deleted; it goes last."""
_BESIDE = ("-wal", "-shm", "-journal")
"""Endings of the files that SQLite keeps beside a database."""


@dataclass(frozen=True)
class Held:
    """What a run folder holds.

    Parameters
    ----------
    folder : Path
        The folder, or a link to it.
    written : tuple of Path
        Files that dialin wrote.
    others : tuple of Path
        Everything else, which stays.
    n_bytes : int
        Size of the written files.
    n_decisions : int
        Decisions of people.
    texts : tuple of str
        Its sentences.
    """

    folder: Path
    written: tuple[Path, ...]
    others: tuple[Path, ...]
    n_bytes: int
    n_decisions: int
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Forgotten:
    """How many files, replies and vectors were deleted."""

    n_files: int
    n_replies: int
    n_vectors: int


def run_to_forget(folder: Path) -> Held:
    """Return what a run folder holds; raise InputError if there is no run, or a damaged one."""
    is_begun = (folder / FORGETTING).is_file()
    if not (is_begun or (folder / files.MANIFEST).is_file()):
        raise InputError(f"there is no run in {folder}", hint="give the folder that dialin discover made")
    found = sorted(path for entry in folder.resolve().iterdir() for path in _files_of(entry))
    written = tuple(path for path in found if is_written(path.name))
    others = tuple(path for path in found if not is_written(path.name))
    n_bytes = sum(path.lstat().st_size for path in written)
    if is_begun:
        return Held(folder, written, others, n_bytes, 0, ())
    try:
        texts, n_decisions = load(folder).corpus.texts, len(read_log(folder / DECISIONS))
    except InputError as error:
        raise InputError(
            f"the sentences of {folder} are unknown: {error.message}",
            hint="delete the folder yourself, then use: dialin forget --all",
        ) from error
    return Held(folder, written, others, n_bytes, n_decisions, tuple(texts))


def _files_of(entry: Path) -> list[Path]:
    """Return an entry of a run folder, or what is in it if it keeps an earlier result that people reviewed."""
    return list(entry.iterdir()) if is_kept_result(entry) and not entry.is_symlink() else [entry]


def is_written(name: str) -> bool:
    """Return whether dialin gives a file in a run folder this name, be it a temporary one.

    Examples
    --------
    >>> [is_written(name) for name in ("llm.sqlite-wal", ".report.html.tmp", "notes.txt")]
    [True, True, False]
    """
    for ending in _BESIDE:
        name = name.removesuffix(ending)
    return name in (*_WRITTEN, FORGETTING) or name.removeprefix(".").removesuffix(".tmp") in _WRITTEN


def forget_run(held: Held) -> Forgotten:
    """Delete what the cache holds of a run, then the files of the run, then its folder if nothing else is in it.

    Raises
    ------
    InputError
        The cache cannot be used, something cannot be deleted, or a process works on the run.
    """
    replies, vectors = home_path() / REPLY_CACHE, home_path() / VECTOR_CACHE
    with lock.held(held.folder, "dialin forget"):
        n_replies = _remove_replies(replies, held.folder / files.REPLIES) if replies.is_file() else 0
        n_vectors = remove_vectors(vectors, held.texts) if vectors.is_file() else 0
        _mark(held.folder)
        _delete(path for path in held.written if path.name not in (files.MANIFEST, FORGETTING))
        _delete([held.folder / FORGETTING])
    emptied = {path.parent for path in held.written} - {held.folder.resolve()}
    for kept in emptied - {path.parent for path in held.others}:
        _remove_folder(kept)
    if not held.others:
        _remove_folder(held.folder)
    return Forgotten(len(held.written), n_replies, n_vectors)


def _mark(folder: Path) -> None:
    """Give the manifest its other name, unless a deletion that was cut short has done so."""
    manifest = folder / files.MANIFEST
    if not manifest.exists():
        return
    try:
        manifest.replace(folder / FORGETTING)
    except OSError as error:
        raise _undeletable(manifest, error) from error


def _remove_replies(shared: Path, own: Path) -> int:
    if not own.is_file():
        return 0
    with closing(ReplyStore(own)) as run, closing(ReplyStore(shared)) as cache:
        return cache.remove(run.keys())


def forget_cache() -> int:
    """Delete all replies and vectors that the user's cache holds; return the number of files. Models stay."""
    names = [name + ending for name in (REPLY_CACHE, VECTOR_CACHE) for ending in ("", *_BESIDE)]
    found = [path for path in (home_path() / name for name in names) if path.exists()]
    _delete(found)
    return len(found)


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        try:
            path.unlink(missing_ok=True)  # SQLite deletes its own files when a database is closed
        except OSError as error:
            raise _undeletable(path, error) from error


def _remove_folder(folder: Path) -> None:
    try:
        folder.resolve().rmdir()
        if folder.is_symlink():
            folder.unlink()
    except OSError as error:
        raise _undeletable(folder, error) from error


def _undeletable(path: Path, error: OSError) -> InputError:
    return InputError(f"cannot delete {path}: {error.strerror or error}", hint="close what uses it, and try again")
