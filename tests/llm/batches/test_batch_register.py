"""The file of open batches: what it holds, and files that somebody has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dialin.errors import InputError
from dialin.llm.accepts import Accepts
from dialin.llm.batches.register import BatchRegister, OpenBatch, is_awaited

KEY = "0123456789abcdef" * 4
BATCH = OpenBatch(
    "1f" * 16, "openai:m@https://api.openai.com/v1", (KEY,), Accepts(n_top=5, seed=False), 1_790_000_000.5
)


def test_what_is_put_is_there_for_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "batches.jsonl"
    register = BatchRegister(path)
    assert path.read_text() == ""
    assert not is_awaited(path)
    register.put(BATCH)
    named = register.named(BATCH, "batch_67")
    assert is_awaited(path)
    again = BatchRegister(path)
    assert again.of(BATCH.model) == [named]
    assert again.of("openai:other@https://api.openai.com/v1") == []
    again.remove(named)
    assert BatchRegister(path).of(BATCH.model) == []


def test_the_oldest_batch_comes_first(tmp_path: Path) -> None:
    register = BatchRegister(tmp_path / "batches.jsonl")
    older = OpenBatch("2f" * 16, BATCH.model, (), Accepts(), BATCH.time - 1)
    register.put(BATCH)
    register.put(older)
    assert register.of(BATCH.model) == [older, BATCH]


def test_a_run_that_goes_on_without_batches_loses_the_file_with_the_last_one(tmp_path: Path) -> None:
    path = tmp_path / "batches.jsonl"
    BatchRegister(path).put(BATCH)
    register = BatchRegister(path, is_ending=True)
    assert path.exists()
    register.remove(BATCH)
    assert not path.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", "../files"),
        ("name", None),
        ("keys", ["../../x"]),
        ("keys", KEY),
        ("time", "now"),
        ("mark", 3),
        ("model", None),
    ],
    ids=["path", "no name", "odd key", "one key", "no time", "number", "no model"],
)
def test_a_changed_file_is_refused_in_one_line(tmp_path: Path, field: str, value: Any) -> None:
    path = tmp_path / "batches.jsonl"
    BatchRegister(path).put(BATCH)
    path.write_text(json.dumps(json.loads(path.read_text()) | {field: value}) + "\n")
    with pytest.raises(InputError, match=r"batches\.jsonl is damaged: "):
        BatchRegister(path)


@pytest.mark.parametrize("text", ["{", "[]\n", '"a"\n'], ids=["cut short", "list", "text"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "batches.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match="is damaged"):
        is_awaited(path)


def test_what_somebody_else_wrote_about_the_model_is_read_with_care(tmp_path: Path) -> None:
    path = tmp_path / "batches.jsonl"
    BatchRegister(path).put(BATCH)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"accepts": {"seed": "no", "n_top": 3, "x": 1}}) + "\n")
    assert BatchRegister(path).of(BATCH.model)[0].accepts == Accepts(n_top=3)
