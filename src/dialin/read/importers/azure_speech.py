"""Azure AI Speech, batch transcription: recognised phrases. Shape: Microsoft Learn, batch transcription."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import in_order
from dialin.read.importers.places import JsonPlace, filled_keys, known_outcomes

_TICK = 1e-7
"""Seconds."""


class AzureSpeech:
    """Batch transcriptions of Azure AI Speech."""

    name, one, many = "azure-speech", "Azure batch transcription", "Azure batch transcriptions"

    def recognises(self, document: object) -> bool:
        """Return whether a document has recognised phrases, or a list for them."""
        return "recognizedPhrases" in filled_keys(document)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document; it is named after the recording."""
        root = JsonPlace(document, where)
        phrases = root.each("recognizedPhrases")
        heard = [phrase for phrase in phrases if phrase.text("recognitionStatus") in {"", "Success"}]
        if not heard:
            raise NothingSaidError("no phrase was recognised")
        left_out = {"unrecognised phrases": n} if (n := len(phrases) - len(heard)) else {}
        recording = PurePosixPath(root.text("source").partition("?")[0]).stem
        outcomes = known_outcomes(duration=root.seconds("durationInTicks", _TICK))
        yield Dialogue(recording, tuple(in_order(map(_phrase, heard))), outcomes=outcomes, left_out=left_out)


def _phrase(phrase: JsonPlace) -> SourceTurn:
    best = phrase.first("nBest")
    start = _time(phrase, "offset")
    lasts = _time(phrase, "duration")
    end = None if start is None or lasts is None else round(start + lasts, 3)
    speaker = phrase.text("speaker") or phrase.text("channel")
    return SourceTurn(best.text("display") if best else "", speaker=speaker, start=start, end=end)


def _time(phrase: JsonPlace, key: str) -> float | None:
    ticks = phrase.seconds(f"{key}InTicks", _TICK)
    return phrase.duration(key) if ticks is None else ticks
