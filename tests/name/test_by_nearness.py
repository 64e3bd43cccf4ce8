"""Names from the sentences: candidates, their ranking, and what both languages give without a tagger or a segmenter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from dialin.cluster.centroids import unit_rows
from dialin.name.by_nearness import UNSAID_COST, names_by_nearness, ranked_names
from dialin.name.candidates import actions_for, material_of, phrases_of
from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english_phrases import EnglishPhrases
from dialin.name.nearness import CHUNK, nearness, settle
from dialin.name.needs import EMBEDDERS, Need, known_needs
from dialin.name.offer import WRITTEN
from dialin.name.task import NamingTask
from dialin.name.turn_phrases import turn_names
from dialin.name.turns import Turn
from remembering import encode_for

CARDS = [
    "my card was stolen on the train",
    "somebody stole my card",
    "I lost my card yesterday",
    "the card was lost, please block it",
    "my card got stolen",
    "I think I lost the card",
]
ORDERS = [
    "I want to cancel my order",
    "please cancel the order",
    "can you cancel an order for me",
    "cancel my last order",
    "I would like to cancel this order",
]
MACHINES = [
    "where is the nearest cash machine",
    "is there a cash machine near me",
    "where can I find a cash machine",
    "the closest cash machine to the station",
]
ENGLISH = [CARDS, ORDERS, MACHINES]
CHINESE = [
    ["帮我查一下账户余额", "账户余额还有多少", "我想看看账户余额", "请问账户余额是多少"],
    ["取消明天的闹钟", "把闹钟取消掉", "早上的闹钟取消吧", "取消所有闹钟"],
    ["我的快递到哪了", "快递怎么还没到", "请问快递什么时候送到", "查查快递"],
]


def of_texts(clusters: Sequence[Sequence[str]], language: str, **more: object) -> tuple[NamingTask, object]:
    encode = encode_for(clusters[0])
    centroids = np.stack([encode(list(texts)).mean(axis=0) for texts in clusters])
    return NamingTask(clusters, centroids, language, **more), encode  # type: ignore[arg-type]


def names_of(clusters: Sequence[Sequence[str]], language: str, **more: object) -> list[str]:
    found, encode = of_texts(clusters, language, **more)
    return names_by_nearness(found, encode)  # type: ignore[arg-type]


def flat(names: Sequence[str]) -> NDArray[np.float32]:
    """Give all names one vector, so that support alone decides."""
    return np.tile(np.array([1, 0], np.float32), (len(names), 1))


STORIES = [
    "he stood in my hallway shouting at me",
    "your man with the van was so rude to my mother",
    "the guy who brought it swore at me and drove off",
    "he threw it over the gate and laughed when I complained",
]


def names_that_hold(clusters: Sequence[Sequence[str]], language: str, **more: object) -> list[str]:
    encode = encode_for(clusters[0])
    known = known_needs(f"local:{EMBEDDERS[language]}", language)
    return names_of(clusters, language, vectors=[encode(list(texts)) for texts in clusters], needs=known, **more)


def test_a_need_that_nobody_spells_out_has_the_name_that_people_have_for_it() -> None:
    assert names_that_hold([STORIES, ORDERS], "en") == ["complain-about-driver", "cancel-order"]
    told = ["那个送货的骂人", "他把箱子往地上一扔就走了", "小哥态度太差了，还摔门"]
    assert names_that_hold([told, CHINESE[1]], "zh") == ["投诉-配送员", "取消-闹钟"]


def test_names_of_needs_begin_with_the_users_actions_where_there_are_some() -> None:
    assert not names_that_hold([STORIES, ORDERS], "en", vocabulary=["report", "cancel"])[0].startswith("complain")


def test_english_names_by_the_shipped_embedder() -> None:
    """An action that nobody says: "where is the nearest cash machine"."""
    cards, orders, machines = names_of(ENGLISH, "en")
    assert cards in {"report-stolen-card", "report-lost-card", "block-lost-card", "block-stolen-card"}
    assert orders == "cancel-order"
    assert machines.endswith(("cash-machine", "atm"))
    assert machines.startswith(("find-", "inquire-"))


def test_chinese_names_by_the_shipped_embedder() -> None:
    balance, alarm, parcel = names_of(CHINESE, "zh")
    assert balance.endswith("余额")
    assert alarm == "取消-闹钟"
    assert "快递" in parcel or "物流" in parcel


def test_a_name_of_an_llm_has_a_lead() -> None:
    """Of the same name, once a candidate of the sentences alone and once written."""
    alone, encode = of_texts(ENGLISH, "en")
    written, _ = of_texts(ENGLISH, "en", written=[["report-lost-card"], ["cancel-order"], ["play-music"]])
    before, after = (dict(ranked_names(found, encode)[1]) for found in (alone, written))  # type: ignore[arg-type]
    assert after["cancel-order"] - before["cancel-order"] == pytest.approx(WRITTEN)


def test_a_name_of_an_llm_that_is_far_off_loses() -> None:
    assert names_of(ENGLISH, "en", written=[["play-music"], ["play-chess"], ["set-alarm"]])[1] == "cancel-order"


def test_names_begin_with_the_vocabulary_of_the_user() -> None:
    names = names_of(ENGLISH, "en", vocabulary=("stop", "handle"))
    assert {name.split("-")[0] for name in names} <= {"stop", "handle"}


def test_turns_without_a_need_have_names_of_their_own() -> None:
    hello = ["hello", "hi there", "hey", "good morning", "hello good evening"]
    assert names_of([*ENGLISH, hello], "en")[3] == "say-hello"


THANKS = ["oh wonderful, thanks", "thank you so much", "thanks a lot for that", "many thanks"]
SENT = [
    "your refund is on its way",
    "I have sent the refund to your card",
    "the refund will be there on Monday",
    "that refund has been booked",
]


def test_a_known_turn_has_a_name_of_its_kind() -> None:
    """Thanks are "say-thanks" by kind; a need is never named as a turn, whatever it looks like."""
    needs = [Turn("need", "customer")] * 3
    assert names_of([*ENGLISH, THANKS], "en", turns=[*needs, Turn("social", "customer")])[3] == "say-thanks"
    assert not names_of([*ENGLISH, THANKS], "en", turns=[Turn("need")] * 4)[3].startswith("say-")


def test_agents_do_what_agents_do() -> None:
    """Nobody says "confirm"; customers, who say the same, ask for it."""
    turns = [Turn("need", "customer")] * 3
    by_agent = names_of([*ENGLISH, SENT], "en", turns=[*turns, Turn("answer", "agent")])[3]
    by_customer = names_of([*ENGLISH, SENT], "en", turns=[*turns, Turn("need", "customer")])[3]
    agents = {"confirm", "explain", "provide", "ask", "offer", "schedule"}
    assert by_agent.split("-")[0] in agents
    assert by_agent.endswith("refund")
    assert by_customer.split("-")[0] not in agents


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("role", ["customer", "agent"])
def test_each_kind_but_needs_and_answers_has_names(language: str, role: str) -> None:
    kinds = ("social", "acknowledgement", "data")
    assert all(turn_names(language, role, kind) for kind in kinds)
    assert not turn_names(language, role, "need")
    assert set(turn_names(language, role, "")) == {name for kind in kinds for name in turn_names(language, role, kind)}


def test_an_objective_that_nobody_says_costs(monkeypatch: pytest.MonkeyPatch) -> None:
    """An ATM is meant, but said nowhere; the cash machine loses nothing."""
    found, encode = of_texts(ENGLISH, "en")
    before = dict(ranked_names(found, encode)[2])  # type: ignore[arg-type]
    monkeypatch.setattr("dialin.name.by_nearness.UNSAID_COST", 0.0)
    free = dict(ranked_names(found, encode)[2])  # type: ignore[arg-type]
    assert free["find-atm"] - before["find-atm"] == pytest.approx(UNSAID_COST)
    assert free["find-cash-machine"] == pytest.approx(before["find-cash-machine"])


def test_no_clusters_no_names() -> None:
    empty = NamingTask([], np.empty((0, 3), np.float32), "en")
    assert names_by_nearness(empty, lambda texts: np.zeros((len(texts), 3), np.float32)) == []


def test_what_has_no_words_has_no_name() -> None:
    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        return np.tile(np.eye(3, dtype=np.float32)[2], (len(texts), 1))

    two = NamingTask([["123", "45"], ["??", "!"]], np.eye(3, dtype=np.float32)[:2], "en")
    assert names_by_nearness(two, embed) == ["", ""]


def test_each_candidate_is_embedded_once_in_each_pass_and_they_are_few() -> None:
    found, encode = of_texts(ENGLISH, "en")
    asked = list[str]()

    def counted(texts: Sequence[str]) -> NDArray[np.float32]:
        assert len(set(texts)) == len(texts)
        asked.extend(texts)
        return encode(texts)  # type: ignore[operator, no-any-return]

    names_by_nearness(found, counted)
    assert len(asked) < 1_500


def test_a_candidate_of_a_sibling_is_worth_less() -> None:
    C = np.eye(2, dtype=np.float32)
    V = np.array([[0.8, 0.6], [0.8, 0.0]], np.float32)
    shared, own = nearness(V, np.array([[0, 0], [1, 0]]), C)
    assert own > shared
    assert nearness(V[:1], np.array([[0, 0]]), C[:1])[0] == pytest.approx(0.8)


def test_a_name_of_many_clusters_suits_each_as_it_would_alone() -> None:
    """More names than are compared at once, in no order."""
    rng = np.random.default_rng(0)
    V, C = (unit_rows(rng.standard_normal((n, 8)).astype(np.float32)) for n in (CHUNK + 300, 5))
    pairs = np.stack([rng.integers(0, len(V), 400), rng.integers(0, len(C), 400)], axis=1)
    alone = [nearness(V[name : name + 1], np.array([[0, cluster]]), C)[0] for name, cluster in pairs.tolist()]
    assert nearness(V, pairs, C) == pytest.approx(alone)


def test_settled_names_differ_in_their_words() -> None:
    ranked = [[("pay-card-fee", 0.9), ("b-c", 0.1)], [("pay-fee-card", 0.95)], [("pay-card-fee", 0.2)]]
    assert settle(ranked) == ["b-c", "pay-fee-card", ""]


def test_english_objectives_by_hand() -> None:
    phrases = EnglishPhrases.of(
        [*CARDS, *ORDERS, *MACHINES, "the fee for a transfer", "is there a fee for the transfer"]
    )
    assert {"card", "stolen-card"} <= phrases.objectives("somebody stole my card")
    assert "lost-card" in phrases.objectives("I lost my card yesterday")
    assert "transfer-fee" in phrases.objectives("the fee for a transfer")
    assert "cash-machine" in phrases.objectives("where is the nearest cash machine")


@pytest.mark.parametrize(
    ("text", "objective"),
    [("I have not received my card", "missing-card"), ("the card hasn't arrived", "missing-card")],
    ids=["received", "arrived"],
)
def test_what_has_not_come_is_missing(text: str, objective: str) -> None:
    assert objective in EnglishPhrases.of(CARDS).objectives(text)


def test_what_somebody_did_is_no_state_of_a_thing() -> None:
    assert "ordered-card" not in EnglishPhrases.of([*CARDS, "I ordered a card"]).objectives("I ordered a card")


def test_a_verb_and_its_particle_are_an_action() -> None:
    phrases = EnglishPhrases.of(["turn the lights off", "please turn off the light"])
    assert "turn-off" in phrases.acts("turn the lights off")
    assert phrases.fits("turn-off", "light", 1.0)


def test_an_objective_is_no_action_with_an_objective() -> None:
    """As "exchange-rate" would be, where people speak of the exchange rate."""
    texts = ["what is the exchange rate", "the exchange rate is bad", "is there an exchange on the rate"]
    phrases = EnglishPhrases.of(texts)
    assert "exchange-rate" in phrases.objectives(texts[0])
    assert not phrases.fits("exchange", "rate", 1.0)


def test_chinese_objectives_by_hand() -> None:
    phrases = ChinesePhrases.of([text for texts in CHINESE for text in texts])
    assert "账户余额" in phrases.objectives("请问账户余额是多少")
    assert phrases.objectives("把闹钟取消掉") == {"闹钟", "取消"}
    assert phrases.acts("把灯关掉") == {"关闭"}
    assert phrases.actions() == []


def test_material_by_hand() -> None:
    """Of six sentences about cards, three say "lost" or "stole" in the sense of a report; no order is among them."""
    phrases = phrases_of([text for texts in ENGLISH for text in texts], "en")
    cards, orders, _ = material_of(phrases, ENGLISH)
    assert cards.objectives["card"] == 1.0
    assert "order" not in cards.objectives
    assert orders.acts["cancel"] == 1.0
    assert cards.coverage == orders.coverage == 1.0


def test_own_verbs_are_actions_unless_the_user_has_a_vocabulary() -> None:
    phrases = EnglishPhrases.of(["I want to freeze my card", "please freeze the card", "can you freeze this card"])
    assert "freeze" in actions_for(phrases, "en")
    assert actions_for(phrases, "en", ["stop", "退款"]) == ["stop"]


def test_a_word_that_people_have_for_it_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two objectives are said equally often and lie equally near; one of them is in the table of general ones.

    If its name is also one of the needs that people have, that alone suffices.
    """
    texts = ["汇率 龙鳞", "龙鳞 汇率", "查 龙鳞 和 汇率", "汇率 与 龙鳞"]
    others = ["北京气温高吗", "上海湿度大吗", "广州空气质量好不好", "台风登陆沿海地区", "北京气温", "空气质量"]
    task = NamingTask([texts, others], np.array([[1, 0], [1, 0]], np.float32), "zh")
    assert names_by_nearness(task, flat)[0] == "咨询-汇率"
    monkeypatch.setattr("dialin.name.by_nearness.KNOWN", -0.1)
    assert names_by_nearness(task, flat)[0] == "咨询-龙鳞"
    known = {"咨询-汇率": Need(np.array([1, 0], np.float32), 1)}
    assert names_by_nearness(replace(task, needs=known), flat)[0] == "咨询-汇率"


def test_a_known_turn_is_not_named_by_an_llm_that_takes_it_for_a_need() -> None:
    """A model of half a billion parameters calls "okey doke" inquire-dog; the kind of its sentences is known."""
    texts = ["okey doke", "alright then", "ok ok"]
    known = NamingTask([texts], np.array([[1, 0]], np.float32), "en", written=[["inquire-dog"]], turns=[Turn("social")])
    assert names_by_nearness(known, flat)[0] in turn_names("en", "", "social")
    unknown = NamingTask([texts], np.array([[1, 0]], np.float32), "en", written=[["inquire-dog"]])
    assert names_by_nearness(unknown, flat)[0] not in turn_names("en", "", "")


def test_marks_of_a_transcript_name_nothing() -> None:
    texts = ["[inaudible] my parcel", "[inaudible] the parcel", "[inaudible] a parcel"]
    material = ranked_names(NamingTask([texts], np.array([[1, 0]], np.float32), "en"), flat)
    assert not any("inaudible" in name for name, _ in material[0])


def test_clusters_of_a_role_are_told_apart_among_themselves() -> None:
    """What agents say of refunds is no rival of what customers ask about them."""
    texts = [["where is my refund", "when does the refund come"], ["the refund was sent", "your refund is on its way"]]
    turns = [Turn("need", "customer"), Turn("answer", "agent")]
    both, encode = of_texts(texts, "en", turns=turns)
    alone, _ = of_texts(texts[:1], "en", turns=turns[:1])
    scores = [dict(ranked_names(task, encode)[0]) for task in (both, alone)]  # type: ignore[arg-type]
    assert scores[0]["inquire-refund"] == pytest.approx(scores[1]["inquire-refund"], abs=0.05)
    one_role, _ = of_texts(texts, "en", turns=[Turn("need", "customer")] * 2)
    assert dict(ranked_names(one_role, encode)[0])["inquire-refund"] < scores[0]["inquire-refund"]  # type: ignore[arg-type]


def test_two_clusters_share_a_name_where_the_next_one_is_far_off() -> None:
    """Both are about cancelled orders; neither is named after whatever lies nearest beside that."""
    again = ["cancel the order please", "the order must be cancelled", "I cancel my order"]
    assert names_of([ORDERS, again, CARDS], "en")[:2] == ["cancel-order", "cancel-order"]


def test_to_check_and_to_inquire_tell_no_two_names_apart() -> None:
    assert settle([[("check-order", 0.9)], [("inquire-order", 0.8), ("inquire-date", 0.7)]]) == [
        "check-order",
        "inquire-date",
    ]


def test_what_is_slow_is_no_thing() -> None:
    phrases = EnglishPhrases.of(["it is slow", "why is it so slow", "the old kettle"])
    assert phrases.objectives("why is it so slow") == set()
    assert "kettle" in phrases.objectives("the old kettle")


def test_an_agent_is_not_named_by_an_llm_that_takes_an_answer_for_a_wish() -> None:
    """A small model calls what an agent says of refunds 申请-退款; of a customer, that could be."""
    texts = ["按实付549元退给您", "退款三天之内到账", "这笔退款昨晚已经退出去了"]
    for role, is_named in (("agent", False), ("customer", True)):
        turns = [Turn("answer", role)]
        task = NamingTask([texts], np.array([[1, 0]], np.float32), "zh", written=[["申请-退款"]], turns=turns)
        assert (names_by_nearness(task, flat)[0] == "申请-退款") == is_named


@pytest.mark.parametrize(
    ("texts", "is_named"), [(["我想改一下地址", "地址要改"], False), (["地址错了", "地址丢了"], True)]
)
def test_nobody_complains_without_a_problem(texts: list[str], *, is_named: bool) -> None:
    """A small model calls plain requests complaints."""
    task = NamingTask([texts], np.array([[1, 0]], np.float32), "zh", written=[["投诉-地址"]], turns=[Turn("need")])
    assert (names_by_nearness(task, flat)[0] == "投诉-地址") == is_named


def test_the_actions_that_the_user_has_chosen_hold() -> None:
    task = NamingTask(
        [["我想改一下地址", "地址要改"]],
        np.array([[1, 0]], np.float32),
        "zh",
        written=[["投诉-地址"]],
        turns=[Turn("need")],
        vocabulary=["投诉"],
    )
    assert names_by_nearness(task, flat)[0] == "投诉-地址"
