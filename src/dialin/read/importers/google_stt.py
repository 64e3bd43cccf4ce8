"""Google Cloud Speech-to-Text, versions 1 and 2: results with words, which a channel or a speaker says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import Word, in_order, turns_of_words
from dialin.read.importers.places import JsonPlace, known_outcomes, object_in, objects_in

STARTS, ENDS = ("startTime", "startOffset"), ("endTime", "endOffset")
"""Keys of the times of a word in versions 1 and 2; those of version 2, and `endTime`, are from memory."""
RESULT_ENDS = ("resultEndTime", "resultEndOffset")
"""Keys of the time at which a result ends: from memory."""
SPEAKERS = ("speakerLabel", "speakerTag")
"""Keys of the speaker of a word."""
OPERATION = "response"
"""Key of the results in a finished operation of version 1: from memory."""


class GoogleSpeech:
    """Transcripts of Google Cloud Speech-to-Text."""

    name, one, many = "google-stt", "Google Speech-to-Text transcript", "Google Speech-to-Text transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document is a list of results with alternatives."""
        return any(isinstance(result.get("alternatives"), list) for result in objects_in(_inner(document), "results"))

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        root = root.at(OPERATION) if _inner(document) is not document else root
        results = root.each("results")
        said = [(result, best) for result in results for best in result.each("alternatives")[:1]]
        turns = in_order(_by_speaker([best for _, best in said]) or [_of_result(*each) for each in said])
        if not any(turn.text for turn in turns):
            raise NothingSaidError("no transcript")
        languages = dict.fromkeys(result.text("languageCode") for result in results)
        yield Dialogue("", tuple(turns), outcomes=known_outcomes(language=next(filter(None, languages), "")))


def _inner(document: object) -> object:
    return object_in(document, OPERATION) or document


def _by_speaker(alternatives: Sequence[JsonPlace]) -> list[SourceTurn]:
    """Return the turns of words with speakers; [] if there are none.

    In version 1 only the last result has them, and repeats the words of all.
    """
    words = [[_word(place) for place in best.each("words")] for best in alternatives]
    told_apart = [each for each in words if any(word.speaker for word in each)]
    return list(turns_of_words(word for each in told_apart for word in each))


def _word(place: JsonPlace) -> Word:
    speaker = next(filter(None, map(place.text, SPEAKERS)), "")
    return Word(
        place.needed_text("word"), "" if speaker == "0" else speaker, _first(place, STARTS), _first(place, ENDS)
    )


def _of_result(result: JsonPlace, best: JsonPlace) -> SourceTurn:
    words = best.each("words")
    start = _first(words[0], STARTS) if words else None
    end = _first(words[-1], ENDS) if words else _first(result, RESULT_ENDS)
    return SourceTurn(best.text("transcript"), speaker=result.text("channelTag"), start=start, end=end)


def _first(place: JsonPlace, keys: Sequence[str]) -> float | None:
    return next((place.duration(key) for key in keys if place.has(key)), None)
