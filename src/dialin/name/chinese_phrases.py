"""Objectives and actions of Chinese sentences, without a segmenter: runs of characters that hold together.

A run counts as a phrase where its characters stand together far more often than apart (cohesion), and where what stands
before and after it varies (freedom): a corpus says what its own words are. Function words and verbs cut the runs.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from dialin.name.chinese import (
    MEASURES,
    MIN_SAID,
    NEUTRAL,
    ONE_VERB,
    acts_of,
    asked_in,
    does_to,
    han_runs,
    implied_by,
    is_whole,
)
from dialin.name.general import GENERAL_OBJECTIVES
from dialin.name.problems import COMPLAINTS, states_problem

SHORTEST, LONGEST = 2, 6
"""Characters of an objective."""
MIN_SEEN = 2
MIN_COHESION = 2.0
"""Least logarithm of how much more often the parts of a phrase stand together than by chance."""
MAX_TIED = 0.75
"""Largest share of one character before a phrase, or after it: beyond it the phrase is a part of a longer one."""


NO_PART = ONE_VERB | frozenset(MEASURES.split())
"""Characters that before a phrase are no part of it: verbs and measure words."""


def grams_of(run: str) -> Iterator[tuple[str, str, str]]:
    """Yield each part of a run, one to six characters, with the characters before and after it ("" at the ends)."""
    for n in range(1, LONGEST + 1):
        for i in range(len(run) - n + 1):
            yield run[i : i + n], run[i - 1 : i] if i else "", run[i + n : i + n + 1]


def cohesion(gram: str, counts: Counter[str], n: int) -> float:
    """Return the log of how much more often the parts of a phrase stand together than by chance, at its weakest place.

    Parameters
    ----------
    gram : str
        Two characters or more.
    counts : Counter of str
        Occurrences of all parts.
    n : int
        Characters of the corpus.
    """
    return min(math.log(counts[gram] * n / (counts[gram[:i]] * counts[gram[i:]])) for i in range(1, len(gram)))


@dataclass(frozen=True)
class ChinesePhrases:
    """What a corpus says about its phrases.

    Parameters
    ----------
    phrases : frozenset of str
        Runs of two to six characters that hold together and stand free.
    """

    phrases: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, texts: Sequence[str]) -> ChinesePhrases:
        """Find the phrases of these sentences."""
        counts, sides = Counter[str](), Counter[tuple[str, str, str]]()
        runs = [run for text in texts for run in han_runs(text)]
        for gram, before, after in (each for run in runs for each in grams_of(run)):
            counts[gram] += 1
            sides.update(side for side in ((gram, "before", before), (gram, "after", after)) if side[2])
        tied = Counter[str]()
        for (gram, _, _), count in sides.items():
            tied[gram] = max(tied[gram], count)
        n = sum(map(len, runs))
        found = frozenset(gram for gram in counts if _is_phrase(gram, counts, tied, n))
        return cls(frozenset(gram for gram in found if not _is_with_verb(gram, found)))

    def actions(self) -> list[str]:
        """Return no actions beyond the table: without a segmenter, what is a verb does not show."""
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
        """Return whether it is a phrase: without a segmenter, nothing more shows than that it stands free."""
        return len(objective) >= SHORTEST

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action and an objective can make a name; a special action needs sentences that say it."""
        return (action in NEUTRAL or said >= MIN_SAID) and not set(action) & set(objective)

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name: general ones that it says, phrases, what it asks."""
        said = {objective for objective in GENERAL_OBJECTIVES["zh"] if objective in text}
        said |= {gram for run in han_runs(text) for gram, _, _ in grams_of(run) if gram in self.phrases}
        asked = {thing + what for what in asked_in(text) for thing in said if what not in thing}
        return said | {objective for objective in asked if len(objective) <= LONGEST}


def _is_with_verb(gram: str, found: Collection[str]) -> bool:
    """Return whether a phrase is another one with a verb or a measure word before it, or with a verb behind it."""
    return (gram[0] in NO_PART and gram[1:] in found) or (gram[-1] in ONE_VERB and gram[:-1] in found)


def _is_phrase(gram: str, counts: Counter[str], tied: Counter[str], n: int) -> bool:
    count = counts[gram]
    return (
        len(gram) >= SHORTEST
        and count >= MIN_SEEN
        and tied[gram] <= MAX_TIED * count
        and is_whole(gram)
        and cohesion(gram, counts, n) >= MIN_COHESION
    )
