"""Files as people have them: exports of databases, of Excel, of chat platforms; each is read, or said what it is."""

from __future__ import annotations

import warnings
from pathlib import Path

import pyarrow as pa
import pytest

from dialin.errors import InputError, InputWarning
from dialin.read.columns import Columns
from dialin.read.table import read_table


def put(folder: Path, name: str, data: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def texts_in(source: object, columns: Columns | None = None) -> list[str | None]:
    found: list[str | None] = read_table(source, columns)["text"].to_pylist()
    return found


# --- CSV ------------------------------------------------------------------------------------------


DELIMITED = {
    "commas in quotes": '"text";"note (a, b, c, d)"\n"hi";"x, y"\n',
    "commas without quotes": "text;note (a, b, c, d)\nhi;x, y\n",
    "told to Excel": "sep=;\r\ntext;note\r\nhi;x, y\r\n",
    "told to Excel in quotes": '"sep=;"\r\ntext;note\r\nhi;x\r\n',
    "bars": "text|note, or so\nhi|x\n",
}


@pytest.mark.parametrize("kind", DELIMITED)
def test_the_delimiter_is_found(tmp_path: Path, kind: str) -> None:
    assert texts_in(put(tmp_path, "a.csv", DELIMITED[kind])) == ["hi"]


ROWS = "".join(f"sentence {i},a\n" for i in range(5))
TABBED = ROWS.replace(",", "\t")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", f'text,intent\n"my lamp,a\n{ROWS}"my password,b\n'),
        ("a.tsv", f'text\tintent\n"my lamp\ta\n{TABBED}"my password\tb\n'),
        ("b.csv", f'text,intent\n"my lamp,a\n{ROWS}'),
        ("c.csv", 'text\n"my lamp\nsentence\n"my password\n'),
    ],
    ids=["commas", "tabs", "to the end", "one column"],
)
def test_a_quote_that_swallows_rows_is_named(tmp_path: Path, name: str, text: str) -> None:
    with pytest.raises(InputError, match=r"the double quote in the record at line 2 of .* closed"):
        read_table(put(tmp_path, name, text))


def test_a_quote_that_seems_to_swallow_rows_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", f'text,intent\nhello,a\n"my lamp,a\n{ROWS}he said bye",b\n')
    with pytest.warns(InputWarning, match="the quoted text at line 3 of .* holds 5 lines that look like rows"):
        read_table(path)


def test_messages_of_several_lines_are_no_mistake(tmp_path: Path) -> None:
    path = put(
        tmp_path, "a.csv", 'text,intent\n"Hello,\n\nmy 5"" screen, which is\nnew, broke.\nBye",a\n"x",b\n5" too,c\n'
    )
    assert texts_in(path) == ['Hello, my 5" screen, which is new, broke. Bye', "x", '5" too']


@pytest.mark.parametrize("delimiter", [",", "\t", ";"], ids=["comma", "tab", "semicolon"])
def test_quotes_escaped_by_a_backslash(tmp_path: Path, delimiter: str) -> None:
    text = f'text{delimiter}intent\n"he said \\"hello{delimiter} you\\" bye"{delimiter}a\n"my \\"lamp\\""{delimiter}b\n'
    assert [t and t.replace(delimiter, "_") for t in texts_in(put(tmp_path, "a.csv", text))] == [
        'he said "hello_ you" bye' if delimiter != "\t" else 'he said "hello you" bye',
        'my "lamp"',
    ]


def test_a_backslash_at_the_end_is_no_escape(tmp_path: Path) -> None:
    assert texts_in(put(tmp_path, "a.csv", 'text,intent\n"C:\\",a\n"x",b\n')) == ["C:\\", "x"]


def test_missing_values_of_databases_are_blank() -> None:
    assert texts_in(["NULL", r"\N", "null and void", "hi"]) == [None, None, "null and void", "hi"]


# --- text -----------------------------------------------------------------------------------------


def test_a_few_nul_are_left_out(tmp_path: Path) -> None:
    with pytest.warns(InputWarning, match=r"a\.csv has 1 NUL, the first in line 3: left out"):
        assert texts_in(put(tmp_path, "a.csv", b"text\nhi\nby\0e\n")) == ["hi", "bye"]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_without_a_mark(tmp_path: Path, encoding: str) -> None:
    assert texts_in(put(tmp_path, "a.csv", "text\nhi there\ncafé\n".encode(encoding))) == ["hi there", "café"]


def test_the_text_of_excel_is_a_table(tmp_path: Path) -> None:
    path = put(tmp_path, "a.txt", "text\tintent\r\nhi\ta\r\nbye\tb\r\n".encode("utf-16"))
    with pytest.warns(InputWarning, match=r"a\.txt is read as a table: .* 'text', 'intent'"):
        assert texts_in(path) == ["hi", "bye"]


def test_sentences_with_commas_are_no_table(tmp_path: Path) -> None:
    assert len(texts_in(put(tmp_path, "a.txt", "question, please\nhello, you\nbye\n"))) == 3


SUBTITLES = {
    "a.vtt": "WEBVTT\n\nNOTE mine\n\n1\n00:00.000 --> 00:01.000 align:left\n<v Speaker 0>where is\n"
    "<i>my</i> card?</v>\n\n2\n00:01.000 --> 00:02.000\nA &amp; B\n",
    "a.srt": "1\r\n00:00:00,000 --> 00:00:01,000\r\nwhere is\r\nmy card?\r\n\r\n2\r\n"
    "00:00:01,000 --> 00:00:02,000\r\nA & B\r\n",
    "a.txt": "1\n00:00:00,000 --> 00:00:01,000\nwhere is my card?\n\n2\n00:00:01,000 --> 00:00:02,000\nA & B\n",
}


@pytest.mark.filterwarnings("ignore::dialin.errors.InputNote")
@pytest.mark.parametrize("name", SUBTITLES)
def test_subtitles_are_read_without_their_times(tmp_path: Path, name: str) -> None:
    assert texts_in(put(tmp_path, name, SUBTITLES[name])) == ["where is my card?", "A & B"]


# --- roles ----------------------------------------------------------------------------------------


PEOPLE = {
    "people": [f"User {i}" for i in range(20)],
    "addresses": ["a@example.org", "b@example.org"],
    "telephones": ["+49 170 12345", "+49 170 12346"],
}


@pytest.mark.parametrize("kind", PEOPLE)
def test_people_are_no_roles(kind: str) -> None:
    rows = {"text": [f"hi {i}" for i in range(len(PEOPLE[kind]))], "from": PEOPLE[kind]}
    with pytest.warns(InputWarning, match="'from' of the mapping holds .* not taken for roles .*--role from"):
        assert read_table(rows)["role"].null_count == len(PEOPLE[kind])
    with pytest.warns(InputWarning, match="--roles ignore"):
        assert read_table(rows, Columns(role="from"))["role"].to_pylist() == PEOPLE[kind]


def test_prompts_and_tools_of_a_language_model_say_nothing() -> None:
    roles = ["system", "user", "assistant", "tool", "developer"]
    turns = [{"role": role, "content": f"words of {role}"} for role in roles]
    with pytest.warns(InputWarning, match="developer, system, tool are prompts or tools"):
        table = read_table([{"messages": turns}])
    assert table["text"].to_pylist() == [None, "words of user", "words of assistant", None, None]


def test_the_system_speaks_where_no_agent_does() -> None:
    table = read_table({"text": ["hi", "welcome"], "role": ["user", "system"]})
    assert table["role"].to_pylist() == ["customer", "agent"]
    assert table["text"].null_count == 0


@pytest.mark.parametrize("nested", [False, True], ids=["rows", "turns"])
def test_objects_as_roles_are_read_by_their_type(nested: bool) -> None:
    rows = [{"text": "hi", "author": {"type": "user", "id": 1}}, {"text": "yo", "author": {"type": "bot", "id": 2}}]
    assert read_table([{"messages": rows}] if nested else rows)["role"].to_pylist() == ["customer", "agent"]
    assert read_table(pa.Table.from_pylist(rows))["role"].to_pylist() == ["customer", "agent"]


def test_objects_as_dialogues_are_read_by_their_id() -> None:
    rows = [{"text": "hi", "conversation": {"id": "x0"}}, {"text": "yo", "conversation": {"id": "x1"}}]
    assert read_table(rows)["dialogue_id"].to_pylist() == ["x0", "x1"]


def test_other_objects_are_left_out_unless_named() -> None:
    rows = [{"text": "hi", "author": {"colour": "red"}}]
    with pytest.warns(InputWarning, match=r"column 'author' of the list holds objects: .*red.*; it is not used"):
        assert read_table(rows)["role"].to_pylist() == [None]
    with pytest.raises(InputError, match="objects with role or type or name or id"):
        read_table(rows, Columns(role="author"))


# --- dates ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [Columns(), Columns(date="date")], ids=["found", "named"])
def test_one_bad_date_is_left_out(columns: Columns) -> None:
    rows = {"text": ["a", "b", "c"], "date": ["2024-05-01", "unknown", "2024-05-03"]}
    with pytest.warns(
        InputWarning, match="1 of 3 dates in column 'date' of the mapping cannot be read, such as 'unknown'"
    ):
        assert read_table(rows, columns)["date"].null_count == 1


def test_dates_in_two_orders_are_told() -> None:
    rows = {"text": ["a", "b"], "date": ["1/2/2024", "3/4/2024"]}
    with pytest.warns(InputWarning, match="day and month cannot be told apart; it is not used"):
        assert read_table(rows)["date"].null_count == 2


def test_good_files_warn_of_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read_table({"text": ["a", "b"], "role": ["user", "agent"], "date": ["2024-05-01", None], "turn": ["1", "2"]})
