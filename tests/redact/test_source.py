"""Placeholders in a table: the same for the same value within a dialogue, whatever else the table holds."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dialin
from dialin.errors import InputError, InputWarning
from dialin.read.columns import Columns
from dialin.redact.engine import RuleFinder, finder_of
from dialin.redact.source import read_redacted
from dialin.redact.suggest import suggestion
from dialin.redact.table import redacted_table
from fake_run import Said, table_of

ONE, TWO = "4111 1111 1111 1111", "5555555555554444"


def texts_of(*said: tuple[str, str | None]) -> list[str]:
    table = table_of([Said(text, "", dialogue) for text, dialogue in said])
    found: list[str] = redacted_table(table, RuleFinder())["text"].to_pylist()
    return found


def test_a_value_has_one_placeholder_in_a_dialogue() -> None:
    found = texts_of((f"{ONE} or {TWO}", "a"), ("it is 5555 5555 5555 4444", "a"), (TWO, "b"), (f"{TWO}, {ONE}", None))
    assert found == ["<CARD_1> or <CARD_2>", "it is <CARD_2>", "<CARD_1>", "<CARD_1>, <CARD_2>"]


def test_a_number_is_the_same_with_and_without_its_country() -> None:
    assert texts_of(
        ("ring 020 7946 0018", "a"), ("ring +44 20 7946 0018", "a"), ("打13800138000", "b"), ("+86 138 0013 8000", "b")
    ) == [
        "ring <PHONE_1>",
        "ring <PHONE_1>",
        "打<PHONE_1>",
        "<PHONE_1>",
    ]


def test_numbers_go_on_after_those_in_the_dialogue() -> None:
    assert texts_of((f"not <CARD_4> but {ONE}", "a"), (TWO, "a")) == ["not <CARD_4> but <CARD_5>", "<CARD_6>"]


def test_turns_are_numbered_as_they_were_said() -> None:
    rows = [{"text": f"no, {TWO}", "dialogue_id": "a", "turn": 2}, {"text": ONE, "dialogue_id": "a", "turn": 1}]
    assert read_redacted(rows, None, "rules").corpus.texts == ["<CARD_1>", "no, <CARD_2>"]


@given(st.permutations(range(6)), st.integers(0, 9))
def test_what_is_outside_a_dialogue_does_not_matter(order: list[int], seed: int) -> None:
    numbers = random.Random(seed)
    said = [(f"{numbers.choice([ONE, TWO])} and {numbers.choice([ONE, TWO])}", f"d{i}") for i in range(6)]
    alone = [texts_of(one)[0] for one in said]
    assert texts_of(*(said[i] for i in order)) == [alone[i] for i in order]


def test_what_was_replaced_is_counted() -> None:
    found = read_redacted([f"{ONE} {TWO}", ONE, "hello", "mail ana@example.com"], None, "rules")
    assert found.redaction is not None
    assert (found.redaction.n_utterances, found.redaction.replaced) == (3, {"CARD": 3, "EMAIL": 1})
    assert found.redaction.line == "redacted by rules: 3 utterances (CARD 3, EMAIL 1)"
    assert set(found.redaction.versions) == {"dialin", "phonenumbers", "python-stdnum"}


def test_nothing_is_replaced_by_default() -> None:
    assert dialin.read([ONE, "hello"]).texts == [ONE, "hello"]
    assert dialin.read([ONE, "hello"], redact="rules").texts == ["<CARD_1>", "hello"]
    assert read_redacted([ONE], None, "off").redaction is None


def test_blank_rows_and_nothing_found_leave_a_table_as_it_is() -> None:
    table = table_of([Said("hello 12", ""), Said("bye", "")])
    assert redacted_table(table, RuleFinder()) is table
    assert read_redacted(["", ONE, None], None, "rules").corpus.n_blank == 2


def test_an_error_does_not_repeat_a_value() -> None:
    with pytest.raises(InputError) as raised:
        read_redacted({"text": [4111111111111111, 12], "role": ["a", "b"]}, None, "rules")
    with pytest.raises(InputError) as plain:
        read_redacted({"text": [4111111111111111, 12], "role": ["a", "b"]}, None, "off")
    assert "4111111111111111" in str(plain.value)
    assert "4111111111111111" not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__


def test_a_warning_does_not_repeat_a_value(tmp_path: Path) -> None:
    """A date that cannot be read is told, with the first such cell."""
    path = tmp_path / "a.csv"
    path.write_text("text,date\nhello there,2024-05-01\nwhere is it,2024-05-02\nbye,2024-05-03\nhm,ana@example.com\n")
    with pytest.warns(InputWarning) as told:
        found = read_redacted(path, Columns(date="date"), "rules")
    assert found.corpus.occurrences["date"].null_count == 1
    assert "ana@example.com" not in str([one.message for one in told])


def test_an_unknown_engine_is_an_error() -> None:
    with pytest.raises(InputError, match="choose one of off, rules, presidio, gliner"):
        finder_of("magic")


def test_the_suggestion_names_what_was_found_the_worst_first() -> None:
    texts = ["write to ana@example.com", "or bo@example.com", ONE, "hello", "order 12345678"]
    assert (
        suggestion(texts)
        == "3 texts hold what looks like card numbers or e-mail addresses: --redact rules replaces them"
    )
    assert suggestion(["hello", "order 12345678"]) == suggestion([]) == ""


def test_a_large_corpus_is_looked_at_in_part() -> None:
    texts = [f"write to a{i}@example.com" for i in range(20_001)]
    assert suggestion(texts).startswith("6,667 of 6,667 texts hold")


def test_outcomes_that_an_export_tells_are_redacted_too() -> None:
    table = table_of([Said("hello", ""), Said("bye", "")]).append_column("queue", pa.array(["ana@example.com", None]))
    assert redacted_table(table, RuleFinder())["queue"].to_pylist() == ["<EMAIL_1>", None]
