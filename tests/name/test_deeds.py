"""What sentences do to what: which actions a name may put before which objectives, and what narrow objectives cost."""

from __future__ import annotations

import pytest

from dialin.name.candidates import Material, material_of, phrases_of
from dialin.name.chinese import does_to
from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english import tokens_of
from dialin.name.english_particles import joined_words
from dialin.name.english_phrases import EnglishPhrases

ABROAD = [
    "can I use my card in Lima or are there fees",
    "do I pay fees if I use the card abroad",
    "if I use my card on the ferry, are there fees",
    "are the fees higher when I use my card there",
]


def test_a_verb_goes_with_what_it_governs() -> None:
    """People use cards and fear fees: nobody uses a fee."""
    phrases = EnglishPhrases.of(ABROAD)
    (material,) = material_of(phrases, [ABROAD])
    assert material.said_of("use", "card") > 0.5
    assert material.said_of("use", "fee") == 0.0
    assert phrases.fits("use", "card", material.said_of("use", "card"))
    assert not phrases.fits("use", "fee", material.said_of("use", "fee"))


def test_only_the_neutral_action_needs_no_word() -> None:
    phrases = EnglishPhrases.of(ABROAD)
    assert phrases.fits("inquire", "fee", 0.0)
    assert not any(phrases.fits(action, "fee", 0.0) for action in ("fix", "report", "find", "get"))
    assert ChinesePhrases().fits("查询", "运费", 0.0)
    assert not ChinesePhrases().fits("办理", "运费", 0.0)


@pytest.mark.parametrize(
    ("text", "deed"),
    [
        ("remind me to water the plants", ("set", "reminder")),
        ("text Nora that I am late", ("send", "text-message")),
        ("tweet that the bus never came", ("post", "tweet")),
    ],
    ids=["remind", "text", "tweet"],
)
def test_some_verbs_contain_their_object(text: str, deed: tuple[str, str]) -> None:
    phrases = EnglishPhrases.of([text])
    assert deed[1] in phrases.objectives(text)
    assert deed in phrases.deeds(text, phrases.objectives(text))
    assert deed[0] in phrases.acts(text)


def test_chinese_actions_stand_next_to_their_objective() -> None:
    """Somebody who paid asks what the postage is: nobody pays the postage here."""
    assert "支付" not in does_to("昨天已经支付成功了，为什么页面上还显示要收运费", "运费")
    assert "支付" in does_to("还需要支付运费吗", "运费")
    assert "拨打" in does_to("给老张打电话", "电话")


@pytest.mark.parametrize("text", ["推荐一本武侠小说", "最近好看的武侠小说"], ids=["recommend", "good"])
def test_chinese_nouns_may_end_as_verbs_do(text: str) -> None:
    others = ["取消明天的闹钟", "账户余额还有多少", "播放轻音乐", "附近有停车场吗", "把空调温度调低"]
    texts = ["推荐一本武侠小说", "最近好看的武侠小说", "我要看言情小说", "搜索科幻小说", "有声小说", *others]
    assert "小说" in ChinesePhrases.of(texts).objectives(text)


def test_a_place_is_no_part_of_a_thing() -> None:
    """Nor is "in" a particle of a noun: rooms in Porto are rooms."""
    texts = ["a room in Porto please", "find a room in Porto", "the room in Oslo", "is there a room in Lyon"]
    objectives = {each for text in texts for each in EnglishPhrases.of(texts).objectives(text)}
    assert "room" in objectives
    assert not {each for each in objectives if "in" in each.split("-") or each.endswith("-room")}
    assert not joined_words([tokens_of(text) for text in texts])


def test_a_list_of_things_to_do_is_a_list() -> None:
    texts = ["put laundry on my to-do list", "what is on the to do list", "clear my todo list"]
    phrases = EnglishPhrases.of(texts)
    assert all({"todo-list", "list"} <= phrases.objectives(text) for text in texts)


def test_plurals_of_words_without_meaning_have_none() -> None:
    texts = ["the answer took two days", "it takes days and weeks"]
    assert not {"day", "week"} & phrases_of(texts, "en").objectives(texts[1])


def test_few_sentences_carry_little() -> None:
    texts = [f"please book a room for {guests}" for guests in ("two", "four", "five")] * 3 + ["book an attic room"] * 1
    (material,) = material_of(phrases_of(texts, "en"), [texts])
    assert material.lack("book-room") == 0.0
    assert material.lack("book-attic") > 0.0


def test_one_sentence_says_no_action_for_all() -> None:
    texts = ["wash the car", "is the car ready", "what does the car weigh", "how old is the car"]
    (material,) = material_of(phrases_of(texts, "en"), [texts])
    assert material.said_of("wash", "car") == 0.0


@pytest.mark.parametrize(
    ("language", "text"),
    [("zh", "我要退掉这双鞋"), ("en", "please return these shoes")],
    ids=["chinese", "english"],
)
def test_what_nobody_names_is_not_acted_on(language: str, text: str) -> None:
    """Somebody returns shoes: no voucher, which is general, is returned."""
    (material,) = material_of(phrases_of([text] * 3, language), [[text] * 3])
    assert material.said_of("退货", "优惠券") == material.said_of("return", "voucher") == 0.0


def test_what_is_done_to_different_things_is_done() -> None:
    """Each of three things is paused once: 1/3 of the sentences, where one deed alone would be too few."""
    texts = ["pause this song", "please pause the music", "pause the track"]
    one = material_of(EnglishPhrases.of(texts), [texts])[0]
    assert one.deeds["pause", "song"] == pytest.approx(1 / 3)
    assert one.said_of("pause", "song") > 0.5


def test_what_a_caller_disowns_is_disputed_and_what_is_wrong_is_not() -> None:
    disowned, wrong = "a payment that I did not make", "my pin is wrong and I didn't remember it"
    phrases = EnglishPhrases.of([disowned, wrong])
    assert ("dispute", "unrecognised-payment") in phrases.deeds(disowned, phrases.objectives(disowned))
    assert not any(action == "dispute" for action, _ in phrases.deeds(wrong, phrases.objectives(wrong)))


def test_two_words_are_an_action_only_where_the_second_is_a_particle() -> None:
    """People who order have no standing order; people who turn off a light have a light."""
    material = Material({"order": 0.7, "light": 0.2})
    assert material.share_of("request-standing-order") == 0.0
    assert material.share_of("turn-off-light") == 0.2


def test_a_time_is_done_nothing_to() -> None:
    """Who leaves the keys before noon leaves keys, and no noon."""
    phrases = EnglishPhrases.of(["can we leave before the concert", "may I leave the keys before the concert"])
    assert phrases.deeds("can we leave before the concert", {"concert"}).isdisjoint({("leave", "concert")})
    assert ("leave", "key") in phrases.deeds("may I leave the key before the concert", {"key", "concert"})
