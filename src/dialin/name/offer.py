"""Names of a cluster that are not of its sentences, an LLM's and those of its turn, and the order of all names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dialin.name.actions import AGENT, action_of
from dialin.name.chinese import is_clipped
from dialin.name.honest import Backing, honest_first, said_first
from dialin.name.kinds import DATA
from dialin.name.mixed import topics_of
from dialin.name.turns import Turn

WRITTEN = 0.03
"""Cosines that a name of an LLM has ahead; as much behind where it is unsound."""
KNOWN_TURN = 0.5
"""Cosines that a name of a turn has ahead in a cluster that is known to be of its kind, if all its sentences state
nothing; the fewer they are, the less, and none if they are half."""


@dataclass(frozen=True)
class Offer:
    """Names of a cluster that are not of its sentences, and what is known of it.

    Parameters
    ----------
    written : sequence of str
        An LLM's.
    of_turn : sequence of str
        Those of turns without a need; none counts where the kind is unknown and an LLM wrote one.
    turn : Turn
        What its sentences do, and who says them.
    said : mapping of str to float
        Names of turns with the shares of its sentences that say so, the largest first.
    done : mapping of str to float
        The act that enough of its sentences do, with its share of the votes; empty: there is none.
    """

    written: Sequence[str]
    of_turn: Sequence[str]
    turn: Turn
    said: Mapping[str, float]
    done: Mapping[str, float] = field(default_factory=dict)

    def leads(self) -> dict[str, float]:
        """Return the names with the cosines that they have ahead."""
        usual = [] if self.written and not self.turn.kind else self.of_turn
        written = {name: WRITTEN if self.is_sound(name) else -WRITTEN for name in self.written}
        return written | dict.fromkeys(usual, KNOWN_TURN * (2 * self.turn.p_turn - 1) if self.turn.kind else 0.0)

    def is_sound(self, name: str) -> bool:
        """Return whether a name that an LLM wrote ends as names do, and does not have a customer act as an agent."""
        return not is_clipped(name) and (self.turn.role == AGENT or self.turn.can_do(action_of(name)))

    def placed(self, ranked: list[tuple[str, float]], evidence: Backing) -> list[tuple[str, float]]:
        """Return the names of a mixed cluster without actions, and those of others by what they can stand by.

        The turn that enough of the sentences are is their name, however it ranks. So is what they do, unless the name
        that they can stand by is one that an LLM wrote.
        """
        held = self._held(ranked, evidence)
        return list(self.done.items()) if self.done and not (held and held[0][0] in self.written) else held

    def _held(self, ranked: list[tuple[str, float]], evidence: Backing) -> list[tuple[str, float]]:
        if self.said:
            return list(self.said.items())
        if self.turn.kind == DATA and self.turn.role != AGENT:
            return said_first(ranked, evidence, self.of_turn)
        if ranked and ranked[0][0] in self.of_turn:
            return ranked
        if self.turn.is_mixed:
            return topics_of(ranked, evidence.material, evidence.language, self.turn)
        return honest_first(ranked, evidence, self.turn) if evidence.near is not None else ranked
