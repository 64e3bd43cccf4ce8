"""Objectives and actions of English sentences, as the naming of clusters asks for them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from dialin.name.english import PARTICLES, singular, tokens_of
from dialin.name.english_actions import CUES, GENERAL, PHRASAL, can_join
from dialin.name.english_deeds import CONTAINED, governed
from dialin.name.english_objectives import DISOWNED, objectives_in
from dialin.name.english_usage import EnglishUsage
from dialin.name.general import GENERAL_OBJECTIVES
from dialin.name.problems import COMPLAINTS, states_problem
from dialin.name.synonyms import is_synonym, meant_in

_GENERAL = frozenset(GENERAL_OBJECTIVES["en"])


@dataclass(frozen=True)
class EnglishPhrases:
    """What a corpus says about its phrases.

    Parameters
    ----------
    usage : EnglishUsage
        How it uses its words.
    known : set of str
        The objectives that were found so far.
    """

    usage: EnglishUsage = field(default_factory=EnglishUsage)
    known: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, texts: Sequence[str]) -> EnglishPhrases:
        """Count the words of these sentences."""
        return cls(EnglishUsage.of([tokens_of(text) for text in texts]))

    def actions(self) -> list[str]:
        """Return verbs with particles, and the verbs of the corpus that take an object and are not in the table."""
        phrasal = [f"{verb}-{particle}" for verb in sorted(PHRASAL) for particle in sorted(PARTICLES)]
        return phrasal + self.usage.actions()

    def acts(self, text: str) -> set[str]:
        """Return the base forms of all verbs of a sentence, verbs with particles, and the actions that it implies."""
        tokens = tokens_of(text)
        implied = (CUES.get(token, frozenset()) for token in tokens)
        verbs = {action for _, action in self.usage.verbs_of(tokens)}
        return verbs.union({CONTAINED[verb][0] for verb in verbs & CONTAINED.keys()}, *implied)

    def deeds(self, text: str, objectives: Collection[str]) -> set[tuple[str, str]]:
        """Return which actions a sentence says or implies of which of its objectives.

        A general action is implied of all of them, and of "", any other objective; a special one, of those whose last
        word its verb governs. What a caller disowns is disputed.
        """
        tokens = tokens_of(text)
        heads = [singular(token.removesuffix("'s"), self.usage.forms) for token in tokens]
        said = list(self._said(tokens))
        of = {(action, heads[j]) for i, action in said if action not in GENERAL for j in governed(tokens, i)}
        general = {action for _, action in said if action in GENERAL}
        general |= set(COMPLAINTS["en"] if self.fails(text) else ())
        return (
            {(action, objective) for objective in objectives for action, head in of if objective.split("-")[-1] == head}
            | {(action, objective) for objective in [*objectives, ""] for action in general}
            | {("dispute", objective) for objective in objectives if objective.startswith(DISOWNED)}
            | {CONTAINED[verb] for _, verb in said if verb in CONTAINED}
        )

    def _said(self, tokens: Sequence[str]) -> Iterator[tuple[int, str]]:
        yield from self.usage.verbs_of(tokens)
        yield from ((i, action) for i, token in enumerate(tokens) for action in CUES.get(token, ()))

    def fails(self, text: str) -> bool:
        """Return whether a sentence states a problem."""
        return states_problem(text, "en")

    def is_thing(self, objective: str) -> bool:
        """Return whether the noun of an objective stands behind an article or a preposition, too: "the lock"."""
        return objective in _GENERAL or self.usage.nouns[objective.rsplit("-", maxsplit=1)[-1]] > 0

    def fits(self, action: str, objective: str, said: float) -> bool:
        """Return whether an action, said in this share of the sentences, and an objective can make a name.

        What is itself an objective can not: "exchange-rate" would be read as one.
        """
        return f"{action}-{objective}" not in self.known and can_join(action, objective, said)

    def objectives(self, text: str) -> set[str]:
        """Return the objectives that a sentence could give a name, their words joined by hyphens."""
        tokens = tokens_of(text)
        contained = {CONTAINED[verb][1] for _, verb in self.usage.verbs_of(tokens) if verb in CONTAINED}
        said = {objective for objective in objectives_in(tokens, self.usage) if not is_synonym(objective, "en")}
        found = contained | said | meant_in(" ".join(tokens), "en")
        self.known.update(found)
        return found
