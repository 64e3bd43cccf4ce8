"""Who says it: the table in both languages, the LLM for the rest, and agreement by hand."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.llm.base import LLM
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.roles import build_question, role_agreement, roles_of
from dialin.prompts.templates import load
from oracles import Chooser


def always(customer: float, agent: float) -> Chooser:
    return Chooser(lambda _: (customer, agent))


def weights(*counts: int) -> NDArray[np.int64]:
    return np.array(counts, dtype=np.int64)


def test_chooser_is_an_llm() -> None:
    assert isinstance(always(1, 0), LLM)


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("inquire-order-status", CUSTOMER),
        ("request-refund", CUSTOMER),
        ("complain-delay", CUSTOMER),
        ("answer-question", AGENT),
        ("confirm-appointment", AGENT),
        ("provide-location", AGENT),
        ("explain-charge", AGENT),
        ("查询-物流进度", CUSTOMER),
        ("投诉-多扣费", CUSTOMER),
        ("回答-问题", AGENT),
        ("确认-上门时间", AGENT),
        ("提供-单号", AGENT),
        ("inquire-order-status-2", CUSTOMER),
    ],
)
def test_the_table_decides_without_asking(label: str, role: str) -> None:
    llm = always(0.5, 0.5)
    assert roles_of([label], llm) == [role]
    assert llm.asked == []


@pytest.mark.parametrize(
    ("words", "role"),
    [
        ("inquire request report complain cancel 查询 申请 投诉 取消 咨询", CUSTOMER),
        ("provide confirm ask explain apologise 提供 确认 询问 解释 致歉", AGENT),
    ],
)
def test_the_verbs_that_the_naming_prompt_proposes_are_in_the_table(words: str, role: str) -> None:
    systems = load("name", "en").system + load("name", "zh").system
    for word in words.split():
        assert word in systems
        assert ACTION_WORDS[word] == role


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_table_agrees_with_the_shots_of_the_role_prompt(language: str) -> None:
    template = load("role", language)
    role_of = dict(zip(template.options, [CUSTOMER, AGENT], strict=True))
    known = [(label, answer) for label, answer in template.shots if ACTION_WORDS.get(action_of(label))]
    assert len(known) >= 2
    for label, answer in known:
        assert ACTION_WORDS[action_of(label)] == role_of[answer]


@pytest.mark.parametrize(("label", "action"), [("a-b-c", "a"), ("查询-物流", "查询"), ("hello", "hello")])
def test_action_word(label: str, action: str) -> None:
    assert action_of(label) == action


@pytest.mark.parametrize(("p", "role"), [((0.9, 0.1), CUSTOMER), ((0.1, 0.9), AGENT)])
@pytest.mark.parametrize("label", ["juggle-balls", "翻转-卡片"])
def test_an_unknown_word_goes_to_the_llm(label: str, p: tuple[float, float], role: str) -> None:
    llm = always(*p)
    assert roles_of([label], llm) == [role]
    assert [label in prompt.user for prompt in llm.asked] == [True]


def test_each_language_has_its_own_prompt_and_options() -> None:
    """Labels of both languages, mixed with known ones: each gets the answer to its own question."""
    agents = ("juggle-balls", "翻转-卡片")
    llm = Chooser(lambda prompt: (0.0, 1.0) if prompt.user.strip() in agents else (1.0, 0.0))
    labels = ["翻转-卡片", "juggle-balls", "inquire-order", "翻查-旧账", "paint-walls", "确认-时间"]
    assert roles_of(labels, llm) == [AGENT, AGENT, CUSTOMER, CUSTOMER, CUSTOMER, AGENT]
    assert sorted(llm.options) == [("Customer", "Agent"), ("客户", "坐席")]
    assert {p.system for p in llm.asked} == {load("role", "en").system, load("role", "zh").system}
    assert build_question("翻转-卡片").prompt.system == load("role", "zh").system


def test_a_label_is_asked_once() -> None:
    llm = always(0.2, 0.8)
    assert roles_of(["juggle-balls"] * 3 + ["inquire-x"], llm) == [AGENT] * 3 + [CUSTOMER]
    assert len(llm.asked) == 1


def test_without_an_llm_the_unknown_goes_to_the_customer() -> None:
    assert roles_of(["juggle-balls", "确认-时间"], None) == [CUSTOMER, AGENT]


def test_no_labels() -> None:
    llm = always(1, 0)
    assert roles_of([], llm) == []
    assert llm.asked == []


def test_the_users_table_wins() -> None:
    """It replaces ours: inquire is the agent's in it, and provide, which it lacks, is asked for."""
    llm = always(0.7, 0.3)
    got = roles_of(["inquire-order", "provide-location"], llm, {"inquire": AGENT})
    assert got == [AGENT, CUSTOMER]
    assert len(llm.asked) == 1


def test_our_table_cannot_be_changed_by_accident() -> None:
    with pytest.raises(TypeError):
        ACTION_WORDS["inquire"] = AGENT  # type: ignore[index]


def test_agreement_by_hand() -> None:
    """Weights 5, 3, 2: the first and third agree, (5 + 2) / (5 + 3 + 2) = .7."""
    found, true = [CUSTOMER, CUSTOMER, AGENT], [CUSTOMER, AGENT, AGENT]
    assert role_agreement(found, true, weights(5, 3, 2)) == pytest.approx(0.7)


def test_other_roles_do_not_count() -> None:
    """A supervisor's ten sentences and one without role are left out: 1 of 1 + 3 agrees, .25."""
    found = [CUSTOMER, CUSTOMER, AGENT, "supervisor"]
    true = [CUSTOMER, AGENT, "", "supervisor"]
    assert role_agreement(found, true, weights(1, 3, 7, 10)) == pytest.approx(0.25)


def test_agreement_of_nothing_is_zero() -> None:
    assert role_agreement([], [], weights()) == 0.0
    assert role_agreement([CUSTOMER], ["bot"], weights(4)) == 0.0
