"""Tells clusters of one name apart, without an LLM: each later one gets the word most typical of its own sentences.

Names that no word tells apart are numbered by `dialin.name.labels.number`. So are catch-all names: where no name holds,
the word that most of the sentences have is one like "sorry" or "okay". So are those of turns, which all say the same,
and those of data, where it is a value.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from dialin.name.acts import GIVEN
from dialin.name.catch_all import is_catch_all
from dialin.name.chinese_phrases import phrases_in
from dialin.name.english import stop_words
from dialin.name.turn_phrases import gives_data, is_one_turn

MARGIN = 0.25
"""Share of a cluster's sentences that must have the word, beyond the share in any other bearer of the name."""
MAX_WORDS = 4
MAX_CHARACTERS = 12
_WORD = re.compile(r"[a-z]{3,13}")


def distinguished(names: Sequence[str], texts: Sequence[Sequence[str]]) -> list[str]:
    """Return the names; each later bearer of a name gets a word of its own, if there is one.

    Parameters
    ----------
    names : sequence of str, n
        Action-Objective labels; the first bearer of one keeps it.
    texts : sequence of sequence of str, n
        Sentences of each bearer.

    Returns
    -------
    list of str
        English names have at most four words (the last one gives way), Chinese ones at most twelve characters after
        the action. Some can still be equal.

    Examples
    --------
    >>> distinguished(["block-card", "block-card"], [["freeze my card"], ["my card was stolen", "stolen card"]])
    ['block-card', 'block-card-stolen']
    """
    shares = [_shares(own, name) for own, name in zip(texts, names, strict=True)]
    taken, found, given = set(names), list(names), {*GIVEN.values()}
    for i, name in enumerate(names):
        if name in names[:i] and not (is_catch_all(name) or is_one_turn(name) or name in given or gives_data(name)):
            others = [shares[j] for j, other in enumerate(names) if other == name and j != i]
            found[i] = next((new for new in _longer(name, shares[i], others) if new not in taken), name)
            taken.add(found[i])
    return found


def _shares(texts: Sequence[str], name: str) -> dict[str, float]:
    """Return the share of the texts that hold each word; the words of the name are left out."""
    counts = Counter(word for text in texts for word in _words(text, is_chinese=not name.isascii()))
    own = {part.rstrip("s") for part in name.split("-")}
    return {
        word: count / len(texts)
        for word, count in counts.items()
        if word.rstrip("s") not in own and (word.isascii() or word not in name)
    }


def _words(text: str, *, is_chinese: bool) -> set[str]:
    """Return the words of a text that can stand in a name; of Chinese, its noun phrases and verbs."""
    if is_chinese:
        return set(phrases_in(text))
    return {word for word in _WORD.findall(text.lower()) if word not in stop_words()}


def _longer(name: str, own: dict[str, float], others: Sequence[dict[str, float]]) -> Iterator[str]:
    """Yield the name with each word that tells it from the others, the best first; of equals, the longer one."""
    typical = {word: share for word, share in own.items() if share >= MARGIN}  # no other gains as much
    gains = {word: share - max(other.get(word, 0.0) for other in others) for word, share in typical.items()}
    for word in sorted(gains, key=lambda word: (-gains[word], -len(word), word)):
        if gains[word] < MARGIN:
            return
        if word.isascii():
            yield "-".join([*name.split("-")[: MAX_WORDS - 1], word])
        elif len(name.partition("-")[2] + word) <= MAX_CHARACTERS:
            yield name + word
