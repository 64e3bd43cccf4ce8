"""Genesys Cloud speech and text analytics: phrases of the people and machines of a conversation.

Shape: Google's converter from Genesys Cloud to CX Insights.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import in_order
from dialin.read.importers.places import FIRST_EPOCH, JsonPlace, date_of_epoch, known_outcomes, objects_in

ROLES = {"external": "customer", "customer": "customer", "internal": "agent", "agent": "agent", "user": "agent"}
"""Role by `participantPurpose`; those beside external and internal are from memory."""
MACHINES = {
    "acd": "IVR turns",
    "ivr": "IVR turns",
    "bot": "bot turns",
    "workflow": "bot turns",
    "voicemail": "IVR turns",
}
"""What no person says, by `participantPurpose`; those beside acd and ivr are from memory."""
CHANNELS = {"call": "voice", "callback": "voice", "message": "chat"}
"""Channels by `mediaType`, where its own name is another one; from memory."""
_MILLI = 0.001


class Genesys:
    """Transcripts of Genesys Cloud."""

    name, one, many = "genesys", "Genesys Cloud conversation", "Genesys Cloud conversations"

    def recognises(self, document: object) -> bool:
        """Return whether a document has transcripts with phrases."""
        return any("phrases" in each for each in objects_in(document, "transcripts"))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        phrases = [phrase for each in root.each("transcripts") for phrase in each.each("phrases")]
        if not phrases:
            raise NothingSaidError("no phrases")
        who = [phrase.text("participantPurpose").casefold() for phrase in phrases]
        left_out = Counter(MACHINES[each] for each in who if each in MACHINES)
        kept = [phrase for phrase, each in zip(phrases, who, strict=True) if each not in MACHINES]
        begin = min((time for time in map(_time, phrases) if time is not None), default=0.0)
        turns = tuple(in_order(_phrase(phrase, begin) for phrase in kept))
        date = date_of_epoch(begin) if begin >= FIRST_EPOCH else ""
        kind = root.text("mediaType").lower()
        outcomes = known_outcomes(channel=CHANNELS.get(kind, kind))
        yield Dialogue(root.text("conversationId"), turns, date, outcomes, left_out)


def _time(phrase: JsonPlace) -> float | None:
    return phrase.seconds("startTimeMs", _MILLI)


def _phrase(phrase: JsonPlace, begin: float) -> SourceTurn:
    time, who = _time(phrase), phrase.text("participantPurpose").casefold()
    is_epoch = begin >= FIRST_EPOCH
    start = None if time is None else round(time - begin * is_epoch, 3)
    lasts = phrase.at("duration").seconds("milliseconds", _MILLI) if phrase.has("duration") else None
    end = None if start is None or lasts is None else round(start + lasts, 3)
    date = date_of_epoch(time) if time is not None and is_epoch else ""
    text = phrase.text("decoratedText") or phrase.needed_text("text")
    return SourceTurn(text, ROLES.get(who, ""), who, start, end, date)
