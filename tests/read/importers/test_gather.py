"""Many documents become one table: whose they are, ids, what is left out, and what is said about it."""

from __future__ import annotations

import gzip
import json
import warnings
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dialin.errors import InputError, InputNote, InputWarning
from dialin.read.columns import Columns
from dialin.read.importers.known import IMPORTERS, importer_named
from dialin.read.label_column import column_of
from dialin.read.parts import read_parts
from dialin.read.table import read, read_table
from export_tree import contact_call, fixture_names, fixture_path, fixture_value, zipped

CALLS = [contact_call(f"c{n}", ("AGENT", "Hello"), ("CUSTOMER", f"I need part {n}")) for n in range(3)]


def put(path: Path, *documents: object) -> Path:
    """Write documents into a file: one, or one a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(json.dumps(document) for document in documents), "utf-8")
    return path


def loaded(source: Path, **columns: Any) -> tuple[pa.Table, list[str]]:
    """Return the table of an export, and the lines that were said about it, without its path."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_table(str(source), Columns(**columns))
    return table, [str(warning.message).removeprefix(f"{source}: ") for warning in caught]


def ids_in(table: pa.Table) -> list[str]:
    return list(dict.fromkeys(table["dialogue_id"].to_pylist()))


# --- one source, in every wrapping ------------------------------------------------------------------


def folder_of(path: Path) -> Path:
    for n, call in enumerate(CALLS):
        put(path / f"{n}.json", call)
    return path


def archive_of(path: Path) -> Path:
    path.write_bytes(zipped({f"{n}.json": json.dumps(call).encode() for n, call in enumerate(CALLS)}))
    return path


def packed_lines_of(path: Path) -> Path:
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, CALLS)).encode()))
    return path


def list_of(path: Path) -> Path:
    return put(path, CALLS)


@pytest.mark.parametrize("make", [folder_of, archive_of, packed_lines_of, list_of])
def test_the_wrapping_does_not_matter(tmp_path: Path, make: Any) -> None:
    table, lines = loaded(make(tmp_path / "calls"))
    assert table["text"].to_pylist() == ["Hello", "I need part 0", "Hello", "I need part 1", "Hello", "I need part 2"]
    assert ids_in(table) == ["c0", "c1", "c2"]
    assert table["turn"].to_pylist() == [0, 1] * 3
    assert lines == ["3 Contact Lens calls"]


def test_a_table_is_no_export_if_a_column_is_named(tmp_path: Path) -> None:
    path = put(
        tmp_path / "a.jsonl", *[{"text": "hi", "language": "en", "segments": [{"text": "a", "start": 0, "end": 1}]}] * 2
    )
    assert loaded(path, text="text")[0]["text"].to_pylist() == ["hi", "hi"]
    assert loaded(path)[1][0] == "2 Whisper transcripts"


def test_an_export_has_only_its_own_columns(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no column 'Content'; it has .*'text'"):
        loaded(put(tmp_path / "a.json", CALLS[0]), text="Content", format="contact-lens")


# --- detection --------------------------------------------------------------------------------------


def test_other_files_are_counted(tmp_path: Path) -> None:
    folder_of(tmp_path)
    put(tmp_path / "manifest.json", {"made": "today"})
    (tmp_path / "call.wav").write_bytes(b"RIFF")
    table, lines = loaded(tmp_path)
    assert ids_in(table) == ["c0", "c1", "c2"]
    assert lines == ["3 Contact Lens calls; 2 other files left out, such as call.wav"]


def test_a_call_that_was_copied_in_part_is_not_missing_without_a_word(tmp_path: Path) -> None:
    folder_of(tmp_path)
    (tmp_path / "cut.json").write_text('{"Transcript": [', "utf-8")
    with pytest.raises(InputError, match=r"cut\.json is not JSON: .* \(copy or export it again"):
        read_table(str(tmp_path))


@pytest.mark.parametrize("option", [{"sheet": "A"}, {"speakers": "0=agent"}])
def test_options_of_other_sources_are_not_ignored_without_a_word(tmp_path: Path, option: dict[str, str]) -> None:
    path = tmp_path / "a.csv"
    path.write_text("text,role\nhello,agent\n", "utf-8")
    with pytest.warns(InputWarning, match=f"--{next(iter(option))} .* is not used"):
        assert read_table(str(path), Columns(**option)).num_rows == 1  # type: ignore[arg-type]


def test_two_sources_are_named_with_a_file_of_each(tmp_path: Path) -> None:
    folder_of(tmp_path)
    put(tmp_path / "x.json", fixture_value("twilio"))
    with pytest.raises(
        InputError, match=r"mixes Contact Lens calls \(.*0\.json\) and Twilio transcripts \(.*x\.json\)"
    ) as e:
        read_table(str(tmp_path))
    assert "--format contact-lens or --format twilio" in str(e.value)
    table, lines = loaded(tmp_path, format="twilio", speakers="1=agent,2=customer")
    assert table.num_rows == 3
    assert lines == ["1 Twilio transcript; 3 other files left out, such as 0.json"]


def test_lines_of_two_sources_are_named(tmp_path: Path) -> None:
    path = put(tmp_path / "a.ndjson", CALLS[0], fixture_value("genesys"))
    with pytest.raises(InputError, match=r"\(line 1 of .*a\.ndjson\) and Genesys Cloud conversations \(line 2 of"):
        read_table(str(path))


def test_without_any_export_it_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no export that dialin knows: no files"):
        read_table(str(tmp_path))
    put(tmp_path / "a.json", {"a": 1})
    (tmp_path / "b.csv").write_text("text\nhello\n", "utf-8")
    with pytest.raises(InputError, match=r"2 files, such as a\.json .*give one table, or .*contact-lens, "):
        read_table(str(tmp_path))


def test_an_unknown_format_lists_all(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", CALLS[0])
    with pytest.raises(InputError) as caught:
        read_table(str(path), Columns(format="contactlens"))
    assert all(importer.name in str(caught.value) for importer in IMPORTERS)
    assert importer_named("twilio").one == "Twilio transcript"


def test_a_format_that_the_file_does_not_have_is_an_error(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", CALLS[0])
    with pytest.raises(InputError, match=r"a\.json holds Contact Lens calls, not Genesys Cloud conversations"):
        read_table(str(path), Columns(format="genesys"))
    path.write_text("text\nhello\n", "utf-8")
    with pytest.raises(InputError, match=r"a\.json: the document is text .*, not an object"):
        read_table(str(path), Columns(format="genesys"))


def test_a_parquet_file_is_no_export(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["hello"] * 9}), path)
    with pytest.raises(InputError, match="binary"):
        next(read_parts(path, Columns(format="genesys"), in_dialogues=False))


# --- ids --------------------------------------------------------------------------------------------


def twilio(text: str) -> dict[str, Any]:
    return {"sentences": [{"media_channel": 1, "transcript": text, "start_time": 0, "end_time": 1}]}


def test_dialogues_without_an_id_are_named_after_their_file(tmp_path: Path) -> None:
    put(tmp_path / "mon" / "call.json", twilio("hello"))
    put(tmp_path / "tue" / "call.json", twilio("bye"))
    put(tmp_path / "wed.ndjson", twilio("one"), twilio("two"))
    table, lines = loaded(tmp_path, speakers="1=agent")
    assert ids_in(table) == ["call", "tue/call", "wed#1", "wed#2"]
    assert lines == ["4 Twilio transcripts"]


def test_an_id_that_two_files_have_gets_the_name_of_the_file(tmp_path: Path) -> None:
    for name in ("a", "b", "c"):
        put(tmp_path / f"{name}.json", CALLS[0])
    put(tmp_path / "d.ndjson", CALLS[0], CALLS[0])
    table, lines = loaded(tmp_path)
    assert ids_in(table) == ["c0", "c0 (b)", "c0 (c)", "c0 (d#1)", "c0 (d#2)"]
    assert lines == ["5 Contact Lens calls; 4 duplicate ids: file name added"]


# --- what people say --------------------------------------------------------------------------------


def test_bots_are_counted(tmp_path: Path) -> None:
    said = [("CUSTOM_BOT", "Press one"), ("CUSTOMER", "My bill is wrong"), ("SYSTEM", "Joined"), ("AGENT", "I see")]
    path = put(tmp_path / "a.json", contact_call("c", *said))
    table, lines = loaded(path)
    assert table["text"].to_pylist() == ["My bill is wrong", "I see"]
    assert lines == ["1 Contact Lens call; 1 bot turn, 1 system message left out"]


def test_a_call_with_a_bot_alone_is_skipped(tmp_path: Path) -> None:
    path = put(tmp_path / "a.ndjson", contact_call("b", ("CUSTOM_BOT", "Press one"), ("CUSTOMER", "  ")), CALLS[0])
    assert loaded(path)[1] == ["2 Contact Lens calls, 1 skipped: nobody says anything; 1 bot turn left out"]


def test_a_shorter_pause_makes_more_turns() -> None:
    rows = {pause: loaded(fixture_path("contact-lens"), pause=pause)[0].num_rows for pause in (0, 0.3, 1.0, 3.0)}
    assert rows == {0: 5, 0.3: 5, 1.0: 4, 3.0: 3}


def test_a_speaker_that_is_not_there_is_a_warning(tmp_path: Path) -> None:
    path = put(tmp_path / "a.json", fixture_value("twilio"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        table = read_table(str(path), Columns(speakers="0=agent,2=customer"))
    assert [warning.category for warning in caught] == [InputNote, InputNote, InputWarning]
    assert str(caught[2].message) == f"--speakers names 0, but {path} has 1, 2"
    assert table["role"].to_pylist() == [None, "customer", None]
    assert table["speaker"].to_pylist() == ["1", "2", "1"]


def test_labels_can_be_roles_if_the_user_says_so(tmp_path: Path) -> None:
    put(tmp_path / "a.json", fixture_value("twilio"))
    assert loaded(tmp_path, role="speaker")[0]["role"].to_pylist() == ["1", "2", "1"]


def test_lone_surrogates_become_readable(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    path.write_text(json.dumps(contact_call("c\ud800", ("CUSTOMER", "broken \ud83d heart"))), "utf-8")
    assert loaded(path)[0]["text"].to_pylist() == ["broken \ufffd heart"]


def test_outcomes_that_only_some_dialogues_have_are_null_elsewhere(tmp_path: Path) -> None:
    other = contact_call("d", ("CUSTOMER", "Where is it")) | {"Categories": {"MatchedCategories": ["Late"]}}
    del other["ConversationCharacteristics"]
    table, _ = loaded(put(tmp_path / "a.ndjson", CALLS[0], other))
    assert table["duration"].to_pylist() == [8.0, 8.0, None]
    assert table["tags"].to_pylist() == [None, None, "Late"]


def test_sentences_keep_the_outcomes_in_their_occurrences(tmp_path: Path) -> None:
    with pytest.warns(InputNote):
        corpus = read(put(tmp_path / "a.ndjson", *CALLS))
    assert corpus.texts == ["Hello", "I need part 0", "I need part 1", "I need part 2"]
    assert corpus.counts.tolist() == [3, 1, 1, 1]
    assert corpus.occurrences["duration"].to_pylist() == [8.0] * 6
    assert corpus.occurrences["start"].to_pylist() == [0.0, 4.0] * 3


def test_a_table_has_no_more_columns_than_before() -> None:
    names = ["row", "text", "dialogue_id", "turn", "role", "date"]
    assert read_table([{"text": "hi", "duration": 3, "channel": "voice"}]).column_names == names


def test_an_outcome_can_be_read_as_a_label(tmp_path: Path) -> None:
    """So `dialin evaluate RUN --gold queue` works on an export."""
    path = put(tmp_path / "a.ndjson", *CALLS)
    with pytest.warns(InputNote):
        assert column_of(str(path), "channel") == ["voice"] * 6


def test_no_outcome_has_the_name_of_another_column() -> None:
    """A source that calls something `text` or `row` would hide the column of this name."""
    for name in fixture_names():
        for dialogue in importer_named(name).dialogues(fixture_value(name), "it"):
            assert not {"row", "sentence_id", "text", "dialogue_id", "turn", "role", "date"} & set(dialogue.outcomes)
            assert not {"start", "end", "speaker"} & set(dialogue.outcomes)


# --- what lies in one folder ------------------------------------------------------------------------


def test_an_archive_in_a_folder_counts_as_a_folder(tmp_path: Path) -> None:
    """Its files are read where its name stands; a file of that name that is no archive is only counted."""
    folder = tmp_path / "calls"
    put(folder / "a.json", CALLS[0])
    archive_of(folder / "more.ZIP")
    (folder / "z.zip").write_bytes(b"not packed")
    table, lines = loaded(folder)
    assert ids_in(table) == ["c0", "c0 (more.ZIP/0)", "c1", "c2"]
    assert lines == ["4 Contact Lens calls; 1 other file left out, such as z.zip; 1 duplicate id: file name added"]


def test_calls_and_chats_of_contact_lens_are_one_table(tmp_path: Path) -> None:
    put(tmp_path / "calls" / "1.json", CALLS[0])
    put(tmp_path / "calls" / "2.json", fixture_value("contact-lens-chat"))
    put(tmp_path / "calls" / "3.json", CALLS[1])
    table, lines = loaded(tmp_path / "calls")
    assert ids_in(table) == ["c0", "chat-19", "c1"]
    assert set(table["channel"].to_pylist()) == {"voice", "chat"}
    assert lines == ["3 Contact Lens contacts; 1 event, 1 bot turn, 1 attachment left out"]
