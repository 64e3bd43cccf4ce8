"""Needs alone: other sentences are left out before the search, and come back without an intent and with a reason."""

from __future__ import annotations

import numpy as np
import pytest

from dialin.discover import estimator
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.estimator import IntentClusterer
from dialin.discover.method import discover
from dialin.discover.only import needs_part
from dialin.discover.settings import Settings
from dialin.discover.state import NOT_A_NEED, Result
from dialin.errors import InputError
from dialin.name.kinds import KINDS, Kinds
from oracles import BagOfWords, ScriptedLLM, talk

TEXTS = talk({"parcel": 14, "thanks": 10, "refund": 8, "number": 6})
OTHERS = {"thanks": "social", "number": "data"}
LIST = Settings(judge="llm", form="list", only="needs")


def kind_of(text: str) -> str:
    return OTHERS.get(text.split(maxsplit=1)[0], "need")


def kinds_by_first_word(texts: list[str], roles: list[str]) -> Kinds:
    return Kinds(np.array([[float(kind_of(text) == kind) for kind in KINDS] for text in texts]))


def data_of(texts: list[str], kinds: Kinds | None = None) -> Data:
    n = len(texts)
    return Data(texts, BagOfWords().encode(texts), np.ones(n, np.int64), [""] * n, "words", kinds=kinds)


def found_in(texts: list[str], settings: Settings = LIST) -> Result:
    data = data_of(texts, kinds_by_first_word(texts, []))
    return discover(data, Tools(ScriptedLLM(), BagOfWords().encode), settings)


def test_only_needs_become_intents_and_the_rest_says_why_not() -> None:
    result = found_in(TEXTS)
    is_need = np.array([kind_of(text) == "need" for text in TEXTS])
    assert [intent.name for intent in result.intents] == ["inquire-parcel", "inquire-refund"]
    assert (result.labels[is_need] >= 0).all()
    assert (result.labels[~is_need] == -1).all()
    assert (result.p_intent[~is_need] == 0).all()
    assert [reason == NOT_A_NEED for reason in result.reasons] == (~is_need).tolist()
    assert result.kinds is not None
    assert result.kinds.names == [kind_of(text) for text in TEXTS]


def test_the_rounds_name_rows_of_all_sentences() -> None:
    (_, round_), *_ = found_in(TEXTS).rounds
    assert {TEXTS[row].split()[0] for rows in round_.clusters for row in rows} == {"parcel", "refund"}


def test_without_the_setting_needs_come_first() -> None:
    result = found_in(TEXTS, Settings(judge="llm", form="list"))
    assert [(intent.name, intent.kind, intent.p_kind) for intent in result.intents] == [
        ("inquire-parcel", "need", 1.0),
        ("inquire-refund", "need", 1.0),
        ("say-thanks", "social", 1.0),
        ("provide-number", "data", 1.0),
    ]
    assert set(result.reasons) == {""}


def test_sentences_of_unknown_kind_stay() -> None:
    unknown = Kinds(np.full((len(TEXTS), len(KINDS)), np.nan))
    assert len(needs_part(data_of(TEXTS, unknown)).rows) == len(TEXTS)


def test_too_few_needs_are_no_intent() -> None:
    texts = talk({"thanks": 10, "parcel": 2})
    result = found_in(texts)
    assert result.intents == ()
    assert sorted(set(result.reasons)) == [NOT_A_NEED, "rare"]


def test_without_kinds_there_are_no_needs_to_find() -> None:
    with pytest.raises(InputError, match="only 'needs' needs the kinds of the sentences"):
        discover(data_of(TEXTS), Tools(None, BagOfWords().encode), LIST)


def test_the_estimator_predicts_what_it_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(estimator, "kinds_by_shipped", lambda texts, roles, _opened: kinds_by_first_word(texts, roles))
    model = IntentClusterer(llm=ScriptedLLM(), embedder=BagOfWords(), settings=LIST)
    labels = model.fit_predict(TEXTS)
    assert [intent.kind for intent in model.intents_] == ["need", "need"]
    assert np.array_equal(model.predict(TEXTS), labels)
    assert model.predict(["thanks thanks thanks thanks9"]).tolist() == [-1]
    assert model.predict_proba(["thanks thanks thanks thanks9"]).sum() == 0
