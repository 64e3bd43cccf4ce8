"""What a sentence does: probabilities by script and role, votes of an intent, and the shipped weights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.discover.connect import kinds_by_shipped
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.models.catalogue import catalogue
from dialin.name.kinds import (
    KINDS,
    N_RUNS,
    KindHead,
    Kinds,
    character_runs,
    kind_cues,
    kind_features,
    kind_heads,
    kinds_of,
    prevailing,
    write_kind_heads,
)


def one_hot(*names: str) -> Kinds:
    rows = [[float(name == kind) if name else np.nan for kind in KINDS] for name in names]
    return Kinds(np.array(rows))


def encoder_for(name: str) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """Return vectors of the width of a shipped embedder: all its numbers equal."""
    d = kind_heads()[name].weights.shape[1] - N_RUNS - 3
    return lambda texts: np.full((len(texts), d), d**-0.5, np.float32)


# --- the head -------------------------------------------------------------------------------------


def test_probabilities_are_a_softmax_of_the_features() -> None:
    weights = np.zeros((5, 2 + 3 + N_RUNS))
    weights[1, 0], weights[2, 4] = 0.25, 3.0  # the first number of a vector, which is scaled by 4; a question mark
    head = KindHead("test", "", weights, np.zeros(5))
    P = head.probabilities(["well", "well?"], np.array([[1, 0], [0, 1]], np.float32))
    assert P.sum(axis=1) == pytest.approx(1)
    assert P[0] == pytest.approx(np.exp([0, 1, 0, 0, 0]) / (4 + np.e))
    assert P[1].argmax() == 2


def test_features_are_vector_cues_and_runs() -> None:
    X = np.array([[0.6, 0.8]], np.float32)
    features = kind_features(["四四 oh one?"], X).toarray()
    assert features.shape == (1, 2 + 3 + N_RUNS)
    assert features[0, :2] == pytest.approx(4 * X[0])
    assert features[0, 2:5] == pytest.approx(kind_cues(["四四 oh one?"])[0])
    assert np.linalg.norm(features[0, 5:]) == pytest.approx(3)


def test_no_sentence_depends_on_its_neighbours() -> None:
    alone, beside = character_runs(["where is it"]), character_runs(["thanks", "where is it"])
    assert (alone.toarray()[0] == beside.toarray()[1]).all()


def test_an_empty_text_has_features() -> None:
    assert kind_features([""], np.zeros((1, 4), np.float32)).shape == (1, 4 + 3 + N_RUNS)


# --- the kinds ------------------------------------------------------------------------------------


def test_each_script_has_its_head_and_other_scripts_have_no_kind() -> None:
    asked = []

    def encoder(name: str) -> Callable[[Sequence[str]], NDArray[np.float32]]:
        asked.append(name)
        return encoder_for(name)

    kinds = kinds_of(["hello", "你好", "привет", "こんにちは"], [""] * 4, encoder)
    assert asked == [ENGLISH, CHINESE]
    assert [bool(name) for name in kinds.names] == [True, True, False, False]
    assert np.isnan(kinds.P[2:]).all()
    assert kinds.P[:2].sum(axis=1) == pytest.approx(1)


def test_an_agents_sentence_is_never_a_need() -> None:
    texts = ["please cancel my order"] * 3
    kinds = kinds_of(texts, ["customer", "agent", ""], encoder_for)
    assert kinds.P[1, 0] == 0
    assert kinds.P[1].sum() == pytest.approx(1)
    assert (kinds.P[0] == kinds.P[2]).all()
    assert kinds.P[1, 1:] == pytest.approx(kinds.P[0, 1:] / kinds.P[0, 1:].sum())


def test_a_guessed_role_takes_the_need_away_later() -> None:
    kinds = Kinds(np.array([[0.5, 0.25, 0.25, 0, 0], [0.5, 0.25, 0.25, 0, 0], [np.nan] * 5]))
    told = kinds.with_roles(["agent", "customer", "agent"])
    assert told.P[0].tolist() == [0, 0.5, 0.5, 0, 0]
    assert (told.P[1] == kinds.P[1]).all()
    assert told.names == ["answer", "need", ""]


def test_names_and_probabilities_are_those_of_the_likeliest_kind() -> None:
    kinds = Kinds(np.array([[0.4, 0.1, 0.3, 0.1, 0.1], [0.1, 0.1, 0.1, 0.1, 0.6], [np.nan] * 5]))
    assert kinds.names == ["need", "social", ""]
    assert kinds.p[:2].tolist() == [0.4, 0.6]
    assert np.isnan(kinds.p[2])
    assert kinds.may_be_needs.tolist() == [True, False, True]
    assert kinds.at(np.array([1])).names == ["social"]


def test_acknowledgements_and_what_is_social_say_nothing() -> None:
    """A need, an answer, data and what nobody has read do."""
    kinds = Kinds(np.vstack([np.eye(5), [np.nan] * 5]))
    assert kinds.say_something.tolist() == [True, True, True, False, False, True]


def test_no_sentence_has_no_kind() -> None:
    kinds = kinds_of([], [], encoder_for)
    assert kinds.names == []
    assert len(kinds.p) == len(kinds.may_be_needs) == len(kinds.say_something) == 0


def test_the_prevailing_kind_has_most_votes_and_its_share_of_the_utterances() -> None:
    """√9 = 3 votes for a need against 2; of 14 utterances, 9 are needs."""
    kinds = one_hot("need", "social", "social", "")
    assert prevailing(kinds, np.array([9, 1, 1, 3])) == ("need", 9 / 14)
    assert prevailing(one_hot("", ""), np.array([1, 2])) == ("", None)
    assert prevailing(kinds.at(np.array([], np.int64)), np.array([], np.int64)) == ("", None)


def test_one_frequent_phrase_does_not_outvote_five_complaints() -> None:
    """A call for a person, said 13 times, has √13 = 3.6 votes."""
    names = ["social", *["need"] * 5]
    assert prevailing(one_hot(*names), np.array([13, 1, 1, 1, 1, 1])) == ("need", 5 / 18)


def test_probabilities_are_summed() -> None:
    """Two of three are rather social, but together they are 1.55 needs and 1.45 social."""
    kinds = Kinds(np.array([[0.95, 0, 0, 0, 0.05], [0.3, 0, 0, 0, 0.7], [0.3, 0, 0, 0, 0.7]]))
    assert prevailing(kinds, np.array([1, 1, 1])) == ("need", 1 / 3)


# --- the shipped weights --------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_the_weights_belong_to_the_shipped_embedder(name: str) -> None:
    """A retrained embedder needs new weights: ``python -m studies.own.kinds`` makes them."""
    (model,) = (file for file in catalogue()[name].files if file.name == "model.onnx")
    assert kind_heads()[name].model_sha256 == model.sha256, "run: python -m studies.own.kinds"


def test_heads_survive_their_file(tmp_path: Path) -> None:
    head = KindHead("intents-xx-v1", "abc", np.full((5, 7), 0.125), np.arange(5.0))
    write_kind_heads([head], tmp_path / "heads.npz")
    back = kind_heads(tmp_path / "heads.npz")["intents-xx-v1"]
    assert (back.embedder, back.model_sha256) == (head.embedder, "abc")
    assert (back.weights == head.weights).all()
    assert (back.bias == head.bias).all()


def test_plain_sentences_have_the_kind_that_a_person_would_say(home: Path) -> None:
    said = {
        "hi, I'd like to cancel my subscription please": "need",
        "okay thanks, and can you also block my card": "need",
        "thanks a lot, goodbye": "social",
        "double five, seven, oh, nine, three": "data",
        "yes, that's right": "acknowledgement",
        "the technician will be there between ten and twelve": "answer",
        "我要退款": "need",
        "谢谢，再见": "social",
        "零七三，九幺五六": "data",
        "嗯，好的": "acknowledgement",
        "师傅明天上午十点到十二点上门": "answer",
    }
    roles = ["agent" if kind == "answer" else "" for kind in said.values()]
    assert kinds_by_shipped(list(said), roles).names == list(said.values())
