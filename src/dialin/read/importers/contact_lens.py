"""Amazon Connect Contact Lens: analyses of calls and chats, and the transcripts that Amazon Lex learns from.

Shapes: Amazon Connect administrator guide, and Amazon Lex V2 developer guide (automated chatbot designer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dialin.read.importers.amazon import MACHINES, amazon_outcomes, amazon_role, amazon_turn, why_nothing
from dialin.read.importers.base import Dialogue, Importer, NothingSaidError, SourceTurn
from dialin.read.importers.places import JsonPlace, filled_keys, objects_in

_OTHERS = {"EVENT": "events", "ATTACHMENT": "attachments"}


class ContactLensVoice:
    """Contact Lens analyses of calls."""

    name, one, many = "contact-lens", "Contact Lens call", "Contact Lens calls"

    def recognises(self, document: object) -> bool:
        """Return whether a document is of a call, with times if anything is said."""
        return _is_call(document) and not _is_untimed(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        yield _of_call(JsonPlace(document, where))


class LexDesigner:
    """Transcripts for the chatbot designer of Amazon Lex: as Contact Lens, without times."""

    name, one, many = "lex-designer", "Lex designer transcript", "Lex designer transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document is shaped like Contact Lens, but tells no times."""
        return _is_call(document) and _is_untimed(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        yield _of_call(JsonPlace(document, where))


class ContactLensChat:
    """Contact Lens analyses of chats."""

    name, one, many = "contact-lens-chat", "Contact Lens chat", "Contact Lens chats"

    def recognises(self, document: object) -> bool:
        """Return whether a document is of a chat."""
        return _is_contact(document, "CHAT")

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        yield _of_chat(JsonPlace(document, where))


class ContactLens:
    """Contact Lens analyses of calls and chats that lie together."""

    name, one, many = "contact-lens", "Contact Lens contact", "Contact Lens contacts"
    parts: tuple[Importer, ...] = (ContactLensVoice(), ContactLensChat())

    def recognises(self, document: object) -> bool:
        """Return whether a document is of a call or a chat."""
        return any(part.recognises(document) for part in self.parts)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        is_chat = _is_contact(document, "CHAT")
        return self.parts[is_chat].dialogues(document, where)


def _of_chat(root: JsonPlace) -> Dialogue:
    left_out, turns = Counter[str](), list[SourceTurn]()
    for place in root.each("Transcript"):
        role = place.text("ParticipantRole").upper()
        other = _OTHERS.get(place.text("Type").upper()) or MACHINES.get(role)
        if other:
            left_out[other] += 1
        else:
            turns.append(_message(place, role))
    return _dialogue(root, turns, left_out)


def _message(place: JsonPlace, role: str) -> SourceTurn:
    text, who = place.needed_text("Content"), place.text("ParticipantId")
    return SourceTurn(text, amazon_role(role), who, date=place.date("AbsoluteTime"))


def _of_call(root: JsonPlace) -> Dialogue:
    roles = {p.needed_text("ParticipantId"): p.text("ParticipantRole").upper() for p in root.each("Participants")}
    left_out, turns = Counter[str](), list[SourceTurn]()
    for place in root.each("Transcript"):
        who = place.needed_text("ParticipantId")
        role = roles.get(who, who.upper())  # where no participants are listed, the id may be the role
        if role in MACHINES:
            left_out[MACHINES[role]] += 1
        else:
            turns.append(amazon_turn(place, who, role))
    return _dialogue(root, turns, left_out)


def _dialogue(root: JsonPlace, turns: list[SourceTurn], left_out: Counter[str]) -> Dialogue:
    if not turns and not left_out:
        raise NothingSaidError(why_nothing(root))
    contact = root.at("CustomerMetadata").text("ContactId") if root.has("CustomerMetadata") else ""
    return Dialogue(contact, tuple(turns), outcomes=amazon_outcomes(root), left_out=left_out)


def _is_call(document: object) -> bool:
    return _is_contact(document, "VOICE")


def _is_contact(document: object, channel: str) -> bool:
    """Return whether a document is of a contact, or failed to be: Call Analytics has no `CustomerMetadata`."""
    keys = filled_keys(document)
    if "CustomerMetadata" not in keys or not ({"Transcript", "Participants"} <= keys or "JobStatus" in keys):
        return False
    return isinstance(document, dict) and document.get("Channel", "VOICE") == channel


def _is_untimed(document: object) -> bool:
    said = next(objects_in(document, "Transcript"), None)
    return said is not None and "BeginOffsetMillis" not in said
