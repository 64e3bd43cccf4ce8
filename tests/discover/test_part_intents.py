"""Parts of utterances are assigned by the run's own decision function, as needs or as what the run has as an intent."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.discover import part_intents
from dialin.discover.assign import Pieces
from dialin.discover.part_intents import PartAssigner
from dialin.name.kinds import Kinds
from scripted import HashingEmbedder, kinds_by_word

WISHES = ("refund money", "track parcel", "gives thanks kindly")
REFUND, PARCEL, THANKS = range(3)
embed = HashingEmbedder().encode


def assigner_of(
    *, not_needs: Sequence[int] = (), roles: tuple[str, ...] = ("", "", ""), radius: float = 0.5
) -> PartAssigner:
    pieces = Pieces(embed(WISHES), np.full(3, radius, np.float32), np.arange(3), roles)
    return PartAssigner(pieces, embed, kinds_by_word, frozenset(not_needs))


def stated(assigner: PartAssigner, *texts: str, role: str = "") -> list[list[tuple[str, int]]]:
    """Return the words of each part, with its intent."""
    roles = [role] * len(texts)
    found = assigner.stated(texts, roles, roles)
    return [[(text[one.start : one.end], one.intent_id) for one in own] for text, own in zip(texts, found, strict=True)]


def test_each_part_has_its_own_intent() -> None:
    both = [("refund my money", REFUND), ("track my parcel", PARCEL)]
    assert stated(assigner_of(), "refund my money and also track my parcel", "refund my money") == [both, []]


def test_parts_of_one_intent_stay_whole() -> None:
    assert stated(assigner_of(), "refund my money, and the money refund please") == [[]]


def test_a_part_outside_the_radius_states_nothing() -> None:
    assert stated(assigner_of(), "refund my money and the grey weather blows") == [[]]


def test_a_part_that_is_not_a_need_states_only_what_the_run_has_as_such_an_intent() -> None:
    text = "gives thanks kindly, and refund my money"
    assert stated(assigner_of(), text) == [[]]
    assert stated(assigner_of(not_needs=[THANKS]), text) == [
        [("gives thanks kindly", THANKS), ("refund my money", REFUND)]
    ]


def test_a_role_limits_where_parts_may_go() -> None:
    only = assigner_of(roles=("customer", "agent", "customer"))
    text = "refund my money and also track my parcel"
    assert stated(only, text, role="customer") == [[]]
    assert len(stated(only, text)[0]) == 2


def test_an_uncertain_part_states_nothing() -> None:
    """Five intents at one place: each has P = 1/5 there, which is below the least."""
    centroids = np.vstack([embed(["refund money"] * 5), embed(["track parcel"])])
    pieces = Pieces(centroids, np.full(6, 0.5, np.float32), np.arange(6), ("",) * 6)
    assert stated(PartAssigner(pieces, embed, kinds_by_word, frozenset()), "refund my money and track my parcel") == [
        []
    ]


@pytest.mark.parametrize("texts", [(), ("refund money and track parcel",)])
def test_a_run_without_pieces_and_no_texts_find_nothing(texts: tuple[str, ...]) -> None:
    pieces = Pieces(np.zeros((0, 64), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64), ())
    assert stated(PartAssigner(pieces, embed, kinds_by_word, frozenset()), *texts) == [[]] * len(texts)


def test_no_result_depends_on_the_size_of_a_chunk(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{one} and {other}" for one in WISHES for other in ("refund money", "track parcel", "grey sky")] * 2
    whole = assigner_of().stated(texts, [""] * len(texts), [""] * len(texts))
    monkeypatch.setattr(part_intents, "CHUNK", 2)
    assert assigner_of().stated(texts, [""] * len(texts), [""] * len(texts)) == whole
    assert any(whole)


def test_an_agents_part_is_no_need() -> None:
    def agents(texts: Sequence[str], roles: Sequence[str]) -> Kinds:
        P: NDArray[np.float64] = np.tile([0.6, 0.4, 0.0, 0.0, 0.0], (len(texts), 1))
        return Kinds(P).with_roles(roles)

    text = "refund my money and also track my parcel"
    pieces = assigner_of().pieces
    found = PartAssigner(pieces, embed, agents, frozenset()).stated([text] * 2, [""] * 2, ["agent", "customer"])
    assert [len(own) for own in found] == [0, 2]
