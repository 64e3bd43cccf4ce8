"""Writes the files of a run folder, whole or not at all; `dialin.saved` reads them back."""

from __future__ import annotations

import json
import math
import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.room import check_room, disk_full, is_full

MANIFEST = "manifest.json"
TIMING = "timing.json"
OCCURRENCES = "occurrences.parquet"
SENTENCES = "sentences.parquet"
INTENTS = "intents.parquet"
ROUNDS = "rounds.jsonl"
REPLIES = "llm.sqlite"
BATCHES = "batches.jsonl"
REDACTION = "redaction.json"
EMBEDDINGS = "embeddings.npy"
PIECES = "pieces.npz"
PINNED_INTENTS = "pinned.npz"
TAXONOMY = "taxonomy.json"
DRIFT = "drift.json"
LISTED_INTENTS = "listed.json"
INTENT_TREE = "tree.json"
REPORT = "report.html"

FORMAT = 2
"""Format number of ``manifest.json`` and ``decisions.jsonl``; dialin 0.1.0 wrote format 1 and did not record it."""

GROUP_ROWS = 1 << 20
"""Rows of a group of Parquet, as pyarrow writes them by default."""
_CHECK_HINT = "check the permissions of the folder, or choose another one"


def cannot_write(path: Path, error: OSError) -> InputError:
    """Return the error for a path that cannot be written."""
    if is_full(error, path):
        return disk_full(path, error)
    folder = path.absolute().parent
    if isinstance(error, FileNotFoundError) and not folder.exists():
        missing = path.parent if path.parent.name else folder
        return InputError(
            f"cannot write {path}: there is no folder {missing}", hint=f"make it: mkdir -p {quoted(missing)}"
        )
    return InputError(f"cannot write {path}: {error.strerror or error}", hint=_CHECK_HINT)


def quoted(path: Path) -> str:
    """Return a path quoted for a shell, and written so that it cannot be mistaken for an option.

    Examples
    --------
    >>> quoted(Path("run")), quoted(Path("my $run")), quoted(Path("-run"))
    ('run', "'my $run'", './-run')
    """
    text = str(path)
    return shlex.quote(f"./{text}" if text.startswith("-") else text)


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a temporary file beside `path`, then move it to `path` in one step, once the disk has it.

    The file is new, so that nobody's link leads elsewhere, and only its owner can read it; a link at `path` is
    replaced, not followed.

    Raises
    ------
    InputError
        The file cannot be written, or another process writes it too; an existing file at `path` is unchanged.
    """
    temporary = unfinished(path)
    try:
        with _new_file(temporary) as own:
            fill(temporary)
            _to_disk(temporary, own, path)
        temporary.replace(path)
    except BaseException as error:  # Ctrl-C too: what fills a file may take long
        _forget(temporary)
        if isinstance(error, OSError):
            raise cannot_write(path, error) from error
        raise
    _folder_to_disk(path.parent)


def unfinished(path: Path) -> Path:
    """Return where a file is written before it is whole, and where a killed process may leave it."""
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def _new_file(path: Path) -> Iterator[int]:
    """Make an empty file that only its owner can read, in place of what a killed process or somebody else left.

    It stays open meanwhile, so that no other file can get its number.
    """
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        yield handle
    finally:
        os.close(handle)


def _to_disk(temporary: Path, own: int, path: Path) -> None:
    """Wait until the disk has the file; raise InputError if another one has taken its place."""
    if not os.path.samestat(os.fstat(own), temporary.lstat()):
        raise InputError(f"another process writes {path} too", hint="wait until it has ended, then try again")
    os.fsync(own)


def _folder_to_disk(folder: Path) -> None:
    """Wait until the disk has the names in a folder, where the system lets folders be opened (Windows does not)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:  # a file system that knows no such thing; the file itself is on the disk
        return
    finally:
        os.close(handle)


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the folder is gone or read-only: it holds nothing of ours
        return


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole; lone surrogates, which UTF-8 cannot encode, become question marks."""
    data = text.encode("utf-8", "replace")

    def fill(temporary: Path) -> None:
        temporary.write_bytes(data)

    write_whole(path, fill)


def without_nan(value: Any) -> Any:
    """Return nested dicts, lists and numbers with each nan, which JSON lacks, replaced by None.

    Examples
    --------
    >>> without_nan({"ari": float("nan"), "k": (3, 5.0)})
    {'ari': None, 'k': [3, 5.0]}
    """
    if isinstance(value, dict):
        return {name: without_nan(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def write_json(path: Path, value: object) -> None:
    """Write one JSON value, indented."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_json_lines(path: Path, values: Iterable[object]) -> None:
    """Write one JSON value per line."""
    write_text(path, "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, whole; its bytes do not depend on how many pieces of memory hold the table."""

    def fill(temporary: Path) -> None:
        with pq.ParquetWriter(temporary, table.schema, compression="zstd") as file:
            for first in range(0, max(table.num_rows, 1), GROUP_ROWS):
                file.write_table(table.slice(first, GROUP_ROWS).combine_chunks(), GROUP_ROWS)

    write_whole(path, fill)


def check_new_table(path: Path, option: str = "--out") -> None:
    """Raise InputError if an option's `path` cannot become a new Parquet file; called before any work."""
    if path.suffix != ".parquet":
        raise InputError(f"{option} {path} does not end in .parquet", hint="the table is written as Parquet")
    if path.exists():
        raise InputError(f"{path} already exists", hint=f"delete it, or choose another {option}")
    if not path.absolute().parent.is_dir():
        raise InputError(
            f"there is no folder {path.parent} for {path.name}", hint=f"create it, or choose another {option}"
        )


def check_new_file(path: Path, *, force: bool, option: str = "--out") -> None:
    """Raise InputError if an option's `path` cannot become a new file; called before any work.

    Parameters
    ----------
    path : Path
        The file.
    force : bool
        Whether a file that is there is replaced.
    option : str
        The option that names the file.
    """
    if path.is_dir():
        raise InputError(f"{path} is a folder, not a file", hint=f"choose another {option}")
    if not force and (path.exists() or path.is_symlink()):
        advice = f"delete it, choose another {option}, or replace it with --force"
        raise InputError(f"{path} already exists", hint=advice)
    if not path.absolute().parent.is_dir():
        raise cannot_write(path, FileNotFoundError())


def write_array(path: Path, X: NDArray[np.generic]) -> None:
    """Write one array as ``.npy``, whole."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:  # an open file, because numpy adds its own suffix to a path
            np.save(file, X)

    write_whole(path, fill)


def write_rows(path: Path, n_rows: int, parts: Iterable[NDArray[np.float32]]) -> None:
    """Write an array as ``.npy``, whole, of parts that follow each other: no more than one of them is in memory.

    Parameters
    ----------
    path : Path
        The file.
    n_rows : int
        Rows of all parts together, at least 1.
    parts : iterable of ndarray of shape (m, d), float32
        Their rows, in order.

    Raises
    ------
    DiskFullError
        There is no room for all rows, which is known once the first part has come.
    InputError
        The file cannot be written.
    """

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            for n, part in enumerate(parts):
                if not n:
                    check_room(path, n_rows * part.shape[1] * 4)
                    header = {"descr": "<f4", "fortran_order": False, "shape": (n_rows, part.shape[1])}
                    np.lib.format.write_array_header_1_0(file, header)
                file.write(part.astype("<f4", copy=False).tobytes())

    write_whole(path, fill)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as ``.npz``, whole."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    write_whole(path, fill)
