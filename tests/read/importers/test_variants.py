"""The other shapes that a source has: without speakers, with channels, older versions, many in one answer."""

from __future__ import annotations

from typing import Any

import pytest

from dialin.read.importers.base import Dialogue
from dialin.read.importers.known import importer_of
from export_tree import fixture_value

Said = list[tuple[str, str, float | None, float | None]]


def dialogues_in(document: object) -> list[Dialogue]:
    importer = importer_of(document)
    assert importer
    return list(importer.dialogues(document, "it"))


def said_in(document: object) -> Said:
    (dialogue,) = dialogues_in(document)
    return [(turn.text, turn.speaker, turn.start, turn.end) for turn in dialogue.turns]


# --- Amazon -----------------------------------------------------------------------------------------


def transcribed(*items: dict[str, Any], **more: object) -> dict[str, Any]:
    return {"jobName": "j", "results": {"transcripts": [{"transcript": "whole"}], "items": list(items), **more}}


def item(text: str, start: float, **more: str) -> dict[str, Any]:
    times = {"start_time": str(start), "end_time": str(start + 0.25)}
    return {**times, "type": "pronunciation", "alternatives": [{"content": text}], **more}


def test_older_transcripts_tell_speakers_in_segments_alone() -> None:
    segments = [
        {"speaker_label": "spk_0", "items": [{"start_time": "0.0"}]},
        {"speaker_label": "spk_1", "items": [{"start_time": "0.5", "speaker_label": "spk_2"}]},
    ]
    found = said_in(transcribed(item("yes", 0.0), item("no", 0.5), speaker_labels={"segments": segments}))
    assert found == [("yes", "spk_0", 0.0, 0.25), ("no", "spk_2", 0.5, 0.75)]


def test_channels_are_speakers_too() -> None:
    found = said_in(transcribed(item("no", 0.5, channel_label="ch_1"), item("yes", 0.0, channel_label="ch_0")))
    assert [(text, speaker) for text, speaker, *_ in found] == [("yes", "ch_0"), ("no", "ch_1")]


def test_a_transcript_without_words_is_one_turn() -> None:
    assert said_in(transcribed()) == [("whole", "", None, None)]


def test_a_word_may_have_no_alternative() -> None:
    assert said_in(transcribed(item("yes", 0.0), {"alternatives": []}))[0][0] == "yes"


def test_a_participant_of_contact_lens_may_be_its_role() -> None:
    document = fixture_value("contact-lens") | {"Participants": []}
    for turn, role in zip(
        document["Transcript"], ("AGENT", "CUSTOMER", "CUSTOMER", "CUSTOMER", "SOMEBODY"), strict=True
    ):
        turn["ParticipantId"] = role
    (dialogue,) = dialogues_in(document)
    assert [turn.role for turn in dialogue.turns] == ["agent", "customer", "customer", "customer", ""]


# --- Google -----------------------------------------------------------------------------------------


def test_uploaded_times_may_begin_at_nought() -> None:
    entries = [{"text": "hi", "user_id": 1, "start_timestamp_usec": 1_500_000}, {"text": "yes", "user_id": "2"}]
    (dialogue,) = dialogues_in({"entries": entries})
    assert [(turn.speaker, turn.start, turn.date) for turn in dialogue.turns] == [("1", 1.5, ""), ("2", None, "")]


def test_the_api_returns_lists_of_conversations() -> None:
    one = fixture_value("cx-insights")
    empty = {"name": "projects/p/locations/l/conversations/2"}
    found = dialogues_in({"conversations": [one, one | {"name": "projects/p/locations/l/conversations/b"}, empty]})
    assert [dialogue.id for dialogue in found] == ["conv-55", "b"]


def test_a_segment_without_a_role_has_its_channel() -> None:
    segments = [{"text": "hi", "channelTag": 2, "messageTime": "2026-03-04T08:59:00Z"}]
    document = {"startTime": "2026-03-04T09:00:00", "transcript": {"transcriptSegments": segments}}
    assert said_in(document) == [("hi", "2", None, None)]


def result(text: str, channel: int, start: str) -> dict[str, Any]:
    words = [{"startOffset": start, "endOffset": "9s", "word": text}]
    return {"alternatives": [{"transcript": text, "words": words}], "channelTag": channel, "languageCode": "en"}


def test_speech_by_channel_is_put_in_order() -> None:
    found = said_in({"results": [result("two", 1, "2.5s"), result("one", 2, "0.5s")]})
    assert found == [("one", "2", 0.5, 9.0), ("two", "1", 2.5, 9.0)]


def test_speech_of_version_2_has_a_label_on_each_word() -> None:
    def words(*said: tuple[str, str, str]) -> dict[str, Any]:
        found = [{"word": word, "speakerLabel": who, "startOffset": start} for word, who, start in said]
        return {"alternatives": [{"transcript": "x", "words": found}]}

    found = said_in({"results": [words(("my", "1", "0s"), ("lamp", "1", "0.3s")), words(("yes", "2", "1s"))]})
    assert [(text, speaker) for text, speaker, *_ in found] == [("my lamp", "1"), ("yes", "2")]


def test_speech_without_words_ends_where_the_result_does() -> None:
    results = [{"alternatives": [{"transcript": "hi"}], "resultEndTime": "2.5s"}, {"alternatives": []}]
    assert said_in({"name": "7", "done": True, "response": {"results": results}}) == [("hi", "", None, 2.5)]


# --- others -----------------------------------------------------------------------------------------


def test_a_genesys_conversation_may_begin_at_nought() -> None:
    document = fixture_value("genesys")
    for phrase in document["transcripts"][0]["phrases"]:
        phrase["startTimeMs"] -= 1772614800000
        phrase |= {"decoratedText": None, "participantPurpose": "external"}
    (dialogue,) = dialogues_in(document)
    assert dialogue.date == ""
    assert (dialogue.turns[1].text, dialogue.turns[1].start) == ("good afternoon harbour travel", 5.0)


def test_azure_may_write_times_as_iso_8601_alone() -> None:
    best = [{"display": "Hello."}]
    document = {
        "recognizedPhrases": [{"speaker": 2, "channel": 0, "offset": "PT1M1.5S", "duration": "PT2S", "nBest": best}]
    }
    assert said_in(document) == [("Hello.", "2", 61.5, 63.5)]


def test_whisper_alone_tells_no_speakers() -> None:
    segments = [
        {"id": 0, "start": 0, "end": 1.5, "text": " 我的快递到哪了"},
        {"id": 1, "start": 1.5, "end": 2, "text": "？"},
    ]
    document = {"text": "我的快递到哪了？", "language": "zh", "duration": 2.0, "segments": segments}
    assert said_in(document) == [("我的快递到哪了", "", 0.0, 1.5), ("？", "", 1.5, 2.0)]
    assert dialogues_in(document)[0].outcomes == {"language": "zh", "duration": 2.0}


def heard(*words: tuple[str, int, float]) -> dict[str, Any]:
    found = [{"word": w, "punctuated_word": w.title(), "speaker": s, "start": t, "end": t + 0.3} for w, s, t in words]
    return {"alternatives": [{"transcript": " ".join(w for w, *_ in words), "words": found}]}


def test_deepgram_without_utterances_has_words() -> None:
    found = said_in({"results": {"channels": [heard(("hi", 0, 0), ("there", 0, 0.4), ("yes", 1, 1))]}})
    assert found == [("Hi There", "0", 0.0, 0.7), ("Yes", "1", 1.0, 1.3)]


def test_deepgram_with_two_channels_has_their_numbers() -> None:
    channels = [heard(("late", 0, 5)), heard(("early", 0, 1)), {"alternatives": []}]
    assert [(text, speaker) for text, speaker, *_ in said_in({"results": {"channels": channels}})] == [
        ("Early", "1"),
        ("Late", "0"),
    ]
    utterances = [{"transcript": "hi", "channel": 1, "speaker": 0, "start": 0, "end": 1}]
    assert said_in({"results": {"channels": channels, "utterances": utterances}})[0][1] == "1"


def test_deepgram_without_words_has_the_transcript() -> None:
    assert said_in({"results": {"channels": [{"alternatives": [{"transcript": "hi"}]}]}}) == [("hi", "", None, None)]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"words": [{"text": "hi", "start": 100, "end": 300}]}, ("hi", "", 0.1, 0.3)),
        ({"words": None}, ("all of it", "", None, None)),
    ],
)
def test_assemblyai_without_speakers(more: dict[str, Any], expected: tuple[object, ...]) -> None:
    document = {"id": "a", "status": "completed", "audio_url": "x", "text": "all of it", "utterances": None, **more}
    assert said_in(document) == [expected]


def test_a_conversation_may_not_tell_when_it_began() -> None:
    document = {"transcript": {"transcriptSegments": [{"text": "hi", "messageTime": "2026-03-04T08:59:00Z"}]}}
    (dialogue,) = dialogues_in(document)
    assert (dialogue.date, dialogue.turns[0].start, dialogue.turns[0].date) == ("", None, "2026-03-04T08:59:00+00:00")
