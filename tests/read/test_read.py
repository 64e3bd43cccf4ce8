"""Reading: what comes in, in every form it may have, and one clear line for what cannot be read."""

from __future__ import annotations

import gzip
import io
import json
import random
import sys
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.errors import InputError, InputWarning
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.table import read, read_table

ROWS = [
    {"dialogue_id": "a", "turn": 0, "role": "customer", "text": "Where is my card?"},
    {"dialogue_id": "a", "turn": 1, "role": "agent", "text": "It is on its way, I think."},
    {"dialogue_id": "b", "turn": 0, "role": "customer", "text": "我的卡在哪里"},
    {"dialogue_id": "b", "turn": 1, "role": "agent", "text": 'He said "soon"\nand left'},
    {"dialogue_id": "b", "turn": 2, "role": "customer", "text": "Where is my card?"},
]
FRAME = pd.DataFrame(ROWS)
TABLE = pa.table(
    {
        "row": pa.array(range(5), pa.int64()),
        "text": pa.array([" ".join(str(row["text"]).split()) for row in ROWS], pa.large_string()),
        "dialogue_id": ["a", "a", "b", "b", "b"],
        "turn": pa.array([0, 1, 0, 1, 2], pa.int64()),
        "role": ["customer", "agent", "customer", "agent", "customer"],
        "date": pa.nulls(5, pa.timestamp("ms")),
    }
)
CHINESE = "我想取消昨天的订单,请问怎么操作\n快递什么时候能到\n好的\n谢谢你的帮助\n"


def as_jsonl() -> str:
    return "\n".join(json.dumps(row, ensure_ascii=False) for row in ROWS)


def as_json() -> str:
    return json.dumps(ROWS, ensure_ascii=False, indent=1)


def as_columns() -> str:
    return json.dumps({name: [row[name] for row in ROWS] for name in ROWS[0]})


FILES = {
    "x.csv": FRAME.to_csv(index=False),
    "semicolon.csv": FRAME.to_csv(index=False, sep=";"),
    "dos.csv": FRAME.to_csv(index=False, lineterminator="\r\n"),
    "x.TSV": FRAME.to_csv(index=False, sep="\t"),
    "x.jsonl": as_jsonl(),
    "x.ndjson": as_jsonl().replace("\n", "\n\n") + "\n",
    "list.json": as_json(),
    "columns.json": as_columns(),
    "lines.json": as_jsonl(),
    "array.jsonl": as_json(),
    "unknown.log": as_jsonl(),
    "unknown.dat": FRAME.to_csv(index=False),
    "none": as_json(),
}


def put(folder: Path, name: str, data: str | bytes) -> str:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return str(path)


def error_of(source: object, columns: Columns | None = None) -> str:
    with pytest.raises(InputError) as caught:
        read(source, columns)
    assert "\n" not in str(caught.value), "an error is one line"
    assert caught.value.hint
    return caught.value.message


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_text_format_gives_the_same_table(tmp_path: Path, name: str) -> None:
    assert read_table(put(tmp_path, name, FILES[name])).equals(TABLE)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "list.json"])
def test_gzipped_text_reads_like_the_text(tmp_path: Path, name: str) -> None:
    path = put(tmp_path, name + ".gz", gzip.compress(FILES[name].encode()))
    assert read_table(Path(path)).equals(TABLE)


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "list.json"])
def test_standard_input_is_sniffed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(FILES[name].encode())))
    assert read_table("-").equals(TABLE)


def test_standard_input_of_plain_lines_is_a_sentence_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Hello, you\n[noise]\nBye\n")))
    assert read_table("-")["text"].to_pylist() == ["Hello, you", "[noise]", "Bye"]


def test_txt_counts_its_lines_blank_ones_too(tmp_path: Path) -> None:
    table = read_table(put(tmp_path, "x.txt", "one\r\n\r\n two\u2028words \r\n"))
    assert table["text"].to_pylist() == ["one", None, "two words"]


@pytest.mark.parametrize("name", ["x.parquet", "x.pq", "unknown"])
def test_parquet_reads_like_the_frame(tmp_path: Path, name: str) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), tmp_path / name)
    assert read_table(tmp_path / name).equals(TABLE)


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.astype({"role": "category"}),
        pl.DataFrame(ROWS),
        pl.DataFrame(ROWS).with_columns(pl.col("role").cast(pl.Categorical)),
        pa.Table.from_pylist(ROWS),
        pa.RecordBatch.from_pylist(ROWS),
        ROWS,
        {name: [row[name] for row in ROWS] for name in ROWS[0]},
    ],
    ids=["pandas", "pandas-cat", "polars", "polars-cat", "arrow", "batch", "records", "mapping"],
)
def test_every_frame_gives_the_same_table(frame: object) -> None:
    assert read_table(frame).equals(TABLE)


@pytest.mark.parametrize(
    "kind",
    [list, tuple, pd.Series, pl.Series, pa.array, np.array],
    ids=["list", "tuple", "pandas", "polars", "arrow", "numpy"],
)
def test_sentences_come_in_any_sequence(kind: type) -> None:
    assert read(kind(["b", "a", "b"])).texts == ["a", "b"]


def test_a_json_list_of_sentences(tmp_path: Path) -> None:
    assert read(put(tmp_path, "x.json", '["b", null, "a"]')).occurrences["row"].to_pylist() == [0, 2]


def test_neither_pandas_nor_polars_is_imported() -> None:
    """Frames are read through Arrow; scikit-learn itself imports pandas where it is there, so look at the source."""
    sources = [path.read_text(encoding="utf-8") for path in (Path(__file__).parents[2] / "src/dialin").rglob("*.py")]
    assert sources
    assert not any(f"import {name}" in source for source in sources for name in ("pandas", "polars"))


def test_odd_columns_of_a_pandas_frame_do_not_matter() -> None:
    frame = pd.DataFrame({"text": ["a", float("nan")], "extra": [1, "x"]})
    assert read_table(frame)["text"].to_pylist() == ["a", None]


def test_values_that_pyarrow_would_take_for_others_stay_text(tmp_path: Path) -> None:
    path = put(tmp_path, "x.csv", "text\n2020-01-01\ntrue\n007\nNA\nnull\n")
    assert read_table(path)["text"].to_pylist() == ["2020-01-01", "true", "007", "NA", "null"]


# --- dialogues ------------------------------------------------------------------------------------

DIALOGUES = [
    {"id": 7, "turns": [{"speaker": "USER", "utterance": "Hi", "frames": [1, {}]}, {"speaker": "SYSTEM"}]},
    {"id": 8, "turns": []},
    {"turns": [{"speaker": "USER", "utterance": "Bye", "intent": "x"}]},
]


def test_a_dialogue_a_row() -> None:
    """Rows 0, 1 (blank) are the turns of dialogue 7, row 2 that of the third record, which has no id."""
    assert read(DIALOGUES).occurrences.to_pylist() == [
        {"row": 0, "sentence_id": 1, "dialogue_id": "7", "turn": 0, "role": "customer", "date": None},
        {"row": 2, "sentence_id": 0, "dialogue_id": "#2", "turn": 0, "role": "customer", "date": None},
    ]


def test_dialogues_read_alike_from_every_form(tmp_path: Path) -> None:
    rows = [
        {
            "dialogue_id": "d",
            "messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Yo"}],
        }
    ]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "x.parquet")
    lines = put(tmp_path, "x.jsonl", json.dumps(rows[0]))
    want = read_table(rows)
    assert want["role"].to_pylist() == ["customer", "agent"]
    for source in (tmp_path / "x.parquet", lines, pl.DataFrame(rows), pd.DataFrame(rows), rows[0]):
        assert read_table(source).equals(want)


def test_turns_may_be_plain_sentences() -> None:
    table = read_table({"dialogue": [["a", "b"], ["c"]], "dialogue_id": ["x", "y"]})
    assert table["dialogue_id"].to_pylist() == ["x", "x", "y"]
    assert table["turn"].to_pylist() == [0, 1, 0]
    assert table["role"].null_count == 3


def test_the_text_of_turns_and_the_turns_can_be_named() -> None:
    rows = [{"mine": [{"said": "a", "text": "b", "n": 4}]}]
    assert read(rows, Columns(text="mine")).texts == ["b"]
    rows = [{"turns": [{"said": "a", "text": "b", "n": 4}]}]
    assert read(rows, Columns(text="said", turn="n")).occurrences["turn"].to_pylist() == [4]


def test_a_role_beside_the_turns_holds_for_all_of_them() -> None:
    rows = [{"turns": ["a", "b"], "caller": "客户"}, {"turns": ["c"], "caller": "客服"}]
    assert read_table(rows, Columns(role="caller"))["role"].to_pylist() == ["customer", "customer", "agent"]


def test_chunks_do_not_shift_turns() -> None:
    part = pa.table({"turns": [["a", "b"], ["c"]]})
    table = read_table(pa.concat_tables([part, part]))
    assert table["turn"].to_pylist() == [0, 1, 0, 0, 1, 0]
    assert table["dialogue_id"].to_pylist() == ["#0", "#0", "#1", "#2", "#2", "#3"]


# --- columns --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["Text", "UTTERANCE", "sentence", "query", "message", "content", "文本", "句子", "内容"]
)
def test_usual_names_of_the_text(name: str) -> None:
    assert read({name: ["a"], "label": ["b"]}).texts == ["a"]


@pytest.mark.parametrize("name", ["dialogueId", "Dialogue ID", "dialogue", "conversation_id", "call-id", "对话"])
def test_usual_names_of_the_dialogue(name: str) -> None:
    assert read_table({"text": ["a"], name: ["d"]})["dialogue_id"].to_pylist() == ["d"]


def test_the_likelier_name_wins() -> None:
    table = read_table({"speaker": ["[1]"], "role": ["agent"], "turn_id": ["x_1"], "turn": [3], "text": ["a"]})
    assert (table["role"][0].as_py(), table["turn"][0].as_py()) == ("agent", 3)


def test_a_turn_that_is_no_number_is_left_out_unless_named() -> None:
    source = {"text": ["a"], "turn_id": ["x_1"]}
    with pytest.warns(InputWarning, match="column 'turn_id' of the mapping is not used"):
        assert read_table(source)["turn"].to_pylist() == [None]
    assert "turn_id" in error_of(source, Columns(turn="turn_id"))


def test_named_columns_are_taken_as_named() -> None:
    source = {"text": ["a"], "Kommentar": ["b"], "Wer": ["Kunde"]}
    corpus = read(source, Columns(text="kommentar", role="Wer"))
    assert (corpus.texts, corpus.roles) == (["b"], ["customer"])


def test_ids_of_a_column_with_gaps_stay_whole() -> None:
    table = read_table(pd.DataFrame({"text": ["a", "b"], "session_id": [12, None], "turn": [1.0, None]}))
    assert table["dialogue_id"].to_pylist() == ["12", None]
    assert table["turn"].to_pylist() == [1, None]


def test_numbers_are_text_only_where_the_column_is_named_or_holds_words_too() -> None:
    numbers = {"text": [12, 13], "other": ["a", "b"]}
    assert "only numbers" in error_of(numbers)
    assert "only numbers" in error_of(pd.DataFrame({"text": [1.5, None]}))
    assert read(numbers, Columns(text="text")).texts == ["12", "13"]
    assert read({"text": ["12", "twelve"]}).texts == ["12", "twelve"]
    assert read(["12"]).texts == ["12"]


def test_columns_that_do_not_fit_are_listed() -> None:
    assert "'label', 'foo'" in error_of({"label": ["a"], "foo": ["b"]})
    assert "'label', 'foo'" in error_of({"label": ["a"], "foo": ["b"]}, Columns(text="bar"))
    assert "2 columns that could be the text: 'query', 'content'" in error_of({"query": ["a"], "content": ["b"]})
    assert "could be the text: 'text', 'turns'" in error_of([{"text": "a", "turns": ["b"]}])
    assert "'nothing'" in error_of(["a"], Columns(role="nothing"))


# --- text and roles -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        (" a \t\n b\u3000c\u00a0", "a b c"),
        ("e\u0301", "é"),
        ("a\x00\x07b\u200bc\ufeff", "abc"),
        ("👩\u200d👧", "👩\u200d👧"),
        (" \u200b \x1f", None),
        ("nan", None),
        (None, None),
        (float("nan"), None),
        ("None", "None"),
        pytest.param("\ud83d!", "\ufffd!", id="half a surrogate pair"),
    ],
)
def test_cleaning(text: str | None, clean: str | None) -> None:
    assert read_table([text, "x"])["text"][0].as_py() == clean


@given(st.text())
def test_cleaning_agrees_with_python(text: str) -> None:
    got = read_table([text, "x"])["text"][0].as_py()
    if got is not None:
        assert got == " ".join(got.split())
        assert got == unicodedata.normalize("NFC", got)
        assert not any(unicodedata.category(c) == "Cc" for c in got)
        assert read_table([got])["text"][0].as_py() == got, "cleaning twice is cleaning once"


def test_roles_are_normalised() -> None:
    raw: list[str | None] = ["Customer", " USER", "client", "caller", "客户", "用户", "顾客"]
    raw += ["agent", "Assistant", "operator", "bot", "representative", "客服", "坐席"]
    raw += [" Boss ", "", None]
    table = read_table({"text": ["a"] * len(raw), "role": raw})
    assert table["role"].to_pylist() == ["customer"] * 7 + ["agent"] * 7 + ["Boss", None, None]


def test_the_same_words_of_both_roles_are_two_sentences() -> None:
    """Sorted by (text, role): ("hi", ""), ("hi", "agent") once, ("hi", "customer") twice, then ("yo", "")."""
    corpus = read({"text": ["hi", "hi", "yo", "hi", "hi"], "role": ["user", "bot", None, "client", ""]})
    assert corpus.texts == ["hi", "hi", "hi", "yo"]
    assert corpus.roles == ["", "agent", "customer", ""]
    assert corpus.counts.tolist() == [1, 1, 2, 1]
    assert corpus.counts.dtype == np.int64
    assert corpus.occurrences["sentence_id"].to_pylist() == [2, 1, 3, 2, 0]


def test_no_role_anywhere_is_no_roles() -> None:
    assert read({"text": ["a"], "role": [" "]}).roles is None
    assert read(["a"]).roles is None


def test_blank_rows_are_counted_and_keep_their_numbers() -> None:
    corpus = read(["a", " ", "b", None, "a"])
    assert corpus.n_blank == 2
    assert corpus.occurrences["row"].to_pylist() == [0, 2, 4]


def test_the_schema_is_as_documented() -> None:
    assert corpus_of(TABLE).occurrences.schema.equals(
        pa.schema(
            {
                "row": pa.int64(),
                "sentence_id": pa.int64(),
                "dialogue_id": pa.string(),
                "turn": pa.int64(),
                "role": pa.string(),
                "date": pa.timestamp("ms"),
            }
        )
    )


sentences = st.lists(st.sampled_from(["", " ", "a", "a ", "A", "e\u0301", "é", "好", "nan", None]), min_size=1)
rows = sentences.flatmap(
    lambda texts: st.tuples(
        st.just(["x", *texts]),
        st.lists(st.sampled_from(["user", "bot", "boss", None]), min_size=len(texts) + 1, max_size=len(texts) + 1),
    )
)


@given(rows)
def test_counts_and_occurrences_agree(rows: tuple[list[str | None], list[str | None]]) -> None:
    texts, roles = rows
    table = read_table({"text": texts, "role": roles})
    corpus = corpus_of(table)
    n = table.num_rows - table["text"].null_count
    assert corpus.counts.sum() == n == corpus.occurrences.num_rows == len(texts) - corpus.n_blank
    ids = corpus.occurrences["sentence_id"].to_numpy()
    assert np.bincount(ids, minlength=len(corpus.texts)).tolist() == corpus.counts.tolist()
    assert len(set(pairs(corpus))) == len(corpus.texts)
    for row, sentence, role in zip(
        *(corpus.occurrences[c].to_pylist() for c in ("row", "sentence_id", "role")), strict=True
    ):
        assert table["text"][row].as_py() == corpus.texts[sentence]
        assert (role or "") == pairs(corpus)[sentence][1]


@given(rows, st.randoms())
def test_the_order_of_the_input_does_not_matter(
    rows: tuple[list[str | None], list[str | None]], chance: random.Random
) -> None:
    shuffled = list(zip(*rows, strict=True))
    chance.shuffle(shuffled)
    texts, roles = (list(column) for column in zip(*shuffled, strict=True))
    one, two = read({"text": rows[0], "role": rows[1]}), read({"text": texts, "role": roles})
    assert one.texts == two.texts
    assert one.roles == two.roles
    assert one.counts.tolist() == two.counts.tolist()
    assert pairs(one) == sorted(pairs(one))


def pairs(corpus: Corpus) -> list[tuple[str, str]]:
    return list(zip(corpus.texts, corpus.roles or [""] * len(corpus.texts), strict=True))


# --- encodings ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "big5"])
def test_encodings_of_chinese(tmp_path: Path, encoding: str) -> None:
    text = "我想取消訂單\n請問什麼時候送到\n" if encoding == "big5" else CHINESE
    assert read_table(put(tmp_path, "x.txt", text.encode(encoding)))["text"].to_pylist() == text.split("\n")[:-1]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Où est ma carte bancaire ?\nJ'ai déjà payé\n", "latin-1"),
        ("Ich möchte kündigen – schöne Grüße\n", "cp1252"),
        ("Здравствуйте, я хочу отменить заказ\n", "cp1251"),
        ("注文をキャンセルしたいのですが\n", "cp932"),
        ("주문을 취소하고 싶습니다\n", "euc_kr"),
    ],
)
def test_other_encodings_are_guessed(tmp_path: Path, text: str, encoding: str) -> None:
    csv = f"text\n{text}".replace(",", "")
    got = read_table(put(tmp_path, "x.csv", csv.encode(encoding)))["text"].to_pylist()
    assert got == csv.strip().split("\n")[1:]


def test_mixed_encodings_name_line_and_byte(tmp_path: Path) -> None:
    """The GB18030 part starts after the UTF-8 bytes, on line 5."""
    good = CHINESE.encode()
    message = error_of(put(tmp_path, "x.txt", good + "订单".encode("gb18030")))
    assert "mixes encodings" in message
    assert f"byte {len(good)} (line 5)" in message


def test_a_broken_byte_is_named_with_the_best_guess(tmp_path: Path) -> None:
    good = (CHINESE * 20).encode("gb18030")
    message = error_of(put(tmp_path, "x.txt", good + b"\xff\n"))
    assert "gb18030" in message
    assert f"byte {len(good)}" in message


def test_binary_files_are_refused(tmp_path: Path) -> None:
    assert "byte 3 (line 1) is NUL" in error_of(put(tmp_path, "x.csv", b"abc\0def"))
    assert "Parquet" in error_of(put(tmp_path, "x.parquet", b"PAR1 broken"))
    assert "Parquet" in error_of(put(tmp_path, "y.parquet", "text\na\n"))
    assert "gzip" in error_of(put(tmp_path, "x.csv.gz", gzip.compress(b"text\na\n" * 99)[:-9]))


# --- bad input ------------------------------------------------------------------------------------


def test_missing_files_and_folders(tmp_path: Path) -> None:
    assert "no file" in error_of(tmp_path / "no.csv")
    assert "folder" in error_of(tmp_path)
    assert "cannot read" in error_of("a\0b.csv")


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("x.csv", "", "is empty"),
        ("x.jsonl", " \n\n", "is empty"),
        ("x.csv", "text,role\n", "no rows"),
        ("x.json", "[]", "has no rows"),
        ("x.csv", "text\n' '\n".replace("'", '"'), "all 1 texts"),
        ("x.csv", "text,role\na,b\n\nc\n", r"line 4 .* has 1 fields, the header 2"),
        ("x.csv", 'text,role\n"a\nb",c\nd,e,f\n', r"line 4 .* has 3 fields, the header 2: 'd'"),
        ("x.csv", 'text,role\na,b\n"c,d\ne,f\n', r"record at line 3 .* is never closed"),
        ("x.csv", "text,text\na,b\n", "2 columns named 'text'"),
        ("x.jsonl", '{"text": "a"}\n' * 6 + '{"text": "b"\n', r"line 7 of .* is not JSON"),
        ("x.jsonl", '{"text": "a"}\n3\n', "item 2 .* is a int"),
        ("x.json", '[{"text": "a"},\n{"text": }]', "line 2 column 10"),
        ("x.json", "3", "one int"),
        ("x.json", '{"text": ["a"], "role": []}', "differ in length"),
        ("x.jsonl", '{"text": {"a": 1}}', 'holds objects: {"a": 1}'),
        ("x.jsonl", '{"turns": ["a", {"text": "b"}]}', "neither text nor turns"),
        ("x.xyz", "just words\n", "format .*'.xyz'"),
    ],
)
def test_broken_files_get_one_clear_line(tmp_path: Path, name: str, data: str, message: str) -> None:
    path = put(tmp_path, name, data)
    with pytest.raises(InputError, match=message) as caught:
        read(path)
    assert path in str(caught.value)
    assert caught.value.hint


def test_inches_are_no_open_quote(tmp_path: Path) -> None:
    assert read(put(tmp_path, "x.csv", 'text,role\na 5" pipe,b\n')).texts == ['a 5" pipe']


@pytest.mark.parametrize(
    "source",
    [3, b"a", None, pl.DataFrame(ROWS).lazy(), [b"a"], [["a"]]],
    ids=["number", "bytes", "None", "lazy frame", "list of bytes", "list of lists"],
)
def test_things_that_hold_no_sentences(source: object) -> None:
    assert error_of(source)


def test_lists_of_numbers_are_no_turns() -> None:
    assert "not text" in error_of(pa.table({"turns": [[1, 2]]}))
    assert "not text" in error_of(pa.table({"text": [{"a": 1}]}))


def test_an_empty_table_gives_an_empty_corpus() -> None:
    corpus = corpus_of(TABLE.slice(0, 0))
    assert (corpus.texts, corpus.roles, corpus.n_blank) == ([], None, 0)
