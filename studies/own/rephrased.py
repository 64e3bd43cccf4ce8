"""Make many sentences of few: each is said again in other words by rules, in English or Chinese.

Openers, closers, contractions, fillers and typing errors change; what is asked for stays. So a corpus grows to any size
while its intents stay the same. No sentence comes twice.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dialin.text.script import is_chinese

OPENERS = (
    *("", "", "", "hi, ", "hello, ", "hey there, ", "good morning, ", "excuse me, ", "um, ", "so ", "ok so ", "well, "),
    *("please tell me, ", "quick question: ", "i was wondering, ", "sorry, ", "yeah, ", "right, "),
)
CLOSERS = (
    *("", "", "", " please", " thanks", " thank you", " asap", " today", " if possible", " now", ", can you help"),
    *(" for me", ", cheers", " right away", ", it matters to me", " again"),
)
CHINESE_OPENERS = (
    *("", "", "你好，", "您好，", "请问", "请问一下，", "那个，"),
    *("麻烦问下，", "我想问问，", "嗯，", "不好意思，", "亲，"),
)
CHINESE_CLOSERS = ("", "", "谢谢", "，谢谢", "呢", "啊", "，急", "，麻烦了", "，多谢", "吧", "，在线等", "哦")
SHORTER = (
    *(("i am", "i'm"), ("do not", "don't"), ("cannot", "can't"), ("what is", "what's"), ("it is", "it's")),
    *(("i would", "i'd"), ("could you", "can you"), ("want to", "wanna"), ("you", "u"), ("please", "pls")),
)
MIN_WORD = 5
"""Letters of a word in which a typing error may be."""


def rephrased(texts: list[str], n: int, seed: int = 0) -> tuple[list[str], list[int]]:
    """Return n distinct sentences, and the row of `texts` that each says; the first are `texts` themselves.

    Raises
    ------
    ValueError
        If the rules have no more to give.

    Examples
    --------
    >>> rephrased(["where is my card"], 1)
    (['where is my card'], [0])
    """
    rng, found = np.random.default_rng(seed), dict.fromkeys(texts)
    sources = list(range(len(found)))
    n_before = -1
    while len(found) < n:
        if len(found) == n_before:
            raise ValueError(f"the rules say {len(texts):,} sentences in {len(found):,} ways, not {n:,}")
        n_before = len(found)
        for row, text in said_again(texts, rng):
            if text not in found:
                found[text] = None
                sources.append(row)
    return list(found)[:n], sources[:n]


def said_again(texts: list[str], rng: np.random.Generator) -> Iterator[tuple[int, str]]:
    """Yield each sentence once in other words, with its row."""
    for row, text in enumerate(texts):
        yield row, (said_in_chinese if is_chinese(text) else said_in_english)(text, rng)


def said_in_chinese(text: str, rng: np.random.Generator) -> str:
    """Return a Chinese sentence with an opener and a closer, and sometimes with two characters exchanged."""
    core = text.rstrip("。？?！!")
    if rng.random() < 0.2:
        core = exchanged(core, rng)
    return str(rng.choice(CHINESE_OPENERS)) + core + str(rng.choice(CHINESE_CLOSERS))


def said_in_english(text: str, rng: np.random.Generator) -> str:
    """Return an English sentence with an opener, a closer, shorter forms, and sometimes a typing error."""
    core = text.rstrip(".?!")
    for whole, short in SHORTER:
        if rng.random() < 0.3:
            core = f" {core} ".replace(f" {whole} ", f" {short} ")[1:-1]
    words = core.split()
    long_words = [i for i, word in enumerate(words) if len(word) >= MIN_WORD]
    if long_words and rng.random() < 0.5:
        i = int(rng.choice(long_words))
        words[i] = exchanged(words[i], rng)
    return str(rng.choice(OPENERS)) + " ".join(words) + str(rng.choice(CLOSERS))


def exchanged(word: str, rng: np.random.Generator) -> str:
    """Return a word with two neighbouring letters exchanged."""
    if len(word) < 2:
        return word
    i = int(rng.integers(len(word) - 1))
    return word[:i] + word[i + 1] + word[i] + word[i + 2 :]
