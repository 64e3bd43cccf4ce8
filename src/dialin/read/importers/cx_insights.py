"""Google's Customer Experience Insights: conversations as they are uploaded, and as its API returns them.

Shapes: cloud.google.com, conversation-data-format; googleapis, contactcenterinsights/v1/resources.proto.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.places import (
    FIRST_EPOCH,
    JsonPlace,
    date_of_epoch,
    filled_keys,
    known_outcomes,
    object_in,
    objects_in,
)

ROLES = {
    **dict.fromkeys(("AGENT", "HUMAN_AGENT", "ANY_AGENT"), "agent"),
    **dict.fromkeys(("CUSTOMER", "END_USER"), "customer"),
}
"""HUMAN_AGENT and ANY_AGENT, which the API writes, are from memory; the others are from the data format."""
BOT = "AUTOMATED_AGENT"
WORD_TIMES = ("startOffset", "endOffset")
"""Keys of the times of a word in the API, as protobuf's durations: from memory."""
_CHANNELS = {"PHONE_CALL": "voice", "CHAT": "chat"}
_MICRO = 1e-6


class CxIngest:
    """Conversations in the format in which CX Insights takes them: one file each."""

    name, one, many = "cx-ingest", "CX Insights conversation to upload", "CX Insights conversations to upload"

    def recognises(self, document: object) -> bool:
        """Return whether a document has entries of users."""
        first = next(objects_in(document, "entries"), None)
        return "conversation_info" in filled_keys(document) if first is None else {"text", "user_id"} <= first.keys()

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        entries = root.each("entries")
        if not entries:
            raise NothingSaidError("no entries")
        kept = [entry for entry in entries if entry.text("role") != BOT]
        about = root.at("conversation_info") if root.has("conversation_info") else None
        tags = [category.text("display_name") for category in about.each("categories")] if about else []
        turns, left_out = tuple(_of_entries(kept)), Counter({"bot turns": len(entries) - len(kept)})
        yield Dialogue("", turns, outcomes=known_outcomes(tags=", ".join(tags)), left_out=+left_out)


def _of_entries(entries: list[JsonPlace]) -> Iterator[SourceTurn]:
    times = [entry.seconds("start_timestamp_usec", _MICRO) for entry in entries]
    begin = min((time for time in times if time is not None), default=0.0)
    for entry, time in zip(entries, times, strict=True):
        speaker, role = entry.needed_text("user_id"), ROLES.get(entry.text("role"), "")
        is_epoch = begin >= FIRST_EPOCH
        start = None if time is None else round(time - begin, 3) if is_epoch else time
        date = date_of_epoch(time) if time is not None and is_epoch else ""
        yield SourceTurn(entry.needed_text("text"), role, speaker, start, date=date)


class CxInsights:
    """Conversations as the API of CX Insights returns them, one or a list."""

    name, one, many = "cx-insights", "CX Insights conversation", "CX Insights conversations"

    def recognises(self, document: object) -> bool:
        """Return whether a document, or the first of its conversations, has segments or the name of a conversation."""
        first = next(objects_in(document, "conversations"), document)
        name = first.get("name") if isinstance(first, dict) else None
        is_named = isinstance(name, str) and name.startswith("projects/") and "/conversations/" in name
        return is_named or "transcriptSegments" in object_in(first, "transcript")

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the dialogues of a document."""
        root = JsonPlace(document, where)
        many = root.each("conversations") if root.has("conversations") else [root]
        said = [_conversation(one) for one in many if one.has("transcript")]
        if not said:
            raise NothingSaidError("no transcript")
        yield from said


def _conversation(place: JsonPlace) -> Dialogue:
    begin = place.date("startTime")
    segments = place.at("transcript").each("transcriptSegments")
    who = [segment.at("segmentParticipant") if segment.has("segmentParticipant") else None for segment in segments]
    roles = [each.text("role") if each else "" for each in who]
    kept = [(segment, role) for segment, role in zip(segments, roles, strict=True) if role != BOT]
    left_out = Counter({"bot turns": len(segments) - len(kept)})
    turns = tuple(_segment(segment, role, begin) for segment, role in kept)
    name = place.text("name").rpartition("/")[2]
    return Dialogue(name, turns, begin, _outcomes(place), +left_out)


def _segment(segment: JsonPlace, role: str, begin: str) -> SourceTurn:
    words, date = segment.each("words"), segment.date("messageTime")
    start = words[0].duration(WORD_TIMES[0]) if words else _seconds_between(begin, date)
    end = words[-1].duration(WORD_TIMES[1]) if words else None
    return SourceTurn(segment.needed_text("text"), ROLES.get(role, ""), segment.text("channelTag"), start, end, date)


def _seconds_between(begin: str, date: str) -> float | None:
    if not begin or not date:
        return None
    first, then = datetime.fromisoformat(begin), datetime.fromisoformat(date)
    is_alike = (first.tzinfo is None) == (then.tzinfo is None)
    seconds = (then - first).total_seconds() if is_alike else -1.0
    return round(seconds, 3) if seconds >= 0 else None


def _outcomes(place: JsonPlace) -> dict[str, str | float]:
    about = place.at("qualityMetadata") if place.has("qualityMetadata") else JsonPlace({}, place.where)
    agent = next(iter(about.each("agentInfo")), JsonPlace({}, place.where))
    labels = object_in(place.value, "labels")
    return known_outcomes(
        duration=place.duration("duration"),
        rating=about.number("customerSatisfactionRating"),
        queue=agent.text("team"),
        channel=_CHANNELS.get(place.text("medium"), ""),
        tags=", ".join(f"{key}={value}" for key, value in labels.items()),
        wait=about.duration("waitDuration"),
        menu=about.text("menuPath"),
        disposition=agent.text("dispositionCode"),
    )
