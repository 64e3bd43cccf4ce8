"""The businesses that the embedders learn: many needs, each named, and none of them in what measures."""

from __future__ import annotations

import doctest
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from dialin.cli.demo import DEMO_INPUT, examples
from studies.own import unlearnt
from studies.own.calls import FOLDER, LEARNT, businesses, needs_of
from studies.own.unlearnt import LabelledTexts, figures_of, frequent

PATHS = sorted(LEARNT.glob("*.json"))


def letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.lower()))


def test_a_business_has_many_needs_with_some_turns_each_and_no_turn_twice() -> None:
    for path in PATHS:
        found = json.loads(path.read_text("utf-8"))
        assert len(found["needs"]) >= 14, path.stem
        assert min(map(len, found["needs"].values())) >= 3, path.stem
        texts = needs_of(path)["text"].to_pylist()
        assert len(set(texts)) == len(texts), path.stem
        assert all(texts), path.stem


def test_each_need_has_one_name_in_the_language_of_its_business() -> None:
    for path in PATHS:
        found, labels = json.loads(path.read_text("utf-8")), needs_of(path)["label"].to_pylist()
        assert len(set(labels)) == len(found["needs"]), path.stem
        assert all(label.isascii() == path.stem.startswith("en-") for label in labels), path.stem


def long_texts(texts: list[str]) -> Iterator[str]:
    return (letters(text) for text in texts if len(text) > 40 or (len(text) > 15 and not text.isascii()))


def test_nothing_that_measures_is_learnt() -> None:
    """No business is in both folders, and no long turn of one that measures, or of the demo, is learnt."""
    assert not {path.name for path in PATHS} & {path.name for path in FOLDER.glob("*.json")}
    learnt = {letters(text) for path in PATHS for text in needs_of(path)["text"].to_pylist()}
    measured = [text for business in businesses(FOLDER) for text in business.texts]
    calls = map(json.loads, (examples() / DEMO_INPUT).read_text("utf-8").splitlines())
    measured += [turn["text"] for call in calls for turn in call["turns"]]
    assert not learnt & {*long_texts(measured)}


def test_examples() -> None:
    assert doctest.testmod(unlearnt).failed == 0


def test_intents_of_few_sentences_and_noise_are_left_out() -> None:
    texts = [str(i) for i in range(15)]
    corpus = LabelledTexts("c", texts, ["a"] * 5 + ["b"] * 4 + ["oos"] * 6)
    assert frequent(corpus) == LabelledTexts("c", texts[:5], ["a"] * 5)


def test_what_lies_apart_is_found() -> None:
    X = np.repeat(np.eye(3, dtype=np.float32), 6, axis=0)
    assert figures_of(X, np.repeat(["a", "b", "c"], 6)) == {"ami": 1.0, "ari": 1.0, "acc": 1.0, "near": 1.0}


def test_the_public_sets_are_english(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    told = {"needs": {"cancel": ["stop it"], "pay": ["where do I pay"]}, "other": ["hi"]}
    for name in ("zh-1", "en-1"):
        (tmp_path / f"{name}.json").write_text(json.dumps(told), "utf-8")
    monkeypatch.setattr(unlearnt, "FOLDER", tmp_path)
    [corpus] = unlearnt.corpora("zh")
    assert dict(zip(corpus.texts, corpus.gold, strict=True)) == {"stop it": "cancel", "where do I pay": "pay"}
