"""`IntentClusterer` is an estimator: scikit-learn can clone it, put it into a pipeline and check it."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

import dialin
import scripted
from dialin.discover import connect
from dialin.discover.estimator import IntentClusterer
from dialin.discover.settings import Settings
from dialin.embed.choose import ChosenEmbedder
from dialin.errors import InputError
from dialin.prompts.prompt import Prompt
from oracles import ScriptedLLM
from scripted import HashingEmbedder, ScriptedBackend

SETTINGS = Settings(form="list", judge="llm")
ROWS = scripted.sentences()
TEXTS = [text for text, _ in ROWS]

API_CHECKS = [
    estimator_checks.check_estimator_cloneable,
    estimator_checks.check_estimator_repr,
    estimator_checks.check_do_not_raise_errors_in_init_or_set_params,
    estimator_checks.check_estimator_tags_renamed,
    estimator_checks.check_get_params_invariance,
    estimator_checks.check_mixin_order,
    estimator_checks.check_no_attributes_set_in_init,
    estimator_checks.check_parameters_default_constructible,
    estimator_checks.check_set_params,
    estimator_checks.check_valid_tag_types,
]
"""Checks of scikit-learn that fit nothing. The others fit arrays of numbers: they do not apply to a column of texts."""


def clusterer(**changes: Any) -> IntentClusterer:
    given: dict[str, Any] = {"llm": ScriptedLLM(), "embedder": HashingEmbedder(), "settings": SETTINGS}
    return IntentClusterer(**given | changes)


# --- scikit-learn -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", API_CHECKS, ids=lambda check: check.__name__)
def test_checks_of_scikit_learn(check: Any) -> None:
    check("IntentClusterer", clusterer(llm=None))


def test_scikit_learn_itself_says_that_its_other_checks_are_not_for_texts() -> None:
    with pytest.warns(SkipTestWarning, match="requires input"):
        estimator_checks.check_estimator(clusterer(llm=None))


def test_clone_and_set_params() -> None:
    model = clusterer()
    copy = clone(model, safe=False)
    assert copy.get_params()["settings"] == SETTINGS
    assert set(copy.get_params()) == {"llm", "embedder", "judge_llm", "calibration", "settings"}
    assert copy.set_params(settings=Settings(granularity=2.0)).settings.granularity == 2.0
    assert model.settings == SETTINGS
    with pytest.raises(ValueError, match="colour"):
        copy.set_params(colour="blue")


def test_a_pipeline_fits_and_predicts() -> None:
    pipeline = make_pipeline(clusterer())
    labels = pipeline.fit_predict(TEXTS)
    assert np.array_equal(pipeline.predict(TEXTS), labels)
    assert np.array_equal(labels, clusterer().fit(TEXTS).labels_)


@pytest.mark.parametrize("method", ["predict", "predict_proba"])
def test_before_fit_there_is_nothing(method: str) -> None:
    with pytest.raises(NotFittedError):
        getattr(clusterer(), method)(["parcel"])


def test_a_fitted_one_can_be_pickled() -> None:
    model = clusterer(llm=None).fit(TEXTS)
    assert np.array_equal(pickle.loads(pickle.dumps(model)).predict(TEXTS), model.labels_)


# --- what it takes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "kind",
    [list, tuple, pd.Series, pl.Series, pa.array, np.array],
    ids=["list", "tuple", "pandas", "polars", "arrow", "numpy"],
)
def test_texts_come_in_any_column(kind: Any) -> None:
    model = clusterer().fit(kind(TEXTS))
    assert np.array_equal(model.labels_, clusterer().fit(TEXTS).labels_)
    assert np.array_equal(model.predict(kind(TEXTS)), model.labels_)


def test_what_read_returns_can_be_fitted() -> None:
    """A label for each utterance, in the order of the input, the blank one left out; roles are those of the corpus."""
    frame = pd.DataFrame({"text": [*TEXTS, "", TEXTS[0]], "role": ["customer"] * (len(TEXTS) + 2)})
    corpus = dialin.read(frame)
    model = clusterer().fit(corpus)
    assert np.array_equal(model.labels_, clusterer().fit([*TEXTS, TEXTS[0]]).labels_)
    assert np.array_equal(model.predict(corpus), model.labels_)
    assert {intent.role for intent in model.intents_} == {"customer"}


def test_what_is_said_next_counts_in_fit_and_in_predict() -> None:
    """In dialogues the vectors lean; the sentences of `fit` keep theirs, even when they come as texts alone."""
    rows = [{"text": text, "dialogue_id": str(i // 3)} for i, text in enumerate(TEXTS)]
    corpus = dialin.read(pd.DataFrame(rows))
    model = clusterer().fit(corpus)
    alone = clusterer(settings=Settings(form="list", judge="llm", context="none")).fit(corpus)
    assert not np.array_equal(model.result_.pieces.centroids, alone.result_.pieces.centroids)
    assert np.array_equal(model.predict(corpus), model.labels_)
    texts = [corpus.texts[i] for i in corpus.occurrences["sentence_id"].to_pylist()]
    assert np.array_equal(model.predict(texts), model.labels_)
    fitted = clusterer(llm=None).fit(corpus)
    assert np.array_equal(pickle.loads(pickle.dumps(fitted)).predict(corpus), fitted.labels_)


def test_texts_that_can_be_read_only_once() -> None:
    model = clusterer(llm=None).fit(iter(TEXTS))
    assert np.array_equal(model.predict(iter(TEXTS)), model.labels_)
    assert np.array_equal(model.predict_proba(iter(TEXTS)), model.predict_proba(TEXTS))


def test_dialogues_of_a_corpus_help_to_guess_who_speaks() -> None:
    """What says nothing of itself stands where the agent speaks; as texts alone, it is taken for a customer's."""
    dialogues = [["I want my money back", "let me check that for you"]] * 20 + [["I want my money back", "xyz"]]
    rows = [{"text": text, "dialogue_id": str(d)} for d, said in enumerate(dialogues) for text in said]
    corpus = dialin.read(pd.DataFrame(rows))
    place = corpus.texts.index("xyz")
    for given, role in ((corpus, "agent"), (corpus.texts, "customer")):
        model = clusterer(settings=Settings(form="list", judge="llm", roles="split"))
        with pytest.warns(UserWarning, match="roles were guessed"):
            model.fit(given)
        assert model.result_.roles[place] == role


@pytest.mark.parametrize(
    ("X", "message"),
    [
        pytest.param("where is my parcel", "X must be one column of texts, got str", id="one text"),
        pytest.param(np.zeros((3, 2)), r"X must be one column of texts, got ndarray \(3, 2\)", id="a matrix"),
        pytest.param(pd.DataFrame({"text": TEXTS}), "dialin.read reads files and frames", id="a frame"),
        pytest.param(["a", None], r"X\[1\] must be a text, got None", id="a blank"),
        pytest.param(np.arange(3), r"X\[0\] must be a text, got", id="numbers"),
    ],
)
def test_anything_else_is_refused(X: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        clusterer().fit(X)


def test_roles_must_be_as_many_as_texts() -> None:
    with pytest.raises(InputError, match="roles must have one entry for each of the 2 texts, got 1"):
        clusterer().fit(["a", "b"], roles=["customer"])


# --- probabilities ------------------------------------------------------------------------------------------------


def test_probabilities_sum_to_one_where_there_is_an_intent() -> None:
    model = clusterer().fit(TEXTS)
    texts = [*TEXTS, "walrus tango umbrella"]
    p, labels = model.predict_proba(texts), model.predict(texts)
    assert p.shape == (len(texts), len(model.intents_))
    assert labels[-1] == -1
    assert p.sum(axis=1) == pytest.approx((labels >= 0).astype(float))
    _, p_own = model.result_.pieces.assign(HashingEmbedder().encode(texts), [""] * len(texts))
    found = np.flatnonzero(labels >= 0)
    assert p[found, labels[found]] == pytest.approx(p_own[found])


# --- specs --------------------------------------------------------------------------------------------------------


def test_specs_are_opened_for_fit_and_closed_after_it(backend: ScriptedBackend) -> None:
    """No context manager; the replies stay in the user's store, so the second fit asks nothing."""
    model = IntentClusterer("test:scripted", "test:hashing", settings=SETTINGS).fit(TEXTS)
    assert len({intent.name for intent in model.intents_}) == len(scripted.TOPICS)
    assert model.usage_.calls == len(backend.asked) > 0
    assert np.array_equal(model.predict(TEXTS), model.labels_)
    again = clone(model).fit(TEXTS)
    assert again.usage_.calls == 0
    assert again.usage_.cached > 0
    assert np.array_equal(again.labels_, model.labels_)


def test_none_asks_nobody(backend: ScriptedBackend) -> None:
    IntentClusterer(None, "test:hashing").fit(TEXTS)
    assert backend.asked == []


class Tracing(ScriptedLLM):
    """Notes the modules between `fit` and the question."""

    def choose(self, prompts: Sequence[Prompt], options: Sequence[str]) -> NDArray[np.float64]:
        files = [frame.filename for frame in traceback.extract_stack()]
        own = [name.split("/dialin/", 1)[1] for name in files if "/src/dialin/" in name]
        self.modules = list(dict.fromkeys(name for name in own if not name.startswith("llm/")))
        return super().choose(prompts, options)


def test_from_fit_to_the_llm_there_are_five_modules() -> None:
    llm = Tracing()
    clusterer(llm=llm).fit(TEXTS)
    assert llm.modules == [
        "discover/estimator.py",
        "discover/method.py",
        "search/iterate.py",
        "search/tree_search.py",
        "judge/coherence.py",
    ]


def test_of_nothing_found_there_are_no_probabilities() -> None:
    model = clusterer().fit(["hello there", "good bye"])
    assert model.intents_ == ()
    assert model.predict_proba(["hello there"]).shape == (1, 0)
    assert model.predict(["hello there"]).tolist() == [-1]


def test_the_embedder_is_opened_once_and_again_after_pickling(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model takes a tenth of a second to load: `predict` keeps the one of `fit`, a pickle opens its own."""
    opened = list[str]()

    def counted(spec: str, texts: Sequence[str] = ()) -> ChosenEmbedder:
        opened.append(spec)
        return scripted.embedder_of(spec, texts)

    monkeypatch.setattr(connect, "embedder_of", counted)
    model = IntentClusterer(None, "test:hashing").fit(TEXTS)
    model.predict(TEXTS)
    model.predict_proba(TEXTS)
    assert len(opened) == 1
    again = pickle.loads(pickle.dumps(model))
    assert np.array_equal(again.predict(TEXTS), model.labels_)
    assert len(opened) == 2
