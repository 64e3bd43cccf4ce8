"""Keeps vectors on disk by embedder and text, so that no text is encoded twice."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from dialin.errors import InputError
from dialin.llm.accepts import N_TEXTS
from dialin.llm.spec import is_server

_CHUNK_TEXTS = 1024
_QUERY_KEYS = 500
_STORED = np.dtype("<f4")
_SCHEMA = """CREATE TABLE IF NOT EXISTS embedding (
    embedder TEXT NOT NULL, text_sha256 BLOB NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (embedder, text_sha256)) WITHOUT ROWID"""


class _Embedder(Protocol):
    @property
    def name(self) -> str: ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]: ...


class CachedEmbedder:
    """An embedder that looks into a SQLite file first and stores each new vector, chunk by chunk.

    Parameters
    ----------
    embedder : Embedder
        Encodes the missing texts; its name is part of the key.
    path : Path
        The file, made if it is missing. Several processes may use it at once.
    on_progress : callable, optional
        Called with (texts encoded, texts to encode) after each chunk, when it is safely stored: 1,024 texts, or the 128
        of one call to a server, so that none that was paid for is lost with a later call.
    """

    def __init__(self, embedder: _Embedder, path: Path, on_progress: Callable[[int, int], None] | None = None) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._path = path
        self._on_progress = on_progress

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d).

        Raises
        ------
        InputError
            The cache file cannot be used.
        """
        if not texts:
            return self._embedder.encode([])
        by_key = {_key(text): text for text in texts}
        with self._connection() as connection:
            vectors = _load(connection, self.name, list(by_key))
            missing = {key: text for key, text in by_key.items() if key not in vectors}
            vectors |= self._encode_missing(connection, missing)
        return np.stack([vectors[_key(text)] for text in texts])

    def _encode_missing(
        self, connection: sqlite3.Connection, missing: Mapping[bytes, str]
    ) -> dict[bytes, NDArray[np.float32]]:
        vectors: dict[bytes, NDArray[np.float32]] = {}
        for keys in _chunks(list(missing), _chunk_of(self.name)):
            encoded = dict(zip(keys, self._embedder.encode([missing[key] for key in keys]), strict=True))
            _store(connection, self.name, encoded)
            vectors |= encoded
            if self._on_progress:
                self._on_progress(len(vectors), len(missing))
        return vectors

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._path, error) from error
        with _opened(self._path) as connection:
            yield connection


class RememberingEmbedder:
    """An embedder that keeps new vectors in memory, where no file can: no text is paid for twice in a run.

    Parameters
    ----------
    embedder : Embedder
        Encodes the missing texts.
    path : Path
        A file of `CachedEmbedder` in which vectors are looked up, but which is not written; it need not exist.
    on_progress : callable, optional
        Called with (texts encoded, texts to encode) after each chunk, as in `CachedEmbedder`.
    """

    def __init__(self, embedder: _Embedder, path: Path, on_progress: Callable[[int, int], None] | None = None) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._path = path
        self._on_progress = on_progress
        self._vectors: dict[bytes, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        if not texts:
            return self._embedder.encode([])
        by_key = {_key(text): text for text in texts}
        self._vectors |= self._known([key for key in by_key if key not in self._vectors])
        missing = [key for key in by_key if key not in self._vectors]
        n_done = 0
        for keys in _chunks(missing, _chunk_of(self.name)):
            self._vectors |= dict(zip(keys, self._embedder.encode([by_key[key] for key in keys]), strict=True))
            n_done += len(keys)
            if self._on_progress:
                self._on_progress(n_done, len(missing))
        return np.stack([self._vectors[_key(text)] for text in texts])

    def _known(self, keys: list[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that the file holds; an immutable file takes no lock, which could not be written."""
        if not keys or not self._path.is_file():
            return {}
        try:
            with closing(sqlite3.connect(f"{self._path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
                return _load(connection, self.name, keys)
        except sqlite3.DatabaseError as error:
            raise _unusable(self._path, error) from error


def remove_vectors(path: Path, texts: Sequence[str]) -> int:
    """Remove the vectors of some texts, by any embedder, and rewrite the file; return how many there were.

    Raises
    ------
    InputError
        The cache file cannot be used.
    """
    with _opened(path) as connection:
        names = [name for (name,) in connection.execute("SELECT DISTINCT embedder FROM embedding")]
        pairs = [(name, _key(text)) for name in names for text in set(texts)]
        before = connection.total_changes
        with connection:
            connection.executemany("DELETE FROM embedding WHERE embedder = ? AND text_sha256 = ?", pairs)
        n = connection.total_changes - before
        connection.execute("VACUUM")
    return n


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        with closing(sqlite3.connect(path, timeout=60.0)) as connection:
            connection.execute(_SCHEMA)
            yield connection
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> InputError:
    return InputError(
        f"embedding cache {path} cannot be used: {error}",
        hint="delete the file (it is made anew), free disk space, or choose another path",
    )


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def _load(connection: sqlite3.Connection, name: str, keys: list[bytes]) -> dict[bytes, NDArray[np.float32]]:
    vectors = {}
    for chunk in _chunks(keys, _QUERY_KEYS):
        marks = ",".join("?" * len(chunk))
        query = f"SELECT text_sha256, vector FROM embedding WHERE embedder = ? AND text_sha256 IN ({marks})"
        for key, blob in connection.execute(query, [name, *chunk]):
            vectors[key] = np.frombuffer(blob, _STORED).astype(np.float32)
    return vectors


def _store(connection: sqlite3.Connection, name: str, vectors: Mapping[bytes, NDArray[np.float32]]) -> None:
    rows = [(name, key, vector.astype(_STORED).tobytes()) for key, vector in vectors.items()]
    with connection:
        connection.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)


def _chunk_of(name: str) -> int:
    """Return how many texts an embedder is given before their vectors are kept."""
    return N_TEXTS if is_server(name) else _CHUNK_TEXTS


def _chunks(items: list[bytes], size: int) -> Iterator[list[bytes]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
