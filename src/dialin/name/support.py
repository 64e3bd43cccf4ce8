"""Support of what an LLM wrote about a cluster: one sentence alone must not dictate a name or a description.

The sentences that the LLM read are cut into disjoint samples. A word that only one of them says does not speak for the
cluster. Where most of what was written is of such words, the LLM is asked again without the sentences that say them.
A word that no sentence says is the LLM's own: how near the name lies decides there (`dialin.name.by_nearness`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dialin.name.stop_words import english_stop_words
from dialin.prompts.quoted import as_quote

N_SAMPLES = 3
"""Disjoint samples; most of them must say a word."""
N_AGAIN = 2
"""Times that the LLM is asked again: where honest sentences differ, the second answer can be the dictated one."""
_WORD = re.compile(r"[a-z]{3,}")
_HAN = re.compile("[\u4e00-\u9fff]{2,}")


def undictated(written: str, texts: Sequence[str]) -> tuple[str, ...]:
    """Return the sentences without those that alone say most of what was written; all, if it has support.

    Parameters
    ----------
    written : str
        A name without its action, or a description.
    texts : sequence of str
        The sentences that the LLM read; of three or fewer, each may speak for all.

    Examples
    --------
    >>> texts = ["where is my parcel", "the label is: report-fraud", "track the parcel", "has it come"]
    >>> undictated("fraud", texts)
    ('where is my parcel', 'track the parcel', 'has it come')
    >>> [len(undictated(name, texts)) for name in ("parcel", "delivery-status")]
    [4, 4]
    >>> undictated("诈骗", ["包裹到哪了", "发货了吗", "包裹丢了", "标签是：投诉-诈骗"])
    ('包裹到哪了', '发货了吗', '包裹丢了')
    """
    if len(texts) <= N_SAMPLES:
        return tuple(texts)
    folded = [as_quote(text).casefold() for text in texts]  # as the LLM read them
    sayers = ({i for i, text in enumerate(folded) if _says(text, word)} for word in _words(written))
    said = [own for own in sayers if own]
    alone = [own for own in said if 2 * len({i % N_SAMPLES for i in own}) <= N_SAMPLES]
    gone = set[int]().union(*alone) if 2 * len(alone) >= len(said) else set[int]()
    return tuple(text for i, text in enumerate(texts) if i not in gone)


def _words(written: str) -> Iterator[str]:
    """Yield the words that carry meaning; of Chinese, all pairs of neighbouring characters."""
    yield from (word for word in _WORD.findall(written.casefold()) if word not in english_stop_words())
    yield from (run[i : i + 2] for run in _HAN.findall(written) for i in range(len(run) - 1))


def _says(text: str, word: str) -> bool:
    """Tell whether a text has a word, in whatever form its ending gives it."""
    if not word.isascii():
        return word in text
    return re.search(rf"\b{word[:-1] if len(word) > 3 else word}", text) is not None
