"""Freshdesk: tickets with their conversations, as its API gives them.

Shape: Freshdesk API reference, tickets (``include=conversations``).
"""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue
from dialin.read.importers.desk import NOTES, Message, dialogue_of, flag, message, tags_of
from dialin.read.importers.html_text import message_of
from dialin.read.importers.places import JsonPlace, filled_keys, objects_in

_OUTBOUND = "10"
_CHANNELS = {
    "1": "email",
    "2": "portal",
    "3": "phone",
    "7": "chat",
    "9": "feedback widget",
    _OUTBOUND: "outbound email",
}


class Freshdesk:
    """Tickets of Freshdesk."""

    name, one, many = "freshdesk", "Freshdesk ticket", "Freshdesk tickets"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a ticket: it has a description as text, or conversations that come in."""
        keys = filled_keys(document)
        is_ticket = "description_text" in keys and bool({"conversations", "requester_id"} & keys)
        return is_ticket or any("incoming" in each for each in objects_in(document, "conversations"))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the dialogue of a ticket: what comes in is the customer's, and private notes are left out."""
        root = JsonPlace(document, where)
        said = [_description(root), *map(_of_conversation, root.each("conversations"))]
        outcomes = {"channel": _CHANNELS.get(root.text("source"), ""), "tags": tags_of(root.each("tags"))}
        yield dialogue_of(root.text("id"), said, root.date("created_at"), outcomes)


def _description(ticket: JsonPlace) -> Message:
    """Return the first message: the customer's, unless an agent began the ticket."""
    role = "agent" if ticket.text("source") == _OUTBOUND else "customer"
    speaker = ticket.text("requester_id") if role == "customer" else ticket.text("responder_id")
    text = message_of(ticket.text("description"), ticket.text("description_text"))
    return message(text, role, speaker, ticket.date("created_at"))


def _of_conversation(place: JsonPlace) -> Message:
    if flag(place, "private", usual=False):
        return NOTES
    role = "customer" if flag(place, "incoming") else "agent"
    text = message_of(place.text("body"), place.text("body_text"))
    return message(text, role, place.text("user_id"), place.date("created_at"))
