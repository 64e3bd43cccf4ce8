"""The files of a run folder: each is written whole or not at all, and read back with a clear error."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from dialin.discover.assign import Pieces
from dialin.errors import InputError

MANIFEST = "manifest.json"
TIMING = "timing.json"
OCCURRENCES = "occurrences.parquet"
SENTENCES = "sentences.parquet"
INTENTS = "intents.parquet"
ROUNDS = "rounds.jsonl"
REPLIES = "llm.sqlite"
EMBEDDINGS = "embeddings.npy"
PIECES = "pieces.npz"
PINNED_INTENTS = "pinned.npz"
REPORT = "report.html"

_SPACE_HINT = "free disk space, check the permission of the folder, or choose another one"


def cannot_write(path: Path, error: OSError) -> InputError:
    """Return the error for a path that cannot be written."""
    return InputError(f"cannot write {path}: {error.strerror or error}", hint=_SPACE_HINT)


def write_whole(path: Path, fill: Callable[[Path], None]) -> None:
    """Let `fill` write a temporary file beside `path` and put it in its place in one step.

    Raises
    ------
    InputError
        The file cannot be written; what was there before is unchanged.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        fill(temporary)
        temporary.replace(path)
    except OSError as error:
        _forget(temporary)
        raise cannot_write(path, error) from error


def _forget(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # a folder that is gone or read-only: nothing of ours is there
        return


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text, whole; lone surrogates, which no UTF-8 file can hold, become question marks."""
    data = text.encode("utf-8", "replace")

    def fill(temporary: Path) -> None:
        temporary.write_bytes(data)

    write_whole(path, fill)


def write_json(path: Path, value: object) -> None:
    """Write one JSON value, indented."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def write_json_lines(path: Path, values: Iterable[object]) -> None:
    """Write one JSON value a line."""
    write_text(path, "".join(json.dumps(value, ensure_ascii=False) + "\n" for value in values))


def write_table(path: Path, table: pa.Table) -> None:
    """Write a Parquet file, whole."""
    write_whole(path, lambda temporary: pq.write_table(table, temporary, compression="zstd"))


def write_array(path: Path, X: NDArray[np.generic]) -> None:
    """Write one array as .npy, whole."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:  # a file: with a path, numpy would add its own suffix
            np.save(file, X)

    write_whole(path, fill)


def write_pieces(path: Path, pieces: Pieces) -> None:
    """Write the decision function of a run."""
    roles = np.array(pieces.roles, dtype=np.str_)
    write_arrays(
        path, {"centroids": pieces.centroids, "radii": pieces.radii, "intents": pieces.intents, "roles": roles}
    )


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays with their names."""

    def fill(temporary: Path) -> None:
        with temporary.open("wb") as file:
            np.savez(file, allow_pickle=False, **arrays)

    write_whole(path, fill)


def read_json(path: Path) -> Any:
    """Return the JSON value of a file; raise InputError where there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"{path} is damaged: {error}", hint="it was written by dialin as JSON") from error


def read_json_lines(path: Path) -> list[Any]:
    """Return the JSON value of each line of a file; raise InputError where there is none."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(
            f"{path} is damaged: {error}", hint="it was written by dialin, one JSON value a line"
        ) from error


def read_table_of(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Return a Parquet file of a run folder; raise InputError where it cannot be read."""
    try:
        return pq.read_table(path, columns=list(columns) if columns else None)
    except (OSError, pa.ArrowException) as error:
        raise InputError(f"cannot read {path}: {str(error).splitlines()[0]}") from error


def read_array(path: Path, n_rows: int) -> NDArray[np.float32] | None:
    """Return an array of `n_rows` rows, or None where the file is not there or not that."""
    try:
        X: NDArray[np.float32] = np.load(path, allow_pickle=False)
    except (OSError, ValueError):
        return None
    return X if X.ndim == 2 and len(X) == n_rows else None


def read_arrays(path: Path) -> dict[str, NDArray[Any]]:
    """Return arrays by name; raise InputError where they cannot be read."""
    try:
        with np.load(path, allow_pickle=False) as data:
            return dict(data)
    except (OSError, ValueError, BadZipFile) as error:
        raise InputError(f"cannot read {path}: {error}", hint="has the run ended? go on with: dialin resume") from error


def read_pieces(path: Path) -> Pieces:
    """Return the decision function of a run; raise InputError where it cannot be read."""
    data = read_arrays(path)
    try:
        return Pieces(data["centroids"], data["radii"], data["intents"], tuple(map(str, data["roles"])))
    except KeyError as error:
        raise InputError(f"{path} is damaged: it has no {error}", hint="make the run again") from error
