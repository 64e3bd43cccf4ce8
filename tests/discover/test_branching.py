"""The readable tree of a result: who shares a branch, what it is called, and who is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dialin.discover.assign import Pieces
from dialin.discover.branching import TreeTask, with_tree
from dialin.discover.context import Tools
from dialin.discover.intent_tree import IntentTree
from dialin.discover.settings import Settings
from dialin.discover.state import Intent, Result
from dialin.llm.base import LLM
from dialin.prompts.prompt import Prompt
from topic_llm import TopicLLM

NAMES = ("order-card", "activate-card", "block-card", "track-parcel", "return-parcel", "lose-parcel")
"""Three intents about cards and three about parcels, each group in a corner of its own."""


def result_of_names(names: Sequence[str] = NAMES, **changes: Sequence[Any]) -> tuple[Result, np.ndarray[Any, Any]]:
    """Return a result with one sentence for each intent, and vectors: the last word of a name is its corner."""
    corners = sorted({name.rsplit("-", 1)[-1] for name in names})
    rng = np.random.default_rng(0)
    X = np.eye(len(corners) + len(names), dtype=np.float32)[[corners.index(name.rsplit("-", 1)[-1]) for name in names]]
    X = X + 0.2 * rng.normal(size=X.shape).astype(np.float32)
    X /= np.linalg.norm(X, axis=1, keepdims=True)
    own = [{key: values[i] for key, values in changes.items()} for i in range(len(names))]
    intents = tuple(
        replace(Intent(i, name, 1, 9 - i, 0.9, "", (f"about {name}",), uid=f"u{i}"), **more)
        for i, (name, more) in enumerate(zip(names, own, strict=True))
    )
    pieces = Pieces(X, np.ones(len(X), np.float32), np.arange(len(X)), ("",) * len(X))
    n = len(names)
    return Result(intents, np.arange(n), np.ones(n), [""] * n, (), pieces, complete=True, roles=[""] * n), X


def tree_with(
    names: Sequence[str] = NAMES,
    llm: LLM | None = None,
    settings: Settings | None = None,
    placed: Mapping[str, tuple[str, ...]] | None = None,
    **changes: Sequence[Any],
) -> IntentTree:
    return grown(names, llm, settings, placed, **changes).tree


def grown(
    names: Sequence[str] = NAMES,
    llm: LLM | None = None,
    settings: Settings | None = None,
    placed: Mapping[str, tuple[str, ...]] | None = None,
    **changes: Sequence[Any],
) -> Result:
    result, X = result_of_names(names, **changes)
    tools = Tools(llm, lambda texts: np.zeros((len(texts), 2), np.float32), ranks_names=False)
    return with_tree(result, TreeTask(X, tools, settings or Settings(), placed or {}))


def test_intents_that_are_alike_share_a_branch_named_by_what_they_share() -> None:
    tree = tree_with()
    assert [tree.path(i) for i in range(6)] == [("card",)] * 3 + [("parcel",)] * 3


def test_an_llm_names_the_branches_and_the_intents_where_it_cannot() -> None:
    llm = TopicLLM(lambda prompt: "Bank cards" if "card" in prompt.user else "?")
    assert [branch.name for branch in tree_with(llm=llm).branches] == ["bank-cards", "parcel"]
    assert len(llm.asked) == 2
    assert "order card (about order-card)" in llm.asked[0].user


def test_one_topic_for_two_branches_names_the_first_and_the_intents_name_the_other() -> None:
    llm = TopicLLM(lambda _: "things")
    assert [branch.name for branch in tree_with(llm=llm).branches] == ["things", "parcel"]


def test_no_branch_has_the_name_of_an_intent() -> None:
    llm = TopicLLM(lambda prompt: "order card" if "card" in prompt.user else "track-parcel")
    assert [branch.name for branch in tree_with(llm=llm).branches] == ["card", "parcel"]


def test_a_cap_leaves_the_names_of_the_intents_and_a_run_to_go_on_with() -> None:
    found = grown(llm=TopicLLM(lambda _: "things", cap=0))
    assert [branch.name for branch in found.tree.branches] == ["card", "parcel"]
    assert not found.complete


def test_after_a_cap_nothing_more_is_asked() -> None:
    result, X = result_of_names()
    llm = TopicLLM(lambda _: "things")
    with_tree(replace(result, complete=False), TreeTask(X, Tools(llm, lambda _: X), Settings()))
    assert llm.asked == []


def test_a_topic_that_lies_nearer_to_another_branch_names_nothing() -> None:
    """The LLM calls both branches ferries, which lie in the corner of the parcels."""
    result, X = result_of_names()
    llm = TopicLLM(lambda prompt: "bank-ferries" if "card" in prompt.user else "ferries")
    tools = Tools(llm, lambda texts: np.repeat(X[3:4], len(texts), axis=0))
    tree = with_tree(result, TreeTask(X, tools, Settings())).tree
    assert [branch.name for branch in tree.branches] == ["card", "ferries"]


def test_branches_are_described_if_that_is_wanted() -> None:
    def write(prompt: Prompt) -> str:
        return "People ask about what they ordered." if "Quotes" in prompt.user else "things"

    tree = tree_with(llm=TopicLLM(write), settings=Settings(describe=True))
    assert {branch.description for branch in tree.branches} == {"People ask about what they ordered."}
    assert {branch.description for branch in tree_with(llm=TopicLLM(write)).branches} == {""}


def test_what_the_sentences_are_about_reaches_the_prompt() -> None:
    llm = TopicLLM(lambda _: "things")
    tree_with(llm=llm, settings=Settings(about="calls to a ferry line"))
    assert all("calls to a ferry line" in prompt.system for prompt in llm.asked)


@pytest.mark.parametrize(
    "changes",
    [{"role": ("customer", "agent")}, {"kind": ("need", "social")}],
    ids=["roles", "kinds"],
)
def test_roles_and_needs_have_branches_of_their_own(changes: dict[str, tuple[str, str]]) -> None:
    """Each of twelve intents is there twice: 6 of the first sort in two branches, 6 of the second in two others."""
    names = [*NAMES, *(f"tell-{name}" for name in NAMES)]
    values: dict[str, Any] = {key: [one] * 6 + [other] * 6 for key, (one, other) in changes.items()}
    tree = tree_with(names, **values)
    first, second = ({tree.path(i) for i in rows} for rows in (range(6), range(6, 12)))
    assert len(first) == len(second) == 2
    assert not first & second


def test_chinese_intents_have_chinese_branches() -> None:
    names = ["激活-信用卡-a", "挂失-信用卡-a", "申请-信用卡-a", "查询-物流-b", "催促-物流-b", "投诉-物流-b"]
    assert {branch.name for branch in tree_with(names).branches} == {"信用卡", "物流"}


def test_few_intents_have_no_tree() -> None:
    assert tree_with(NAMES[:5]) == IntentTree()
    assert tree_with([]) == IntentTree()


# --- what people have placed ------------------------------------------------------------------------


def test_a_listed_parent_is_a_branch_and_draws_what_lies_with_its_intents() -> None:
    """Two of the three cards are listed under "accounts", so the third goes there, too."""
    tree = tree_with(placed={"u0": ("accounts",), "u1": ("accounts",)})
    assert [tree.path(i) for i in range(6)] == [("accounts",)] * 3 + [("parcel",)] * 3
    assert [branch.given for branch in tree.branches] == [True, False]


def test_one_listed_intent_of_three_draws_nothing() -> None:
    tree = tree_with(placed={"u0": ("accounts",)})
    assert [tree.path(i) for i in range(3)] == [("accounts",), ("card",), ("card",)]


def test_a_listed_parent_is_there_without_any_other_branch() -> None:
    tree = tree_with(NAMES[:2], placed={"u1": ("accounts", "cards")})
    assert (tree.path(0), tree.path(1)) == ((), ("accounts", "cards"))


def test_the_llm_is_not_asked_about_a_branch_that_has_a_name() -> None:
    llm = TopicLLM(lambda _: "Accounts")
    tree = tree_with(llm=llm, placed={"u0": ("accounts",), "u1": ("accounts",)})
    assert len(llm.asked) == 1
    assert [branch.name for branch in tree.branches] == ["accounts", "parcel"]
