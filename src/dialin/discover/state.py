"""The data, the draft and the result of a run.

`dialin.discover.steps` holds the steps that turn one into the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Rows, RowVectors
from dialin.cluster.granularity import SuggestedNumber
from dialin.cluster.said_next import NextTurns
from dialin.cluster.strata import Stratum, scripts_of, stratum_ids
from dialin.discover.assign import Pieces
from dialin.discover.in_context import Leaning, VectorsInContext
from dialin.discover.intent_tree import IntentTree
from dialin.errors import BudgetError
from dialin.judge.guarantee import Cascaded
from dialin.judge.verdict import Verdict
from dialin.name.kinds import Kinds
from dialin.name.need_direction import NeedDirection, need_direction
from dialin.name.openings import kinds_in_place
from dialin.read.spoken import SpokenOrder
from dialin.search.iterate import Round
from dialin.text.script import language_of

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


@dataclass(frozen=True)
class Data:
    """Sentences to work on.

    Parameters
    ----------
    texts : list of str
        Distinct sentences.
    X : ndarray of shape (n, d)
        Their unit-norm embeddings.
    counts : ndarray of shape (n,), int64
        How often each occurs.
    roles : list of str
        Role of each; "" where unknown.
    embedder : str
        Name of the embedder that made X; what was fitted to its vectors serves for them alone. "": unknown.
    order : SpokenOrder, optional
        The dialogues that the sentences are said in.
    kinds : Kinds or None
        What each sentence does; None where it is unknown.
    X_alone : ndarray of shape (n, d) or None
        The embeddings of the sentences alone, where X leans towards what is said next.
    known : ndarray of shape (n,), int64, or None
        Known intent of each sentence, −1 for none: those of one are witnesses for an update. None: nothing is known.
    """

    texts: list[str]
    X: NDArray[np.float32]
    counts: NDArray[np.int64]
    roles: list[str]
    embedder: str = ""
    order: SpokenOrder | None = None
    kinds: Kinds | None = None
    X_alone: NDArray[np.float32] | None = None
    known: NDArray[np.int64] | None = None

    def at(self, rows: Rows) -> Data:
        """Return some of the sentences."""
        texts, roles = ([values[row] for row in rows.tolist()] for values in (self.texts, self.roles))
        kinds = self.kinds and self.kinds.at(rows)
        order = self.order and self.order.among(rows)
        X_alone = None if self.X_alone is None else self.X_alone[rows]
        known = None if self.known is None else self.known[rows]
        return Data(texts, self.X[rows], self.counts[rows], roles, self.embedder, order, kinds, X_alone, known)

    @property
    def own_vectors(self) -> NDArray[np.float32]:
        """Embeddings of the sentences alone, shape (n, d)."""
        return self.X if self.X_alone is None else self.X_alone

    @property
    def leans(self) -> bool:
        """Whether the vectors lean by what is said around the sentences."""
        return self.X_alone is not None

    def with_kinds(self, alone: Kinds | None) -> Data:
        """Return the sentences with their kinds, given where they are said and what each does by itself."""
        return replace(self, kinds=alone and kinds_in_place(alone, self.roles, self.order))

    def in_context(self, context: str) -> Data:
        """Return the sentences with vectors that lean towards what is said next, if `context` is "next".

        They also lean by whether each states a need, if that is known, and `dialin.name.need_direction` knows the
        embedder.
        """
        X = self.vectors_in_context(context)
        return replace(self, X=X.whole(), X_alone=self.X) if isinstance(X, VectorsInContext) else self

    def vectors_in_context(self, context: str) -> RowVectors:
        """Return the vectors that `in_context` makes, for who reads few rows, or reads them once."""
        turns = self._next_turns(context)
        return VectorsInContext(self.X, turns, self._leaning(self)) if turns else self.X

    def vectors_as_in(self, known: Data | None, context: str) -> VectorsInContext:
        """Return the vectors of new sentences, as the settings of a run and its own sentences in context have them.

        They lean by whether each states a need where those of the run do, with or without a dialogue of their own.
        """
        leaning = self._leaning(known) if known and known.leans else None
        return VectorsInContext(self.X, self._next_turns(context), leaning)

    def _leaning(self, run: Data) -> Leaning | None:
        return Leaning.of(run.direction, self.kinds, self.roles)

    def _next_turns(self, context: str) -> NextTurns:
        if context != "next" or self.order is None:
            return NextTurns.none(len(self.texts))
        return NextTurns.of(self.order, self.scripts)

    def with_vectors_of(self, known: Data | None) -> Data:
        """Return the sentences, each of the text and role of a known one with its vector: so it keeps that intent.

        Whatever is said around it now, it is known by what was said around it then.
        """
        if known is None or known.order is None:
            return self
        rows = known.rows_of(self.texts, self.roles)
        X, is_known = self.X.copy(), rows >= 0
        X[is_known] = known.X[rows[is_known]]
        return replace(self, X=X)

    def rows_of(self, texts: Sequence[str], roles: Sequence[str]) -> Rows:
        """Return the row of each text and role, −1 where it is none of these sentences."""
        return np.array([self._places.get(key, -1) for key in zip(texts, roles, strict=True)], dtype=np.int64)

    @cached_property
    def direction(self) -> NeedDirection | None:
        """Where sentences that state a need lie in these vectors; read once, as a server asks for each request."""
        return need_direction(self.embedder)

    @cached_property
    def _places(self) -> dict[tuple[str, str], int]:
        return {key: row for row, key in enumerate(zip(self.texts, self.roles, strict=True))}

    def has_open(self, rows: Rows) -> bool:
        """Return whether some of the rows are of no known intent, so that they need a name."""
        return self.known is None or bool((self.known[rows] < 0).any())

    @cached_property
    def scripts(self) -> list[bool]:
        """Script of each sentence, as `dialin.cluster.strata.scripts_of`."""
        return scripts_of(self.texts, self.X)

    @cached_property
    def language(self) -> str:
        """Language of the sentences, as `dialin.text.script.language_of`."""
        return language_of(self.texts)

    def stratum_ids(self, *, use_roles: bool) -> Rows:
        """Return the stratum of each sentence, shape (n,), as `dialin.cluster.strata.stratum_ids`; or 0 for all."""
        return stratum_ids(self.roles if use_roles else [""] * len(self.texts), self.scripts)


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
