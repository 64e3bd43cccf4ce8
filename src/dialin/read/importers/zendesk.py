"""Zendesk: tickets with their comments, as its API gives them or as its export writes them, one a line.

Shapes: Zendesk API reference, tickets and ticket comments, with users sideloaded for their roles.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from dialin.read.importers.base import Dialogue
from dialin.read.importers.desk import EVENTS, NOTES, SYSTEM, Message, dialogue_of, flag, message, tags_of
from dialin.read.importers.html_text import message_of
from dialin.read.importers.places import JsonPlace, filled_keys, object_in, objects_in

_ROLES = {"end-user": "customer", "agent": "agent", "admin": "agent"}
_MACHINES = frozenset({"rule", "system"})
_SYSTEM_USER = "-1"
_RATINGS = frozenset({"good", "bad"})
"""Others say that the customer was asked, or not even that."""


class Zendesk:
    """Tickets of Zendesk Support."""

    name, one, many = "zendesk", "Zendesk ticket", "Zendesk tickets"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a ticket, a page of tickets, or the comments of a ticket."""
        tickets = [document, object_in(document, "ticket"), *objects_in(document, "tickets")]
        is_comment = any({"author_id", "public"} <= comment.keys() for comment in objects_in(document, "comments"))
        return is_comment or any(map(_is_ticket, tickets))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield a dialogue for each ticket; the requester is the customer, and private notes are left out."""
        root = JsonPlace(document, where)
        roles = {user.needed_text("id"): user.needed_text("role") for user in root.each("users")}
        if root.has("tickets"):
            for ticket in root.each("tickets"):
                yield _of_ticket(ticket, ticket.each("comments"), roles)
        elif root.has("ticket"):
            yield _of_ticket(root.at("ticket"), [*root.each("comments"), *root.at("ticket").each("comments")], roles)
        else:
            yield _of_ticket(root, root.each("comments"), roles)


@dataclass(frozen=True)
class _People:
    """Who takes part in a ticket: the requester ("" if unknown), and the roles of users by id."""

    requester: str
    roles: Mapping[str, str]

    def role_of(self, author: str) -> str:
        """Return the role of an author; without users, all but the requester are agents."""
        if author and author == self.requester:
            return "customer"
        unknown = "agent" if self.requester and not self.roles else ""
        return _ROLES.get(self.roles.get(author, ""), unknown)


def _of_ticket(ticket: JsonPlace, comments: Sequence[JsonPlace], roles: Mapping[str, str]) -> Dialogue:
    requester = ticket.text("requester_id") or (ticket.at("requester").text("id") if ticket.has("requester") else "")
    people = _People(requester, roles)
    said = [_of_comment(comment, people) for comment in comments] or [_description(ticket, people)]
    return dialogue_of(ticket.text("id"), said, ticket.date("created_at"), _outcomes(ticket))


def _of_comment(comment: JsonPlace, people: _People) -> Message:
    author = comment.needed_text("author_id")
    via = comment.at("via").text("channel") if comment.has("via") else ""
    if not flag(comment, "public", usual=True):
        return NOTES
    if via in _MACHINES or author == _SYSTEM_USER:
        return SYSTEM
    if comment.text("type") not in {"", "Comment"}:  # a telephone call, of which the body tells the numbers
        return EVENTS
    text = message_of(comment.text("html_body"), comment.text("plain_body") or comment.text("body"))
    return message(text, people.role_of(author), author, comment.date("created_at"))


def _description(ticket: JsonPlace, people: _People) -> Message:
    """Return what the first comment says, of a ticket that comes without comments."""
    text = message_of("", ticket.text("description"))
    return message(text, "customer", people.requester, ticket.date("created_at"))


def _outcomes(ticket: JsonPlace) -> dict[str, str | float | None]:
    score = ticket.at("satisfaction_rating").text("score") if ticket.has("satisfaction_rating") else ""
    return {
        "rating": score if score in _RATINGS else "",
        "channel": ticket.at("via").text("channel") if ticket.has("via") else "",
        "tags": tags_of(ticket.each("tags")),
    }


def _is_ticket(document: object) -> bool:
    keys = filled_keys(document)
    has_requester = bool({"requester", "requester_id"} & keys)
    return (has_requester and "comments" in keys) or {"requester_id", "via"} <= keys
