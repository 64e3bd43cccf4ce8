"""A calibration and an adapter belong to a version of a prompt: with another they are not used, and a line says so."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dialin.discover.connect import open_backend
from dialin.discover.context import Tools, calibration_for
from dialin.discover.settings import Settings
from dialin.discover.specs import TUNED_JUDGE, Specs, stale_adapter
from dialin.errors import InputError
from dialin.judge.calibration import calibration_of, read_calibration, shipped_calibration
from dialin.llm.backends import prompt_of_adapter, shipped_adapters
from dialin.llm.spec import Spec
from dialin.prompts.templates import VERSIONS
from oracles import ScriptedLLM
from scripted import CALIBRATION, HashingEmbedder

QWEN = "local:qwen2.5-coder-0.5b"


def tools(notes: list[str], **changes: Any) -> Tools:
    return Tools(ScriptedLLM(name=QWEN), HashingEmbedder().encode, on_note=notes.append, **changes)


def chosen(notes: list[str], **changes: Any) -> str:
    own = tools(notes, **changes)
    return calibration_for(own.llm, own, Settings(form="pairs")).name


def test_a_shipped_calibration_serves_its_prompt_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    notes = list[str]()
    assert chosen(notes) == f"{QWEN}/pairs"
    assert notes == []
    monkeypatch.setitem(VERSIONS, "pairs", 7)
    assert chosen(notes) == "default"
    assert notes == [
        f"the calibration {QWEN}/pairs is not used: it was fitted with version 1 of the prompt 'pairs', which now has "
        "version 7 (renew it: dialin tune calibrate)"
    ]
    assert calibration_of(QWEN, "pairs").name == "default"
    assert shipped_calibration(QWEN, "pairs") is not None


def test_so_does_one_that_the_user_brings() -> None:
    own, notes = replace(CALIBRATION, name="mine", prompt_version=0), list[str]()
    assert chosen(notes, calibration=own) == f"{QWEN}/pairs"  # the shipped one is next in line
    assert len(notes) == 1
    assert notes[0].startswith("the calibration mine is not used")
    assert chosen([], calibration=replace(own, prompt_version=VERSIONS["pairs"])) == "mine"


def test_a_file_without_a_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps({"calibration": vars(CALIBRATION) | {"language_shift": {}}}))
    with pytest.raises(InputError, match=r"holds no calibration.*belongs to no version of a prompt"):
        read_calibration(path)


def test_every_shipped_adapter_and_calibration_is_of_today() -> None:
    """A new prompt makes this fail: tune and calibrate again, or ship without."""
    assert [stale_adapter(f"local:{name}") for name in shipped_adapters()] == [""] * len(shipped_adapters())
    found = shipped_calibration(TUNED_JUDGE, "tuned")
    assert found is not None
    assert found.is_current


def test_a_stale_judge_gives_way_to_the_llm(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Specs(QWEN).judge == TUNED_JUDGE
    monkeypatch.setitem(VERSIONS, "tuned", 2)
    assert Specs(QWEN).judge == QWEN
    assert Specs(QWEN, TUNED_JUDGE).judge == TUNED_JUDGE  # the user asked for it: its base judges, and a line says so
    assert stale_adapter(TUNED_JUDGE) == (
        f"the adapter of {TUNED_JUDGE} is not used: it was tuned with version 1 of the prompt 'tuned', which now has "
        "version 2 (tune it again)"
    )


def test_a_stale_adapter_is_left_off(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = list[str]()
    monkeypatch.setattr("dialin.discover.connect.backend_of", opened.append)
    open_backend(TUNED_JUDGE)
    monkeypatch.setitem(VERSIONS, "tuned", 2)
    open_backend(TUNED_JUDGE)
    assert opened == [TUNED_JUDGE, "local:gemma-3-270m"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        pytest.param({"settings": {"task": "namer"}, "prompt_version": 3}, ("name", 3), id="namer"),
        pytest.param({"settings": {"task": "judge"}}, ("tuned", 0), id="before versions"),
    ],
)
def test_a_folder_of_tune_says_what_it_learnt(
    tmp_path: Path, values: dict[str, Any], expected: tuple[str, int]
) -> None:
    (tmp_path / "tune.json").write_text(json.dumps(values))
    spec = f"local:gemma-3-270m+{tmp_path}"
    assert prompt_of_adapter(Spec.parse(spec)) == expected
    assert stale_adapter(spec) != ""


def test_a_model_without_an_adapter_has_nothing_to_say(tmp_path: Path) -> None:
    assert [stale_adapter(spec) for spec in (QWEN, "none", "openai:gpt", f"{QWEN}+{tmp_path}/a.gguf")] == [""] * 4
