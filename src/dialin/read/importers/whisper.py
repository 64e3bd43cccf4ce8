"""Whisper and WhisperX: segments, which WhisperX gives speakers. Shape: m-bain/whisperX."""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import Word, turns_of_words
from dialin.read.importers.places import JsonPlace, filled_keys, known_outcomes, objects_in


class Whisper:
    """Transcripts of Whisper, and of WhisperX with speakers."""

    name, one, many = "whisper", "Whisper transcript", "Whisper transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document has segments with times, and a language or the words of all segments."""
        keys = filled_keys(document)
        if "segments" not in keys or not {"language", "word_segments"} & keys:
            return False
        first = next(objects_in(document, "segments"), None)
        return "text" in keys if first is None else {"text", "start", "end"} <= first.keys()

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        turns = [turn for segment in root.each("segments") for turn in _segment(segment)]
        if not any(turn.text for turn in turns):
            raise NothingSaidError("no transcript")
        outcomes = known_outcomes(language=root.text("language"), duration=root.seconds("duration"))
        yield Dialogue("", tuple(turns), outcomes=outcomes)


def _segment(segment: JsonPlace) -> list[SourceTurn]:
    """Return the turns of a segment: one, unless its words have several speakers."""
    speaker, words = segment.text("speaker"), segment.each("words")
    if len({word.text("speaker") for word in words} - {""}) > 1:
        return list(turns_of_words(_words(words, speaker)))
    start, end = segment.seconds("start"), segment.seconds("end")
    return [SourceTurn(segment.needed_text("text"), speaker=speaker, start=start, end=end)]


def _words(words: list[JsonPlace], speaker: str) -> Iterator[Word]:
    """Yield words; one without a speaker, such as a number, is said by the speaker before."""
    for word in words:
        speaker = word.text("speaker") or speaker
        yield Word(word.needed_text("word"), speaker, word.seconds("start"), word.seconds("end"))
