"""Predict works part by part: the same as in one piece, in memory that does not grow, and whole or not at all."""

from __future__ import annotations

import io
import json
import sys
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from conftest import Cli

from dialin.cluster import said_next
from dialin.cluster.said_next import NextTurns
from dialin.discover.assign import products
from dialin.discover.connections import Connections
from dialin.discover.in_context import VectorsInContext
from dialin.jobs import embedding, predict, predict_spread
from dialin.jobs.predict import predict_parts, read_like, redacting
from dialin.read import text_parts
from dialin.read.columns import Columns
from dialin.read.spoken import SpokenOrder
from dialin.runs.run import Run
from dialin.scale.cores import Cores
from fake_run import Said, calls, fake_run, reviewed_run
from scripted import HashingEmbedder, ScriptedBackend

WISHES = ("where is my parcel", "refund please", "我的密码忘了", "thanks, bye", "hello good morning", "", "  ", "hm")


def table_of_turns(n: int, *, mixed: bool = False) -> pa.Table:
    """Return n turns of dialogues of three turns, in which sentences come again; mixed: the dialogues are interleaved.

    So a dialogue that has begun comes back later in the file.
    """
    rng = np.random.default_rng(0)
    texts = [f"{WISHES[i]} {i % 5 if i < 3 else ''}{number}" for i, number in rng.integers(0, [8, 9], (n, 2)).tolist()]
    found = pa.table(
        {
            "text": pa.array([text if text.strip() else None for text in texts], pa.large_string()),
            "role": [("customer", "agent", None)[i % 3] for i in range(n)],
            "dialogue_id": [f"d{i // 3}" for i in range(n)],
            "turn": [i % 3 for i in range(n)],
        }
    )
    return found.take(pa.array(rng.permutation(n))) if mixed else found


def answers(run: Run, source: object) -> pa.Table:
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test")
    return pa.concat_tables(predict_parts(run, source, Columns(), opened))


@pytest.fixture
def small_parts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Cut everything into parts of a few rows."""
    monkeypatch.setattr(predict.new_rows, "__defaults__", (7,))
    monkeypatch.setattr(predict, "PART_ROWS", 7)
    monkeypatch.setattr(embedding, "PART_TEXTS", 5)
    monkeypatch.setattr(predict, "PART_TEXTS", 5)
    monkeypatch.setattr(said_next, "BLOCK", 4)
    yield
    monkeypatch.undo()


N_TURNS = 90
COLUMNS = (["text"], ["text", "role"], ["text", "role", "dialogue_id", "turn"])


@pytest.mark.parametrize("is_reviewed", [False, True], ids=["as found", "reviewed"])
def test_parts_are_the_whole(tmp_path: Path, is_reviewed: bool, request: pytest.FixtureRequest) -> None:
    """To the bit, whether rows, roles or dialogues count, and in a run that takes up what is said next."""
    run = reviewed_run(tmp_path / "run") if is_reviewed else fake_run(tmp_path / "run", calls())
    whole = dict[Path, pa.Table]()
    for columns in COLUMNS:
        for name, mixed in (("dialogue by dialogue", False), ("dialogues come back", True)):
            path = tmp_path / f"{name} {len(columns)}.parquet"
            pq.write_table(table_of_turns(N_TURNS, mixed=mixed).select(columns), path, row_group_size=30)
            whole[path] = answers(run, path)
            assert len(set(whole[path]["intent_id"].to_pylist())) > 3
            assert whole[path]["row"].to_pylist() == list(range(N_TURNS))
    request.getfixturevalue("small_parts")
    for path, expected in whole.items():
        assert answers(run, path).equals(expected)
        assert answers(run, pq.read_table(path)).equals(expected)


def test_what_is_said_next_in_blocks_is_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence that many others follow is summed piece by piece, in the order of the whole product."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 8)).astype(np.float32)
    sentence = rng.integers(0, 40, 300)
    sentence[::2] = 0
    order, scripts = SpokenOrder(sentence, np.sort(rng.integers(0, 20, 300))), [False] * 40
    vectors = VectorsInContext(X, NextTurns.of(order, scripts))
    whole = vectors.whole()
    monkeypatch.setattr(said_next, "BLOCK", 5)
    assert np.array_equal(vectors.whole(), whole)


def test_no_bit_of_a_row_depends_on_the_number_of_rows() -> None:
    rng = np.random.default_rng(0)
    X, centroids = (rng.normal(size=shape).astype(np.float32) for shape in ((600, 384), (37, 384)))
    whole = products(X, centroids)
    assert all(np.array_equal(products(X[:n], centroids), whole[:n]) for n in (1, 2, 3, 255, 256, 257))


def peak_of(run: Run, path: Path) -> float:
    """Return the peak in MB of predicting a Parquet file, whose parts are thrown away."""
    opened = Connections(None, lambda texts: np.full((len(texts), 64), 0.125, np.float32), "test:hashing", "a test")
    tracemalloc.start()
    before, most = pa.total_allocated_bytes(), 0
    for _ in predict_parts(run, path, Columns(), opened):
        most = max(most, pa.total_allocated_bytes() - before)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return (peak + most) / 1e6


def test_memory_does_not_grow_with_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten times the rows are 15 MB more of text and answers; pages of Parquet have up to 1 MB."""
    monkeypatch.setattr(predict.new_rows, "__defaults__", (4_096,))
    run = fake_run(tmp_path / "run", calls())
    for n in (20_000, 200_000):
        table = pa.table({"text": [f"where is my parcel {i}" for i in range(n)]})
        pq.write_table(table, tmp_path / f"{n}.parquet", row_group_size=10_000)
    small, large = (peak_of(run, tmp_path / f"{n}.parquet") for n in (20_000, 200_000))
    assert large < small + 3.0


@pytest.mark.parametrize("ending", ["parquet", "csv", "jsonl"])
def test_a_file_is_the_same_in_parts(
    cli: Cli, tmp_path: Path, backend: ScriptedBackend, ending: str, request: pytest.FixtureRequest
) -> None:
    fake_run(tmp_path / "run", calls())
    pq.write_table(table_of_turns(100).select(["text", "role"]), tmp_path / "new.parquet")
    for name in ("whole", "parts"):
        found = cli("predict", tmp_path / "run", tmp_path / "new.parquet", "--out", tmp_path / f"{name}.{ending}")
        assert found.exit_code == 0, found.output
        if name == "whole":
            printed = cli("predict", tmp_path / "run", tmp_path / "new.parquet").stdout_bytes
            request.getfixturevalue("small_parts")
    assert cli("predict", tmp_path / "run", tmp_path / "new.parquet").stdout_bytes == printed
    whole, in_parts = tmp_path / f"whole.{ending}", tmp_path / f"parts.{ending}"
    if ending == "parquet":
        assert pq.read_table(in_parts).equals(pq.read_table(whole))
        assert pq.ParquetFile(in_parts).num_row_groups > 10
    else:
        assert in_parts.read_bytes() == whole.read_bytes()


def test_a_broken_row_is_named_and_leaves_nothing(
    cli: Cli, tmp_path: Path, backend: ScriptedBackend, small_parts: None
) -> None:
    fake_run(tmp_path / "run", calls())
    cells = pa.array([b"where is it"] * 90 + [b"\xff\xfe"] + [b"hello"] * 9)
    text = pa.Array.from_buffers(pa.string(), 100, cells.buffers())
    pq.write_table(pa.table({"text": text}), tmp_path / "new.parquet", row_group_size=20)
    (tmp_path / "out").mkdir()
    found = cli("predict", tmp_path / "run", tmp_path / "new.parquet", "--out", tmp_path / "out" / "o.parquet")
    assert found.exit_code == 2
    assert "row 90 of" in found.stderr
    assert "'text'" in found.stderr
    assert list((tmp_path / "out").iterdir()) == []
    assert cli("predict", tmp_path / "run", tmp_path / "new.parquet").stdout == ""


def test_ctrl_c_leaves_no_file(
    cli: Cli, tmp_path: Path, backend: ScriptedBackend, small_parts: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_run(tmp_path / "run", calls())
    pq.write_table(table_of_turns(100).select(["text"]), tmp_path / "new.parquet")
    real, asked = HashingEmbedder.encode, list[int]()

    def stopped(self: HashingEmbedder, texts: list[str]) -> np.ndarray:
        asked.append(len(texts))
        if len(asked) == 4:
            raise KeyboardInterrupt
        return np.asarray(real(self, texts))

    monkeypatch.setattr(HashingEmbedder, "encode", stopped)
    (tmp_path / "out").mkdir()
    found = cli("predict", tmp_path / "run", tmp_path / "new.parquet", "--out", tmp_path / "out" / "o.csv")
    assert found.exit_code not in {0, 2}
    assert len(asked) == 4
    assert list((tmp_path / "out").iterdir()) == []


def test_new_sentences_do_not_fill_the_cache(cli: Cli, tmp_path: Path, backend: ScriptedBackend) -> None:
    """They come by once, and may be millions; a server's vectors were paid for, and are kept."""
    fake_run(tmp_path / "run", [Said("hello", "greet-agent"), Said("hello you", "greet-agent"), Said("bye", "")])
    pq.write_table(pa.table({"text": ["hello again", "bye"]}), tmp_path / "new.parquet")
    assert cli("predict", tmp_path / "run", tmp_path / "new.parquet").exit_code == 0
    assert not (tmp_path / "home" / "embeddings.sqlite").exists()


def test_speakers_have_the_roles_that_they_had_in_the_run(tmp_path: Path) -> None:
    """What the user says of the new source counts more."""
    run = fake_run(tmp_path / "run", [Said("a refund", "refund"), Said("a parcel", "parcel")])
    source = replace(run.manifest.source, columns=Columns(speakers="0=agent", split=True))
    run = replace(run, manifest=replace(run.manifest, source=source))
    assert read_like(run, Columns()) == Columns(speakers="0=agent", split=True)
    assert read_like(run, Columns(speakers="0=customer")).speakers == "0=customer"


CARDS = ("4111 1111 1111 1111", "5555555555554444")


@pytest.mark.parametrize("context", ["none", "next"])
@pytest.mark.parametrize("form", ["jsonl", "calls.json", "parquet"])
def test_placeholders_in_dialogues_do_not_need_all_turns_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str, context: str
) -> None:
    """Dialogue "b" goes on after another one, and its last turn decides the numbers of its cards.

    It has the placeholder 5 already. In the tables, turns count down, so that its first row is said last: card 6
    is the other one.
    """
    found = redacting(fake_run(tmp_path / "run", calls()), "rules")
    settings = replace(found.manifest.settings, context="next" if context == "next" else "none")
    run = replace(found, manifest=replace(found.manifest, settings=settings))
    said = [
        ("b", f"refund please {CARDS[0]}"),
        ("a", CARDS[1]),
        ("b", f"我的密码忘了 {CARDS[1]}"),
        ("b", "is it <CARD_5>?"),
    ]
    rows = [{"dialogue_id": name, "turn": 9 - i, "text": text} for i, (name, text) in enumerate(said * 2)]
    path = tmp_path / f"new.{form}"
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif form == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        path.write_text(json.dumps([{"id": row["dialogue_id"], "turns": [{"text": row["text"]}]} for row in rows]))
    whole = answers(run, path)
    number = 6 if form == "calls.json" else 7
    assert whole["text"].to_pylist()[:2] == [f"refund please <CARD_{number}>", "<CARD_1>"]
    monkeypatch.setattr(predict.new_rows, "__defaults__", (2,))
    monkeypatch.setattr(predict, "PART_ROWS", 2)
    monkeypatch.setattr(text_parts, "LARGE_BYTES", 1)
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test")
    in_parts = list(predict_parts(run, path, Columns(), opened))
    assert pa.concat_tables(in_parts).equals(whole)
    assert len(in_parts) == 4


def test_standard_input_is_read_once_where_a_cluster_would_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only its rows tell that there are dialogues, which are answered for here."""
    run = fake_run(tmp_path / "run", calls())
    data = "text,dialogue_id\n" + "".join(f"where is my parcel {i},{i // 3}\n" for i in range(9))
    opened = Connections(None, HashingEmbedder().encode, "test:hashing", "a test")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data.encode())))
    [found] = predict_spread.predict_on_cores(run, "-", Columns(), opened, cast("Cores", None))
    (tmp_path / "new.csv").write_text(data)
    assert found.equals(answers(run, tmp_path / "new.csv"))
