"""Finds the clauses of an utterance, in English and Chinese: the places where it may be cut if it states two needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dialin.read.split import sentences_in

Span = tuple[int, int]
"""First character of a part of a text, and the one after its last."""

ENGLISH_JOINTS = (
    *("and", "but", "also", "plus", "then", "besides", "additionally", "moreover", "furthermore", "btw"),
    *("as well as", "in addition", "by the way", "on top of that", "apart from that", "another thing", "after that"),
    *("one more thing", "one more question", "a second thing", "secondly", "afterwards", "oh", "meanwhile"),
    *("while i'm at it", "while we're at it", "while you're at it", "at the same time"),
)
"""Words between two clauses, small letters; several in a row are one joint."""
CHINESE_JOINTS = (
    *("还有", "另外", "此外", "顺便", "顺带", "同时", "以及", "并且", "而且", "然后", "接着", "再就是", "再有", "对了"),
    *("不过", "但是", "可是", "除此之外", "与此同时"),
)
"""Words between two clauses that have no other meaning within one."""
_CHINESE_BEFORE = {
    "还": "想|要|需要|得|请|麻烦|帮|能不能|可以",
    "也": "想|要|需要|请|麻烦|帮",
    "再": "帮|给|把|查|看|问|告诉|说|来|放",
    "并": "把|帮|给|告诉|查",
    "和": "帮|把|给|告诉|查",
}
"""Characters that join clauses only before these words, which belong to the next clause."""
_MARKS = r"[;；，…—–]+|,(?!\d)|:(?!\d)|\s[-&+/]+(?=\s)"
_WORDS = "|".join(re.escape(word) for word in sorted(ENGLISH_JOINTS, key=len, reverse=True))
_HAN = "|".join(sorted(CHINESE_JOINTS, key=len, reverse=True))
_HAN_BEFORE = "|".join(f"{joint}(?={words})" for joint, words in _CHINESE_BEFORE.items())
_ONE = rf"(?:{_MARKS}|\b(?:{_WORDS})\b(?!['’])|{_HAN}|{_HAN_BEFORE})"
_JOINT = re.compile(rf"{_ONE}(?:\s*{_ONE})*", re.IGNORECASE)
"""Marks and words between two clauses, with the space between them."""
_CONTENT = re.compile("[㐀-䶿一-鿿豈-﫿\U00020000-\U000323af]|[^\\W\\d_㐀-䶿一-鿿]+(?:['’][^\\W\\d_]+)*")
"""A Chinese character, or a word of another script."""
_LEAST = 2
"""Words or Chinese characters that a clause has at least: a shorter part belongs to the one beside it."""
_OUTSIDE = " \t,;:，；、"


def clauses_in(text: str) -> list[Span]:
    """Return where the clauses of a text are, in order; the joints between them belong to none.

    Sentences are cut as `dialin.read.split.sentences_in` does, and each is cut at commas, semicolons and dashes and at
    the words of `ENGLISH_JOINTS` and `CHINESE_JOINTS`. A part of a single word or character stays with the clause
    before it, or with the next at the beginning.

    Parameters
    ----------
    text : str
        A text with single spaces, as `dialin.read.table.read_table` gives it.

    Returns
    -------
    list of (int, int)
        At least one; only a text without letters is a single clause that may have none.

    Examples
    --------
    >>> text = "I lost my card, and also want to change my address"
    >>> [text[start:end] for start, end in clauses_in(text)]
    ['I lost my card', 'want to change my address']
    >>> text = "我的卡丢了，还想改一下地址"
    >>> [text[start:end] for start, end in clauses_in(text)]
    ['我的卡丢了', '想改一下地址']
    """
    parts = [part for sentence in _sentences(text) for part in _parts(text, sentence)]
    return _long_enough(text, parts) or [(0, len(text))]


def _sentences(text: str) -> Iterator[Span]:
    """Yield where the sentences of a text are."""
    end = 0
    for sentence in sentences_in(text):
        start = text.find(sentence, end)
        if start < 0:  # a mark that the sentence splitter writes in another way
            break
        end = start + len(sentence)
        yield start, end
    else:
        return
    yield end, len(text)


def _parts(text: str, sentence: Span) -> Iterator[Span]:
    """Yield what lies between the joints of a sentence, without the space and marks around it."""
    start, stop = sentence
    for joint in _JOINT.finditer(text, start, stop):
        yield _stripped(text, (start, joint.start()))
        start = joint.end()
    yield _stripped(text, (start, stop))


def _stripped(text: str, span: Span) -> Span:
    part = text[slice(*span)]
    start = span[0] + len(part) - len(part.lstrip(_OUTSIDE))
    return start, max(start, span[0] + len(part.rstrip(_OUTSIDE)))


def _long_enough(text: str, parts: Sequence[Span]) -> list[Span]:
    """Return the parts, with each that is too short joined to the one before, or to the next at the beginning."""
    found = list[tuple[Span, int]]()
    for start, end in parts:
        n = len(_CONTENT.findall(text, start, end))
        if found and start < end and min(found[-1][1], n) < _LEAST:
            (first, last), n_before = found.pop()
            found.append(((first, max(end, last)), n_before + n))
        elif n:
            found.append(((start, end), n))
    return [span for span, _ in found]
