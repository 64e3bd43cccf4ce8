"""English verbs that make one word with the particle after them: "top up" is what people do, and a thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from dialin.name.english import BASES, BEFORE_NOUNS, BEFORE_VERBS, PARTICLES, stop_words

MIN_SEEN = 3
"""Uses of a verb before it counts as an action, and of a verb with its particle before they count as one word."""
MIN_JOINED, MIN_THING = 0.4, 0.15
"""Share of the uses of a verb before its particle, and of those the share in the place of a noun ("the top up")."""


def joined_words(sentences: Sequence[Sequence[str]]) -> frozenset[tuple[str, str]]:
    """Return the base forms of verbs with the particle that mostly follows them."""
    single, verbs = Counter[str](), Counter[str]()
    pairs, things = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for tokens in sentences:
        single.update(tokens)
        for before, word, after in zip(["", *tokens], tokens, tokens[1:], strict=False):
            verbs[word] += before in BEFORE_VERBS
            pairs[word, after] += after in PARTICLES
            things[word, after] += after in PARTICLES and before in BEFORE_NOUNS
    return frozenset(
        (word, after)
        for (word, after), n in pairs.items()
        if n >= MIN_SEEN
        and verbs[word]
        and n >= MIN_JOINED * single[word]
        and things[word, after] >= MIN_THING * n
        and word not in stop_words()
        and is_plain(word)
    )


def is_plain(word: str) -> bool:
    """Return whether a word can be the base form of a verb, by its ending."""
    return word.isalpha() and len(word) > 2 and not word.endswith(("ing", "ed", "ly", "s")) and word not in BASES
