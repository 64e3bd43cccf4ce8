"""The draft and the result of a run.

`dialin.discover.steps` holds the steps that turn the sentences (`dialin.discover.data`) into one and into the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows
from dialin.cluster.granularity import SuggestedNumber
from dialin.cluster.strata import Stratum
from dialin.discover.assign import Pieces
from dialin.discover.data import Data
from dialin.discover.intent_tree import IntentTree
from dialin.errors import BudgetError
from dialin.judge.guarantee import Cascaded
from dialin.judge.verdict import Verdict
from dialin.name.kinds import Kinds
from dialin.search.iterate import Round

NOT_A_NEED = "not a need"
"""Reason of a sentence that was left out because only needs were clustered."""
UNKNOWN_SCRIPT = "unknown script"
"""Reason of a sentence that was left out because the embedder does not know its script."""
MIN_SENTENCES = 3
"""Minimum number of distinct sentences: with fewer, there is nothing to cluster."""
_NO_BRANCHES = IntentTree()


@dataclass(frozen=True)
class Intent:
    """One intent that was found.

    Parameters
    ----------
    intent_id : int
        0 … n_intents − 1, needs first, each group with the most frequent first.
    name : str
        Action-Objective label, unique in the run.
    size : int
        Distinct sentences.
    n_occurrences : int
        Utterances, counting repetitions.
    p_good : float
        P(all its sentences share one intent), as judged.
    role : str
        "customer", "agent", or "" where roles are not used.
    examples : tuple of str
        Sentences of it, the most central first.
    kind : str
        What most of its utterances do, one of `dialin.name.kinds.KINDS`; "" if it is unknown.
    p_kind : float or None
        Share of its utterances that do this; None if it is unknown.
    description : str
        A sentence about it by an LLM; "" where there is none.
    uid : str
        Its identity, which outlives the run; "" until the run is written, or kept from an earlier run.
    candidate : bool
        Whether `dialin update` proposes it, and nobody has accepted it yet.
    """

    intent_id: int
    name: str
    size: int
    n_occurrences: int
    p_good: float
    role: str
    examples: tuple[str, ...]
    kind: str = ""
    p_kind: float | None = None
    description: str = ""
    uid: str = ""
    candidate: bool = False


@dataclass(frozen=True)
class Result:
    """The result of `discover`.

    Parameters
    ----------
    intents : tuple of Intent
        Needs first, each group with the most frequent first.
    labels : ndarray of shape (n,), int64
        Intent of each sentence; −1: none.
    p_intent : ndarray of shape (n,), float64
        P(that intent | sentence); 0 where none.
    reasons : list of str
        Why a sentence has none: "rare", "mixed", "noise" or "budget", "person" where people took it out,
        `NOT_A_NEED` where only needs were clustered, `UNKNOWN_SCRIPT` where its words mean nothing to the embedder;
        "" where it has one.
    rounds : tuple of (Stratum, Round)
        The rounds of the loop, each with the role and script it worked on.
    pieces : Pieces
        The decision function, for new sentences.
    complete : bool
        False where a cap of the budget ended the run early.
    roles : list of str
        Role of each sentence as used: known, guessed, split by label, or "".
    suggested : SuggestedNumber or None
        The number of intents that the sentences suggest; None where nothing measured it, or they are too few.
    kinds : Kinds or None
        What each sentence does; None where nobody asked.
    cascaded : Cascaded or None
        What a cheap and a dear judge decided; None where there was but one.
    tree : IntentTree
        The branches above the intents; none until `dialin.discover.branching.with_tree` has made them.
    """

    intents: tuple[Intent, ...]
    labels: NDArray[np.int64]
    p_intent: NDArray[np.float64]
    reasons: list[str]
    rounds: tuple[tuple[Stratum, Round], ...]
    pieces: Pieces
    complete: bool
    roles: list[str]
    suggested: SuggestedNumber | None = None
    kinds: Kinds | None = None
    cascaded: Cascaded | None = None
    tree: IntentTree = _NO_BRANCHES


def nothing(data: Data) -> Result:
    """Return the result of too few sentences to find anything in: no intent."""
    n, d = data.X.shape
    return Result(
        intents=(),
        labels=np.full(n, -1),
        p_intent=np.zeros(n),
        reasons=["rare"] * n,
        rounds=(),
        pieces=Pieces(np.empty((0, d), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ()),
        complete=True,
        roles=list(data.roles),
        kinds=data.kinds,
    )


@dataclass
class Draft:
    """The state of a run while it is made.

    Parameters
    ----------
    roles : list of str
        Role of each sentence as used.
    pieces, verdicts, piece_roles, names : list
        One entry per piece kept by the loop.
    intents : list of tuple of int
        Pieces of each intent.
    intent_verdicts : dict
        Verdict on each intent of several pieces.
    rounds : list of (Stratum, Round)
        The rounds, each with the role and script it worked on.
    capped : bool
        Whether a cap of the budget has ended the asking.
    alone : set of int
        Pieces of one frequent sentence that belongs to no other piece.
    """

    roles: list[str]
    pieces: list[Rows] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    piece_roles: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    intents: list[tuple[int, ...]] = field(default_factory=list)
    intent_verdicts: dict[tuple[int, ...], Verdict] = field(default_factory=dict)
    rounds: list[tuple[Stratum, Round]] = field(default_factory=list)
    capped: bool = False
    alone: set[int] = field(default_factory=set)

    def add(self, stratum: Stratum, round_: Round) -> None:
        """Take over the clusters that a round of a stratum kept: each is a piece, and an intent of its own so far."""
        self.rounds.append((stratum, round_))
        self.intents += [(len(self.pieces) + i,) for i in range(len(round_.clusters))]
        self.pieces += round_.clusters
        self.verdicts += round_.verdicts
        self.piece_roles += [stratum.role] * len(round_.clusters)
        self.capped = round_.capped

    def add_alone(self, row: int, role: str) -> None:
        """Make a frequent sentence a piece, and an intent of its own so far."""
        self.alone.add(len(self.pieces))
        self.intents.append((len(self.pieces),))
        self.pieces.append(np.array([row]))
        self.verdicts.append(Verdict.of(1.0, "size"))
        self.piece_roles.append(role)

    def drop(self, gone: Collection[int]) -> None:
        """Take back some pieces, before any of them has a name or is merged."""
        stay = [i for i in range(len(self.pieces)) if i not in gone]
        self.pieces, self.verdicts = [self.pieces[i] for i in stay], [self.verdicts[i] for i in stay]
        self.piece_roles, self.intents = [self.piece_roles[i] for i in stay], [(i,) for i in range(len(stay))]

    @contextmanager
    def until_capped(self) -> Iterator[None]:
        """Work until a cap of the budget is hit: what the draft holds by then is the best result so far."""
        try:
            yield
        except BudgetError:
            self.capped = True
