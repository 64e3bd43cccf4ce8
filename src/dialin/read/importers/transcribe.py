"""Amazon Transcribe, with or without speakers told apart. Shape: Amazon Transcribe, diarization-output-batch."""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.amazon import why_nothing
from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import Word, in_order, turns_of_words
from dialin.read.importers.places import JsonPlace, known_outcomes, object_in

CHANNEL_LABEL = "channel_label"
"""Key of the channel of a word where channels were known_outcomes apart: from memory, read in no documentation."""


class Transcribe:
    """Amazon Transcribe: words and marks, with the labels of speakers if they were known_outcomes apart."""

    name, one, many = "transcribe", "Amazon Transcribe transcript", "Amazon Transcribe transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document has results with items and whole transcripts."""
        results = object_in(document, "results")
        return isinstance(results.get("transcripts"), list) and "channels" not in results

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        results = root.at("results")
        turns = in_order(turns_of_words(_words(results))) or _whole(results)
        if not turns:
            raise NothingSaidError(why_nothing(root, "status"))
        outcomes = known_outcomes(language=results.text("language_code"))
        yield Dialogue(root.text("jobName"), tuple(turns), outcomes=outcomes)


def _words(results: JsonPlace) -> Iterator[Word]:
    speakers = _speakers_by_time(results)
    for item in results.each("items"):
        best = item.first("alternatives")
        text = best.needed_text("content") if best else ""
        if text and item.text("type") == "punctuation":
            yield Word(text, is_mark=True)
        elif text:
            start, end = item.seconds("start_time"), item.seconds("end_time")
            speaker = item.text("speaker_label") or item.text(CHANNEL_LABEL) or speakers.get(start, "")
            yield Word(text, speaker, start, end)


def _speakers_by_time(results: JsonPlace) -> dict[float | None, str]:
    """Return who speaks at the beginning of each word, as older transcripts tell it in the segments alone."""
    labels = results.at("speaker_labels") if results.has("speaker_labels") else None
    found: dict[float | None, str] = {}
    for segment in labels.each("segments") if labels else ():
        speaker = segment.text("speaker_label")
        for item in segment.each("items"):
            found[item.seconds("start_time")] = item.text("speaker_label") or speaker
    return found


def _whole(results: JsonPlace) -> list[SourceTurn]:
    said = [place.text("transcript") for place in results.each("transcripts")]
    return [SourceTurn(text) for text in said if text]
