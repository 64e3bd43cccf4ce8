"""Define the edits that a person can make and convert them to and from JSON, without knowledge of the run.

An edit that creates intents carries their ids, so the ids stay the same when an earlier edit is undone or when the
edits of two people arrive in another order.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dialin.review.fields import count_field, name_field, needed_name, number_field, numbers_field

ACCEPT, RENAME, MERGE, SPLIT = "accept", "rename", "merge", "split"
MOVE, NOISE, UNDO, REDO = "move", "noise", "undo", "redo"
VOTE, QUORUM = "verdict", "quorum"
RENAME_BRANCH, PLACE = "rename-branch", "place"


@dataclass(frozen=True)
class Accept:
    """Confirmation that a cluster is one intent and that its name is right."""

    intent: int


@dataclass(frozen=True)
class Rename:
    """Confirmation that a cluster is one intent, with `name` as its new name."""

    intent: int
    name: str


@dataclass(frozen=True)
class Merge:
    """Merge of the intents `others` into `intent`; an empty `name` keeps the name of `intent`."""

    intent: int
    others: tuple[int, ...]
    name: str = ""


@dataclass(frozen=True)
class SplitPart:
    """One part of a split; `intent` is the id of the intent that is split, or a new id."""

    intent: int
    name: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """Split of an intent into `parts`, which together hold all its sentences; no parts: a request to split it."""

    intent: int
    parts: tuple[SplitPart, ...] = ()


@dataclass(frozen=True)
class Move:
    """Move of sentences to `intent`; a `name` makes `intent` a new intent."""

    sentences: tuple[int, ...]
    intent: int
    name: str = ""


@dataclass(frozen=True)
class Noise:
    """Removal of sentences from every intent."""

    sentences: tuple[int, ...]


@dataclass(frozen=True)
class RenameBranch:
    """Change of the name of a branch of the tree of intents."""

    branch: int
    name: str


@dataclass(frozen=True)
class Place:
    """Move of intents into a branch, or, with −1, out of all; a `name` makes `branch` a new one at the top."""

    intents: tuple[int, ...]
    branch: int
    name: str = ""


@dataclass(frozen=True)
class Vote:
    """Verdict of one person on one intent: good (its sentences share one intent) or bad.

    Parameters
    ----------
    intent, good : int, bool
        Id of the intent; True if its sentences share one intent.
    group : int
        Group of the person: 1 judges clusters, 2 verifies named intents.
    look : int
        Group 2: number of changes to the intent before this verdict. Group 1: 0.
    """

    intent: int
    good: bool
    group: int = 1
    look: int = 0


@dataclass(frozen=True)
class Quorum:
    """Number `n` of verdicts that each group must give before the majority decides."""

    n: int


@dataclass(frozen=True)
class Undo:
    """Undoing of the edit on line `line` of the log."""

    line: int


@dataclass(frozen=True)
class Redo:
    """Restoration of an undone edit on line `line` of the log."""

    line: int


Change = Accept | Rename | Merge | Split | Move | Noise | RenameBranch | Place | Vote | Quorum
Edit = Change | Undo | Redo


def fields_of(edit: Edit) -> dict[str, Any]:  # noqa: PLR0911  (one for each kind)
    """Return the fields of an edit's line in the log.

    Examples
    --------
    >>> fields_of(Rename(4, "cancel-order"))
    {'decision': 'rename', 'intent_id': 4, 'name': 'cancel-order'}
    """
    match edit:
        case Accept(intent):
            return {"decision": ACCEPT, "intent_id": intent}
        case Rename(intent, name):
            return {"decision": RENAME, "intent_id": intent, "name": name}
        case Merge(intent, others, name):
            return {"decision": MERGE, "intent_id": intent, "intents": list(others)} | _named(name)
        case Split(intent, parts):
            return {"decision": SPLIT, "intent_id": intent} | ({"parts": [_part(p) for p in parts]} if parts else {})
        case Move(sentences, intent, name):
            return {"decision": MOVE, "intent_id": intent} | _named(name) | {"sentences": list(sentences)}
        case Noise(sentences):
            return {"decision": NOISE, "sentences": list(sentences)}
        case RenameBranch(branch, name):
            return {"decision": RENAME_BRANCH, "branch": branch, "name": name}
        case Place(intents, branch, name):
            into = {"branch": branch} if branch >= 0 else {}
            return {"decision": PLACE, **into, **_named(name), "intents": list(intents)}
        case Vote(intent, good, group, look):
            return {"decision": VOTE, "intent_id": intent, "good": good, "group": group, "look": look}
        case Quorum(n):
            return {"decision": QUORUM, "verdicts": n}
        case Undo(line):
            return {"decision": UNDO, "line": line}
        case Redo(line):
            return {"decision": REDO, "line": line}


def _named(name: str) -> dict[str, str]:
    return {"name": name} if name else {}


def _part(part: SplitPart) -> dict[str, Any]:
    return {"intent_id": part.intent, "name": part.name, "sentences": list(part.sentences)}


def edit_of(fields: Mapping[str, Any]) -> Edit:  # noqa: PLR0911  (one for each kind)
    """Return the edit described by the fields of a line.

    Raises
    ------
    ValueError
        The fields do not describe an edit.

    Examples
    --------
    >>> edit_of({"decision": "merge", "intent_id": 1, "intents": [2, 5]})
    Merge(intent=1, others=(2, 5), name='')
    """
    name = name_field(fields.get("name"))
    match fields.get("decision"):
        case "accept":
            return Accept(number_field(fields, "intent_id"))
        case "rename":
            return Rename(number_field(fields, "intent_id"), needed_name(name))
        case "merge":
            return Merge(number_field(fields, "intent_id"), numbers_field(fields, "intents"), name)
        case "split":
            return Split(number_field(fields, "intent_id"), _parts(fields))
        case "move":
            return Move(numbers_field(fields, "sentences"), number_field(fields, "intent_id"), name)
        case "noise":
            return Noise(numbers_field(fields, "sentences"))
        case "rename-branch":
            return RenameBranch(number_field(fields, "branch"), needed_name(name))
        case "place":
            return _place_of(fields, name)
        case "verdict":
            return _verdict_of(fields)
        case "quorum":
            return Quorum(count_field(fields, "verdicts"))
        case "undo":
            return Undo(number_field(fields, "line"))
        case "redo":
            return Redo(number_field(fields, "line"))
    raise ValueError("`decision` is unknown")


def _place_of(fields: Mapping[str, Any], name: str) -> Place:
    """Return the placing of intents; without a branch, they are taken out of the one that they are in."""
    is_none = fields.get("branch") is None and not name
    return Place(numbers_field(fields, "intents"), -1 if is_none else number_field(fields, "branch"), name)


def _parts(fields: Mapping[str, Any]) -> tuple[SplitPart, ...]:
    parts = fields.get("parts") or []
    if not isinstance(parts, list):
        raise ValueError("`parts` must be a list")
    return tuple(map(_part_of, parts))


def _part_of(fields: Any) -> SplitPart:
    if not isinstance(fields, dict):
        raise ValueError("each of `parts` must be an object")
    return SplitPart(
        number_field(fields, "intent_id"), name_field(fields.get("name")), numbers_field(fields, "sentences")
    )


def _verdict_of(fields: Mapping[str, Any]) -> Vote:
    good, group = fields.get("good"), fields.get("group", 1)
    if not isinstance(good, bool):
        raise ValueError("`good` must be true or false")
    if type(group) is not int or group not in (1, 2):
        raise ValueError("`group` must be 1 or 2")
    return Vote(number_field(fields, "intent_id"), good, group, number_field({"look": 0, **fields}, "look"))


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Parameters
    ----------
    line : int
        Line number in the file, from 1.
    edit : Edit
        The decision.
    by, at : str
        Name of the person who decided, and the time, ISO 8601 in UTC; "" if unknown.
    batch : str
        Shared by decisions that were taken at once; "" for a single one.
    """

    line: int
    edit: Edit
    by: str = ""
    at: str = ""
    batch: str = ""

    def as_line(self) -> str:
        """Return the entry as a line of the log, without the newline."""
        batch = {"batch": self.batch} if self.batch else {}
        return json.dumps({"at": self.at, "by": self.by, **batch, **fields_of(self.edit)})


def entry_of(text: str, line: int) -> Entry:
    """Return the entry in a line of the log; raise ValueError if the line is not a decision.

    Examples
    --------
    >>> entry_of('{"intent_id": 3, "decision": "accept"}', 1)
    Entry(line=1, edit=Accept(intent=3), by='', at='', batch='')
    """
    try:
        value: Any = json.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(value, dict):
        raise ValueError("it must be an object")
    told = (value.get(name) for name in ("by", "at", "batch"))
    return Entry(line, edit_of(value), *(one if isinstance(one, str) else "" for one in told))
