"""Reads what a run recorded about its intents since an earlier run: ``taxonomy.json`` and ``drift.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PureWindowsPath
from typing import Any

from dialin import files, saved
from dialin.runs.run import Run
from dialin.runs.typed import check_types
from dialin.taxonomy.difference import GROWN, MERGED, NEW, SHRUNK, SPLIT
from dialin.taxonomy.drift import DISTANCE, SHARE, UNASSIGNED
from dialin.text.unseen import plain_name


@dataclass(frozen=True)
class MovedFigure:
    """A figure before and now."""

    before: float
    after: float


@dataclass(frozen=True)
class RecordedChange:
    """What is recorded about one intent.

    Parameters
    ----------
    states : tuple of str
        Its states in ``taxonomy.json``, some of `dialin.taxonomy.difference.STATES`; none without that file.
    is_known : bool
        Whether the earlier run had it.
    related : tuple of str
        Uids of the intents that its states are about.
    changed : tuple of str
        What chance does not explain, some of `SHARE`, `DISTANCE` and `UNASSIGNED`.
    share, distance, unassigned : MovedFigure or None
        Its share of the utterances, the mean distance of its sentences from its centre, and the share of the
        utterances nearest to it that it does not take in; None where it is not recorded.
    """

    states: tuple[str, ...] = ()
    is_known: bool = True
    related: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    share: MovedFigure | None = None
    distance: MovedFigure | None = None
    unassigned: MovedFigure | None = None

    @property
    def is_new(self) -> bool:
        """Whether the earlier run had no such intent, or only as a part of another one."""
        return NEW in self.states or not self.is_known

    @property
    def has_drifted(self) -> bool:
        """Whether it is the same intent as before and yet another one, so that it deserves a second look."""
        is_other = bool({SPLIT, MERGED} & set(self.states)) or bool(self.changed)
        return is_other and not self.is_new


@dataclass(frozen=True)
class Recorded:
    """What is recorded about the intents of a run.

    Parameters
    ----------
    since : str
        Name of the folder of the earlier run; "" if there is none.
    changes : mapping of str to RecordedChange
        The change of each intent, by uid.
    """

    since: str = ""
    changes: Mapping[str, RecordedChange] = field(default_factory=dict)

    def change(self, uid: str) -> RecordedChange:
        """Return what is recorded about an intent; nothing is recorded about one that a person made."""
        return self.changes.get(uid, RecordedChange())


def recorded_in(run: Run) -> Recorded:
    """Return what a run recorded about its intents; raise InputError if one of the files is damaged."""
    changes = {uid: _since(row) for uid, row in _rows(run.folder / files.TAXONOMY, _since)}
    for uid, row in _rows(run.folder / files.DRIFT, _drifted):
        changes[uid] = _both(changes.get(uid), _drifted(row))
    return Recorded(folder_name(run.manifest.since), changes)


def folder_name(path: str) -> str:
    r"""Return the last part of a path of any system, as a name to show.

    Examples
    --------
    >>> folder_name("runs/january/"), folder_name("C:\\runs\\january")
    ('january', 'january')
    """
    return plain_name(PureWindowsPath(path).name or path)


def _rows(path: Path, read: Any) -> list[tuple[str, dict[str, Any]]]:
    """Return the intents in a file by uid, none if it does not exist; raise InputError if one cannot be read."""
    if not path.exists():
        return []
    try:
        rows = [(row["uid"], row) for row in saved.read_json(path)["intents"]]
        for uid, row in rows:
            check_types(read(row))
            hash(uid)
    except (TypeError, KeyError, AttributeError) as error:
        raise saved.damaged(path, f"its intents are not as dialin writes them: {error}") from error
    return rows


def _since(row: dict[str, Any]) -> RecordedChange:
    """Return the change in a row of ``taxonomy.json``."""
    states = tuple(row["states"])
    changed = (SHARE,) if {GROWN, SHRUNK} & set(states) else ()
    return RecordedChange(states, row["before"] is not None, tuple(row["related"]), changed, _moved(row["share"]))


def _drifted(row: dict[str, Any]) -> RecordedChange:
    """Return the change in a row of ``drift.json``."""
    share, distance, unassigned = (_moved(row[name]) for name in (SHARE, DISTANCE, UNASSIGNED))
    return RecordedChange(changed=tuple(row["changed"]), share=share, distance=distance, unassigned=unassigned)


def _moved(figure: dict[str, Any]) -> MovedFigure | None:
    before, after = figure["before"], figure["after"]
    return None if before is None or after is None else MovedFigure(before, after)


def _both(taxonomy: RecordedChange | None, drift: RecordedChange) -> RecordedChange:
    if taxonomy is None:
        return drift
    return replace(drift, states=taxonomy.states, is_known=taxonomy.is_known, related=taxonomy.related)
