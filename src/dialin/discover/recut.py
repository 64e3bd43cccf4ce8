"""Builds a draft out of the parts of the intents of another one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from dialin.arrays import Rows
from dialin.discover.state import Draft
from dialin.judge.verdict import Verdict

OWN = -1
"""The part of a new intent that is of no earlier intent, or of one that changed."""


class Recut:
    """Builds a draft out of the parts of the intents of another one.

    Parameters
    ----------
    draft : Draft
        The other one.
    names : sequence of str
        Names of the earlier intents.

    Attributes
    ----------
    changed : set of int
        Earlier intents that were put together out of several new ones, or taken out of what is more than they are.
    """

    def __init__(self, draft: Draft, names: Sequence[str]) -> None:
        self._old, self._names = draft, names
        self._groups: dict[tuple[bool, int], list[int]] = {}
        self._new = replace(draft, pieces=[], verdicts=[], piece_roles=[], names=[], alone=set())
        self._verdicts: dict[tuple[int, ...], Verdict] = {}
        self.changed = set[int]()

    def take(self, g: int, parts: Mapping[int, Rows]) -> None:
        """Take over an intent of the other draft that is cut into these parts, each an earlier intent or `OWN`."""
        group = self._old.intents[g]
        for of, rows in parts.items():
            if of != OWN and (len(parts) > 1 or (False, of) in self._groups):
                self.changed.add(of)
            made = [self._same(i) for i in group] if len(parts) == 1 else [self._part(group[0], rows, of)]
            self._groups.setdefault((of == OWN, g if of == OWN else of), []).extend(made)
            if len(parts) == 1 and group in self._old.intent_verdicts:
                self._verdicts[tuple(made)] = self._old.intent_verdicts[group]

    def take_back(self, of: int, rows: Rows, verdict: Verdict) -> None:
        """Take in sentences of an earlier intent that no piece of the other draft has."""
        place = self._add(rows, verdict, self._new.roles[rows[0]], self._names[of])
        self._groups.setdefault((False, of), []).append(place)
        self.changed.add(of)

    def _same(self, i: int) -> int:
        """Take over a piece as it is; return its place."""
        if i in self._old.alone:
            self._new.alone.add(len(self._new.pieces))
        return self._add(self._old.pieces[i], self._old.verdicts[i], self._old.piece_roles[i], self._label(i))

    def _part(self, i: int, rows: Rows, of: int) -> int:
        """Take over a part of an intent whose first piece is `i`; return its place."""
        name = self._label(i) if of == OWN else self._names[of]
        return self._add(np.sort(rows), self._old.verdicts[i], self._old.piece_roles[i], name)

    def _label(self, i: int) -> str:
        return self._old.names[i] if self._old.names else ""

    def _add(self, rows: Rows, verdict: Verdict, role: str, name: str) -> int:
        """Add a piece; return its place. Where no piece has a name, it gets none."""
        new = self._new
        new.pieces.append(rows)
        new.verdicts.append(verdict)
        new.piece_roles.append(role)
        new.names += [name] if self._old.names else []
        return len(new.pieces) - 1

    def draft(self) -> Draft:
        """Return the new draft; an intent keeps its verdict if nothing was taken out of it or joined it."""
        intents = [tuple(group) for group in self._groups.values()]
        verdicts = {group: self._verdicts[group] for group in intents if group in self._verdicts}
        return replace(self._new, intents=intents, intent_verdicts=verdicts)
