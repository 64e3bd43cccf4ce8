"""Twilio Voice Intelligence: the sentences of a transcript, by channel.

Shape: Twilio, transcript-sentence-subresource.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import in_order
from dialin.read.importers.places import JsonPlace, filled_keys, objects_in

PAGE = "meta"
"""Key of what a page of sentences says of itself: from memory."""


class Twilio:
    """Sentences of Twilio Voice Intelligence."""

    name, one, many = "twilio", "Twilio transcript", "Twilio transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document has sentences by channel, or is an empty page of them."""
        first = next(objects_in(document, "sentences"), None)
        return {"sentences", PAGE} <= filled_keys(document) if first is None else "media_channel" in first

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        sentences = JsonPlace(document, where).at("sentences").items()
        if not sentences:
            raise NothingSaidError("no sentences")
        yield Dialogue("", tuple(in_order(map(_sentence, sentences))))


def _sentence(place: JsonPlace) -> SourceTurn:
    start, end = place.seconds("start_time"), place.seconds("end_time")
    channel = place.needed_text("media_channel")
    return SourceTurn(place.needed_text("transcript"), speaker=channel, start=start, end=end)
