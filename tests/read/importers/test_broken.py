"""A broken document is named with the place in it, in one line; one in which nothing is said is counted."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Iterator
from contextlib import suppress
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError, InputNote
from dialin.read.columns import Columns
from dialin.read.importers.base import Importer, NothingSaidError
from dialin.read.importers.known import IMPORTERS, importer_named, importer_of
from dialin.read.table import read_table
from export_tree import contact_call, fixture_names, fixture_path, fixture_value

GONE = object()
Way = list[str | int]
Case = tuple[str, Way, object, str]

WRONG: list[Case] = [
    ("contact-lens", ["Transcript"], "none", r"Transcript is text 'none', not a list"),
    ("contact-lens", ["Transcript", 2, "Content"], GONE, r"Transcript\[2\]\.Content is missing"),
    ("contact-lens", ["Transcript", 1, "BeginOffsetMillis"], "soon", r"Transcript\[1\]\.BeginOffsetMillis is .*'soon'"),
    (
        "contact-lens",
        ["Transcript", 1, "EndOffsetMillis"],
        -5,
        r"Transcript\[1\]\.EndOffsetMillis is -5, a time before",
    ),
    ("contact-lens", ["Participants", 0], "agent", r"Participants\[0\] is text 'agent', not an object"),
    ("contact-lens-chat", ["Transcript"], {}, r"Transcript is an object, not a list"),
    ("contact-lens-chat", ["Transcript", 2, "Content"], GONE, r"Transcript\[2\]\.Content is missing"),
    ("contact-lens-chat", ["Transcript", 2, "Content"], ["x"], r"Transcript\[2\]\.Content is a list, not text"),
    ("contact-lens-chat", ["Transcript", 3, "AbsoluteTime"], "noon", r"Transcript\[3\]\.AbsoluteTime is .*not a date"),
    ("contact-lens-chat", ["CustomerMetadata"], "x", r"CustomerMetadata is text 'x', not an object"),
    ("lex-designer", ["CustomerMetadata"], "x", r"CustomerMetadata is text 'x', not an object"),
    ("lex-designer", ["Transcript", 0, "Content"], GONE, r"Transcript\[0\]\.Content is missing"),
    ("lex-designer", ["Transcript", 3, "ParticipantId"], GONE, r"Transcript\[3\]\.ParticipantId is missing"),
    ("lex-designer", ["Participants"], "two", r"Participants is text 'two', not a list"),
    ("lex-designer", ["Transcript", 1, "EndOffsetMillis"], "end", r"Transcript\[1\]\.EndOffsetMillis is .*'end'"),
    ("call-analytics", ["Transcript"], "无", r"Transcript is text '无', not a list"),
    ("call-analytics", ["Transcript", 1, "ParticipantRole"], GONE, r"Transcript\[1\]\.ParticipantRole is missing"),
    ("call-analytics", ["Transcript", 1, "Content"], {"a": 1}, r"Transcript\[1\]\.Content is an object, not text"),
    ("call-analytics", ["Transcript", 0, "BeginOffsetMillis"], [], r"BeginOffsetMillis is a list, not a number"),
    ("call-analytics", ["Categories"], "退款", r"Categories is text '退款', not an object"),
    ("transcribe", ["results", "items"], "none", r"results\.items is text 'none', not a list"),
    ("transcribe", ["results", "items", 1, "alternatives"], GONE, r"results\.items\[1\]\.alternatives is missing"),
    (
        "transcribe",
        ["results", "items", 1, "alternatives", 0, "content"],
        GONE,
        r"alternatives\[0\]\.content is missing",
    ),
    ("transcribe", ["results", "items", 2, "start_time"], "?", r"results\.items\[2\]\.start_time is text '\?'"),
    ("transcribe", ["results", "speaker_labels"], [], r"results\.speaker_labels is a list, not an object"),
    ("cx-ingest", ["entries"], "none", r"entries is text 'none', not a list"),
    ("cx-ingest", ["entries", 1, "text"], GONE, r"entries\[1\]\.text is missing"),
    ("cx-ingest", ["entries", 2, "user_id"], GONE, r"entries\[2\]\.user_id is missing"),
    ("cx-ingest", ["entries", 3, "start_timestamp_usec"], 1e40, r"start_timestamp_usec is 1e\+40, a time beyond"),
    ("cx-ingest", ["conversation_info"], [1], r"conversation_info is a list, not an object"),
    ("cx-insights", ["transcript", "transcriptSegments"], "x", r"transcript\.transcriptSegments is .*not a list"),
    ("cx-insights", ["transcript", "transcriptSegments", 1, "text"], GONE, r"transcriptSegments\[1\]\.text is missing"),
    ("cx-insights", ["transcript", "transcriptSegments", 2, "messageTime"], "x", r"\[2\]\.messageTime is .*not a date"),
    ("cx-insights", ["duration"], "an hour", r"duration is text 'an hour', not a duration"),
    ("cx-insights", ["qualityMetadata"], 4, r"qualityMetadata is a number 4, not an object"),
    ("google-stt", ["results", 0, "alternatives"], "x", r"results\[0\]\.alternatives is text 'x', not a list"),
    ("google-stt", ["results", 2, "alternatives", 0, "words", 0, "word"], GONE, r"words\[0\]\.word is missing"),
    (
        "google-stt",
        ["results", 2, "alternatives", 0, "words", 1, "startTime"],
        "1.2",
        r"words\[1\]\.startTime is .*'1\.2'",
    ),
    ("google-stt", ["results", 2, "alternatives", 0, "words"], {"a": 1}, r"words is an object, not a list"),
    ("google-stt", ["results", 1], "x", r"results\[1\] is text 'x', not an object"),
    ("genesys", ["transcripts", 0, "phrases"], "x", r"transcripts\[0\]\.phrases is text 'x', not a list"),
    ("genesys", ["transcripts", 0, "phrases", 2, "startTimeMs"], "x", r"phrases\[2\]\.startTimeMs is text 'x'"),
    ("genesys", ["transcripts", 0, "phrases", 2, "duration"], 900, r"phrases\[2\]\.duration is a number 900, not an"),
    ("genesys", ["transcripts", 0, "phrases", 1, "decoratedText"], {}, r"phrases\[1\]\.decoratedText is an object"),
    ("genesys", ["transcripts", 0], None, r"transcripts\[0\] is null, not an object"),
    ("azure-speech", ["recognizedPhrases"], "x", r"recognizedPhrases is text 'x', not a list"),
    ("azure-speech", ["recognizedPhrases", 1, "nBest"], GONE, r"recognizedPhrases\[1\]\.nBest is missing"),
    ("azure-speech", ["recognizedPhrases", 1, "offsetInTicks"], -1, r"\[1\]\.offsetInTicks is -1, a time before"),
    ("azure-speech", ["recognizedPhrases", 0, "nBest", 0, "display"], 3 * [1], r"nBest\[0\]\.display is a list"),
    ("azure-speech", ["source"], {"url": "x"}, r"source is an object, not text"),
    ("whisper", ["segments"], "x", r"segments is text 'x', not a list"),
    ("whisper", ["segments", 1, "text"], GONE, r"segments\[1\]\.text is missing"),
    ("whisper", ["segments", 1, "start"], True, r"segments\[1\]\.start is a truth value True, not a number"),
    ("whisper", ["segments", 3, "words", 0, "word"], GONE, r"segments\[3\]\.words\[0\]\.word is missing"),
    ("whisper", ["segments", 2, "speaker"], [], r"segments\[2\]\.speaker is a list, not text"),
    ("deepgram", ["results", "utterances"], "x", r"results\.utterances is text 'x', not a list"),
    ("deepgram", ["results", "utterances", 1, "transcript"], GONE, r"utterances\[1\]\.transcript is missing"),
    ("deepgram", ["results", "utterances", 1, "start"], "1,6", r"utterances\[1\]\.start is text '1,6', not a number"),
    ("deepgram", ["metadata"], "x", r"metadata is text 'x', not an object"),
    ("deepgram", ["results", "channels"], GONE, r"results\.channels is missing"),
    ("assemblyai", ["utterances"], "x", r"utterances is text 'x', not a list"),
    ("assemblyai", ["utterances", 1, "text"], GONE, r"utterances\[1\]\.text is missing"),
    ("assemblyai", ["utterances", 1, "start"], -20, r"utterances\[1\]\.start is -20, a time before"),
    ("assemblyai", ["utterances", 2], 7, r"utterances\[2\] is a number 7, not an object"),
    ("assemblyai", ["audio_duration"], "long", r"audio_duration is text 'long', not a number"),
    ("twilio", ["sentences"], GONE, r"sentences is missing"),
    ("twilio", ["sentences", 1, "transcript"], GONE, r"sentences\[1\]\.transcript is missing"),
    ("twilio", ["sentences", 2, "media_channel"], GONE, r"sentences\[2\]\.media_channel is missing"),
    ("twilio", ["sentences", 0, "start_time"], "start", r"sentences\[0\]\.start_time is text 'start', not a number"),
    ("twilio", ["sentences", 1], ["x"], r"sentences\[1\] is a list, not an object"),
]

SILENT: dict[str, tuple[Way, object]] = {
    "contact-lens": (["Transcript"], []),
    "contact-lens-chat": (["Transcript"], []),
    "call-analytics": (["Transcript"], []),
    "transcribe": (["results"], {"transcripts": [{"transcript": ""}], "items": []}),
    "cx-ingest": (["entries"], []),
    "cx-insights": (["transcript"], GONE),
    "google-stt": (["results"], [{"alternatives": [{"transcript": ""}]}]),
    "genesys": (["transcripts"], [{"phrases": []}]),
    "azure-speech": (["recognizedPhrases"], []),
    "deepgram": (["results"], {"channels": [{"alternatives": [{"transcript": "", "words": []}]}]}),
    "assemblyai": (["utterances"], GONE),
    "twilio": (["sentences"], []),
}
"""What a source writes where nobody says anything; Whisper and Lex have no such document that could be recognised."""


def changed(document: Any, way: Way, value: object) -> Any:
    """Return a document with another value at a place, or without it."""
    found = deepcopy(document)
    inner = found
    for key in way[:-1]:
        inner = inner[key]
    if value is GONE:
        del inner[way[-1]]
    else:
        inner[way[-1]] = value
    return found


def put(folder: Path, name: str, document: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path


@pytest.mark.parametrize(("name", "way", "value", "told"), WRONG)
def test_a_broken_place_is_named(tmp_path: Path, name: str, way: Way, value: object, told: str) -> None:
    path = put(tmp_path, "a.json", changed(fixture_value(name), way, value))
    with pytest.raises(InputError, match=rf"a\.json: .*{told}") as caught:
        read_table(str(path), Columns(format=name))
    assert "\n" not in str(caught.value)


def test_each_source_is_broken_in_five_ways() -> None:
    """And in a sixth: cut short."""
    names = [name for name, *_ in WRONG]
    assert set(names) == set(fixture_names())
    assert min(names.count(name) for name in names) == 5


@pytest.mark.parametrize("name", sorted({name for name, *_ in WRONG}))
@pytest.mark.parametrize("is_forced", [True, False])
def test_a_document_that_is_cut_short_is_not_json(tmp_path: Path, name: str, is_forced: bool) -> None:
    text = fixture_path(name).read_text("utf-8")
    path = tmp_path / "a.json"
    path.write_text(text[: len(text) // 2], "utf-8")
    with pytest.raises(InputError, match=r"a\.json is not JSON: .*line \d+ column \d+"):
        read_table(str(path), Columns(format=name if is_forced else None))


@pytest.mark.parametrize("name", SILENT)
def test_a_document_in_which_nobody_speaks_is_counted(tmp_path: Path, name: str) -> None:
    put(tmp_path, "a.json", fixture_value(name))
    document = changed(fixture_value(name), *SILENT[name])
    if name == "assemblyai":
        document |= {"text": "", "status": "error"}
    put(tmp_path, "b.json", document)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_table(str(tmp_path))
    assert re.search(r"2 .*, 1 skipped: (no |the job failed)", str(caught[0].message))
    assert len(set(table["dialogue_id"].to_pylist())) == 1


def test_if_nobody_says_anything_at_all_it_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", contact_call("c"))
    with (
        pytest.warns(InputNote, match="1 Contact Lens call, 1 skipped: no transcript"),
        pytest.raises(InputError, match=r"a\.json holds no Contact Lens call in which anybody says anything"),
    ):
        read_table(str(path))


def test_a_job_that_failed_is_called_so(tmp_path: Path) -> None:
    put(tmp_path, "a.json", contact_call("a", ("CUSTOMER", "Hello there")))
    failed = {"JobStatus": "FAILED", "CustomerMetadata": {"ContactId": "b"}, "Channel": "VOICE"}
    put(tmp_path, "b.json", failed)
    with pytest.warns(InputNote, match="2 Contact Lens calls, 1 skipped: the job is failed"):
        read_table(str(tmp_path))


# --- any value at any place -------------------------------------------------------------------------

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 10**20) | st.floats(allow_nan=True) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def ways_in(value: object, way: Way | None = None) -> Iterator[Way]:
    """Yield the way to every place in a document."""
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        found = [*(way or []), key]
        yield found
        yield from ways_in(inner, found)


@given(data=st.data(), name=st.sampled_from(fixture_names()), value=JSON | st.just(GONE))
def test_any_value_at_any_place_is_read_or_named(data: st.DataObject, name: str, value: object) -> None:
    """No other error ever reaches the user, whoever is asked, and whoever recognises it."""
    document = fixture_value(name)
    broken = changed(document, data.draw(st.sampled_from(list(ways_in(document)))), value)
    for importer in {importer_named(name), importer_of(broken) or importer_named(name)}:
        with suppress(InputError, NothingSaidError):
            turns = [turn for dialogue in importer.dialogues(broken, "it") for turn in dialogue.turns]
            assert all(turn.start is None or turn.start >= 0 for turn in turns)


@given(document=JSON, importer=st.sampled_from(IMPORTERS))
def test_any_document_is_read_or_named(document: object, importer: Importer) -> None:
    with suppress(InputError, NothingSaidError):
        assert isinstance(list(importer.dialogues(document, "it")), list)
    assert not importer.recognises(document)
