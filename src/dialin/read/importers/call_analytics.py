"""Amazon Transcribe Call Analytics. Shape: aws-samples/amazon-transcribe-post-call-analytics."""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.amazon import amazon_outcomes, amazon_turn, why_nothing
from dialin.read.importers.base import Dialogue, NothingSaidError
from dialin.read.importers.places import JsonPlace, filled_keys


class CallAnalytics:
    """Amazon Transcribe Call Analytics: calls with an agent's and a customer's channel."""

    name, one, many = "call-analytics", "Transcribe Call Analytics call", "Transcribe Call Analytics calls"

    def recognises(self, document: object) -> bool:
        """Return whether a document has a job and participants, and is of no contact of Amazon Connect."""
        keys = filled_keys(document)
        is_one = {"JobName", "Channel"} <= keys and bool({"Participants", "Transcript"} & keys)
        return is_one and "CustomerMetadata" not in keys

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        said = [(place, place.needed_text("ParticipantRole").upper()) for place in root.each("Transcript")]
        if not said:
            raise NothingSaidError(why_nothing(root))
        turns = tuple(amazon_turn(place, role, role) for place, role in said)
        yield Dialogue(root.text("JobName"), turns, outcomes=amazon_outcomes(root))
