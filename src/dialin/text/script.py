"""Holds the one rule for what counts as Chinese, which chooses the embedder, the stratum and a prompt's language.

A text without words, such as a telephone number, has no language: it goes with the texts around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MIN_HAN_SHARE = 0.3
"""Minimum share of ideographs among the letters of a Chinese text: "我的 iPad 呢" is Chinese."""
MAX_KANA_SHARE = 0.2
"""The share of kana and hangul among these and ideographs stays below this in Chinese: (づ￣3￣)づ contains some."""

_HAN = re.compile("[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U000323af]")
_KANA_OR_HANGUL = re.compile(
    "[\u1100-\u11ff\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fd-\u30ff\u3130-\u318f\u31f0-\u31ff\ua960-\ua97f"
    "\uac00-\ud7ff\uff66-\uff6f\uff71-\uff9d\uffa0-\uffdc]"
)

_CODE = re.compile(r"<[A-Z]+>|(?<![\w.@#*/:+-])[\w.@#*/:+-]*?[\d@][\w.@#*/:+-]*", re.ASCII)
"""A placeholder, or a run of letters with a digit or an @: a number, a code, an address."""


def is_chinese(text: str) -> bool:
    """Return whether at least 30 % of the letters are ideographs, with few kana or hangul beside them.

    Examples
    --------
    >>> [is_chinese(text) for text in ("我的 iPad 在哪里", "iPad 呢", "カードはどこ", "카드 어디", "", "。")]
    [True, False, False, False, False, False]
    """
    if text.isascii():
        return False
    n_han, n_other = len(_HAN.findall(text)), len(_KANA_OR_HANGUL.findall(text))
    is_pure = n_other < MAX_KANA_SHARE * (n_han + n_other)
    return is_pure and 0 < n_han >= MIN_HAN_SHARE * sum(map(str.isalpha, text))


def is_japanese_or_korean(text: str) -> bool:
    """Return whether at least 30 % of the letters are ideographs, kana or hangul, and the text is not Chinese.

    Examples
    --------
    >>> [is_japanese_or_korean(text) for text in ("カードはどこ", "카드 어디", "我的卡", "card")]
    [True, True, False, False]
    """
    if text.isascii() or is_chinese(text):
        return False
    n_eastern = len(_HAN.findall(text)) + len(_KANA_OR_HANGUL.findall(text))
    return 0 < n_eastern >= MIN_HAN_SHARE * sum(map(str.isalpha, text))


def tells_language(text: str) -> bool:
    """Return whether a text has letters outside numbers, codes, addresses and placeholders, so that it has a language.

    Examples
    --------
    >>> [tells_language(text) for text in ("184****2219", "LK-4471", "ana7@example.com", "<PHONE_1>", "?!")]
    [False, False, False, False, False]
    >>> [tells_language(text) for text in ("it is 4471", "尾号4471", "ok")]
    [True, True, True]
    """
    return any(map(str.isalpha, _CODE.sub("", text)))


def language_of(texts: Iterable[str], otherwise: str = "en") -> str:
    """Return the language of a prompt about these texts: "zh" if all that have words, joined, are Chinese, else "en".

    Parameters
    ----------
    texts : iterable of str
        The texts.
    otherwise : {"en", "zh"}
        The language if no text has words.

    Examples
    --------
    >>> language_of(["我的包裹到哪了", "order LK4471"]), language_of(["카드 어디 있어요"])
    ('zh', 'en')
    >>> language_of(["184****2219"], "zh")
    'zh'
    """
    with_words = "".join(filter(tells_language, texts))
    return ("zh" if is_chinese(with_words) else "en") if with_words else otherwise
