"""Reads the groups of new sentences inside known intents that an update told, from its ``drift.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dialin import files, saved
from dialin.arrays import Bools
from dialin.runs.typed import check_types

MOST_PLACED = 0.5
"""Share of the sentences of a group that people may have placed before it is done with."""


@dataclass(frozen=True)
class ToldGroup:
    """A group of new sentences that known intents have taken in.

    Parameters
    ----------
    p : float
        Probability of such a group if nothing had changed, in (0, 1].
    n_new, n_old : int
        Utterances of the whole group in the newer and in the earlier part.
    n_nowhere : int
        Newer utterances of the group that have no intent.
    intents : tuple of (str, int)
        Uids of the known intents, each with its newer utterances of the group, most first.
    sentences : tuple of int
        The sentences that the known intents have taken in, the most typical first.
    """

    p: float
    n_new: int
    n_old: int
    n_nowhere: int
    intents: tuple[tuple[str, int], ...]
    sentences: tuple[int, ...]

    @property
    def n_inside(self) -> int:
        """The newer utterances of the group in known intents."""
        return sum(n for _, n in self.intents)

    def left(self, placed: Bools) -> ToldGroup | None:
        """Return the group without the sentences that people placed; None if they placed more than half.

        Examples
        --------
        >>> import numpy as np
        >>> group = ToldGroup(0.01, 3, 0, 0, (("u", 3),), (4, 0, 1))
        >>> group.left(np.array([True, False, False, False, False])).sentences
        (4, 1)
        >>> group.left(np.array([True, True, False, False, False])) is None
        True
        """
        rows = tuple(row for row in self.sentences if not placed[row])
        n_placed = len(self.sentences) - len(rows)
        return None if n_placed > MOST_PLACED * len(self.sentences) else replace(self, sentences=rows)


def told_groups(folder: Path, n_sentences: int) -> tuple[ToldGroup, ...]:
    """Return the groups that an update told, the surest first; none for another run or an update of dialin 0.2.

    Raises
    ------
    InputError
        ``drift.json`` is damaged, or about other sentences than the `n_sentences` of the run.
    """
    path = folder / files.DRIFT
    if not path.is_file():
        return ()
    try:
        found = tuple(map(_group_of, saved.read_json(path).get("inside", ())))
    except (TypeError, KeyError, ValueError, AttributeError) as error:
        raise saved.damaged(path, f"its groups are not as dialin writes them: {error}") from error
    if any(not 0 <= row < n_sentences for one in found for row in one.sentences):
        raise saved.damaged(path, "a group has a sentence that the run does not have")
    return found


def open_groups(groups: Sequence[ToldGroup], placed: Bools) -> tuple[ToldGroup, ...]:
    """Return the groups of which people have not placed more than half; `placed` marks the sentences they placed."""
    return tuple(left for one in groups if (left := one.left(placed)))


def _group_of(values: dict[str, Any]) -> ToldGroup:
    made = ToldGroup(
        p=values["p"],
        n_new=values["n_new"],
        n_old=values["n_old"],
        n_nowhere=values["n_nowhere"],
        intents=tuple((one["uid"], one["n"]) for one in values["intents"]),
        sentences=tuple(values["sentences"]),
    )
    check_types(made)
    return made
