"""What the importers of help desks share: messages become turns in the order of their dates, the rest is counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from dialin.read.importers.base import Dialogue, SourceTurn
from dialin.read.importers.places import JsonPlace, date_of_epoch, known_outcomes
from dialin.read.source import shortened_repr

Message = SourceTurn | str
"""A turn, or the kind of a record that is left out, in the plural."""
NOTES, BOTS, SYSTEM, EVENTS, EMPTY = "private notes", "bot turns", "system messages", "events", "empty messages"


def message(text: str, role: str, speaker: str, date: str) -> Message:
    """Return a turn, or what it is counted as if nothing of it is left."""
    return SourceTurn(text, role, speaker, date=date) if text else EMPTY


def dialogue_of(
    id: str, messages: Iterable[Message], date: str, outcomes: Mapping[str, str | float | None]
) -> Dialogue:
    """Return the dialogue of messages; outcomes that the source does not tell are left out.

    Examples
    --------
    >>> later, first = (SourceTurn(text, date=f"2026-05-0{day}") for text, day in (("and now?", 2), ("hello", 1)))
    >>> found = dialogue_of("7", [later, NOTES, first], "", {"rating": "good", "tags": ""})
    >>> [turn.text for turn in found.turns], found.outcomes, dict(found.left_out)
    (['hello', 'and now?'], {'rating': 'good'}, {'private notes': 1})
    """
    all_of_it = list(messages)
    turns = in_order_of_dates([one for one in all_of_it if isinstance(one, SourceTurn)])
    left_out = Counter(one for one in all_of_it if isinstance(one, str))
    return Dialogue(id, tuple(turns), date, known_outcomes(**outcomes), left_out)


def in_order_of_dates(turns: list[SourceTurn]) -> list[SourceTurn]:
    """Return turns by their dates, if all of them have one, since some desks list the latest message first."""
    return turns if any(not turn.date for turn in turns) else sorted(turns, key=lambda turn: _instant(turn.date))


def _instant(date: str) -> datetime:
    found = datetime.fromisoformat(date)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def flag(place: JsonPlace, key: str, usual: bool | None = None) -> bool:
    """Return the truth value under a key; the usual one if there is none, or raise InputError without a usual one."""
    if usual is not None and not place.has(key):
        return usual
    found = place.at(key)
    if not isinstance(found.value, bool):
        raise found.wrong(f"is {shortened_repr(found.value)}, neither true nor false")
    return found.value


def unix_date(place: JsonPlace, key: str) -> str:
    """Return the Unix time (seconds) under a key as an ISO 8601 date in UTC; "" if there is none."""
    seconds = place.seconds(key)
    return "" if seconds is None else date_of_epoch(seconds)


def tags_of(places: Iterable[JsonPlace]) -> str:
    """Return the texts of a list as one."""
    return ", ".join(str(place.value) for place in places)
