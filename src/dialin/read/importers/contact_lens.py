"""Amazon Connect Contact Lens: analyses of calls and chats, and the transcripts that Amazon Lex learns from.

Shapes: Amazon Connect administrator guide, and Amazon Lex V2 developer guide (automated chatbot designer).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.places import JsonPlace, filled_keys, objects_in

_ROLES = {"AGENT": "agent", "CUSTOMER": "customer", "SUPERVISOR": "supervisor"}
_MACHINES = {"CUSTOM_BOT": "bot turns", "BOT": "bot turns", "SYSTEM": "system messages"}
_OTHERS = {"EVENT": "events", "ATTACHMENT": "attachments"}
MILLI = 0.001


class ContactLensVoice:
    """Contact Lens analyses of calls."""

    name, one, many = "contact-lens", "Contact Lens call", "Contact Lens calls"

    def recognises(self, document: object) -> bool:
        """Return whether a document is one of Contact Lens, of a call, with times."""
        return _is_contact(document) and not _is_untimed(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        yield _of_call(JsonPlace(document, where))


class LexDesigner:
    """Transcripts for the chatbot designer of Amazon Lex: as Contact Lens, without times."""

    name, one, many = "lex-designer", "Lex designer transcript", "Lex designer transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document is shaped like Contact Lens, but tells no times."""
        return _is_contact(document) and _is_untimed(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        yield _of_call(JsonPlace(document, where))


class ContactLensChat:
    """Contact Lens analyses of chats."""

    name, one, many = "contact-lens-chat", "Contact Lens chat", "Contact Lens chats"

    def recognises(self, document: object) -> bool:
        """Return whether a document is one of Contact Lens, of a chat."""
        return isinstance(document, dict) and document.get("Channel") == "CHAT" and "Transcript" in document

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        left_out, turns = Counter[str](), list[SourceTurn]()
        for place in root.each("Transcript"):
            kind = place.text("Type") or "MESSAGE"
            role = place.text("ParticipantRole").upper()
            other = _OTHERS.get(kind.upper()) or _MACHINES.get(role)
            if other:
                left_out[other] += 1
            else:
                turns.append(_message(place, role))
        if not turns and not left_out:
            raise NothingSaidError("no transcript")
        yield Dialogue(_contact_id(root), tuple(turns), _begin(root), _outcomes(root), left_out)


def _message(place: JsonPlace, role: str) -> SourceTurn:
    who = place.text("ParticipantId")
    return SourceTurn(place.needed_text("Content"), _role(role), who, date=place.date("AbsoluteTime"))


def _of_call(root: JsonPlace) -> Dialogue:
    roles = {p.needed_text("ParticipantId"): p.text("ParticipantRole").upper() for p in root.each("Participants")}
    left_out, turns = Counter[str](), list[SourceTurn]()
    for place in root.each("Transcript"):
        who = place.needed_text("ParticipantId")
        role = roles.get(who, who.upper())
        if role in _MACHINES:
            left_out[_MACHINES[role]] += 1
        else:
            turns.append(_spoken(place, who, role))
    if not turns and not left_out:
        raise NothingSaidError(_why_nothing(root))
    return Dialogue(_contact_id(root), tuple(turns), _begin(root), _outcomes(root), left_out)


def _spoken(place: JsonPlace, who: str, role: str) -> SourceTurn:
    start, end = place.seconds("BeginOffsetMillis", MILLI), place.seconds("EndOffsetMillis", MILLI)
    return SourceTurn(place.needed_text("Content"), _role(role), who, start, end)


def _role(role: str) -> str:
    return _ROLES.get(role, "")


def _why_nothing(root: JsonPlace) -> str:
    status = root.text("JobStatus")
    return f"job {status.lower()}" if status not in {"", "COMPLETED"} else "no transcript"


def _contact_id(root: JsonPlace) -> str:
    return root.at("CustomerMetadata").text("ContactId") if root.has("CustomerMetadata") else ""


def _begin(root: JsonPlace) -> str:
    return root.at("CustomerMetadata").date("InitiationTimestamp") if root.has("CustomerMetadata") else ""


def _outcomes(root: JsonPlace) -> dict[str, str | float]:
    """Return what Contact Lens says of the contact; the tags are the categories that matched."""
    about = root.at("ConversationCharacteristics") if root.has("ConversationCharacteristics") else None
    duration = about.seconds("TotalConversationDurationMillis", MILLI) if about else None
    matched = root.at("Categories").each("MatchedCategories") if root.has("Categories") else []
    told = {
        "duration": duration,
        "channel": root.text("Channel").lower(),
        "language": root.text("LanguageCode"),
        "tags": ", ".join(str(tag.value) for tag in matched),
    }
    return {name: value for name, value in told.items() if value}


def _is_contact(document: object) -> bool:
    """Return whether a document is of a call, or failed to be: Call Analytics has no `CustomerMetadata`."""
    keys = filled_keys(document)
    if "CustomerMetadata" not in keys or not ({"Transcript", "Participants"} <= keys or "JobStatus" in keys):
        return False
    return isinstance(document, dict) and document.get("Channel", "VOICE") == "VOICE"


def _is_untimed(document: object) -> bool:
    said = next(objects_in(document, "Transcript"), None)
    return said is not None and "BeginOffsetMillis" not in said
