"""Decides whether an utterance states several intents, and cuts it between clauses where it does.

Two explanations compete: all clauses state the intent to which the whole utterance is nearest, or each part states its
own. The log-odds of each part's own intent against that of the whole, weighted by its share of the characters, say how
much the second one explains better; each cut has a price. A dynamic programme finds the best way to cut.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dialin.read.clauses import Span

LONGEST = 4
"""Clauses of a part that is looked at as a whole; neighbours of the same intent are joined to longer ones."""
PRICE = 1.0
"""Log-odds (nats) by which a cut has to explain an utterance better: e times as likely."""


@dataclass(frozen=True)
class Stated:
    """An intent that a part of an utterance states.

    Parameters
    ----------
    start, end : int
        The part: its first character (Unicode code point), and the one after its last.
    intent_id : int
        The intent.
    p_intent : float
        P(the intent | the part by itself).
    """

    start: int
    end: int
    intent_id: int
    p_intent: float


@dataclass(frozen=True)
class PartIntent:
    """What a part of an utterance states by itself.

    Parameters
    ----------
    intent_id : int
        Its intent; −1 where it has none, is not a need, or is not certain enough.
    p_intent : float
        P(that intent | the part).
    gain : float
        Log-odds (nats) of that intent against the one to which the whole utterance is nearest.
    """

    intent_id: int
    p_intent: float
    gain: float


@dataclass(frozen=True)
class Division:
    """A way to cut the first clauses of an utterance.

    Parameters
    ----------
    value : float
        What it explains better than one intent, in nats.
    newest : Stated, optional
        The intent stated last; None before the first.
    before : Division, optional
        The way without it.
    """

    value: float = 0.0
    newest: Stated | None = None
    before: Division | None = None

    @property
    def last(self) -> int:
        """The intent stated last; −1 before the first."""
        return self.newest.intent_id if self.newest else -1

    @property
    def stated(self) -> tuple[Stated, ...]:
        """The intents stated, in order."""
        way: Division | None = self
        found = list[Stated]()
        while way and way.newest:
            found.append(way.newest)
            way = way.before
        return tuple(reversed(found))

    def then(self, new: Stated, gain: float) -> Division:
        """Return the way with one more part: another intent has its price, the same one goes on."""
        if self.newest is None or new.intent_id != self.last:
            return Division(self.value + gain - PRICE * (self.newest is not None), new, self)
        p = max(self.newest.p_intent, new.p_intent)
        return Division(self.value + gain, replace(self.newest, end=new.end, p_intent=p), self.before)


def ranges_of(n_clauses: int) -> list[tuple[int, int]]:
    """Return the parts that are looked at: the first clause of each, and the one after its last.

    Examples
    --------
    >>> ranges_of(3)
    [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]
    """
    return [(i, end) for i in range(n_clauses) for end in range(i + 1, min(n_clauses, i + LONGEST) + 1)]


def stated_in(clauses: Sequence[Span], found: Mapping[tuple[int, int], PartIntent]) -> tuple[Stated, ...]:
    """Return the intents that an utterance states, in order; none if it does not state two different ones.

    Parameters
    ----------
    clauses : sequence of (int, int)
        Where its clauses are, from `dialin.read.clauses.clauses_in`.
    found : mapping of (int, int) to PartIntent
        What each part of `ranges_of` states.

    Returns
    -------
    tuple of Stated
        Neighbours have different intents. A clause that states nothing by itself belongs to a part beside it or to
        none.

    Examples
    --------
    Each half is e³ times as likely to state its own intent: 3/2 + 3/2 − 1 = 2 > 0.

    >>> found = {(0, 1): PartIntent(5, 0.9, 3.0), (1, 2): PartIntent(6, 0.8, 3.0), (0, 2): PartIntent(5, 0.4, 0.0)}
    >>> [(one.start, one.end, one.intent_id) for one in stated_in([(0, 10), (15, 25)], found)]
    [(0, 10, 5), (15, 25, 6)]
    """
    best = best_division(clauses, found)
    stated = best.stated
    return stated if best.value > 0 and len({one.intent_id for one in stated}) > 1 else ()


def best_division(clauses: Sequence[Span], found: Mapping[tuple[int, int], PartIntent]) -> Division:
    """Return the way to cut an utterance that explains it best; arguments as for `stated_in`."""
    weight = 1 / max(n_characters(clauses), 1)
    best: list[list[Division]] = [[Division()]]
    for end in range(1, len(clauses) + 1):
        ways = dict[int, Division]()
        for way in _ways_to(end, best, clauses, found, weight):
            if way.last not in ways or way.value > ways[way.last].value:
                ways[way.last] = way
        most = max(way.value for way in ways.values())
        best.append([way for way in ways.values() if way.value >= most - PRICE])  # no other can win again
    return max(best[-1], key=lambda way: way.value)


def _ways_to(
    end: int,
    best: Sequence[Sequence[Division]],
    clauses: Sequence[Span],
    found: Mapping[tuple[int, int], PartIntent],
    weight: float,
) -> Iterator[Division]:
    """Yield the ways to cut the first `end` clauses, from the best ways for fewer; a character counts `weight`."""
    if found[end - 1, end].intent_id < 0:
        yield from best[end - 1]  # the clause states nothing
    for first in range(max(0, end - LONGEST), end):
        part = found[first, end]
        if part.intent_id >= 0:
            new = Stated(clauses[first][0], clauses[end - 1][1], part.intent_id, part.p_intent)
            gain = part.gain * n_characters(clauses[first:end]) * weight
            yield from (way.then(new, gain) for way in best[first])


def n_characters(spans: Sequence[Span]) -> int:
    """Return the number of characters in some parts of a text."""
    return sum(end - start for start, end in spans)


def whole_stated(texts: Sequence[str], labels: Sequence[int], p_intent: Sequence[float]) -> list[tuple[Stated, ...]]:
    """Return the intent of each whole text; nothing for −1.

    Examples
    --------
    >>> whole_stated(["hello", "hm"], [4, -1], [0.5, 0.0])
    [(Stated(start=0, end=5, intent_id=4, p_intent=0.5),), ()]
    """
    return [
        (Stated(0, len(text), label, p),) if label >= 0 else ()
        for text, label, p in zip(texts, labels, p_intent, strict=True)
    ]
