"""Who says it: by label, the table in both languages and the LLM for the rest; without labels, by words and turns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.llm.base import LLM
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.roles import GuessedRoles, build_question, guess_roles, roles_of
from dialin.prompts.templates import load
from dialin.read.spoken import SpokenOrder
from oracles import Chooser


def always(customer: float, agent: float) -> Chooser:
    return Chooser(lambda _: (customer, agent))


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


# --- without labels ----------------------------------------------------------------------------------------------


def shouted(texts: Sequence[str]) -> NDArray[np.float64]:
    """Return log-odds by which capital letters are an agent's, small ones a customer's, and other signs nobody's."""
    return np.array([2.0 * text.isupper() - 2.0 * text.islower() for text in texts])


def turns(*dialogues: Sequence[int]) -> SpokenOrder:
    """Return the order of dialogues that say these sentences."""
    return SpokenOrder(np.concatenate(dialogues), np.repeat(np.arange(len(dialogues)), list(map(len, dialogues))))


def test_words_decide_alone_without_dialogues() -> None:
    guessed = guess_roles(["a", "B", "?"], log_odds=shouted)
    assert guessed.p_agent == pytest.approx([1 / (1 + np.exp(2)), 1 / (1 + np.exp(-2)), 0.5])
    assert guessed.roles == [CUSTOMER, AGENT, CUSTOMER]


def test_turns_decide_what_the_words_leave_open() -> None:
    """The question mark stands where the agent's turn is."""
    texts = ["a", "B", "?"]
    assert guess_roles(texts, turns([0, 1, 0, 1], [0, 2, 0, 1], [0, 1, 0, 2]), shouted).roles == [
        CUSTOMER,
        AGENT,
        AGENT,
    ]


def test_a_sentence_of_several_turns_has_their_mean() -> None:
    """The question mark stands for the agent twice and for the customer once."""
    dialogues = [[0, 1, 0, 1]] * 10
    often = guess_roles(["a", "B", "?"], turns([0, 2, 0, 2], [2, 1, 0, 1], *dialogues), shouted).p_agent
    assert often[2] == pytest.approx(2 / 3, abs=0.05)


def test_what_is_in_no_dialogue_is_known_by_its_words() -> None:
    texts = ["a", "B", "c"]
    alone, beside = guess_roles(texts, log_odds=shouted), guess_roles(texts, turns([0, 1], [0, 1]), shouted)
    assert beside.p_agent[2] == alone.p_agent[2]


def test_the_user_is_told_how_sure_a_guess_is() -> None:
    guessed = GuessedRoles(np.array([0.9, 0.2]))
    assert guessed.note(np.array([3, 1])) == (
        "roles were guessed: 75% of the utterances are an agent's; about 88% are right"
    )


def test_nothing_is_guessed_of_nothing() -> None:
    assert guess_roles([]).roles == []
