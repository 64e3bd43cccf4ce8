"""Keeps vectors on disk by embedder and text, so that no text is encoded twice."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dialin.embed.base import Embedder, blocks_of
from dialin.embed.filled import FilledVectors, text_key
from dialin.errors import InputError
from dialin.llm.accepts import N_TEXTS
from dialin.llm.spec import is_server
from dialin.room import Reserve, disk_full, is_full

_CHUNK_TEXTS = 1024
_QUERY_KEYS = 500
_STORED = np.dtype("<f4")
_PAGE_BYTES = 16_384
"""Of a new file: with SQLite's usual 4,096, two vectors of 1,536 bytes fill a page, and a quarter of it is waste."""
_SCHEMA = """CREATE TABLE IF NOT EXISTS embedding (
    embedder TEXT NOT NULL, text_sha256 BLOB NOT NULL, vector BLOB NOT NULL,
    PRIMARY KEY (embedder, text_sha256))"""
MOST_BYTES = 1 << 27
"""Bytes of vectors that are remembered without a file: 87,000 of 384 numbers."""


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
        of one call to a server, so that none that was paid for is lost with a later call; or the block of a
        `BlockEmbedder`.

    Notes
    -----
    Beside the vectors that it returns, it holds one chunk of them and a key for each text.
    """

    def __init__(self, embedder: Embedder, path: Path, on_progress: Callable[[int, int], None] | None = None) -> None:
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
        vectors = FilledVectors(texts)
        with self._connection() as connection:
            for keys in _chunks(vectors.keys, _QUERY_KEYS):
                vectors.put(*_stored(connection, self.name, keys))
            self._fill(vectors, connection)
        return vectors.whole()

    def _fill(self, vectors: FilledVectors, connection: sqlite3.Connection) -> None:
        """Encode and store what is missing; what a server was paid for is stored even if the disk gets full."""
        with Reserve(self._path) as reserve:
            if vectors.missing and is_server(self.name):
                reserve.take()
            for keys, found in _encoded(self._embedder, vectors, self._on_progress):
                reserve.stored(partial(store_vectors, self._path, connection, self.name, keys, found))

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._path, error) from error
        with _opened(self._path) as connection:
            yield connection


class RememberingEmbedder:
    """An embedder that keeps its newest vectors in memory: 128 MiB, so that memory does not grow with the input.

    It serves where no file can be written, and where none should be, as millions of texts are seen once.

    Parameters
    ----------
    embedder : Embedder
        Encodes the missing texts.
    path : Path
        A file of `CachedEmbedder` in which vectors are looked up, but which is not written; it need not exist.
    on_progress : callable, optional
        Called with (texts encoded, texts to encode) after each chunk, as in `CachedEmbedder`.
    most_bytes : int
        How many bytes of vectors are remembered.
    """

    def __init__(
        self,
        embedder: Embedder,
        path: Path,
        on_progress: Callable[[int, int], None] | None = None,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self.name = embedder.name
        self._embedder = embedder
        self._path = path
        self._on_progress = on_progress
        self._most_bytes = most_bytes
        self._remembered: dict[bytes, NDArray[np.float32]] = {}

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d)."""
        if not texts:
            return self._embedder.encode([])
        vectors = FilledVectors(texts)
        for key in [key for key in vectors.keys if key in self._remembered]:
            vectors.put([key], self._remembered[key][None])
        self._look_up(vectors)
        for keys, found in _encoded(self._embedder, vectors, self._on_progress):
            self._remember(keys, found)
        return vectors.whole()

    def _remember(self, keys: list[bytes], found: NDArray[np.float32]) -> None:
        """Keep these vectors, and forget the oldest ones that are too many."""
        self._remembered |= {key: vector.copy() for key, vector in zip(keys, found, strict=True)}
        n_most = max(1, self._most_bytes // found[0].nbytes)
        for key in list(self._remembered)[: max(0, len(self._remembered) - n_most)]:
            del self._remembered[key]

    def _look_up(self, vectors: FilledVectors) -> None:
        """Take the vectors that the file holds."""
        keys = vectors.missing
        if not keys or not self._path.is_file():
            return
        try:
            with closing(_for_reading(self._path)) as connection:
                for chunk in _chunks(keys, _QUERY_KEYS):
                    vectors.put(*_stored(connection, self.name, chunk))
        except sqlite3.DatabaseError as error:
            raise _unusable(self._path, error) from error


def _encoded(
    embedder: Embedder, vectors: FilledVectors, on_progress: Callable[[int, int], None] | None
) -> Iterator[tuple[list[bytes], NDArray[np.float32]]]:
    """Encode what is missing; yield the keys and vectors of each chunk, and tell the progress once they are kept."""
    missing, n_done = vectors.missing, 0
    for rows, found in blocks_of(embedder, vectors.texts_of(missing), _chunk_of(embedder.name)):
        keys = [missing[row] for row in rows.tolist()]
        vectors.put(keys, found)
        yield keys, found
        n_done += len(keys)
        if on_progress:
            on_progress(n_done, len(missing))


def remove_vectors(path: Path, texts: Sequence[str]) -> int:
    """Remove the vectors of some texts, by any embedder, and rewrite the file; return how many there were.

    Raises
    ------
    InputError
        The cache file cannot be used.
    """
    with _opened(path) as connection:
        names = [name for (name,) in connection.execute("SELECT DISTINCT embedder FROM embedding")]
        pairs = [(name, text_key(text)) for name in names for text in set(texts)]
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
            connection.execute(f"PRAGMA page_size = {_PAGE_BYTES}")  # a file that exists keeps its own
            connection.execute(_SCHEMA)
            yield connection
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error


def _for_reading(path: Path) -> sqlite3.Connection:
    """Open a file to look into it; one in a folder that cannot be written takes no lock, which could not be either."""
    mode = "mode=rw" if os.access(path.parent, os.W_OK) else "immutable=1"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{mode}", uri=True, timeout=60.0)


def _unusable(path: Path, error: Exception) -> InputError:
    if is_full(error, path):
        return disk_full(path, error)
    return InputError(
        f"embedding cache {path} cannot be used: {error}",
        hint="delete the file (it is made anew), or choose another path",
    )


def _stored(connection: sqlite3.Connection, name: str, keys: list[bytes]) -> tuple[list[bytes], NDArray[np.float32]]:
    """Return those of some keys that the file has, and their vectors."""
    marks = ",".join("?" * len(keys))
    query = f"SELECT text_sha256, vector FROM embedding WHERE embedder = ? AND text_sha256 IN ({marks})"
    found = connection.execute(query, [name, *keys]).fetchall()
    block = np.frombuffer(b"".join(blob for _, blob in found), _STORED).astype(np.float32)
    return [key for key, _ in found], block.reshape(len(found), -1) if found else block.reshape(0, 0)


def store_vectors(
    path: Path, connection: sqlite3.Connection, name: str, keys: list[bytes], found: NDArray[np.float32]
) -> None:
    """Store the vectors of an embedder's texts in the open file at `path`, all or none; raises InputError."""
    rows = [(name, key, vector.tobytes()) for key, vector in zip(keys, found.astype(_STORED), strict=True)]
    try:
        with connection:
            connection.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)
    except sqlite3.DatabaseError as error:
        raise _unusable(path, error) from error


def _chunk_of(name: str) -> int:
    """Return how many texts an embedder is given before their vectors are kept."""
    return N_TEXTS if is_server(name) else _CHUNK_TEXTS


def _chunks(items: list[bytes], size: int) -> Iterator[list[bytes]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
