"""What people do to what, in English: the nouns that a verb governs, without a parser.

"Can I use my card in Cuba without fees" uses a card, not fees: a name such as use-fee says what nobody does. A verb
governs the nouns that follow it in its clause, and the noun before "be" where the verb is a participle.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dialin.name.english import ARTICLES, PARTICLES, is_participle, word_set

REACH = 6
"""Words after a verb among which its objects stand."""
MAX_LINKS = 1
"""Prepositions between a verb and its last object: "remove milk from my list"."""
_BREAKS = word_set(
    "and or but so if because that when where why how what which who whose than as while until till i we they he she "
    "before after during since "
    "is are was were be been am does did can could will would should must may might has have had there"
)
"""Words that end the reach of a verb: another clause or a time begins, as in "leave before noon"."""
_LINKS = word_set("of for on in to from with at about into by onto under over")
CONTAINED = {
    "remind": ("set", "reminder"),
    "text": ("send", "text-message"),
    "email": ("send", "email"),
    "call": ("make", "phone-call"),
    "dial": ("make", "phone-call"),
    "wake": ("set", "alarm"),
    "tweet": ("post", "tweet"),
}
"""Verbs that contain their object -> the deed in two words: "text Ann" sends a text message."""
_BE, _BACK = word_set("be being get getting"), 4


def governed(words: Sequence[str], i: int) -> Iterator[int]:
    """Yield the places of the words that the verb at place i may govern.

    Parameters
    ----------
    words : sequence of str
        Words, numbers and marks of a sentence, in lower case.
    i : int
        Place of the verb.

    Examples
    --------
    >>> words = "can i use my card in cuba or are there fees".split()
    >>> [words[j] for j in governed(words, 2)]
    ['card', 'cuba']
    >>> words = "the order must be cancelled".split()
    >>> [words[j] for j in governed(words, 4)]
    ['must', 'order']
    """
    if is_participle(words[i]) and words[i - 1 : i] and words[i - 1] in _BE:
        yield from (j for j in range(i - 2, max(i - 2 - _BACK, -1), -1) if words[j] not in ARTICLES)
        return
    links = 0
    for j in range(i + 1, min(i + 1 + REACH, len(words))):
        word = words[j]
        links += word in _LINKS and j > i + 1
        if word in _BREAKS or not (word.isalnum() or "'" in word) or links > MAX_LINKS:
            return
        if word not in ARTICLES | PARTICLES | _LINKS:
            yield j
