"""Deepgram: utterances, or words with speakers.

Shapes: developers.deepgram.com/docs/utterances, and api-evangelist/deepgram, json-schema.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialin.read.importers.base import Dialogue, NothingSaidError, SourceTurn
from dialin.read.importers.joining import Word, in_order, turns_of_words
from dialin.read.importers.places import JsonPlace, known_outcomes, object_in

DURATION = "duration"
"""Key of the seconds of the recording among the metadata: from memory."""


class Deepgram:
    """Transcripts of Deepgram."""

    name, one, many = "deepgram", "Deepgram transcript", "Deepgram transcripts"

    def recognises(self, document: object) -> bool:
        """Return whether a document has results by channel."""
        return isinstance(object_in(document, "results").get("channels"), list)

    def dialogues(self, document: object, where: str) -> Iterator[Dialogue]:
        """Yield the one dialogue of a document."""
        root = JsonPlace(document, where)
        results = root.at("results")
        channels = results.at("channels").items()
        said = _utterances(results, len(channels)) or [
            turn for n, channel in enumerate(channels) for turn in _of_channel(channel, str(n), len(channels))
        ]
        if not any(turn.text for turn in said):
            raise NothingSaidError("no transcript")
        about = root.at("metadata") if root.has("metadata") else JsonPlace({}, where)
        outcomes = known_outcomes(duration=about.seconds(DURATION))
        yield Dialogue(about.text("request_id"), tuple(in_order(said)), outcomes=outcomes)


def _utterances(results: JsonPlace, n_channels: int) -> list[SourceTurn]:
    return [
        SourceTurn(
            each.needed_text("transcript"),
            speaker=each.text("channel" if n_channels > 1 else "speaker"),
            start=each.seconds("start"),
            end=each.seconds("end"),
        )
        for each in results.each("utterances")
    ]


def _of_channel(channel: JsonPlace, label: str, n_channels: int) -> list[SourceTurn]:
    best = channel.first("alternatives")
    if best is None:
        return []
    words = [_word(each, label if n_channels > 1 else each.text("speaker")) for each in best.each("words")]
    return list(turns_of_words(words)) or [SourceTurn(best.text("transcript"), speaker=label * (n_channels > 1))]


def _word(place: JsonPlace, speaker: str) -> Word:
    text = place.text("punctuated_word") or place.needed_text("word")
    return Word(text, speaker, place.seconds("start"), place.seconds("end"))
