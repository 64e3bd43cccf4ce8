"""Intercom: conversations with their parts, as its API gives them, one or many.

Shape: Intercom API reference, conversations. The API returns at most 500 parts of a conversation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from dialin.read.importers.base import Dialogue
from dialin.read.importers.desk import BOTS, EVENTS, NOTES, Message, dialogue_of, flag, message, unix_date
from dialin.read.importers.html_text import message_of
from dialin.read.importers.places import JsonPlace, objects_in

_ROLES = {"user": "customer", "lead": "customer", "contact": "customer", "admin": "agent", "team": "agent"}
_SAID = frozenset({"comment", "open"})
_MISSING = "missing parts"


class Intercom:
    """Conversations of Intercom."""

    name, one, many = "intercom", "Intercom conversation", "Intercom conversations"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a conversation, or a list of them."""
        return any(map(_is_conversation, [document, *objects_in(document, "conversations")]))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield a dialogue for each conversation; users and leads are customers, bots and notes are left out."""
        root = JsonPlace(document, where)
        for conversation in root.each("conversations") if root.has("conversations") else [root]:
            yield _of_conversation(conversation)


def _of_conversation(root: JsonPlace) -> Dialogue:
    said = [_first(root)] if root.has("source") else []
    inner = root.at("conversation_parts") if root.has("conversation_parts") else None
    parts = inner.each("conversation_parts") if inner else []
    said += map(_part, parts)
    found = dialogue_of(root.text("id"), said, unix_date(root, "created_at"), _outcomes(root))
    n_all = inner.number("total_count") if inner else None
    n_missing = Counter({_MISSING: int(n_all or 0) - len(parts)})
    return replace(found, left_out=Counter(found.left_out) + n_missing)  # which drops what is not above 0


def _first(root: JsonPlace) -> Message:
    source = root.at("source")
    is_sent_by_rule = source.text("delivered_as") == "automated"
    return BOTS if is_sent_by_rule else _written(source, unix_date(root, "created_at"))


def _part(part: JsonPlace) -> Message:
    kind = part.needed_text("part_type")
    if kind not in _SAID or not part.has("body"):
        return NOTES if kind.startswith("note") else EVENTS
    return _written(part, unix_date(part, "created_at"))


def _written(place: JsonPlace, date: str) -> Message:
    if flag(place, "redacted", usual=False):
        return "redacted messages"
    author = place.at("author")
    kind = author.needed_text("type")
    if kind == "bot":
        return BOTS
    return message(message_of(place.text("body"), ""), _ROLES.get(kind, ""), author.text("id") or kind, date)


def _outcomes(root: JsonPlace) -> dict[str, str | float | None]:
    tags = root.at("tags").each("tags") if root.has("tags") else []
    return {
        "rating": root.at("conversation_rating").number("rating") if root.has("conversation_rating") else None,
        "channel": root.at("source").text("type") if root.has("source") else "",
        "tags": ", ".join(tag.text("name") for tag in tags),
    }


def _is_conversation(document: object) -> bool:
    return isinstance(document, dict) and "conversation_parts" in document
