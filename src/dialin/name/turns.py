"""What is known of the turns of a cluster, what they do and who says them, and which names that allows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dialin.arrays import Ints
from dialin.name.actions import ACTION_WORDS, AGENT, CUSTOMER, action_of
from dialin.name.kinds import KINDS, NEED, Kinds
from dialin.name.problems import ACCUSING

STATING = (NEED, "answer")
"""Kinds of sentences that are about something, which a name can take its words from."""
SILENT = frozenset(
    {*"confirm explain provide ask offer".split(), *"确认 说明 提供 询问".split()}  # noqa: SIM905
)
"""Actions of agents that their words seldom name: "your money is on its way" is confirm-refund."""

WANTING = ACCUSING | {"need", "report", "want", "申请", "催促", "反映", "求助"}
"""Actions of who wants something, whatever a small model says of an agent."""

_INQUIRIES = {"ask": "inquire", "询问": "咨询"}
"""What agents do to customers, small models say of customers, too."""


@dataclass(frozen=True)
class Turn:
    """What the sentences of a cluster do, and who says them; "" where that is unknown.

    Parameters
    ----------
    kind : str
        One of `dialin.name.kinds.KINDS`.
    role : str
        "customer" or "agent".
    is_mixed : bool
        Whether they almost surely share no intent.
    p_turn : float
        Share of them, in [0, 1], that state nothing, so that only their turn has a name: "greet", "give a number".
    """

    kind: str = ""
    role: str = ""
    is_mixed: bool = False
    p_turn: float = 1.0

    @classmethod
    def of(cls, kind: str, role: str, kinds: Kinds, counts: Ints) -> Turn:
        """Return the turn of sentences of a prevailing kind, which is unknown where most of them state something else.

        Each counts as in `dialin.name.kinds.prevailing`. Small talk may prevail, with two in five sentences, over needs
        and answers that are three in five together: then "greet" is no name for them.

        Examples
        --------
        >>> P = np.array([[0.4, 0.15, 0.0, 0.0, 0.45]])
        >>> Turn.of("social", "customer", Kinds(P), np.array([4])).kind
        ''
        """
        votes = np.sqrt(counts) @ np.nan_to_num(kinds.P)
        p_turn = 1 - float(sum(votes[KINDS.index(one)] for one in STATING) / max(votes.sum(), 1e-9))
        return cls(kind if kind in STATING or p_turn >= 0.5 else "", role, p_turn=p_turn)

    @property
    def is_open(self) -> bool:
        """Whether it may state a need, which words that nobody says can name."""
        return self.kind in {"", NEED}

    @property
    def is_stating(self) -> bool:
        """Whether its sentences may be about something, which their words tell."""
        return self.kind in {"", *STATING}

    def can_do(self, action: str) -> bool:
        """Return whether who speaks does such things: agents confirm and explain, customers do not."""
        return self.does(action) if self.role == AGENT else not (self.role == CUSTOMER and does_agent(action))

    def does(self, action: str) -> bool:
        """Return whether it is an agent's, and the action one that agents do without saying so."""
        return self.role == AGENT and action in SILENT

    def may_be_called(self, name: str) -> bool:
        """Return whether a name that an LLM wrote can be true of who speaks: agents want nothing.

        Examples
        --------
        >>> Turn("answer", "agent").may_be_called("投诉-退款"), Turn("answer", "agent").may_be_called("confirm-refund")
        (False, True)
        """
        return self.role != AGENT or action_of(name) not in WANTING

    def worded(self, name: str) -> str:
        """Return the name with the word for asking that goes with who speaks.

        Examples
        --------
        >>> Turn("need", "customer").worded("询问-保修期"), Turn("data", "agent").worded("ask-name")
        ('咨询-保修期', 'ask-name')
        """
        action, hyphen, objective = name.partition("-")
        return f"{_INQUIRIES.get(action, action)}{hyphen}{objective}" if self.role == CUSTOMER else name


def does_agent(action: str) -> bool:
    """Return whether agents do this, and customers do not."""
    return ACTION_WORDS.get(action, "") == AGENT
