"""The edits that a person can make, each as one JSON object; nothing here knows the run that they are about.

Ids of new intents stand in the edit itself: undoing an earlier edit, or two people's edits landing in another
order, gives no intent another id.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ACCEPT, RENAME, MERGE, SPLIT = "accept", "rename", "merge", "split"
MOVE, NOISE, UNDO, REDO = "move", "noise", "undo", "redo"
VOTE, QUORUM = "verdict", "quorum"


@dataclass(frozen=True)
class Accept:
    """The intent is one, and its name is right."""

    intent: int


@dataclass(frozen=True)
class Rename:
    """The intent is one, and `name` is its name from here on."""

    intent: int
    name: str


@dataclass(frozen=True)
class Merge:
    """`others` are the same intent as `intent`, which takes their sentences; `name` "" keeps its name."""

    intent: int
    others: tuple[int, ...]
    name: str = ""


@dataclass(frozen=True)
class SplitPart:
    """One part of an intent that is split; its id is that of the intent or a new one."""

    intent: int
    name: str
    sentences: tuple[int, ...]


@dataclass(frozen=True)
class Split:
    """The intent is several: `parts` share out all its sentences; without parts it only should be split."""

    intent: int
    parts: tuple[SplitPart, ...] = ()


@dataclass(frozen=True)
class Move:
    """These sentences belong to `intent`; with a `name` it is a new one."""

    sentences: tuple[int, ...]
    intent: int
    name: str = ""


@dataclass(frozen=True)
class Noise:
    """These sentences belong to no intent."""

    sentences: tuple[int, ...]


@dataclass(frozen=True)
class Vote:
    """Who says it finds that the sentences of an intent share one intent, or do not.

    Parameters
    ----------
    intent : int
        The intent.
    good : bool
        Whether they do.
    group : int
        1: of those who judge clusters; 2: of those who verify named intents.
    look : int
        Of group 2, how often the intent had been changed when it was looked at; 0 otherwise.
    """

    intent: int
    good: bool
    group: int = 1
    look: int = 0


@dataclass(frozen=True)
class Quorum:
    """So many verdicts of each group are wanted before the majority decides."""

    n: int


@dataclass(frozen=True)
class Undo:
    """The edit on that line of the log does not count any more."""

    line: int


@dataclass(frozen=True)
class Redo:
    """The edit on that line of the log, undone before, counts again."""

    line: int


Change = Accept | Rename | Merge | Split | Move | Noise | Vote | Quorum
Edit = Change | Undo | Redo


def fields_of(edit: Edit) -> dict[str, Any]:  # noqa: PLR0911  (one for each kind)
    """Return an edit as the fields of its line in the log.

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
    """Return the edit that the fields of a line say.

    Raises
    ------
    ValueError
        They say none.

    Examples
    --------
    >>> edit_of({"decision": "merge", "intent_id": 1, "intents": [2, 5]})
    Merge(intent=1, others=(2, 5), name='')
    """
    name = _text(fields.get("name"))
    match fields.get("decision"):
        case "accept":
            return Accept(_number(fields, "intent_id"))
        case "rename":
            if not name:
                raise ValueError("`name` is missing")
            return Rename(_number(fields, "intent_id"), name)
        case "merge":
            return Merge(_number(fields, "intent_id"), _numbers(fields, "intents"), name)
        case "split":
            parts = fields.get("parts") or []
            return Split(_number(fields, "intent_id"), tuple(map(_part_of, parts)))
        case "move":
            return Move(_numbers(fields, "sentences"), _number(fields, "intent_id"), name)
        case "noise":
            return Noise(_numbers(fields, "sentences"))
        case "verdict":
            return _verdict_of(fields)
        case "quorum":
            return Quorum(_at_least_one(fields, "verdicts"))
        case "undo":
            return Undo(_number(fields, "line"))
        case "redo":
            return Redo(_number(fields, "line"))
    raise ValueError("`decision` is unknown")


def _part_of(fields: Any) -> SplitPart:
    if not isinstance(fields, dict):
        raise ValueError("each of `parts` must be an object")
    return SplitPart(_number(fields, "intent_id"), _text(fields.get("name")), _numbers(fields, "sentences"))


def _verdict_of(fields: Mapping[str, Any]) -> Vote:
    good, group = fields.get("good"), fields.get("group", 1)
    if not isinstance(good, bool):
        raise ValueError("`good` must be true or false")
    if type(group) is not int or group not in (1, 2):
        raise ValueError("`group` must be 1 or 2")
    return Vote(_number(fields, "intent_id"), good, group, _number({"look": 0, **fields}, "look"))


def _at_least_one(fields: Mapping[str, Any], key: str) -> int:
    value = _number(fields, key)
    if not value:
        raise ValueError(f"`{key}` must be at least 1")
    return value


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError("`name` must be text")
    return (value or "").strip()


def _number(fields: Mapping[str, Any], key: str) -> int:
    value = fields.get(key)
    if type(value) is not int or value < 0:
        raise ValueError(f"`{key}` must be a number of 0 or more")
    return value


def _numbers(fields: Mapping[str, Any], key: str) -> tuple[int, ...]:
    values = fields.get(key)
    if not isinstance(values, list) or not values or any(type(v) is not int or v < 0 for v in values):
        raise ValueError(f"`{key}` must be a list of numbers of 0 or more")
    return tuple(values)


@dataclass(frozen=True)
class Entry:
    """One line of the log.

    Parameters
    ----------
    line : int
        Its number in the file, from 1.
    edit : Edit
        What was decided.
    by : str
        Who did; "" if a line does not say.
    at : str
        When, ISO 8601 in UTC; "" if a line does not say.
    """

    line: int
    edit: Edit
    by: str = ""
    at: str = ""

    def as_line(self) -> str:
        """Return the line of the log, without its end."""
        return json.dumps({"at": self.at, "by": self.by, **fields_of(self.edit)}, ensure_ascii=True)


def entry_of(text: str, line: int) -> Entry:
    """Return the entry that a line of the log holds; raise ValueError if it holds none.

    Examples
    --------
    >>> entry_of('{"intent_id": 3, "decision": "accept"}', 1)
    Entry(line=1, edit=Accept(intent=3), by='', at='')
    """
    value: Any = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("it must be an object")
    by, at = value.get("by"), value.get("at")
    return Entry(line, edit_of(value), by if isinstance(by, str) else "", at if isinstance(at, str) else "")
