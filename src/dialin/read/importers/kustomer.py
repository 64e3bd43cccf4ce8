"""Kustomer: messages, as the pages of its API give them, put together to conversations.

Shape: Kustomer API reference, messages (JSON:API).
"""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue
from dialin.read.importers.desk import BOTS, EVENTS, NOTES, Message, dialogue_of, flag, message
from dialin.read.importers.html_text import own_words
from dialin.read.importers.places import JsonPlace, object_in, objects_in
from dialin.read.source import shortened_repr

_ROLES = {"in": "customer", "out": "agent"}


class Kustomer:
    """Messages of Kustomer."""

    name, one, many = "kustomer", "Kustomer conversation", "Kustomer conversations"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a page of messages."""
        messages = (each for each in objects_in(document, "data") if each.get("type") == "message")
        return any("conversation" in object_in(each, "relationships") for each in messages)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield a dialogue for each conversation of a page: what goes in is the customer's."""
        of: dict[str, list[JsonPlace]] = {}
        for place in JsonPlace(document, where).at("data").items():
            of.setdefault(_conversation_of(place), []).append(place)
        for id, places in of.items():
            channels = (place.at("attributes").text("channel") for place in places)
            yield dialogue_of(id, map(_message, places), "", {"channel": next(filter(None, channels), "")})


def _conversation_of(place: JsonPlace) -> str:
    return place.at("relationships").at("conversation").at("data").needed_text("id")


def _message(place: JsonPlace) -> Message:
    kind, about = place.text("type"), place.at("attributes")
    if kind != "message":
        return NOTES if kind == "note" else EVENTS
    if flag(about, "auto", usual=False):
        return BOTS
    way = about.needed_text("direction")
    if way not in _ROLES:
        raise about.at("direction").wrong(f"is {shortened_repr(way)}, neither 'in' nor 'out'")
    return message(own_words(about.text("preview")), _ROLES[way], "", about.date("sentAt") or about.date("createdAt"))
