"""What people do in turns without a need: the acts, each once, in the form of names, with their vectors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dialin.discover.connect import open_embedder
from dialin.embed.choose import CHINESE, ENGLISH
from dialin.models.catalogue import catalogue
from dialin.name import acts
from dialin.name.actions import AGENT, CUSTOMER, action_of
from dialin.name.acts import GIVEN, ROLES, act_done, acts_by_role, data_given, known_acts, write_acts
from dialin.name.candidates import Material
from dialin.name.distinct import distinguished
from dialin.name.honest import Backing
from dialin.name.need_votes import Ballot
from dialin.name.needs import EMBEDDERS, Needs
from dialin.name.offer import Offer
from dialin.name.turns import Turn


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("role", ROLES)
def test_each_act_has_one_name_of_an_action_and_an_object(language: str, role: str) -> None:
    names = acts_by_role()[role][EMBEDDERS[language]].names
    assert len(set(names)) == len(names) > 30
    assert all(action_of(name) and name.partition("-")[2] for name in names)
    assert all(name.isascii() == (language == "en") for name in names)


@pytest.mark.parametrize("name", [ENGLISH, CHINESE])
def test_the_vectors_belong_to_the_shipped_embedder(name: str) -> None:
    """A retrained embedder needs new vectors: ``python -m studies.own.acts`` makes them."""
    (model,) = (file for file in catalogue()[name].files if file.name == "model.onnx")
    shipped = {known[name].model_sha256 for known in acts_by_role().values()}
    assert shipped == {model.sha256}, "run: python -m studies.own.acts"


@pytest.mark.parametrize(("language", "own"), [("en", slice(384)), ("zh", slice(384, 896))])
def test_two_embedders_side_by_side_know_the_acts_of_each_in_its_own_dimensions(language: str, own: slice) -> None:
    both = known_acts(f"local:{ENGLISH}+{CHINESE}", language)
    alone = known_acts(f"local:{EMBEDDERS[language]}", language)
    assert both.keys() == alone.keys() == {*ROLES}
    for role, ballot in both.items():
        assert ballot.names == alone[role].names
        np.testing.assert_array_equal(ballot.vectors[:, own], alone[role].vectors)
        assert np.linalg.norm(ballot.vectors, axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("embedder", ["", "given", "local:bge-small-zh-v1.5", f"local:{CHINESE}+other"])
def test_other_embedders_know_none(embedder: str) -> None:
    assert known_acts(embedder, "zh") == {}


def test_acts_are_read_back_by_role_and_embedder(tmp_path: Path) -> None:
    """127 of the largest number: (3, 4) / 5 is stored as (95, 127), whose direction is (.599, .801)."""
    path = tmp_path / "acts.npz"
    stored = Needs("abc", ["say-thanks"], np.array([[0.6, 0.8]], np.float32), np.array([12]))
    write_acts({CUSTOMER: {"mine": stored}}, path)
    found = acts_by_role(path)[CUSTOMER]["mine"]
    assert (found.model_sha256, list(found.names), found.n_businesses.tolist()) == ("abc", ["say-thanks"], [12])
    assert found.vectors[0].astype(float).round(3).tolist() == [0.599, 0.801]


@pytest.mark.parametrize(
    ("language", "text", "act"),
    [
        ("en", "I've already sent the 40 pounds for the lamp back to your card", "confirm-refund"),
        ("en", "could you read me the number at the top of your confirmation", "ask-order-number"),
        ("zh", "麻烦您把破损的地方拍张照片传给我", "询问-图片"),
        ("zh", "这笔四十元已经原路退回您的银行卡了", "确认-退款"),
    ],
)
def test_what_agents_say_lies_nearest_to_what_they_do(language: str, text: str, act: str) -> None:
    """End to end, by the real embedder."""
    ballot = known_acts(f"local:{EMBEDDERS[language]}", language)[AGENT]
    (x,) = open_embedder(f"local:{EMBEDDERS[language]}", ()).encode([text])
    assert ballot.names[int((ballot.vectors @ x).argmax())] == act


def done(turn: Turn, *directions: int) -> dict[str, float]:
    """Return what the sentences of a cluster do, which lie at acts: 0 and 1 of agents, 2 and 3 of customers."""
    axes = np.eye(4, dtype=np.float32)
    known = {
        AGENT: Ballot(["confirm-refund", "ask-name"], axes[:2]),
        CUSTOMER: Ballot(["accept-offer", "say-no"], axes[2:]),
    }
    return {name: round(share, 3) for name, share in act_done(axes[list(directions)], turn, known).items()}


def test_a_cluster_is_named_by_the_act_of_its_speaker_that_has_enough_votes() -> None:
    """Each sentence at an act gives it its whole vote: of three, two. One far from both gives each of them half."""
    assert done(Turn("answer", AGENT), 0, 0, 1) == {"confirm-refund": 0.667}
    assert done(Turn("answer", CUSTOMER), 2, 3, 3, 3) == {"say-no": 0.75}
    assert done(Turn("answer"), 2, 3, 3) == {"say-no": 0.667}  # who speaks is unknown


def test_no_act_names_a_cluster_in_which_too_few_do_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "DONE", 0.6)
    assert done(Turn("answer", AGENT), 0, 1) == {}
    assert done(Turn("answer", AGENT), 0, 0, 1) == {"confirm-refund": 0.667}


def test_needs_courtesies_and_data_of_customers_are_named_otherwise() -> None:
    assert not any(done(Turn(kind, CUSTOMER), 2, 2) for kind in ("need", "", "social", "data"))
    assert not done(Turn("social", AGENT), 0, 0)
    assert act_done(np.eye(2, dtype=np.float32), Turn("answer", AGENT), {}) == {}


def test_an_act_comes_before_words_and_behind_the_best_name_of_an_llm() -> None:
    """ "Your money is back" says nothing of a refund, but an LLM that wrote the best of all names is believed."""
    backing = Backing(Material({"card": 0.5}), "en", near={})
    offer = Offer([], (), Turn("answer", AGENT), {}, {"confirm-refund": 0.8})
    ranked = [("explain-card", 0.7), ("confirm-payment", 0.6)]
    assert offer.placed(ranked, backing) == [("confirm-refund", 0.8)]
    by_llm = replace(backing, written=["explain-card"])
    assert replace(offer, written=["explain-card"]).placed(ranked, by_llm)[0][0] == "explain-card"
    unlike = replace(backing, written=["confirm-payment"])  # nobody says it, and it lies near none
    assert replace(offer, written=["confirm-payment"]).placed(ranked, unlike) == [("confirm-refund", 0.8)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_given_is_what_agents_are_known_to_ask_for(language: str) -> None:
    asked = {name for name in GIVEN if name.isascii() == (language == "en")}
    assert asked <= {*acts_by_role()[AGENT][EMBEDDERS[language]].names}
    assert len(asked) > 10


def given(turn: Turn, *directions: int) -> dict[str, float]:
    """Return what is given by what agents asked before: 0 for a name, 1 for an order's number, 2 for no data."""
    axes = np.eye(3, dtype=np.float32)
    known = {AGENT: Ballot(["ask-name", "ask-order-number", "ask-confirmation"], axes)}
    return {name: round(share, 3) for name, share in data_given(axes[list(directions)], turn, known).items()}


def test_numbers_are_of_what_the_agent_asked_for() -> None:
    """Of three agents' turns, two ask for the order's number."""
    assert given(Turn("data", CUSTOMER), 1, 1, 0) == {"provide-order-number": 0.667}
    assert given(Turn("data", CUSTOMER), 0, 1, 2, 2) == {}  # a quarter each
    assert given(Turn("data", CUSTOMER), 2, 2, 2) == {}


def test_only_data_of_customers_is_named_by_what_was_asked() -> None:
    assert given(Turn("need", CUSTOMER), 1) == given(Turn("answer", CUSTOMER), 1) == given(Turn("data", AGENT), 1) == {}
    assert given(Turn("data", CUSTOMER)) == {}  # nobody asked
    assert data_given(np.eye(3, dtype=np.float32), Turn("data", CUSTOMER), {}) == {}


def test_two_groups_that_give_the_same_have_one_name() -> None:
    """What tells their sentences apart is a value."""
    names = ["provide-product", "provide-product"]
    assert distinguished(names, [["the blue one"], ["a grey one", "grey"]]) == names
