"""Divide numbers evenly: a total among several, draws over sizes, and clusters over languages and files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def spread_over_sizes(sizes: Sequence[int], n: int, rng: np.random.Generator) -> list[int]:
    """Return n positions, ascending, drawn as evenly as possible from sizes 1, 2–3, 4–7, 8–15 and so on."""
    bins = np.floor(np.log2(np.array(sizes, dtype=np.float64))).astype(int)
    groups = [np.flatnonzero(bins == b) for b in np.unique(bins)]
    numbers = even_shares(n, [len(group) for group in groups])
    drawn = [rng.choice(group, m, replace=False) for group, m in zip(groups, numbers, strict=True)]
    return sorted(int(i) for group in drawn for i in group)


def even_shares(n: int, room: Sequence[int]) -> list[int]:
    """Return n divided as evenly as the room of each allows: two shares with room left differ by at most 1.

    Examples
    --------
    >>> even_shares(10, [2, 9, 9]), even_shares(10, [1, 1])
    ([2, 4, 4], [1, 1])
    """
    shares, left = [0] * len(room), n
    for rank, i in enumerate(sorted(range(len(room)), key=lambda i: room[i])):
        shares[i] = min(room[i], left // (len(room) - rank))
        left -= shares[i]
    return shares


def shares(languages: Sequence[str], n: int) -> list[int]:
    """Return the number of clusters of each file, divided evenly over languages and over the files of a language.

    Examples
    --------
    >>> shares(["en", "zh", "en"], 100)
    [25, 50, 25]
    """
    known = list(dict.fromkeys(languages))
    parts = {}
    for language, m in zip(known, even_shares(n, [n] * len(known)), strict=True):
        parts[language] = iter(even_shares(m, [m] * languages.count(language)))
    return [next(parts[language]) for language in languages]
