"""Turns are split into sentences, in English and Chinese; all else of a turn holds for each of them."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.read.columns import Columns
from dialin.read.limits import ReadLimits
from dialin.read.parts import read_parts
from dialin.read.split import sentences_in
from dialin.read.spoken import spoken_order
from dialin.read.table import read, read_table

SPLIT = Columns(split=True)
ENGLISH = [
    "My card is gone.|Can you block it?",
    "Hello Dr. Smith.|I am Mr. Jones.",
    "I need a phone, e.g. a small one, for work.|Is there any?",
    "See No. 5 on the list.|It is wrong.",
    "It costs 3.50 now.|It was 2.99 before.",
    "The rate is 4.5% per year.|Why?",
    "Wait!!!|Who are you??|Hello?!",
    "please cancel my order",
    "cancel it.|and send me the money",
    "I called at 3 p.m.|Nobody answered.",
    "Go to www.example.com.|Then log in.",
    "Write to ann@example.org.|She knows.",
    '"Where is it?" she asked.|I do not know.',
    "I moved to the U.S. in May.|Please change my address.",
    "The company is Example Inc.|It is in Rome.",
    "My order vs. your invoice: they differ.|Help!",
    "Hmm... I do not know.|Sorry.",
    "I want a refund 😡",
    "Thanks! :)",
    "Version 2.0.1 crashes.|Version 2.0.0 did not.",
    "On 1.5.2024 I paid.|On 2.5.2024 you charged me again.",
    "Is it ready?|If so, when?",
    "My name is J. R. Miller.|My number is 5.",
    "St. John's Rd. 5 is my address.|It has not changed.",
    "I paid $5.|You took $50.",
    "hi",
]
CHINESE = [
    "我的卡丢了。|请帮我挂失。",
    "您好！|请问我的订单在哪里？|谢谢！",
    "他说：“我的卡丢了。”|然后就挂了。",
    "怎么办？！|快点！！",
    "我想退款",
    "费用是3.5元。|为什么？",
    "版本2.0.1不能用。|怎么升级？",
    "好的。|谢谢",
    "我用的是iPhone 15。|昨天坏了。",
    "请发到 ann@example.org。|谢谢。",
    "地址是人民路5号。|电话没有变。",
    "我要投诉！|😡你们太慢了！",
    "我买了手机、耳机和充电器，都没到。|什么时候到？",
    "No. 5 的订单错了。|请改。",
    "我的卡丢了,怎么办?|谢谢!",
    "Where is my card?|我的卡在哪里？",
    "我的卡在哪里？|Where is my card?",
    "已经三天了.|还没到.",
    "价格：5元；数量：3个。|对吗？",
    "“好的。”|“再见。”",
    "是的。|是的。|是的。",
]
MISSED = [
    "1. Open the page.|2. Close it again.",
    'He said "Call me."|I did.',
    "(It is new.)|It fails.",
    "yes.|no.|maybe",
    "It takes approx. two days.|Is that right?",
    "What is the fee for transfers etc.?|I see none.",
    "Pay by Mon. or Tue. at the latest.|Thank you.",
    "我想退款…|可以吗",
    "“怎么充值？”他问。|我不知道。",
    "（请看附件。）|图片很清楚。",
    "『可以吗？』|可以。",
    "请问Dr. Wang在吗？|我想预约。",
]
"""What sentencex 1.0 cuts elsewhere: 12 of 59 examples."""


def cut(example: str) -> tuple[str, list[str]]:
    """Return a text and its sentences: bars stand between them, without Chinese words for a space."""
    is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in example)
    return example.replace("|", "" if is_chinese else " "), example.split("|")


@pytest.mark.parametrize("example", ENGLISH + CHINESE)
def test_a_text_is_cut_into_its_sentences(example: str) -> None:
    text, sentences = cut(example)
    assert sentences_in(text) == sentences


def test_what_is_cut_elsewhere_is_known() -> None:
    """Whoever takes another version, or another library, sees what becomes better."""
    assert [example for example in MISSED if sentences_in(cut(example)[0]) == cut(example)[1]] == []
    assert len(ENGLISH + CHINESE + MISSED) == 59


LINES = {
    "hi\n\nmy card is gone\r\nwhat now": ["hi", "my card is gone", "what now"],
    "Hello,\nmy card is gone": ["Hello, my card is gone"],
    "我的卡丢了\n怎么办": ["我的卡丢了", "怎么办"],
    f"{'I have waited for my parcel ' * 3}since\nlast week. Help!": [
        f"{'I have waited for my parcel ' * 3}since last week.", "Help!"
    ],
    f"{'I have waited for my parcel ' * 3}since\nMonday": [f"{'I have waited for my parcel ' * 3}since", "Monday"],
}  # fmt: skip


@pytest.mark.parametrize("text", LINES)
def test_a_line_break_ends_a_sentence_unless_a_mail_program_made_it(text: str) -> None:
    assert sentences_in(text) == LINES[text]


@given(st.text(st.sampled_from("aB1 .?!。？\n“”😡"), min_size=1, max_size=30))
def test_no_letter_is_lost(text: str) -> None:
    assert "".join("".join(sentences_in(text)).split()) == "".join(text.split())


def test_spaces_that_are_not_ascii_are_split_at() -> None:
    """sentencex 1.0 fails at an initial behind U+3000, so it is given ASCII spaces."""
    assert sentences_in("。;！,（\u3000B\u3000.&)aB>>")


@pytest.mark.parametrize("part", [".", "a. ", "我的卡丢了。", "「", "1. ", "a\n", "a,\n", "Dr. "])
def test_long_texts_are_split_in_one_pass(part: str) -> None:
    """The library alone takes minutes for the Chinese one."""
    assert "".join("".join(sentences_in(part * 10_000)).split()) == "".join((part * 10_000).split())


DIALOGUES = [
    {
        "id": "a",
        "turns": [{"role": "user", "text": "Hi. My card is gone!"}, {"role": "agent", "text": "好的。请稍等。"}],
    },
    {"id": "b", "turns": [{"role": "user", "text": ""}, {"role": "agent", "text": "Hello?"}]},
]


def test_each_sentence_of_a_turn_is_a_row_of_its_dialogue() -> None:
    """Two turns of two sentences, a blank one, and one of one: 2 + 2 + 1 + 1 rows, numbered as their turns are."""
    found = read_table(DIALOGUES, SPLIT).select(["row", "text", "dialogue_id", "turn", "role"]).to_pylist()
    assert [tuple(row.values()) for row in found] == [
        (0, "Hi.", "a", 0, "customer"),
        (0, "My card is gone!", "a", 0, "customer"),
        (1, "好的。", "a", 1, "agent"),
        (1, "请稍等。", "a", 1, "agent"),
        (2, None, "b", 0, "customer"),
        (3, "Hello?", "b", 1, "agent"),
    ]


def test_sentences_of_a_turn_keep_their_order_when_they_are_spoken() -> None:
    corpus = read(DIALOGUES, SPLIT)
    order = spoken_order(corpus.occurrences, corpus.occurrences["sentence_id"].to_numpy())
    assert order is not None
    assert [corpus.texts[i] for i in order.sentence] == ["Hi.", "My card is gone!", "好的。", "请稍等。", "Hello?"]
    assert order.follows.tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("source", ["a.csv", "a.txt", "a.parquet", "frame"])
def test_every_source_is_split(tmp_path: Path, source: str) -> None:
    frame = pa.table({"text": ["Hi. Bye!", "once"]})
    pq.write_table(frame, tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("text\nHi. Bye!\nonce\n")
    (tmp_path / "a.txt").write_text("Hi. Bye!\nonce\n")
    table = read_table(frame if source == "frame" else tmp_path / source, SPLIT)
    assert table["text"].to_pylist() == ["Hi.", "Bye!", "once"]
    assert table["row"].to_pylist() == [0, 0, 1]


def test_parts_are_split_as_the_whole(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"text": ["Hi. Bye!", "once", "So? No."] * 5, "role": ["user"] * 15}), tmp_path / "a.parquet"
    )
    parts = list(read_parts(tmp_path / "a.parquet", SPLIT, in_dialogues=False, limits=ReadLimits(most_rows=4)))
    assert len(parts) > 2
    assert pa.concat_tables(parts).select(["row", "text", "role"]) == read_table(tmp_path / "a.parquet", SPLIT).select(
        ["row", "text", "role"]
    )


def test_turns_stay_whole_by_default() -> None:
    assert read_table(["Hi. Bye!"])["text"].to_pylist() == ["Hi. Bye!"]
