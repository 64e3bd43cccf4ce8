"""Replaces what was found by typed placeholders: within a dialogue, the same value gets the same one."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

from dialin.redact.finding import (
    ACCOUNT,
    CARD,
    EMAIL,
    IBAN,
    ID,
    IP,
    NAME,
    ORDER,
    PHONE,
    PLACE,
    PLATE,
    URL,
    Finding,
)
from dialin.text.script import is_chinese

_NUMBERED = re.compile(r"<([A-Z]+)_([0-9]{1,6})>")
_WORDS = {
    URL: ("link", "链接"),
    EMAIL: ("e-mail address", "邮箱"),
    IBAN: ("account number", "账号"),
    CARD: ("card number", "卡号"),
    ID: ("id number", "证件号"),
    IP: ("IP address", "IP地址"),
    PLATE: ("plate number", "车牌号"),
    PHONE: ("phone number", "电话号码"),
    ACCOUNT: ("account number", "账号"),
    ORDER: ("order number", "订单号"),
    NAME: ("name", "姓名"),
    PLACE: ("place", "地方"),
}
"""What an English and a Chinese speaker calls what a placeholder stands for."""
_KNOWN = re.compile(rf"<({'|'.join(_WORDS)})_[0-9]{{1,6}}>")
_PHONE_DIGITS = 9
"""Digits at the end of a telephone number that are the same with and without the code of the country."""


def value_key(kind: str, written: str) -> str:
    """Return a value without what may be written in several ways; equal for equal values of a type.

    Examples
    --------
    >>> value_key("PHONE", "+44 20 7946 0018") == value_key("PHONE", "(020) 7946-0018")
    True
    >>> value_key("CARD", "４１１１ 1111"), value_key("EMAIL", "Ana@Example.com")
    ('41111111', 'ana@example.com')
    """
    plain = unicodedata.normalize("NFKC", written).casefold()
    if kind in (URL, EMAIL):
        return plain
    kept = "".join(filter(str.isalnum, plain))
    return kept[-_PHONE_DIGITS:] if kind == PHONE else kept


def unnumbered(text: str) -> str:
    """Return a text whose placeholders have no numbers, which only a dialogue gives them.

    Examples
    --------
    >>> unnumbered("card <CARD_2>, call <PHONE_1>")
    'card <CARD>, call <PHONE>'
    """
    return _NUMBERED.sub(r"<\1>", text)


def in_words(text: str) -> str:
    """Return a text with words for its placeholders, without saying again what the words before them say.

    Examples
    --------
    >>> in_words("my card <CARD_1> was declined, call <PHONE_2>")
    'my card number was declined, call phone number'
    >>> in_words("order number <ORDER_1>"), in_words("我的卡号<CARD_1>丢了"), in_words("we <3 it")
    ('order number', '我的卡号丢了', 'we <3 it')
    """
    said, blank = "", "" if is_chinese(text) else " "
    pieces = _KNOWN.split(text)
    for before, kind in zip(pieces[::2], pieces[1::2], strict=False):
        said = _joined(said + before, _WORDS[kind][not blank], blank)
    return said + pieces[-1]


def _joined(before: str, word: str, blank: str) -> str:
    """Return a text that goes on with a word, less what of the word it ends with."""
    parts = word.split(blank) if blank else list(word)
    for n in range(len(parts), 0, -1):
        if before.rstrip().casefold().endswith(blank.join(parts[:n])):
            return blank.join([before.rstrip(), *parts[n:]])
    return before + word


def last_numbers(text: str) -> Counter[str]:
    """Return the highest number of each type among the placeholders that a text holds already.

    Examples
    --------
    >>> last_numbers("not <CARD_4> but <CARD_2>")
    Counter({'CARD': 4})
    """
    last = Counter[str]()
    for kind, number in _NUMBERED.findall(text):
        last[kind] = max(last[kind], int(number))
    return last


@dataclass
class Numbering:
    """The placeholders of one dialogue so far; its numbers go on after those that its texts hold already."""

    known: dict[tuple[str, Hashable], str] = field(default_factory=dict)
    last: Counter[str] = field(default_factory=Counter)

    @classmethod
    def after(cls, texts: Sequence[str]) -> Numbering:
        """Return the numbering of a dialogue with these texts."""
        last = Counter[str]()
        for text in texts:
            last |= last_numbers(text)
        return cls(last=last)

    def replaced(self, text: str, found: Sequence[Finding]) -> str:
        """Return a text with a placeholder for each finding; they do not overlap, and come in the order of the text.

        Examples
        --------
        >>> Numbering().replaced("a@b.de or c@d.de", [Finding(0, 6, "EMAIL"), Finding(10, 16, "EMAIL")])
        '<EMAIL_1> or <EMAIL_2>'
        """
        pieces, at = list[str](), 0
        for one in found:
            value = value_key(one.type, text[one.start : one.end])
            pieces += [text[at : one.start], self.placeholder(one.type, value)]
            at = one.end
        return "".join([*pieces, text[at:]])

    def placeholder(self, kind: str, value: Hashable) -> str:
        """Return the placeholder of a value of a type, which is the same for equal ones.

        Examples
        --------
        >>> dialogue = Numbering()
        >>> dialogue.placeholder("CARD", 1), dialogue.placeholder("CARD", 2), dialogue.placeholder("CARD", 1)
        ('<CARD_1>', '<CARD_2>', '<CARD_1>')
        """
        key = kind, value
        if key not in self.known:
            self.last[kind] += 1
            self.known[key] = f"<{kind}_{self.last[kind]}>"
        return self.known[key]
