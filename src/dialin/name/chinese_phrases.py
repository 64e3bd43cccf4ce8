"""Objectives and actions of Chinese sentences, as the naming of clusters asks for them.

A noun, or a verb without an object such as 搬家, counts as a phrase where the corpus has it more than once. Words that
people have for their needs count where they are said, however the sentence is cut.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from dialin.name.chinese import (
    MIN_SAID,
    NEUTRAL,
    acts_of,
    asked_in,
    can_be_about,
    can_be_wanted,
    does_to,
    implied_by,
    is_thing_word,
)
from dialin.name.chinese_words import LONGEST, SHORTEST, ChineseWord, noun_phrases, words_of
from dialin.name.general import DEEDS, GENERAL_OBJECTIVES
from dialin.name.people import can_do_to
from dialin.name.problems import COMPLAINTS, states_problem
from dialin.name.synonyms import is_synonym, meant_in

MIN_SEEN = 2
"""Sentences of the corpus that have a phrase."""
MAX_OBJECTS = 0.5
"""Share of the uses of a verb before an object or with an aspect: beyond it, it says what is done to something else."""
_ASPECTS = frozenset({"ul", "uz", "ud", "nr", "ns"})
"""Tags of what also follows a verb that has an object, or has had one."""


def phrases_in(text: str) -> Iterator[str]:
    """Yield the noun phrases of a sentence that can be in a name, and its verbs of two characters."""
    all_words = words_of(text)
    words = [
        word if is_thing_word(word.text) and not before.text[-1:].isdigit() else ChineseWord(word.text, "x")
        for word, before in zip(all_words, [ChineseWord("", "x"), *all_words], strict=False)
    ]  # what follows a number counts: 29块钱
    yield from noun_phrases(words)
    yield from (word.text for word in words if word.is_verb and len(word.text) == SHORTEST and can_be_wanted(word.text))


def verbs_with_objects(texts: Sequence[str]) -> set[str]:
    """Return the verbs that mostly stand before an object, and so are none themselves: 包含光猫, but 要搬家.

    Examples
    --------
    >>> verbs_with_objects(["盒子包含电池", "套装包含充电器", "我下周搬家", "搬家怎么办"])
    {'包含'}
    """
    seen, with_object = Counter[str](), Counter[str]()
    for words in map(words_of, texts):
        for word, after in zip(words, [*words[1:], ChineseWord("", "x")], strict=False):
            if word.is_verb:
                seen[word.text] += 1
                with_object[word.text] += after.is_noun or after.tag in _ASPECTS
    return {verb for verb, count in seen.items() if with_object[verb] > MAX_OBJECTS * count}


@dataclass(frozen=True)
class ChinesePhrases:
    """What a corpus says about its phrases.

    Parameters
    ----------
    phrases : frozenset of str
        Nouns with what describes them, and verbs without an object, of two to six characters.
    """

    phrases: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, texts: Sequence[str]) -> ChinesePhrases:
        """Find the phrases of these sentences."""
        counts = Counter(phrase for text in texts for phrase in set(phrases_in(text)))
        gone = verbs_with_objects(texts)
        return cls(frozenset(phrase for phrase, n in counts.items() if n >= MIN_SEEN and phrase not in gone))

    def actions(self) -> list[str]:
        """Return no actions beyond the table, whose words people use in many ways."""
        return []

    def acts(self, text: str) -> set[str]:
        """Return the actions that a sentence says, in the words of the table or in others."""
        return acts_of(text)

    def deeds(self, text: str, objectives: Collection[str]) -> set[tuple[str, str]]:
        """Return which actions a sentence says or implies of which of its objectives; of "", what it implies."""
        general = set(COMPLAINTS["zh"] if self.fails(text) else ())
        return {(action, "") for action in implied_by(text) | general} | {
            (action, objective) for objective in objectives for action in does_to(text, objective) | general
        }

    def fails(self, text: str) -> bool:
        """Return whether a sentence states a problem."""
        return states_problem(text, "zh")

    def is_thing(self, objective: str) -> bool:
        """Return whether it is more than one character, which could be a part of any word, and no deed."""
        return len(objective) >= SHORTEST and objective not in DEEDS

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action and an objective can make a name; a special action needs sentences that say it."""
        is_said = action in NEUTRAL or said >= MIN_SAID
        is_said &= can_be_about(action, objective) and can_do_to(action, objective)
        return is_said and not set(action) & set(objective)

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name: general ones that it says, phrases, what it asks."""
        said = {objective for objective in GENERAL_OBJECTIVES["zh"] if objective in text} | meant_in(text, "zh")
        said |= {each for each in self.phrases.intersection(phrases_in(text)) if not is_synonym(each, "zh")}
        said |= DEEDS & acts_of(text)
        asked = {thing + what for what in asked_in(text) for thing in said if what not in thing}
        return said | {objective for objective in asked if len(objective) <= LONGEST}
