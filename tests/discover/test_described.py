"""Descriptions in a run: who is asked, when, and what a cap or a missing LLM does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.method import discover
from dialin.discover.settings import Settings
from dialin.discover.state import Result
from dialin.errors import InputError
from dialin.prompts.templates import load
from oracles import BagOfWords, Matrix, ScriptedLLM, talk

TEXTS = [*talk({"parcel": 14, "refund": 10, "login": 8}), "zebra quartz"]
LIST = Settings(judge="llm", form="list")
DESCRIBED = replace(LIST, describe=True)


class Idle(BagOfWords):
    """An embedder that nobody may ask."""

    def encode(self, texts: Sequence[str]) -> Matrix:
        raise AssertionError("nothing may be embedded")


def found(llm: ScriptedLLM | None, settings: Settings = DESCRIBED) -> Result:
    n = len(TEXTS)
    data = Data(TEXTS, BagOfWords().encode(TEXTS), np.ones(n, np.int64), [""] * n)
    return discover(data, Tools(llm, BagOfWords().encode), settings)


def test_each_intent_is_described() -> None:
    assert [(intent.name, intent.description) for intent in found(ScriptedLLM()).intents] == [
        (f"inquire-{word}", f"People talk about the {word} here.") for word in ("parcel", "refund", "login")
    ]


def test_without_the_setting_the_same_is_asked_and_found_but_no_description() -> None:
    plain, described = ScriptedLLM(), ScriptedLLM()
    before, after = found(plain, LIST), found(described)
    assert {intent.description for intent in before.intents} == {""}
    assert before.intents == tuple(replace(intent, description="") for intent in after.intents)
    assert described.prompts[: len(plain.prompts)] == plain.prompts
    systems = {prompt.system for prompt in described.prompts[len(plain.prompts) :]}
    assert systems == {load("explain", "en").system}


@pytest.mark.parametrize(
    ("settings", "task"),
    [(replace(DESCRIBED, language="zh"), "zh"), (replace(DESCRIBED, language="en"), "en"), (DESCRIBED, "en")],
    ids=["Chinese", "English", "auto"],
)
def test_they_are_in_the_language_of_the_names(settings: Settings, task: str) -> None:
    llm = ScriptedLLM()
    found(llm, settings)
    assert llm.prompts[-1].system == load("explain", task).system


def test_a_cap_leaves_all_else_as_it_is_and_the_run_incomplete() -> None:
    whole = ScriptedLLM()
    found(whole, LIST)
    plain, capped = found(ScriptedLLM(), LIST), found(ScriptedLLM(n_calls=whole.n_batches))
    assert capped.intents == plain.intents
    assert capped.reasons == plain.reasons
    assert "budget" not in capped.reasons
    assert plain.complete
    assert not capped.complete


def test_without_an_llm_there_is_one_line_before_any_work() -> None:
    with pytest.raises(InputError, match=r"^describe needs an LLM.*--llm"):
        found(None)
    with pytest.raises(InputError, match="describe needs an LLM"):
        IntentClusterer(llm=None, embedder=Idle(), settings=DESCRIBED).fit(TEXTS)
    with pytest.raises(InputError, match="describe needs an LLM"):
        IntentClusterer(llm="none", embedder=Idle(), settings=DESCRIBED).fit(TEXTS)
