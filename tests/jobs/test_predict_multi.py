"""`predict --multi` tells every intent that an utterance states and where; all else is as without it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dialin.discover.connections import Connections
from dialin.jobs import predict
from dialin.jobs.predict import predict_parts
from dialin.jobs.predict_multi import NAMED, multi_table
from dialin.read.columns import DEFAULT, Columns
from dialin.read.outcomes import INTENTS
from dialin.review.edits import Move, Noise
from dialin.runs.run import Run, load
from dialin.runs.save_table import table_text
from fake_run import Said, decide, fake_run
from scripted import HashingEmbedder, kinds_by_word

BOTH = "I lost my card, and also want to change my address"
BOTH_CHINESE = "我的卡丢了，还想改一下地址"
KNOWN = {
    "block-card": ("lost my card", "card is lost", "lost card"),
    "change-address": ("change my address", "address change", "want to change the address"),
    "挂失-卡": ("我的卡丢了", "卡丢了"),
    "改-地址": ("改一下地址", "想改一下地址"),
}
SAID = ("lost my card", "", BOTH, "  ", BOTH_CHINESE, "zebra", BOTH)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    said = [Said(text, name) for name, texts in KNOWN.items() for text in (*texts, *texts)]
    return fake_run(tmp_path_factory.mktemp("multi") / "run", [*said, Said(f"{BOTH} please", "block-card")])


def table(run: Run, source: object, columns: Columns = DEFAULT, *, multi: bool = True) -> pa.Table:
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test", kinds=kinds_by_word)
    return pa.concat_tables(predict_parts(run, source, columns, opened, multi_table if multi else None))


def parts(run: Run, text: str, columns: Columns = DEFAULT) -> list[tuple[str, str]]:
    """Return the words and the name of each intent that the first row states."""
    row: dict[str, Any] = table(run, [text], columns).to_pylist()[0]
    return [(row["text"][one["start"] : one["end"]], one["name"]) for one in row[INTENTS]]


def test_each_intent_has_its_place(run: Run) -> None:
    assert parts(run, BOTH) == [("I lost my card", "block-card"), ("want to change my address", "change-address")]
    assert parts(run, BOTH_CHINESE) == [("我的卡丢了", "挂失-卡"), ("想改一下地址", "改-地址")]


def test_places_are_those_of_the_cleaned_text(run: Run) -> None:
    """It is what the column `text` holds: here, spaces and a line break became single spaces."""
    assert parts(run, f"  {BOTH.replace(' ', chr(10) + ' ')} ") == parts(run, BOTH)


def test_all_other_columns_are_as_without_it(run: Run) -> None:
    with_intents, without = table(run, list(SAID)), table(run, list(SAID), multi=False)
    assert with_intents.drop_columns([INTENTS]).equals(without)
    assert with_intents.schema.field(INTENTS).type == pa.list_(NAMED)


def test_in_parts_it_is_the_whole(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """In dialogues, what is decided about a sentence depends on all of them."""
    source = pa.table({"text": list(SAID), "dialogue_id": ["a", "b"] * 3 + ["a"]})
    whole = table(run, source)
    monkeypatch.setattr(predict, "PART_ROWS", 2)
    assert table(run, source).equals(whole)


def test_one_intent_has_the_whole_text_and_none_an_empty_list(run: Run) -> None:
    rows = table(run, list(SAID)).to_pylist()
    assert [len(row[INTENTS]) for row in rows] == [1, 0, 2, 0, 2, 0, 2]
    only = rows[0][INTENTS][0]
    assert (only["start"], only["end"]) == (0, len("lost my card"))
    assert [only[name] for name in ("intent_id", "name", "p_intent")] == [
        rows[0][name] for name in ("intent_id", "name", "p_intent")
    ]


def test_what_people_put_somewhere_stays_whole(tmp_path: Path) -> None:
    run = fake_run(
        tmp_path / "run", [Said(text, name) for name, texts in KNOWN.items() for text in texts] + [Said(BOTH, "")]
    )
    assert len(parts(run, BOTH)) == 2
    row = run.corpus.texts.index(BOTH)
    wanted = {name: i for i, name in run.found_names.items()}["改-地址"]
    assert parts(decide(run.folder, Move((row,), wanted, "")), BOTH) == [(BOTH, "改-地址")]


def test_split_sentences_are_cut_one_by_one(run: Run) -> None:
    rows = table(run, [f"zebra. {BOTH}."], Columns(split=True)).to_pylist()
    assert [(row["row"], len(row[INTENTS])) for row in rows] == [(0, 0), (0, 2)]
    assert rows[1][INTENTS][0]["start"] == 0


def test_text_formats_have_the_intents_as_json(run: Run) -> None:
    found = table(run, [BOTH_CHINESE])
    wanted = found.to_pylist()[0]
    assert json.loads(table_text(found, "jsonl")) == wanted
    assert "挂失-卡" in table_text(found, "csv")
    assert table_text(found, "csv").splitlines()[0].endswith(",intents")


def test_what_people_took_out_states_nothing(run: Run, tmp_path: Path) -> None:
    """Its intent was rejected, so no piece takes the whole sentence; its parts would each have an intent."""
    long = f"{BOTH}, for the gate of a very old grey house by the river"
    assert parts(run, f"{long} today") == [
        ("I lost my card", "block-card"),
        ("want to change my address", "change-address"),
    ]
    said = [Said(text, name) for name, own in KNOWN.items() for text in (*own, *own)]
    run = fake_run(tmp_path / "run", [*said, *(Said(f"{long} {word}", "both") for word in ("please", "now", "today"))])
    decide(run.folder, Noise(tuple(row for row, text in enumerate(run.corpus.texts) if text.startswith(BOTH))))
    assert parts(load(run.folder), f"{long} today") == []
