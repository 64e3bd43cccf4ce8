"""Each source, in the exact shape of its export, comes all the way to sentences with roles, times and outcomes."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa
import pytest

from dialin.errors import InputNote
from dialin.read.columns import Columns
from dialin.read.importers.base import Importer
from dialin.read.importers.known import IMPORTERS
from dialin.read.table import read, read_table
from export_tree import fixture_names, fixture_path, fixture_value

Turn = tuple[str, str | None, float | None, float | None]
SECOND = datetime(2026, 3, 4, 9, 0, 0)


@dataclass(frozen=True)
class Expected:
    """What a fixture holds: its dialogue, the turns (text, role, start, end), outcomes and dates, and what is told."""

    dialogue: str
    turns: list[Turn]
    outcomes: dict[str, object] = field(default_factory=dict)
    dates: list[float] = field(default_factory=list)
    speakers: str = ""
    told: str = ""


EXPECTED = {
    "contact-lens": Expected(
        "contact-71",
        [
            ("Good morning, how can I help?", "agent", 0.12, 1.9),
            ("My kettle was due on Monday and nobody has brought it.", "customer", 2.5, 6.1),
            ("Can you tell me where it is?", "customer", 8.6, 10.0),
            ("Let me look that up for you.", "agent", 10.4, 12.0),
        ],
        {"duration": 12.4, "channel": "voice", "language": "en-US", "tags": "Delivery, Late"},
        told="1 Contact Lens call",
    ),
    "contact-lens-chat": Expected(
        "chat-19",
        [
            ("My voucher is not accepted at the checkout", "customer", None, None),
            ("It says expired", "customer", None, None),
            ("I have extended it by a week for you.", "agent", None, None),
        ],
        {"duration": 95.0, "channel": "chat", "language": "en-GB"},
        [20, 24, 90],
        told="1 Contact Lens chat; 1 event, 1 bot turn, 1 attachment left out",
    ),
    "lex-designer": Expected(
        "lex-4",
        [
            ("Hello, what can I do for you?", "agent", None, None),
            ("I would like to book a table for six.", "customer", None, None),
            ("For which evening?", "agent", None, None),
            ("This Saturday at eight.", "customer", None, None),
        ],
        told="1 Lex designer transcript",
    ),
    "call-analytics": Expected(
        "通话-0312",
        [
            ("您好，请问有什么可以帮您？", "agent", 0.2, 2.1),
            ("我上周退的鞋子，钱还没有退回来。", "customer", 3.0, 7.0),
            ("我帮您查一下退款进度。", "agent", 7.6, 9.8),
        ],
        {"duration": 21.0, "channel": "voice", "language": "zh-CN", "tags": "退款"},
        told="1 Transcribe Call Analytics call",
    ),
    "transcribe": Expected(
        "recording-88",
        [("How can I help?", "agent", 0.4, 1.6), ("My bill is wrong, twice.", "customer", 2.1, 5.2)],
        {"speaker": None},
        speakers="spk_0=agent,spk_1=customer",
        told="1 Amazon Transcribe transcript",
    ),
    "cx-ingest": Expected(
        "cx-ingest",
        [
            ("I was charged twice for one ticket.", "customer", 0.0, None),
            ("Which card did you pay with?", "agent", 8.5, None),
            ("With the blue one.", "customer", 14.75, None),
        ],
        {"tags": "billing, refund"},
        [6, 15, 21],
        told="1 CX Insights conversation to upload; 1 bot turn left out",
    ),
    "cx-insights": Expected(
        "conv-55",
        [
            ("The screen of my new phone is cracked.", "customer", 4.1, 6.4),
            ("I will send you a new one.", "agent", 7.5, None),
        ],
        {
            **{"duration": 61.5, "rating": 4.0, "queue": "orders", "channel": "voice", "wait": 12.0},
            **{"tags": "product=phone, country=NL", "menu": "1>3", "disposition": "solved"},
        },
        [4, 7],
        told="1 CX Insights conversation; 1 bot turn left out",
    ),
    "google-stt": Expected(
        "google-stt",
        [("请问您想咨询什么", "agent", 0.3, 1.9), ("我要改收货地址", "customer", 2.6, 4.2)],
        {"language": "cmn-hans-cn"},
        speakers="1=agent,2=customer",
        told="1 Google Speech-to-Text transcript",
    ),
    "genesys": Expected(
        "g-301",
        [
            ("Good afternoon, Harbour Travel.", "agent", 5.0, 6.8),
            ("I need to move my flight to the 12th.", "customer", 7.5, 10.5),
            ("Sure, may I have your name?", "agent", 11.0, 12.6),
        ],
        {"channel": "voice"},
        [5, 7, 11],
        told="1 Genesys Cloud conversation; 1 IVR turn left out",
    ),
    "azure-speech": Expected(
        "call-2026-17",
        [
            ("您好，欢迎致电。这里是技术支持。", "agent", 0.5, 3.5),
            ("路由器一直连不上网。", "customer", 4.5, 7.0),
            ("请您先重启一下设备。", "agent", 9.0, 11.0),
        ],
        {"duration": 14.0},
        speakers="0=agent,1=customer",
        told="1 Azure batch transcription; 1 unrecognised phrase left out",
    ),
    "whisper": Expected(
        "whisper",
        [
            ("Thanks for calling, how can I help?", "agent", 0.31, 1.92),
            ("I forgot my password and the reset mail never comes.", "customer", 2.4, 6.0),
            ("Which address?", "agent", 6.3, 7.1),
            ("The one with Jones.", "customer", 7.8, 8.3),
        ],
        {"language": "en"},
        speakers="0=agent,SPEAKER_01=customer",
        told="1 Whisper transcript",
    ),
    "deepgram": Expected(
        "req-12",
        [
            ("Good evening.", "agent", 0.2, 1.0),
            ("I want to cancel my subscription.", "customer", 1.6, 3.4),
            ("May I ask why?", "agent", 4.0, 5.1),
        ],
        {"duration": 9.5},
        speakers="0=agent,1=customer",
        told="1 Deepgram transcript",
    ),
    "assemblyai": Expected(
        "aai-7",
        [
            ("Hello.", "agent", 0.25, 0.7),
            ("Hi, my parcel is damaged.", "customer", 1.2, 3.1),
            ("I am sorry to hear that.", "agent", 3.6, 5.2),
        ],
        {"duration": 8.0, "language": "en"},
        speakers="a=agent,b=customer",
        told="1 AssemblyAI transcript",
    ),
    "twilio": Expected(
        "twilio",
        [
            ("City library, good morning.", "agent", 0.5, 1.75),
            ("Can I renew my books by phone?", "customer", 2.25, 4.5),
            ("Yes, what is your card number?", "agent", 5.0, 7.0),
        ],
        speakers="1=agent,2=customer",
        told="1 Twilio transcript",
    ),
}
"""By the name of the importer, which is that of its fixture."""


def read_quietly(name: str, speakers: str = "") -> tuple[pa.Table, list[str]]:
    """Return the table of a fixture, and what was said about it."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_table(str(fixture_path(name)), Columns(speakers=speakers))
    assert all(issubclass(warning.category, InputNote) for warning in caught)
    return table, [str(warning.message) for warning in caught]


def column(table: pa.Table, name: str) -> list[Any]:
    """Return a column; nulls if the table has none of this name."""
    values: list[Any] = table[name].to_pylist() if name in table.column_names else [None] * table.num_rows
    return values


@pytest.mark.parametrize("name", EXPECTED)
def test_turns_come_with_roles_and_times(name: str) -> None:
    expected = EXPECTED[name]
    table, _ = read_quietly(name, expected.speakers)
    assert list(zip(*(column(table, key) for key in ("text", "role", "start", "end")), strict=True)) == expected.turns
    assert column(table, "turn") == list(range(table.num_rows))
    assert column(table, "row") == list(range(table.num_rows))


@pytest.mark.parametrize("name", EXPECTED)
def test_the_dialogue_and_its_outcomes_come_with_each_turn(name: str) -> None:
    expected = EXPECTED[name]
    table, _ = read_quietly(name, expected.speakers)
    assert set(column(table, "dialogue_id")) == {expected.dialogue}
    for outcome, value in expected.outcomes.items():
        assert set(column(table, outcome)) == {value}, outcome
    usual = {"row", "text", "dialogue_id", "turn", "role", "date", "start", "end"}
    assert set(table.column_names) <= usual | set(expected.outcomes)


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if expected.dates])
def test_turns_have_the_dates_of_the_source(name: str) -> None:
    """In whole seconds, as all dates."""
    found = column(read_quietly(name)[0], "date")
    assert [(date - SECOND).total_seconds() for date in found] == pytest.approx(EXPECTED[name].dates)


@pytest.mark.parametrize("name", EXPECTED)
def test_it_is_said_whose_export_it_is(name: str) -> None:
    _, lines = read_quietly(name, EXPECTED[name].speakers)
    assert lines == [f"{fixture_path(name)}: {EXPECTED[name].told}"]


@pytest.mark.parametrize("name", [name for name, expected in EXPECTED.items() if expected.speakers])
def test_labels_of_speakers_are_no_roles(name: str) -> None:
    table, lines = read_quietly(name)
    assert column(table, "role") == [None] * table.num_rows
    assert len(set(column(table, "speaker"))) == 2
    assert "--speakers" in lines[1]


@pytest.mark.parametrize("name", EXPECTED)
def test_sentences_are_counted_by_text_and_role(name: str) -> None:
    expected = EXPECTED[name]
    with pytest.warns(InputNote):
        corpus = read(str(fixture_path(name)), Columns(speakers=expected.speakers))
    assert list(zip(corpus.texts, corpus.roles or [], strict=True)) == sorted(
        (text, role) for text, role, *_ in expected.turns
    )
    assert corpus.occurrences.column_names[:6] == ["row", "sentence_id", "dialogue_id", "turn", "role", "date"]


# --- who recognises what ----------------------------------------------------------------------------


def recognisers(document: object, importers: Iterable[Importer] = IMPORTERS) -> list[str]:
    return [importer.name for importer in importers if importer.recognises(document)]


@pytest.mark.parametrize("name", fixture_names())
def test_each_fixture_is_recognised_by_one_importer(name: str) -> None:
    assert recognisers(fixture_value(name)) == [name]


def test_each_importer_has_a_fixture_and_a_name_of_its_own() -> None:
    names = [importer.name for importer in IMPORTERS]
    assert len(set(names)) == len(names)
    assert set(names) >= set(fixture_names()) == set(EXPECTED)


ORDINARY = [
    {"text": "hello", "id": 1},
    {"id": "1", "text": "hello", "utterances": [{"speaker": "user", "text": "hi"}]},
    {"dialogue_id": "1", "turns": [{"speaker": "USER", "utterance": "hi"}]},
    {"conversation": [{"role": "user", "content": "hi"}]},
    {"messages": [{"role": "user", "content": "hi"}], "name": "projects"},
    {"Transcript": "hello", "Channel": "VOICE"},
    {"transcript": "hello", "results": []},
    {"entries": ["a"], "segments": ["b"], "sentences": ["c"], "language": "en"},
    {"text": ["a", "b"], "language": ["en", "en"]},
    {"results": {"a": 1}},
    {},
    [],
    "text,role\nhello,agent\n",
    None,
    7,
]


@pytest.mark.parametrize("document", ORDINARY, ids=str)
def test_what_people_have_else_is_recognised_by_none(document: object) -> None:
    assert recognisers(document) == []
