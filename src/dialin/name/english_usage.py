"""What a corpus says about its own English words, without a tagger: which are nouns, modifiers and verbs.

Whether a word is a noun, an adjective or a verb shows in its neighbours: "the", "my" and "for" stand before nouns,
"to", "can" and "please" before verbs, and an adjective seldom ends a run of words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from dialin.name.actions import ACTION_WORDS
from dialin.name.english import (
    ARTICLES,
    BASES,
    BEFORE_NOUNS,
    BEFORE_VERBS,
    PARTICLES,
    PRONOUNS,
    is_participle,
    singular,
    stop_words,
    verb_of,
    word_set,
)
from dialin.name.english_actions import PHRASAL
from dialin.name.english_particles import MIN_SEEN, is_plain, joined_words

WINDOW = 4
"""A verb and its particle stand at most this many words apart."""
MIN_NOUN = 0.5
"""Noun-like share of the uses of a noun, among those that tell."""
MAX_VERB = 0.3
"""Noun-like share of the uses of a verb."""
MIN_END = 0.3
"""Share of the uses of a noun that end a run of content words; an adjective has fewer."""
MIN_OBJECTS = 0.5
"""Share of the uses of an action before an article or a content word."""
_OBJECTS = word_set("it them me us him")
"""Pronouns that stand behind verbs, and seldom behind nouns."""
_THINGS_IN_ING = word_set(
    "billing booking banking shopping shipping parking meeting training spending saving checking routing opening "
    "closing heating housing lighting wedding building funding pricing rating setting listing pending missing "
    "incoming outgoing existing ongoing upcoming recurring roaming streaming gaming washing cleaning cooking "
    "hearing reading"
)

_ADJECTIVES = word_set(
    "able unable available unavailable possible impossible slow fast quick old new big small large long short high "
    "low cheap expensive easy hard difficult heavy hot cold warm wet dry clean dirty full empty free busy closed "
    "strong weak loud quiet noisy sick ill tired hungry happy sad angry upset unhappy ready sure certain same "
    "different similar early whole entire main recent previous current bad good nice awful horrible terrible red "
    "green blue yellow white black grey gray brown pink normal usual special actual single double own other extra "
    "additional useless rude wrong correct incorrect missing pending automatic manual online offline daily weekly "
    "monthly yearly annual nearby close nearest latest best worst better worse fresh safe dead stuck broken due "
    "polite helpful urgent"
)
"""Words that describe things, and are none, though they end clauses: "it is slow"."""


@dataclass(frozen=True)
class EnglishUsage:
    """How a corpus uses its words; each is counted as a singular.

    Parameters
    ----------
    nouns, verbs : Counter of str
        Uses after a word that stands before nouns, and before verbs.
    ends, inner : Counter of str
        Uses at the end of a run of content words, and inside it.
    with_object : Counter of str
        Uses as a verb before an article or a content word.
    joined : frozenset of (str, str)
        Verbs with a particle that make one word: ("top", "up").
    forms : frozenset of str
        All words as they are spelt.
    """

    nouns: Counter[str] = field(default_factory=Counter)
    verbs: Counter[str] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    inner: Counter[str] = field(default_factory=Counter)
    with_object: Counter[str] = field(default_factory=Counter)
    joined: frozenset[tuple[str, str]] = frozenset()
    forms: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sentences: Sequence[Sequence[str]]) -> EnglishUsage:
        """Count the words of sentences, given as their tokens."""
        forms = frozenset(token for tokens in sentences for token in tokens)
        found = cls(joined=joined_words(sentences), forms=forms)
        for tokens in sentences:
            of_noun = False
            for before, word, after in zip(["", *tokens], tokens, [*tokens[1:], ""], strict=False):
                of_noun = before in BEFORE_NOUNS or (of_noun and _may_be_noun(before) and _may_be_noun(word))
                found._count((before, word, after), of_noun=of_noun)
        return found

    def _count(self, window: tuple[str, str, str], *, of_noun: bool) -> None:
        before, word, after = window
        lemma = singular(word, self.forms)
        is_inner = after.isalpha() and after not in stop_words()
        is_ordered = not before.isalpha() and after in PARTICLES
        is_verb = before in BEFORE_VERBS or (before in PRONOUNS and not is_participle(word))
        is_verb |= is_ordered or after in _OBJECTS
        self.nouns[lemma] += of_noun
        self.verbs[lemma] += is_verb
        self.with_object[lemma] += is_verb and (after in ARTICLES or is_inner)
        (self.inner if is_inner else self.ends)[lemma] += 1

    def nounness(self, word: str) -> float:
        """Return the share of noun-like uses among those that tell, in (0, 1); ½ where none tells."""
        return (self.nouns[word] + 1) / (self.nouns[word] + self.verbs[word] + 2)

    def is_noun(self, word: str) -> bool:
        """Return whether a word can end an objective."""
        if "+" in word:
            return True
        ends = (self.ends[word] + 1) / (self.ends[word] + self.inner[word] + 2)
        is_form = word.endswith(("ly", "ed", "ing")) or word in BASES or word in _ADJECTIVES
        return self.nounness(word) >= MIN_NOUN and ends >= MIN_END and not is_form

    def is_modifier(self, word: str) -> bool:
        """Return whether a word can stand inside an objective."""
        if word.endswith("ing") and word not in _THINGS_IN_ING:
            return verb_of(word, self.forms) == word
        return "+" in word or is_participle(word) or self.nounness(word) >= MIN_NOUN

    def actions(self) -> list[str]:
        """Return the verbs of the corpus that take an object and are not in the table of actions."""
        return [
            word
            for word, count in self.verbs.most_common()
            if count >= MIN_SEEN
            and self.nounness(word) < MAX_VERB
            and self.with_object[word] >= MIN_OBJECTS * count
            and _is_base_form(word)
        ]

    def verbs_of(self, tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Yield the places of verbs with their base forms, and with a particle where that changes the meaning."""
        bases = [verb_of(token, self.forms) for token in tokens]
        for i, (base, token, before) in enumerate(zip(bases, tokens, ["", *tokens], strict=False)):
            is_verb = self.nounness(base) < MIN_NOUN or before in BEFORE_VERBS | PRONOUNS | {"", "and"}
            if is_verb and not is_participle(token):
                yield i, base
            if base in PHRASAL:
                yield from ((i, f"{base}-{after}") for after in bases[i + 1 : i + 1 + WINDOW] if after in PARTICLES)


def _may_be_noun(word: str) -> bool:
    return word.isalpha() and word not in stop_words() and not is_participle(word)


def _is_base_form(word: str) -> bool:
    return is_plain(word) and word not in stop_words() and word not in ACTION_WORDS
