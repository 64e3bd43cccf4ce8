"""The readable tree of a result: branches with names above its intents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

TOP = -1
"""Stands for a parent where there is none."""
Path = tuple[str, ...]
"""Names of branches from the top to the one that an intent is in."""


@dataclass(frozen=True)
class Branch:
    """A branch of the tree.

    Parameters
    ----------
    number : int
        Its number, 0 or more, which a review keeps.
    name : str
        Its name, which no other branch beside it has.
    parent : int
        Number of the branch that it is part of; `TOP` for none.
    description : str
        A sentence about it by an LLM; "" where there is none.
    given : bool
        Whether a person gave its name: in a list of intents, or in a review.
    """

    number: int
    name: str
    parent: int = TOP
    description: str = ""
    given: bool = False


@dataclass(frozen=True)
class IntentTree:
    """Branches, and the one that each intent is in.

    Parameters
    ----------
    branches : tuple of Branch
        The branches; a parent comes before what it holds.
    places : mapping of int to int
        Number of the branch of each intent, by the id of the intent; an intent that stands alone is not in it.
    """

    branches: tuple[Branch, ...] = ()
    places: Mapping[int, int] = field(default_factory=dict)

    @cached_property
    def by_number(self) -> dict[int, Branch]:
        """The branches by number."""
        return {branch.number: branch for branch in self.branches}

    @cached_property
    def inside(self) -> dict[int, list[Branch]]:
        """The branches in each branch, and at the `TOP`, in their order."""
        found: dict[int, list[Branch]] = {}
        for branch in self.branches:
            found.setdefault(branch.parent, []).append(branch)
        return found

    def path_to(self, number: int) -> Path:
        """Return the names of the branches from the top down to one, that one last; none for `TOP`.

        Examples
        --------
        >>> tree = IntentTree((Branch(0, "card"), Branch(1, "lost-card", 0)), {7: 1})
        >>> tree.path_to(1), tree.path(7), tree.path(8)
        (('card', 'lost-card'), ('card', 'lost-card'), ())
        """
        names = [branch.name for branch in self.above(number)]
        return tuple(reversed(names))

    def path(self, intent: int) -> Path:
        """Return the names of the branches that an intent is in, from the top; none for one that stands alone."""
        return self._paths.get(self.places.get(intent, TOP), ())

    @cached_property
    def _paths(self) -> dict[int, Path]:
        """The names from the top down to each branch: thousands of intents share a few."""
        return {branch.number: self.path_to(branch.number) for branch in self.branches}

    def above(self, number: int) -> Iterator[Branch]:
        """Yield a branch, the one that it is part of, and so on to the top."""
        while number != TOP:
            branch = self.by_number[number]
            yield branch
            number = branch.parent
