"""AssemblyAI: utterances of speakers A, B, … Shape: its Ruby SDK, TranscriptUtterance."""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import Word, in_order, turns_of_words
from dialin.read.importers.places import JsonPlace, filled_keys, known_outcomes, objects_in

DURATION, LANGUAGE, STATUS = "audio_duration", "language_code", "status"
"""Keys of the seconds of the recording, of its language and of the job: from memory."""
JOB = frozenset({"id", STATUS, "audio_url"})
"""Keys of every transcript, even of one that failed: from memory."""
_MILLI = 0.001


class AssemblyAi:
    """Transcripts of AssemblyAI."""

    name, one, many = "assemblyai", "AssemblyAI transcript", "AssemblyAI transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document has utterances of speakers with times, or is one of its jobs."""
        keys, first = filled_keys(document), next(objects_in(document, "utterances"), {})
        is_said = "id" in keys and {"speaker", "text", "start", "end"} <= first.keys()
        return keys >= JOB or (is_said and _is_label(first["speaker"]))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        said = [_utterance(each) for each in root.each("utterances")]
        turns = said or list(turns_of_words(_word(each) for each in root.each("words")))
        turns = turns or [SourceTurn(root.text("text"))]
        if not any(turn.text for turn in turns):
            raise NothingSaidError("the job failed" if root.text(STATUS) == "error" else "no transcript")
        outcomes = known_outcomes(duration=root.seconds(DURATION), language=root.text(LANGUAGE))
        yield Dialogue(root.text("id"), tuple(in_order(turns)), outcomes=outcomes)


def _is_label(speaker: object) -> bool:
    return isinstance(speaker, str) and len(speaker) <= 2 and (speaker.isupper() or speaker.isdecimal())


def _utterance(place: JsonPlace) -> SourceTurn:
    start, end = place.seconds("start", _MILLI), place.seconds("end", _MILLI)
    return SourceTurn(place.needed_text("text"), speaker=place.text("speaker"), start=start, end=end)


def _word(place: JsonPlace) -> Word:
    start, end = place.seconds("start", _MILLI), place.seconds("end", _MILLI)
    return Word(place.needed_text("text"), place.text("speaker"), start, end)
