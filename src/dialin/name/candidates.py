"""Candidates for the names of clusters, from their sentences alone: objectives, and the actions that go with them.

An objective counts where it is typical of a cluster: said in many of its sentences and in few of the others. The
actions are those of the table or of the user's vocabulary, and the verbs of the corpus. People seldom say the action of
a label ("where is the nearest cash machine" is find-cash-machine), so objectives also meet actions that no one says.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol, TypeVar

from dialin.name.actions import words_in
from dialin.name.chinese_phrases import ChinesePhrases
from dialin.name.english import PARTICLES
from dialin.name.english_phrases import EnglishPhrases
from dialin.name.objective import part_of
from dialin.name.questions import is_question
from dialin.name.sightings import MIN_SENTENCES, Sightings

T = TypeVar("T")
N_OWN_ACTIONS = 120
"""Actions of the corpus, the most frequent, that are tried."""
ENOUGH = 0.2
"""Share of the sentences that carries a name fully."""
SAID = 0.15
"""Share of the sentences in which an objective counts as said at all."""
UNSAID = 0.1
"""Share of the sentences that counts for a general objective, or one of an LLM, where none has it."""
_RARE = 0.1
"""Share of the sentences that is added to that of an objective: what one of three says of it tells little."""


class Phrases(Protocol):
    """What a language gives names: objectives and actions of its sentences."""

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name."""
        ...

    def actions(self) -> list[str]:
        """Return the actions that the corpus has beyond the table."""
        ...

    def acts(self, text: str) -> set[str]:
        """Return the actions that a sentence says."""
        ...

    def deeds(self, text: str, objectives: Collection[str]) -> set[tuple[str, str]]:
        """Return which actions a sentence says or implies of which of its objectives; of "": of any other."""
        ...

    def fails(self, text: str) -> bool:
        """Return whether a sentence states a problem."""
        ...

    def is_thing(self, objective: str) -> bool:
        """Return whether an objective is surely a thing, not a word that could also be another part of speech."""
        ...

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action, said in this share of the sentences, and an objective can make a name."""
        ...


@dataclass(frozen=True)
class Material:
    """What the sentences of a cluster give its name.

    Parameters
    ----------
    objectives : mapping of str to float
        The most typical objectives, the most typical first -> share of the sentences that have it.
    acts : mapping of str to float
        Actions that the sentences say -> share of the sentences.
    typical : mapping of str to float
        Those said more often than in the corpus -> share beyond the usual one.
    deeds : mapping of (str, str) to float
        Actions and the objectives that sentences say or imply them of, "" for whatever it may be -> share of the
        sentences.
    coverage : float
        Share of the sentences that have one of the objectives, in [0, 1].
    problems : float
        Share of the sentences that state a problem, in [0, 1].
    questions : float
        Share of the sentences that ask something, in [0, 1].
    told : sequence of set of str
        Which of the objectives each sentence has, of those that are surely things.
    has : sequence of set of str
        Which of all objectives each sentence has.
    """

    objectives: Mapping[str, float] = field(default_factory=dict)
    acts: Mapping[str, float] = field(default_factory=dict)
    typical: Mapping[str, float] = field(default_factory=dict)
    deeds: Mapping[tuple[str, str], float] = field(default_factory=dict)
    coverage: float = 0.0
    problems: float = 0.0
    questions: float = 0.0
    told: Sequence[Collection[str]] = ()
    has: Sequence[Collection[str]] = ()

    def support_of(self, objective: str) -> float:
        """Return how far the sentences carry an objective: √share, from √`UNSAID`, as if none had it, to √`ENOUGH`."""
        return math.sqrt(min(max(self.objectives.get(objective, UNSAID), UNSAID), ENOUGH))

    def said_of(self, action: str, objective: str) -> float:
        """Return the share, of the sentences that have an objective, that say or imply an action of it.

        If none has the objective: the share of all sentences that imply the action of whatever it may be.

        Examples
        --------
        >>> material = Material({"card": 0.5}, {"use": 0.4}, {}, {("use", "card"): 0.3, ("find", ""): 0.22})
        >>> [round(material.said_of(*each), 2) for each in (("use", "card"), ("use", "cash"), ("find", "cash"))]
        [0.5, 0.0, 0.2]
        """
        said = self.deeds.get((action, objective), 0.0)
        if objective not in self.objectives:
            said = max(said, self.deeds.get((action, ""), 0.0))
        return said / (self.objectives.get(objective, 1.0) + _RARE)

    def support_of_action(self, action: str, objective: str) -> float:
        """Return how far the sentences carry an action of an objective, as for an objective alone."""
        beyond = self.typical.get(action, 0.0)
        return math.sqrt(min(beyond, self.said_of(action, objective), ENOUGH)) if beyond else 0.0  # as of most actions

    def support(self, name: str) -> float:
        """Return how far the sentences carry a name, its action and its objective, in [0, 2√`ENOUGH`].

        Examples
        --------
        >>> material = Material({"light": 0.09}, {}, {"turn-off": 0.16}, {("turn-off", "light"): 0.2})
        >>> [round(material.support(name), 2) for name in ("turn-off-light", "find-light", "find-order")]
        [0.72, 0.32, 0.32]
        """
        each = splits_of(name)
        return max(self.support_of_action(*one) + self.support_of(one[1]) for one in each)

    def lack(self, name: str) -> float:
        """Return how far the objective of a name is from being said in `SAID` of the sentences, in [0, 1].

        Examples
        --------
        >>> [round(Material({"light": 0.09}).lack(name), 2) for name in ("turn-off-light", "find-order")]
        [0.4, 1.0]
        """
        return max(1 - self.share_of(name) / SAID, 0.0)

    def share_of(self, name: str) -> float:
        """Return the share of the sentences that say the objective of a name, in [0, 1]."""
        return max(self.objectives.get(objective, 0.0) for _, objective in splits_of(name))

    def share_of_parts(self, name: str) -> float:
        """Return the share of the sentences that say the objective of a name, or as much of it as they say.

        Examples
        --------
        >>> Material({"card": 0.5, "new-card": 0.1}).share_of_parts("order-replacement-card")
        0.25
        >>> Material({"骑手": 0.8}).share_of_parts("投诉-骑手态度")
        0.4
        """
        whole = name.partition("-")[2]
        shares = (share * part_of(whole, part) for part, share in self.objectives.items())
        return max(shares, default=0.0)

    def with_parts(self, names: Iterable[str]) -> Material:
        """Return it with the objectives of some names an LLM wrote: each is said as far as its parts are."""
        more = {name.partition("-")[2]: self.share_of_parts(name) for name in names}
        return replace(self, objectives={**{o: share for o, share in more.items() if share}, **self.objectives})

    def narrowness(self, name: str) -> float:
        """Return how far fewer than half of the sentences with the noun of a name have its other words, in [0, 1].

        Where the action is the noun that they have, the objective is no more than such a word: 退款-银行卡.

        Examples
        --------
        >>> material = Material({"hotel": 0.8, "rome-hotel": 0.2, "fee": 0.5, "late-fee": 0.3})
        >>> [material.narrowness(name) for name in ("find-rome-hotel", "find-hotel", "find-late-fee")]
        [0.5, 0.0, 0.0]
        >>> Material({"酒店": 0.5, "北京酒店": 0.05}).narrowness("查询-北京酒店")
        0.8
        >>> Material({"退款": 0.8, "银行卡": 0.2}).narrowness("退款-银行卡")
        0.5
        """
        action, objective = next((each for each in splits_of(name) if each[1] in self.objectives), ("", ""))
        ends = (objective[i:] for i in range(1, len(objective)) if objective[i - 1] == "-" or not objective.isascii())
        widest = max(self.objectives.get(noun, 0.0) for noun in (action, *ends))
        return max(1 - 2 * self.objectives[objective] / widest, 0.0) if widest else 0.0


def splits_of(name: str) -> list[tuple[str, str]]:
    """Return the actions that a name may have, a word or a verb with its particle, each with what it leaves.

    Examples
    --------
    >>> splits_of("turn-off-light"), splits_of("request-standing-order")
    ([('turn', 'off-light'), ('turn-off', 'light')], [('request', 'standing-order')])
    """
    parts = name.split("-")
    lengths = (1, 2) if len(parts) > 2 and parts[1] in PARTICLES else (1,)
    return [("-".join(parts[:i]), "-".join(parts[i:])) for i in lengths]


def phrases_of(texts: Sequence[str], language: str) -> Phrases:
    """Return what the corpus of a language, "en" or "zh", says about its phrases."""
    return ChinesePhrases.of(texts) if language == "zh" else EnglishPhrases.of(texts)


def material_of(phrases: Phrases, clusters: Sequence[Sequence[str]]) -> list[Material]:
    """Return the typical objectives and the actions of each cluster.

    How typical an objective is, is share × log(share / share of the other clusters), as in c-TF-IDF.

    Parameters
    ----------
    phrases : Phrases
        Of the corpus.
    clusters : sequence of sequence of str
        Sentences of each; none is empty.
    """
    had = [[phrases.objectives(text) for text in texts] for texts in clusters]
    objectives, acts = [_counts(own) for own in had], [_counts(map(phrases.acts, texts)) for texts in clusters]
    sizes = [len(texts) for texts in clusters]
    found, said = Sightings.of(objectives, sizes), Sightings.of(acts, sizes)
    material = []
    for texts, sets, own, own_acts, n in zip(clusters, had, objectives, acts, sizes, strict=True):
        typical, shares = found.typical(own, n), {act: count / n for act, count in own_acts.items()}
        found_in = [each & typical.keys() for each in sets]
        deeds = [phrases.deeds(text, each) for text, each in zip(texts, found_in, strict=True)]
        problems, beyond = sum(map(phrases.fails, texts)) / n, said.beyond(own_acts, n)
        things = set(filter(phrases.is_thing, typical))
        told = [each & things for each in found_in]
        coverage = sum(map(bool, found_in)) / n
        questions = sum(map(is_question, texts)) / n
        material.append(
            Material(typical, shares, beyond, _shares_of_deeds(deeds), coverage, problems, questions, told, found_in)
        )
    return material


def _shares_of_deeds(deeds: Sequence[set[tuple[str, str]]]) -> dict[tuple[str, str], float]:
    """Return the share of the sentences for each deed that `MIN_SENTENCES` say, be a special action's of any objective.

    "Pause this song", "pause the music" and "pause the track" are three deeds, and all of them pause something.
    """
    n, counts = len(deeds), _counts(deeds)
    doing = _counts({action for action, _ in own} for own in deeds)
    least = min(MIN_SENTENCES, n)
    return {
        (action, objective): count / n
        for (action, objective), count in counts.items()
        if (count if (action, "") in counts else doing[action]) >= least
    }


def _counts(found: Iterable[set[T]]) -> Counter[T]:
    return Counter(each for names in found for each in names)


def actions_for(phrases: Phrases, language: str, vocabulary: Sequence[str] = ()) -> list[str]:
    """Return the actions of names: those of the user's vocabulary, else the table's and the corpus's own."""
    words = words_in(language, vocabulary)
    has_own = any(word in vocabulary for word in words)
    return list(dict.fromkeys([*words, *([] if has_own else phrases.actions()[:N_OWN_ACTIONS])]))
