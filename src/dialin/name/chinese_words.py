"""The words of Chinese sentences, cut and tagged by jieba, and which of them can be what a name is about.

A dictionary knows what characters that stand together cannot show: "莫名其妙扣了88元" holds the words 莫名其妙 and 扣,
and no 莫名其妙扣; in "一栋楼", 栋 counts the 楼.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dialin.name.chinese import ONE_VERB

SHORTEST, LONGEST = 2, 6
"""Characters of an objective."""
MOST_WORDS = 3
_NOUNS = ("n", "vn", "an", "j", "l")
"""Tags of words that can end an objective, or how they begin; l is that of phrases such as 联系方式."""
_NO_NOUNS = ("ns", "nr", "nrt", "nrfg")
"""Tags of places and of people, which begin as those of nouns: 王师傅 is whom somebody waits for, not what for."""
_MODIFIERS = (*_NOUNS, "a", "b", "ns")
_VERBS = ("v", "vi", "vd")


class ChineseWord(NamedTuple):
    """A word of a sentence and its part of speech, as ICTCLAS tags it: n a noun, v a verb, vn a verb used as a noun."""

    text: str
    tag: str

    @property
    def is_noun(self) -> bool:
        """Whether it can end an objective."""
        return self.tag.startswith(_NOUNS) and self.tag not in _NO_NOUNS and not self.begins_with_verb

    @property
    def begins_with_verb(self) -> bool:
        """Whether it is a verb with its object, which is tagged as one word all the same: 开发票, 打游戏."""
        return len(self.text) > SHORTEST and self.text[0] in ONE_VERB

    @property
    def is_modifier(self) -> bool:
        """Whether it can stand before a noun inside an objective."""
        return self.tag.startswith(_MODIFIERS) and self.tag not in {"ad", "ag"}

    @property
    def is_verb(self) -> bool:
        """Whether it is a verb alone, not one that is used as a noun."""
        return self.tag in _VERBS


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[ChineseWord, ...]:
    """Return the words of a sentence in their order; marks and numbers are words, too.

    Examples
    --------
    >>> [word.text for word in words_of("莫名其妙扣了我88元")]
    ['莫名其妙', '扣', '了', '我', '88', '元']
    """
    import rjieba  # noqa: PLC0415  (its dictionary takes 0.2 s to load, and names of Chinese sentences alone need it)

    return tuple(ChineseWord(*each) for each in rjieba.tag(text))


def noun_phrases(words: Sequence[ChineseWord]) -> Iterator[str]:
    """Yield the nouns of a sentence, each alone and with the words before it that describe it.

    Examples
    --------
    >>> sorted(noun_phrases(words_of("信用卡账单在哪里看")))
    ['信用卡', '信用卡账单', '账单']
    >>> list(noun_phrases(words_of("我们这一栋楼断网了")))
    []
    """
    for end, last in enumerate(words, 1):
        if not last.is_noun:
            continue
        for start in range(end - 1, max(end - 1 - MOST_WORDS, -1), -1):
            if start < end - 1 and not words[start].is_modifier:
                break
            phrase = "".join(word.text for word in words[start:end])
            if SHORTEST <= len(phrase) <= LONGEST:
                yield phrase
        yield from genus_of(last.text)


def genus_of(noun: str) -> Iterator[str]:
    """Yield what a noun of four characters or more is a kind of, if its last two are a noun: 武侠小说 is a 小说.

    Examples
    --------
    >>> list(genus_of("武侠小说")), list(genus_of("信用卡"))
    (['小说'], [])
    """
    if len(noun) >= 2 * SHORTEST:
        yield from (word.text for word in words_of(noun[-SHORTEST:]) if word.is_noun and len(word.text) == SHORTEST)
