"""Writes the files of a run folder, whole or not at all, and reads them back with clear errors."""

from __future__ import annotations

import json
import math
import os
import shlex
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tokenize import TokenError
from typing import Any
from zipfile import ZIP_STORED, BadZipFile, ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.bounded import BROKEN_PARQUET, parquet_table
from dialin.errors import InputError

MANIFEST = "manifest.json"
TIMING = "timing.json"
OCCURRENCES = "occurrences.parquet"
SENTENCES = "sentences.parquet"
INTENTS = "intents.parquet"
ROUNDS = "rounds.jsonl"
REPLIES = "llm.sqlite"
BATCHES = "batches.jsonl"
EMBEDDINGS = "embeddings.npy"
PIECES = "pieces.npz"
PINNED_INTENTS = "pinned.npz"
REPORT = "report.html"

FORMAT = 2
"""Format number of ``manifest.json`` and ``decisions.jsonl``; dialin 0.1.0 wrote format 1 and did not record it."""
_FIRST_WRITER = "0.1.0"

_BROKEN_ARRAY = (
    *(OSError, ValueError, EOFError, KeyError, TypeError, SyntaxError, RuntimeError, MemoryError),
    *(NotImplementedError, OverflowError, BadZipFile, TokenError, struct.error, zlib.error),
)
"""What numpy and zipfile raise for files that somebody has cut short or changed."""
_SPACE_HINT = "free disk space, check the permissions of the folder, or choose another one"


def cannot_write(path: Path, error: OSError) -> InputError:
    """Return the error for a path that cannot be written."""
    return InputError(f"cannot write {path}: {error.strerror or error}", hint=_SPACE_HINT)


def check_format(found: object, what: str, writer: str = "") -> None:
    """Raise InputError if a part of a run folder has a format that this version of dialin cannot read.

    Parameters
    ----------
    found : object
        Recorded format number; None if no number is recorded, which means format 1.
    what : str
        Name of the part, for the error.
    writer : str, optional
        Version of dialin that wrote it; "" if it is not recorded.

    Examples
    --------
    >>> check_format(FORMAT, "the run in RUN")
    >>> check_format(None, "the run in RUN")
    Traceback (most recent call last):
    ...
    dialin.errors.InputError: the run in RUN has format 1, written by dialin 0.1.0; this dialin reads format 2 \
(open it with dialin 0.1.0, or make the run again)
    """
    number = 1 if found is None else found
    if number == FORMAT:
        return
    known = writer or (_FIRST_WRITER if number == 1 else "")
    by = f"dialin {known}" if known else "another version of dialin"
    raise InputError(
        f"{what} has format {number}, written by {by}; this dialin reads format {FORMAT}",
        hint=f"open it with {by}, or make the run again",
    )


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
    except OSError as error:
        _forget(temporary)
        raise cannot_write(path, error) from error
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
    """Write a Parquet file, whole."""
    write_whole(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


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


def write_array(path: Path, X: NDArray[np.generic]) -> None:
    """Write one array as ``.npy``, whole."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:  # an open file, because numpy adds its own suffix to a path
            np.save(file, X)

    write_whole(path, fill)


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write named arrays as ``.npz``, whole."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    write_whole(path, fill)


def read_json(path: Path) -> Any:
    """Return the JSON value of a file; raise InputError if it cannot be read."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is damaged: {error}", hint="dialin writes this file as JSON") from error


def read_json_lines(path: Path) -> list[Any]:
    """Return the JSON value of each line of a file; raise InputError if one cannot be read."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise InputError(
            f"{path} is damaged: {error}", hint="dialin writes this file with one JSON value per line"
        ) from error


def damaged(path: Path, what: str) -> InputError:
    """Return the error for a file of a run folder that dialin did not write as it is now."""
    hint = "take the file from a backup or from whoever sent the run, or make the run again"
    return InputError(f"{path} is damaged: {what}", hint=hint)


def read_table_of(path: Path, schema: pa.Schema, optional: Sequence[str] = ()) -> pa.Table:
    """Return the columns of `schema` that the table in a Parquet file of a run folder has.

    Parameters
    ----------
    path : Path
        The file.
    schema : pyarrow.Schema
        Names and types; a column that may hold no null says so.
    optional : sequence of str
        Names of columns that runs of older versions lack.

    Raises
    ------
    InputError
        The file cannot be read, lacks a column, or a column has another type or nulls where there may be none.
    """
    if not path.is_file():
        raise damaged(path, "it is missing")
    try:
        found = pq.read_schema(path)
        missing = [name for name in schema.names if name not in found.names and name not in optional]
        if missing:
            raise damaged(path, f"column {missing[0]!r} is missing")
        fields = [field for field in schema if field.name in found.names]
        for field in fields:
            if not _is_same_type(found.field(field.name).type, field.type):
                got = found.field(field.name).type
                raise damaged(path, f"column {field.name!r} holds {got}, expected {field.type}")
        table = parquet_table(path, str(path), [field.name for field in fields])
    except BROKEN_PARQUET as error:
        raise damaged(path, (str(error).splitlines() or ["it cannot be read"])[0]) from error
    for field in fields:
        if not field.nullable and table[field.name].null_count:
            raise damaged(path, f"column {field.name!r} holds nulls")
    return table


def _is_same_type(got: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether two types are equal; one may write texts with the larger offsets that the other lacks."""
    if pa.types.is_list(got) and pa.types.is_list(wanted):  # the name of their elements says nothing
        return _is_same_type(got.value_type, wanted.value_type)
    return bool(got == wanted) or {got, wanted} == {pa.string(), pa.large_string()}


def read_array(path: Path, n_rows: int) -> NDArray[np.float32] | None:
    """Return the 2-D array of `n_rows` finite rows in a file; None if the file is missing.

    Raises
    ------
    InputError
        The file holds anything else. No more memory is taken than the file is long, whatever its header claims.
    """
    if not path.exists():
        return None
    if not path.is_file():
        raise damaged(path, "it is no file")
    if not path.stat().st_size:
        raise damaged(path, "it is empty")
    try:
        X: NDArray[np.float32] = np.array(np.load(path, mmap_mode="r", allow_pickle=False))
    except _BROKEN_ARRAY as error:
        raise damaged(path, _first_line(error)) from error
    if X.ndim != 2 or len(X) != n_rows or X.dtype != np.float32:
        shape = " x ".join(map(str, X.shape))
        raise damaged(path, f"it holds {shape} numbers of type {X.dtype}, expected {n_rows} rows of float32")
    if not np.isfinite(X).all():
        raise damaged(path, "it holds numbers that are not finite")
    return X


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return the arrays of an ``.npz`` file by name.

    Raises
    ------
    InputError
        They cannot be read, or hold numbers that are not finite. No more memory is taken than the file is long.
    """
    if not path.is_file():
        raise damaged(path, "it is missing")
    if not path.stat().st_size:
        raise damaged(path, "it is empty")
    try:
        with ZipFile(path) as packed:
            _check_sizes(packed, path)
        with np.load(path, allow_pickle=False) as data:
            found: dict[str, NDArray[Any]] = dict(data)
    except _BROKEN_ARRAY as error:
        raise damaged(path, _first_line(error)) from error
    for name, values in found.items():
        if not (values.dtype.kind in "iubU" or (values.dtype.kind == "f" and np.isfinite(values).all())):
            raise damaged(path, f"{name!r} holds numbers that are not finite")
    return found


def _check_sizes(packed: ZipFile, path: Path) -> None:
    """Raise if a packed file is larger than it says, or an array than its file: both would take memory for nothing."""
    for member in packed.infolist():
        if member.compress_type != ZIP_STORED:
            raise damaged(path, f"{member.filename!r} is compressed, which dialin never does")
        with packed.open(member) as stream:
            version = np.lib.format.read_magic(stream)
            read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
            shape, _, dtype = read(stream)
            if dtype.hasobject or math.prod(shape) * dtype.itemsize != member.file_size - stream.tell():
                raise damaged(path, f"{member.filename!r} has another size than it says")


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
