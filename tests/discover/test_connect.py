"""Opening the models of a run, and closing what was opened."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import scripted
from dialin.discover import connect
from dialin.discover.replies import asked
from dialin.discover.specs import Specs, model_hashes
from dialin.errors import InputError, ModelError
from dialin.llm.base import Backend


class Closable(scripted.ScriptedBackend):
    """A backend that notes whether it was closed."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.is_closed = name, False

    def close(self) -> None:
        self.is_closed = True


@pytest.fixture
def put(home: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[str], Backend]], None]:
    """Return what puts a function in the place of `backend_of`; the embedder is a stand-in."""
    monkeypatch.setattr(connect, "embedder_of", scripted.embedder_of)
    return lambda of: monkeypatch.setattr(connect, "backend_of", of)


def test_leaving_the_block_closes_both_llms(put: Callable[[Callable[[str], Backend]], None]) -> None:
    made = {name: Closable(name) for name in ("local:a", "local:b")}
    put(lambda spec: made[spec])
    with connect.connect(Specs("local:a", "local:b"), []) as opened:
        assert (opened.backend, opened.judge) == (made["local:a"], made["local:b"])
        assert not any(backend.is_closed for backend in made.values())
    assert all(backend.is_closed for backend in made.values())


def test_a_judge_that_cannot_be_opened_leaves_no_llm_open(put: Callable[[Callable[[str], Backend]], None]) -> None:
    first = Closable("local:a")

    def backend_of(spec: str) -> Backend:
        if spec != first.name:
            raise ModelError("no such model")
        return first

    put(backend_of)
    with pytest.raises(ModelError, match="no such model"):
        connect.connect(Specs("local:a", "local:b"), [])
    assert first.is_closed


def test_an_embedder_that_cannot_be_opened_leaves_no_llm_open(
    put: Callable[[Callable[[str], Backend]], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = {name: Closable(name) for name in ("local:a", "local:b")}
    put(lambda spec: made[spec])

    def refuse(spec: str, texts: object) -> None:
        raise InputError("unknown embedder")

    monkeypatch.setattr(connect, "embedder_of", refuse)
    with pytest.raises(InputError, match="unknown embedder"):
        connect.connect(Specs("local:a", "local:b"), [])
    assert all(backend.is_closed for backend in made.values())


def test_a_server_that_is_not_there_is_found_out_at_once(home: Path) -> None:
    with pytest.raises(InputError, match=r"cannot reach the LLM server at http://127\.0\.0\.1:1/v1"):
        connect.connect(Specs("openai:m@http://127.0.0.1:1/v1"), [])


def test_hashes_are_those_of_what_comes_with_dialin() -> None:
    specs = ["local:gemma-3-270m+judge", "local:intents-en-v5+bge-small-zh-v1.5", "openai:m", "none", "test:x"]
    found = model_hashes([*specs, "local:/no/such.gguf"])
    names = {"gemma-3-270m", "gemma-3-270m+judge", "intents-en-v5", "bge-small-zh-v1.5"}
    assert set(found) == names


def test_the_calibration_lies_in_the_folder_of_the_adapter(tmp_path: Path) -> None:
    (tmp_path / "judge").mkdir()
    assert connect.calibration_file(f"local:gemma-3-270m+{tmp_path}/judge") == tmp_path / "judge" / "calibration.json"
    for spec in ("local:gemma-3-270m+judge", "local:gemma-3-270m", "openai:m", "test:x"):
        assert connect.calibration_file(spec) is None
        assert connect.beside(spec) == "auto"


def test_replies_of_a_run_are_counted_and_shared(home: Path) -> None:
    assert asked(home / "no.sqlite") == {}
    assert not (home / "no.sqlite").exists()
