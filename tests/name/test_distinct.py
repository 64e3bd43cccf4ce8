"""Words that tell clusters of one name apart."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dialin.name.distinct import MAX_CHARACTERS, distinguished

CARDS = ("where is my new card", "has the card been sent")


def test_the_first_bearer_keeps_its_name_and_others_get_their_word() -> None:
    stolen, broken = ("my card was stolen", "stolen card"), ("broken card", "the chip is broken")
    names = distinguished(["report-card"] * 3, [CARDS, stolen, broken])
    assert names == ["report-card", "report-card-stolen", "report-card-broken"]


def test_a_word_must_be_rare_among_all_other_bearers() -> None:
    """ "stolen" is in all of the second and half of the third; "phone" in half of the third only: .5 against 0."""
    second, third = ("stolen card", "card stolen"), ("stolen bag", "phone gone")
    assert distinguished(["report-card"] * 3, [CARDS, second, third])[1:] == ["report-card-stolen", "report-card-phone"]


def test_a_word_of_too_few_sentences_is_none() -> None:
    """One in five is below the margin of one in four."""
    rare = ("card lost", "a card", "the card", "my card", "card")
    assert distinguished(["report-card"] * 2, [("card",), rare]) == ["report-card"] * 2


def test_words_of_the_name_and_small_words_are_no_help() -> None:
    assert distinguished(["report-card"] * 2, [("lost",), ("the cards", "our cards")]) == ["report-card"] * 2


def test_four_words_stay_four() -> None:
    assert distinguished(["ask-a-b-c"] * 2, [("x",), ("refund", "refund")]) == ["ask-a-b-c", "ask-a-b-refund"]


def test_chinese_names_get_characters() -> None:
    first, second = ("酒店怎么订", "订酒店"), ("机票改签", "我要改签机票")
    assert distinguished(["查询-订单"] * 2, [first, second]) == ["查询-订单", "查询-订单改签"]


def test_a_name_that_is_taken_is_passed_over() -> None:
    """ "refund" would be the word, but that name is another's: "money" comes next."""
    texts = [("x",), ("refund money", "money refund"), ("y",)]
    assert distinguished(["a-b", "a-b", "a-b-refund"], texts) == ["a-b", "a-b-money", "a-b-refund"]


NAMES = st.sampled_from(["a-b", "a-b-c", "a-b-c-d", "查询-物流", "查询-" + "物" * MAX_CHARACTERS])
TEXTS = st.lists(st.sampled_from(["refund now", "money back", "机票改签", "订酒店", "!", ""]), min_size=1, max_size=4)


@given(st.lists(st.tuples(NAMES, TEXTS)))
def test_first_bearers_stay_and_lengths_hold(given_: list[tuple[str, list[str]]]) -> None:
    names = [name for name, _ in given_]
    found = distinguished(names, [texts for _, texts in given_])
    for i, (old, new) in enumerate(zip(names, found, strict=True)):
        assert new == old or old in names[:i]
        assert len(new.split("-")) <= 4
        assert len(new.partition("-")[2]) <= MAX_CHARACTERS or new.isascii()


def test_general_names_get_no_word() -> None:
    """What sentences without a common object have in common is "sorry"; a number says as much, and is no wrong name."""
    texts = [["open it"], ["sorry, the blue one", "sorry, can you"], ["oh sorry", "sorry about that"]]
    assert distinguished(["various-requests"] * 3, texts) == ["various-requests"] * 3
    assert distinguished(["report-problem"] * 2, texts[:2]) == ["report-problem"] * 2


def test_chinese_names_get_whole_words() -> None:
    """Of "京东自动发", every three characters stand in both sentences; the words are 物流 and 自动."""
    texts = ["物流自动更新了吗", "物流怎么自动停了"]
    assert distinguished(["查询-订单"] * 2, [["订单在哪"], texts])[1] == "查询-订单物流"


def test_turns_are_numbered() -> None:
    """Who thanks in other words thanks: "say-thanks-shop" would be no other turn."""
    texts = [["thanks"], ["thanks dear shop", "the shop thanks you"]]
    assert distinguished(["say-thanks"] * 2, texts) == ["say-thanks"] * 2
