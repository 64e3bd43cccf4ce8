"""HTML becomes lines of text, without former mails and signatures."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialin.read.importers.html_text import message_of, own_words, text_of_html

HTML = {
    "": "",
    "plain  words": "plain words",
    "<p>one<p>two": "one\ntwo",
    "a<br>b<br/>c": "a\nb\nc",
    "<ul><li>one</li><li>two</li></ul>": "one\ntwo",
    "<table><tr><td>No.</td><td>5</td></tr><tr><td>x</td></tr></table>": "No. 5\nx",
    "3 &lt; 4 &amp; 5 > 4, &#x597D;&nbsp;!": "3 < 4 & 5 > 4, 好 !",
    "3 < 4": "3 < 4",
    "<style>p{}</style><script>if (a < b) {}</script>hi<!-- <p>no</p> -->!": "hi!",
    "<![if !x]>hi<![endif]><![foo]><?xml version='1'?>": "hi",
    "<b>wo</b>rd and <a href='https://example.org'>link</a>": "word and link",
    "new<blockquote><div>old</div>older</blockquote>newer": "new\nnewer",
    'new<div class="x gmail_quote"><div>On Monday</div>old</div>newer': "new\nnewer",
    '<blockquote>old<div class="gmail_quote">older': "",
    "</div>hi</p></blockquote>": "hi",
}


@pytest.mark.parametrize("html", HTML)
def test_html_becomes_lines(html: str) -> None:
    assert text_of_html(html) == HTML[html]


MAILS = {
    "It fails.\n\nOn Mon, 2 Mar 2026 at 09:15, Bo Li wrote:\n> How are you?\n> Bo": "It fails.",
    "It fails.\nOn Mon, 2 Mar 2026\nat 09:15, Bo Li <bo@example.org>\nwrote:\nHow are you?": "It fails.",
    "On Mon, Bo wrote:\n> Does it work?\nNo.\n> Still not?\nYes, still not.": "No.\nYes, still not.",
    "It fails.\n-----Original Message-----\nHow are you?": "It fails.",
    "It fails.\n________________________________\nFrom: Bo": "It fails.",
    "It fails.\nFrom: Bo Li\nSent: Monday\nTo: Ann\nHow are you?": "It fails.",
    "还是不行\n在 2026年3月2日，客服 写道：\n您好": "还是不行",
    "还是不行\n客服 <help@example.cn> 于2026年3月2日周一 09:15写道：\n> 您好": "还是不行",
    "还是不行\n发件人: 客服\n发送时间: 周一\n收件人: 王": "还是不行",
    "还是不行\n发自我的 iPhone": "还是不行",
    "It fails.\nSent from my iPhone": "It fails.",
    "It fails.\n-- \nAnn Example\nExample Ltd": "It fails.",
    "It fails.\nKind regards,\nAnn": "It fails.",
}
KEPT = [
    "On Monday I wrote: it fails.",
    "Sent from my bank account to yours, and it never came.",
    "From: Berlin, I need to go to Rome.",
    "从我的账户发送了一百元",
    "在哪里",
    "Regards are all I get from you",
    "Regards",
    "Kind regards\n" + "\n".join(f"line {i}" for i in range(9)),
]


@pytest.mark.parametrize("text", MAILS)
def test_former_mails_and_signatures_are_left_out(text: str) -> None:
    assert own_words(text) == MAILS[text]


@pytest.mark.parametrize("text", KEPT)
def test_words_that_only_look_like_a_former_mail_stay(text: str) -> None:
    assert own_words(text) == text


def test_html_goes_before_plain_text() -> None:
    assert message_of("<p>hi</p>", "hello") == "hi"
    assert message_of(" ", "hello") == "hello"


@given(st.text(st.sampled_from("<>/!-[]&;#\"'= \npbdivlockquote"), max_size=80))
def test_any_html_is_read_and_reading_its_text_again_changes_nothing(html: str) -> None:
    text = text_of_html(html)
    assert text == "\n".join(" ".join(line.split()) for line in text.split("\n"))
    assert own_words(own_words(text)) == own_words(text)


@pytest.mark.parametrize("bad", ["<p", "<!--", "<", "&", "<![CDATA[", "<script>", "<blockquote><p>", "</", "<a b='"])
def test_tags_without_an_end_are_read_in_one_pass(bad: str) -> None:
    """`HTMLParser` alone took minutes for a hundred thousand of some."""
    assert len(text_of_html(bad * 100_000)) <= 5 * len(bad) * 100_000
