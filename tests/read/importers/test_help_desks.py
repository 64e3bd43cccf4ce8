"""Exports of help desks, and subtitles, from the file to sentences with roles and dates; and broken ones."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from dialin.errors import InputError, InputNote
from dialin.read.columns import Columns
from dialin.read.importers.base import Dialogue
from dialin.read.importers.documents import SourceFile, documents_in
from dialin.read.importers.known import IMPORTERS, importer_named
from dialin.read.table import read, read_table

FIXTURES = Path(__file__).parent / "desk_fixtures"
pytestmark = pytest.mark.filterwarnings("ignore::dialin.errors.InputNote")
Change = Callable[[Any], object]


def fixture_path(name: str) -> Path:
    """Return the file of a fixture by its name without ending."""
    return next(path for path in FIXTURES.iterdir() if path.stem == name)


def fixture_value(name: str) -> Any:
    return json.loads(fixture_path(name).read_text("utf-8"))


def said_in(name: str) -> list[tuple[str, str, str]]:
    """Return dialogue, role and text of each turn of a fixture."""
    table = read_table(fixture_path(name))
    columns = [table[column].to_pylist() for column in ("dialogue_id", "role", "text")]
    return list(zip(*columns, strict=True))


TURNS = {
    "zendesk": [
        ("4711", "customer", "Hello, you charged me twice in March."),
        ("4711", "agent", "We refunded the second payment."),
        ("4711", "customer", "Thank you, when will I see it?"),
        ("4712", "customer", "我想退款，已经三天了。"),
    ],
    "intercom": [
        ("9001", "customer", "Hi, my parcel never arrived."),
        ("9001", "agent", "Which address is it going to?"),
        ("9001", "customer", "To my office & not my home."),
        ("9002", "customer", "请取消我的订阅。"),
    ],
    "freshdesk": [
        ("815", "customer", "I cannot log in since yesterday. The page stays white."),
        ("815", "agent", "Which browser do you use?"),
        ("815", "customer", "火狐浏览器"),
    ],
    "kustomer": [
        ("c1", "customer", "Can I change the colour of my order?"),
        ("c1", "agent", "Sure, which colour do you want?"),
        ("c2", "customer", "我的订单在哪里？"),
    ],
    "kore-ai": [
        ("u-ann", "customer", "I lost my card, please block it"),
        ("u-ann", "customer", "will I get a new one?"),
        ("u-bo", "customer", "查询余额"),
    ],
    "subtitles": [
        ("subtitles", "agent", "Good morning, how can I help?"),
        ("subtitles", "customer", "我的 SIM 卡丢了。怎么办？"),
        ("subtitles", "agent", "Wait & see."),
    ],
}
LEFT_OUT = {
    "zendesk": "2 Zendesk tickets; 1 private note, 1 system message left out",
    "intercom": "2 Intercom conversations; 2 bot turns, 2 missing parts, 1 event, 1 private note, "
    "1 redacted message left out",
    "freshdesk": "1 Freshdesk ticket; 1 private note, 1 empty message left out",
    "kustomer": "2 Kustomer conversations; 1 bot turn, 1 private note left out",
    "kore-ai": "2 Kore.ai dialogues; 1 bot turn, 1 event left out",
    "subtitles": "1 file of subtitles",
}
FIRST_DATES = {
    "zendesk": ["2026-03-02T09:15:00", "2026-03-02T10:00:00", "2026-03-02T11:00:00", "2026-03-03T08:00:00"],
    "intercom": ["2026-03-02T09:15:00", "2026-03-02T09:16:00", "2026-03-02T09:16:40", "2026-03-02T11:01:40"],
    "freshdesk": ["2026-04-01T07:00:00", "2026-04-01T07:30:00", "2026-04-01T08:00:00"],
    "kustomer": ["2026-05-04T10:00:00", "2026-05-04T10:01:00", "2026-05-05T09:00:00"],
    "kore-ai": ["2026-06-01T10:00:00", "2026-06-01T10:00:20", "2026-06-01T11:00:00"],
}
OUTCOMES: dict[str, dict[str, list[object]]] = {
    "zendesk": {"rating": ["good", None], "channel": ["email", "chat"], "tags": ["billing, refund", None]},
    "intercom": {"rating": [4.0, None], "channel": ["conversation", "email"], "tags": ["delivery, 急", None]},
    "freshdesk": {"channel": ["email"], "tags": ["login, web"]},
    "kustomer": {"channel": ["chat", "email"]},
    "subtitles": {"duration": [6.0]},
}


@pytest.mark.parametrize("name", TURNS)
def test_an_export_becomes_turns_with_roles(name: str) -> None:
    assert said_in(name) == TURNS[name]


@pytest.mark.parametrize("name", LEFT_OUT)
def test_what_is_left_out_is_counted(name: str) -> None:
    with pytest.warns(InputNote) as told:
        read_table(fixture_path(name))
    assert str(told[0].message).removeprefix(f"{fixture_path(name)}: ") == LEFT_OUT[name]


@pytest.mark.parametrize("name", FIRST_DATES)
def test_turns_have_the_dates_of_their_messages(name: str) -> None:
    assert [date.isoformat() for date in read_table(fixture_path(name))["date"].to_pylist()] == FIRST_DATES[name]


@pytest.mark.parametrize("name", OUTCOMES)
def test_outcomes_go_with_each_sentence(name: str) -> None:
    """They are in the occurrences of the corpus, which a run keeps; one value a dialogue."""
    rows = read(fixture_path(name)).occurrences.to_pylist()
    by_dialogue = {row["dialogue_id"]: row for row in rows}
    found = {key: [row[key] for row in by_dialogue.values()] for key in OUTCOMES[name]}
    assert found == OUTCOMES[name]


def test_subtitles_have_the_times_of_their_turns() -> None:
    table = read_table(fixture_path("subtitles"))
    assert table["start"].to_pylist() == [1.0, 3.0, 5.4]
    assert table["end"].to_pylist() == [2.5, 6.0, 6.0]


def test_a_role_makes_equal_words_two_sentences() -> None:
    corpus = read(fixture_path("freshdesk"))
    assert corpus.roles == ["customer" if text != "Which browser do you use?" else "agent" for text in corpus.texts]


@pytest.mark.parametrize("name", TURNS)
def test_one_importer_recognises_a_document(name: str) -> None:
    documents = list(documents_in(SourceFile(name, name, fixture_path(name).read_bytes())))
    found = [importer.name for importer in IMPORTERS for each in documents if importer.recognises(each.value)]
    assert found == [name] * len(documents)


# --- other shapes of the same source --------------------------------------------------------------


def put(folder: Path, value: object, name: str = "a.json") -> Path:
    path = folder / name
    path.write_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), "utf-8")
    return path


def texts_of(path: Path) -> list[tuple[str | None, str]]:
    table = read_table(path)
    return list(zip(table["role"].to_pylist(), table["text"].to_pylist(), strict=True))


def zendesk_ticket() -> dict[str, Any]:
    first: dict[str, Any] = json.loads(fixture_path("zendesk").read_text("utf-8").splitlines()[0])
    return first


def test_a_page_of_tickets_shares_its_users(tmp_path: Path) -> None:
    ticket = zendesk_ticket()
    page = {"users": ticket.pop("users"), "tickets": [ticket, {**ticket, "id": 1, "comments": []}]}
    assert texts_of(put(tmp_path, page)) == [
        *[(role, text) for _, role, text in TURNS["zendesk"][:3]],
        ("customer", "Hello, you charged me twice in March."),
    ]


def test_without_users_all_but_the_requester_are_agents(tmp_path: Path) -> None:
    ticket = zendesk_ticket()
    del ticket["users"]
    assert [role for role, _ in texts_of(put(tmp_path, ticket))] == ["customer", "agent", "customer"]


def test_the_comments_of_a_ticket_alone_tell_roles_by_users(tmp_path: Path) -> None:
    ticket = zendesk_ticket()
    page = {key: ticket[key] for key in ("comments", "users")}
    assert [role for role, _ in texts_of(put(tmp_path, page))] == ["customer", "agent", "customer"]


def test_one_conversation_of_intercom_is_read_alone(tmp_path: Path) -> None:
    conversation = fixture_value("intercom")["conversations"][0]
    assert [text for _, text in texts_of(put(tmp_path, conversation))] == [text for _, _, text in TURNS["intercom"][:3]]


def test_an_agent_begins_an_outbound_ticket(tmp_path: Path) -> None:
    ticket = {**fixture_value("freshdesk"), "source": 10, "conversations": []}
    assert [role for role, _ in texts_of(put(tmp_path, ticket))] == ["agent"]


def test_kore_ai_is_read_with_the_delimiter_of_excel(tmp_path: Path) -> None:
    text = fixture_path("kore-ai").read_text("utf-8").replace('"I lost my card, please block it"', "I lost my card")
    assert texts_of(put(tmp_path, text.replace(",", ";"), "a.csv"))[0] == ("customer", "I lost my card")


def test_half_of_the_subtitles_with_names_make_voices(tmp_path: Path) -> None:
    """Two of three begin with a name; with one of three, the colon is part of the sentence."""
    cues = ["客服：您好", "Customer: my SIM is gone", "one thing: it is new"]
    text = "\n\n".join(f"{n}\n00:00:0{n},000 --> 00:00:0{n},500\n{cue}" for n, cue in enumerate(cues))
    assert texts_of(put(tmp_path, text, "a.srt")) == [
        ("agent", "您好"), ("customer", "my SIM is gone"), (None, "it is new")
    ]  # fmt: skip
    alone = text.replace("客服：", "").replace("Customer: ", "")
    assert texts_of(put(tmp_path, alone, "b.srt"))[2] == (None, "one thing: it is new")


def test_numbered_voices_are_speakers_without_a_role(tmp_path: Path) -> None:
    text = (
        "1\n00:00:00,000 --> 00:00:01,000\n[SPEAKER_00]: hello\n[SPEAKER_01]: hi\n\n2\n00:00:01,100 --> 00:00:02,000\n"
    )
    table = read_table(put(tmp_path, text + "[SPEAKER_01]: my card\n\nis gone\n", "a.srt"))
    assert table["text"].to_pylist() == ["hello", "hi my card is gone"]
    assert table["role"].null_count == 2
    assert table["speaker"].to_pylist() == ["SPEAKER_00", "SPEAKER_01"]


# --- broken exports -------------------------------------------------------------------------------


def at(*way: str | int) -> Callable[[object], Change]:
    """Return a function that makes a change: it puts a value at a place of a document."""

    def put_there(new: object) -> Change:
        def change(document: Any) -> object:
            inner = document
            for key in way[:-1]:
                inner = inner[key]
            if new is None:
                del inner[way[-1]]
            else:
                inner[way[-1]] = new
            return document

        return change

    return put_there


PART = ("conversations", 0, "conversation_parts", "conversation_parts", 0)
BROKEN_JSON: list[tuple[str, Change, str]] = [
    ("intercom", at(*PART, "author")(None), r"conversation_parts\[0\]\.author is missing"),
    ("intercom", at(*PART, "part_type")(None), r"conversation_parts\[0\]\.part_type is missing"),
    ("intercom", at(*PART, "created_at")("soon"), r"created_at is text 'soon', not a number"),
    ("intercom", at(*PART, "created_at")(1e20), r"created_at is 1e\+20, a time beyond all calendars"),
    ("intercom", at(*PART, "redacted")("no"), r"redacted is 'no', neither true nor false"),
    ("freshdesk", at("conversations", 0, "incoming")(None), r"conversations\[0\]\.incoming is missing"),
    ("freshdesk", at("conversations", 0, "incoming")("yes"), r"incoming is 'yes', neither true nor false"),
    ("freshdesk", at("conversations", 0, "body")(["x"]), r"conversations\[0\]\.body is a list, not text"),
    ("freshdesk", at("conversations", 0, "created_at")("1st of May"), r"created_at is text '1st of May', not a date"),
    ("freshdesk", at("tags")("login"), r"tags is text 'login', not a list"),
    ("kustomer", at("data", 0, "attributes", "direction")("up"), r"direction is 'up', neither 'in' nor 'out'"),
    ("kustomer", at("data", 0, "attributes", "direction")(None), r"data\[0\]\.attributes\.direction is missing"),
    ("kustomer", at("data", 0, "relationships", "conversation", "data")(None), r"conversation\.data is missing"),
    ("kustomer", at("data", 0, "attributes", "sentAt")("x"), r"data\[0\]\.attributes\.sentAt is text 'x', not a date"),
    ("kustomer", at("data", 0, "attributes")("x"), r"data\[0\]\.attributes is text 'x', not an object"),
    ("zendesk", at("comments", 0, "author_id")(None), r"comments\[0\]\.author_id is missing"),
    ("zendesk", at("comments", 0, "public")("yes"), r"comments\[0\]\.public is 'yes', neither true nor false"),
    ("zendesk", at("comments", 0, "created_at")("x"), r"comments\[0\]\.created_at is text 'x', not a date"),
    ("zendesk", at("comments", 0, "html_body")({}), r"comments\[0\]\.html_body is an object, not text"),
    ("zendesk", at("users", 1, "role")(None), r"users\[1\]\.role is missing"),
]


@pytest.mark.parametrize(("name", "change", "message"), BROKEN_JSON)
def test_a_broken_export_names_file_and_place(tmp_path: Path, name: str, change: Change, message: str) -> None:
    value = zendesk_ticket() if name == "zendesk" else fixture_value(name)
    with pytest.raises(InputError, match=rf"^{tmp_path}/a\.json: .*{message}") as error:
        read_table(put(tmp_path, change(value)))
    assert "\n" not in str(error.value)


def test_a_broken_line_of_tickets_is_named(tmp_path: Path) -> None:
    lines = fixture_path("zendesk").read_text("utf-8").replace('"requester_id": 21', '"requester_id": [21]')
    with pytest.raises(InputError, match=r"^line 2 of .*a\.ndjson: requester_id is a list, not text"):
        read_table(put(tmp_path, lines, "a.ndjson"))


def places_in(value: object, way: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the way to each value in a document."""
    parts: Iterable[tuple[str | int, object]] = ()
    if isinstance(value, dict):
        parts = value.items()
    elif isinstance(value, list):
        parts = enumerate(value)
    for key, inner in parts:
        yield (*way, key)
        yield from places_in(inner, (*way, key))


@pytest.mark.parametrize("odd", [None, "", 0, -1, 1e30, True, [], {}, "x", [1], {"a": 1}, 10**30], ids=str)
@pytest.mark.parametrize("name", ["zendesk", "intercom", "freshdesk", "kustomer"])
def test_anything_anywhere_is_read_or_refused(name: str, odd: object) -> None:
    document = zendesk_ticket() if name == "zendesk" else fixture_value(name)
    importer = importer_named(name)
    n_read = n_refused = 0
    for way in list(places_in(document)):
        changed = at(*way)(odd)(deepcopy(document))
        try:
            n_read += all(isinstance(each, Dialogue) for each in importer.dialogues(changed, "it"))
        except InputError:
            n_refused += 1
    assert n_read + n_refused == len(list(places_in(document)))


BROKEN_TEXT = [
    ("kore-ai", ",out,", ",sideways,", r"record 2 of .*: 'Direction' is neither 'in' nor 'out': 'sideways'"),
    ("kore-ai", ",text,", ",text", r"line 2 of .* has 6 fields, the header 7"),
    ("kore-ai", '"I lost', 'I lost', r"line 2 of .* has 8 fields, the header 7"),
    ("kore-ai", 'block it"', "block it", r"the double quote in the record at line 2 of .* never closed"),
    ("kore-ai", "Id,", "Message,", r"2 columns that could be the Message|2 columns named 'Message'"),
    ("subtitles", "00:00:03.000 -->", "00:00:03.000 ->", r"line 11 of .* is not the time of a subtitle"),
    ("subtitles", "00:00:03.000 -->", "00:00:08.000 -->", r"line 11 of .*: the subtitle ends before it begins"),
    ("subtitles", "00:00:03.000 -->", "00:zz:03.000 -->", r"line 11 of .* is not the time of a subtitle: '00:zz"),
    ("subtitles", " 00:00:05.000\n", "\n", r"line 11 of .* is not the time of a subtitle: '00:00:03.000 -->'"),
    ("subtitles", "00:00:03.000 --> 00", "--> 00", r"line 11 of .* is not the time of a subtitle: '--> 00"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "message"), BROKEN_TEXT)
def test_broken_text_names_file_and_line(tmp_path: Path, name: str, old: str, new: str, message: str) -> None:
    path = fixture_path(name)
    text = path.read_text("utf-8")
    assert old in text
    with pytest.raises(InputError, match=message):
        read_table(put(tmp_path, text.replace(old, new, 1), path.name))


def test_a_file_without_subtitles_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a\.vtt holds no file of subtitles in which anybody says anything"):
        read_table(put(tmp_path, "WEBVTT\n\nNOTE nothing\n", "a.vtt"))


@pytest.mark.parametrize("name", ["kore-ai", "subtitles"])
def test_a_forced_format_of_text_refuses_json(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match=r"a\.json is JSON, not"):
        read_table(put(tmp_path, {"a": 1}), Columns(format=name))
