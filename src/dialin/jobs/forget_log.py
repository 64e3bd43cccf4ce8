"""Takes sentences that are forgotten out of people's decisions, each of which keeps its line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from dialin.arrays import Ints
from dialin.review.edits import Edit, Entry, Merge, Move, Noise, Place, Rename, RenameBranch, Split, SplitPart, Undo


@dataclass
class LogWithout:
    """Rewrites a log, entry by entry.

    Parameters
    ----------
    new_ids : int64 array
        New number of each sentence; −1 for one that goes.
    lost : dict of int to str
        The intents that go with their sentences, and their names.
    without : callable
        Takes forgotten words out of a name.
    """

    new_ids: Ints
    lost: Mapping[int, str]
    without: Callable[[str], str]
    _back: set[int] = field(default_factory=set)

    def entries(self, entries: Iterable[Entry]) -> list[Entry]:
        """Return the entries; one that is about nothing now undoes itself, which changes nothing."""
        return [replace(entry, edit=self._edit(entry.edit) or Undo(entry.line)) for entry in entries]

    def _edit(self, edit: Edit) -> Edit | None:  # noqa: PLR0911  (one for each kind)
        match edit:
            case Rename(intent, name) if not self._is_lost(intent):
                return Rename(intent, self.without(name))
            case Merge():
                return self._merge(edit)
            case Split(intent, parts) if parts:
                return None if self._is_lost(intent) else self._split(edit)
            case Move(sentences, intent, name):
                kept = self._kept(sentences)
                return Move(kept, intent, self._name_for(intent, name)) if kept else None
            case Noise(sentences):
                kept = self._kept(sentences)
                return Noise(kept) if kept else None
            case RenameBranch(branch, name):
                return RenameBranch(branch, self.without(name))
            case Place(intents, branch, name):
                left = tuple(intent for intent in intents if not self._is_lost(intent))
                return Place(left, branch, self.without(name)) if left else None
        return None if self._is_lost(getattr(edit, "intent", -1)) else edit

    def _is_lost(self, intent: int) -> bool:
        return intent in self.lost and intent not in self._back

    def _kept(self, sentences: tuple[int, ...]) -> tuple[int, ...]:
        known = np.array([row for row in sentences if row < len(self.new_ids)], dtype=np.int64)
        new = self.new_ids[known]
        return tuple(new[new >= 0].tolist())

    def _name_for(self, intent: int, name: str) -> str:
        """Return the name in a move; the first move to an intent that went makes it anew."""
        if not name and self._is_lost(intent):
            self._back.add(intent)
            return self.without(self.lost[intent])
        return self.without(name)

    def _merge(self, edit: Merge) -> Edit | None:
        left = [intent for intent in (edit.intent, *edit.others) if not self._is_lost(intent)]
        name = self.without(edit.name)
        if len(left) > 1:
            return Merge(left[0], tuple(left[1:]), name)
        return Rename(left[0], name) if left and name else None

    def _split(self, edit: Split) -> Edit | None:
        kept = [(part, self._kept(part.sentences)) for part in edit.parts]
        parts = [SplitPart(part.intent, self.without(part.name), rows) for part, rows in kept if rows]
        if len(parts) > 1:
            return Split(edit.intent, tuple(parts))
        if not parts or parts[0].intent == edit.intent or not parts[0].name:
            return None
        return Move(parts[0].sentences, parts[0].intent, parts[0].name)
