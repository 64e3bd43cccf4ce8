"""Embeds many sentences: their vectors go to a file, part by part, and stay there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from dialin import files, saved
from dialin.arrays import Matrix
from dialin.errors import InputError

PART_TEXTS = 1 << 16
"""Texts whose vectors are in memory at once; no result depends on it."""

Encode = Callable[[Sequence[str]], Matrix]


def embed_into(path: Path, texts: Sequence[str], encode: Encode, on_part: Callable[[str], None]) -> Matrix:
    """Write the vectors of some texts to a file, whole, and return them: read-only, and still in the file.

    Parameters
    ----------
    path : Path
        The file, ``.npy``.
    texts : sequence of str, n texts
        The texts, at least one.
    encode : callable
        Texts -> float32 unit vectors, shape (n, d).
    on_part : callable
        Told in one line which part begins, if there are several.

    Raises
    ------
    InputError
        The file cannot be written.
    """
    files.write_rows(path, len(texts), _parts(texts, encode, on_part))
    X = saved.read_array(path, len(texts))
    if X is None:
        raise InputError(f"{path} is gone", hint="another process has deleted it; try again")
    return X


def _parts(texts: Sequence[str], encode: Encode, on_part: Callable[[str], None]) -> Iterator[Matrix]:
    n = len(texts)
    for first in range(0, n, PART_TEXTS):
        last = min(first + PART_TEXTS, n)
        if n > PART_TEXTS:
            on_part(f"embedding sentences {first + 1:,} to {last:,} of {n:,}")
        yield encode(texts[first:last])
