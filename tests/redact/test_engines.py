"""Presidio and GLiNER beside the rules, with stand-ins for their models, and the real Presidio if it is installed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from dialin.errors import InputError
from dialin.redact import gliner, presidio
from dialin.redact.engine import ModelFinder
from dialin.redact.finding import Finding
from dialin.redact.gliner import GlinerNames
from dialin.redact.presidio import PresidioNames, installed_model, presidio_finder
from dialin.redact.table import Cutter
from fake_run import Said, table_of

NAMES = re.compile("Ana Sample|王芳|4111 1111 1111 1111|PHONE_1")


@dataclass(frozen=True)
class Entity:
    """What Presidio returns for a place."""

    start: int
    end: int
    entity_type: str


class FakeAnalyser:
    """Finds a few names, and takes numbers and placeholders for names, as real models do."""

    def __init__(self) -> None:
        self.languages = list[str]()

    def analyze(self, text: str, language: str, entities: Sequence[str]) -> list[Entity]:
        assert set(entities) == {"PERSON", "LOCATION"}
        self.languages.append(language)
        return [Entity(*found.span(), "PERSON") for found in NAMES.finditer(text)]


class FakeGliner:
    """The same, as GLiNER returns it."""

    def inference(self, texts: list[str], labels: list[str], threshold: float) -> list[list[dict[str, Any]]]:
        assert (labels, threshold) == (["person", "address"], 0.5)
        return [[{"start": f.start(), "end": f.end(), "label": "person"} for f in NAMES.finditer(t)] for t in texts]


@pytest.mark.parametrize("named", [PresidioNames(FakeAnalyser(), frozenset({"en", "zh"})), GlinerNames(FakeGliner())])
def test_a_model_adds_names_and_changes_nothing_of_the_rules(named: Any) -> None:
    said = ["Ana Sample, card 4111 1111 1111 1111", "我是王芳，<PHONE_1>", "so Ana Sample again", "hello"]
    table = table_of([Said(text, "", "a") for text in said])
    cutter = Cutter(ModelFinder("presidio", named, {"model": "fake"}))
    (found,) = cutter.filled([cutter.cut(table)])
    assert found["text"].to_pylist() == [
        "<NAME_1>, card <CARD_1>",
        "我是<NAME_2>，<PHONE_1>",
        "so <NAME_1> again",
        "hello",
    ]
    assert cutter.counts == {"NAME": 3, "CARD": 1}


def test_presidio_is_asked_in_the_language_of_the_text() -> None:
    analyser = FakeAnalyser()
    PresidioNames(analyser, frozenset({"en", "zh"}))(["hello Ana Sample", "我是王芳"])
    assert analyser.languages == ["en", "zh"]


def test_a_text_in_a_language_without_a_model_is_an_error() -> None:
    with pytest.raises(InputError, match=r"model of spaCy for Chinese.*zh_core_web_md"):
        PresidioNames(FakeAnalyser(), frozenset({"en"}))(["我是王芳"])


def test_an_english_model_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presidio, "find_spec", lambda name: 1 if name == "presidio_analyzer" else None)
    with pytest.raises(InputError, match="python -m spacy download en_core_web_md"):
        presidio_finder()


def test_the_best_installed_model_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presidio, "find_spec", lambda name: 1 if name in ("en_core_web_md", "en_core_web_sm") else None)
    assert installed_model("en") == "en_core_web_md"
    assert installed_model("zh") is None


def test_a_model_that_cannot_be_fetched_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Offline:
        @staticmethod
        def from_pretrained(name: str) -> None:
            raise OSError("no network, and a long story")

    monkeypatch.setattr(gliner, "find_spec", lambda name: 1)
    monkeypatch.setitem(__import__("sys").modules, "gliner", type("Module", (), {"GLiNER": Offline}))
    with pytest.raises(
        InputError, match="gliner_multi_pii-v1 is not here, and could not be fetched: OSError"
    ) as raised:
        gliner.gliner_finder()
    assert "long story" not in str(raised.value)


def test_gliner_is_asked_in_batches() -> None:
    texts = [f"Ana Sample {i}" for i in range(70)]
    assert GlinerNames(FakeGliner())(texts) == [[Finding(0, 10, "NAME")]] * 70


def test_presidio_finds_names_for_real() -> None:
    pytest.importorskip("presidio_analyzer")
    if installed_model("en") is None:
        pytest.skip("no English model of spaCy is installed")
    (found,) = presidio_finder().find_all(["My name is Sarah Miller, card 4111 1111 1111 1111."])
    assert [one.type for one in found] == ["NAME", "CARD"]
