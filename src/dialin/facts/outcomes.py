"""Defines what came of the dialogues in which each intent is said, as plain values.

A dialogue counts for every intent that is said in it, because what it cost and how it ended may be due to any of them;
so the dialogues of several intents overlap. *The rest* are all other dialogues in which the outcome is known.
`dialin.facts.outcome_tables` computes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from dialin.facts.significance import SURE_Q

REPEAT_DAYS = 7
"""Days within which a contact repeats an earlier one, if the user does not say."""


@dataclass(frozen=True)
class OutcomeQuestion:
    """What is asked of the outcomes: the outcome by which the dialogues are compared ("" for none), and days."""

    by: str = ""
    repeat_days: int = REPEAT_DAYS


AS_USUAL = OutcomeQuestion()
"""What is asked if the user asks nothing."""


def is_sure(q: float | None) -> bool:
    """Return whether something differs from the rest by more than chance, by the corrected p; None was not tested."""
    return q is not None and q < SURE_Q


@dataclass(frozen=True)
class OutcomeMean:
    """Mean of an outcome over the dialogues with an intent.

    Parameters
    ----------
    outcome : str
        Name of the outcome.
    n : int
        Number of the dialogues in which it is known.
    mean : float
        Mean of these.
    low, high : float or None
        Ends of its 95 % interval; None for fewer than two dialogues.
    rest : float or None
        Mean of all other dialogues; None if there are none.
    q : float or None
        Corrected p of the difference; None if it was not tested.
    """

    outcome: str
    n: int
    mean: float
    low: float | None
    high: float | None
    rest: float | None
    q: float | None

    @property
    def is_sure(self) -> bool:
        """Whether it differs from the rest by more than chance."""
        return is_sure(self.q)


@dataclass(frozen=True)
class OutcomeShare:
    """Share of a value of an outcome in the dialogues with an intent, in [0, 1].

    Parameters
    ----------
    outcome, value : str
        Name of the outcome, and one of its values.
    n : int
        Number of the dialogues with this value.
    share : float
        Share of these among the dialogues in which the outcome is known.
    rest, q : float or None
        As in `OutcomeMean`.
    """

    outcome: str
    value: str
    n: int
    share: float
    rest: float | None
    q: float | None

    @property
    def is_sure(self) -> bool:
        """Whether it differs from the rest by more than chance."""
        return is_sure(self.q)


@dataclass(frozen=True)
class IntentOutcomes:
    """What came of the dialogues in which an intent is said.

    Parameters
    ----------
    intent_id : int
        The intent.
    n_dialogues : int
        Number of its dialogues.
    means : tuple of OutcomeMean
        The outcomes that are numbers and known in at least one of them.
    shares : tuple of OutcomeShare
        The values of the outcomes in words that at least one of them has, or that surely fewer of them have.
    n_followed : int
        Number of its dialogues with a customer and a date that lie far enough before the end of the data.
    repeat_share : float or None
        Share of these after which the same customer came again with the same intent.
    minutes_a_week : float or None
        Time that its dialogues take.
    """

    intent_id: int
    n_dialogues: int
    means: tuple[OutcomeMean, ...]
    shares: tuple[OutcomeShare, ...]
    n_followed: int
    repeat_share: float | None
    minutes_a_week: float | None

    @property
    def parts(self) -> list[OutcomeMean | OutcomeShare]:
        """The means, then the shares."""
        return [*self.means, *self.shares]

    def mean_of(self, outcome: str) -> OutcomeMean | None:
        """Return the mean of an outcome; None if it is known in none of the dialogues."""
        return next((one for one in self.means if one.outcome == outcome), None)

    def shares_of(self, outcome: str) -> list[OutcomeShare]:
        """Return the shares of the values of an outcome, the largest first."""
        return sorted((one for one in self.shares if one.outcome == outcome), key=lambda one: -one.share)


@dataclass(frozen=True)
class SegmentDifference:
    """Sure difference between the dialogues of a segment and the others, for one intent.

    Parameters
    ----------
    intent_id : int
        The intent.
    segment : str
        Value of the outcome that divides the dialogues.
    outcome : str
        Name of an outcome that is a number, whose mean differs within the dialogues with the intent; "" if it is the
        share of dialogues with the intent that differs.
    n : int
        Number of the dialogues of the segment with the intent, in which the outcome is known.
    here, elsewhere : float
        Mean or share in the segment and in all other dialogues of which the segment is known.
    q : float
        Corrected p of the difference.
    """

    intent_id: int
    segment: str
    outcome: str
    n: int
    here: float
    elsewhere: float
    q: float


@dataclass(frozen=True)
class Segments:
    """Sure differences between segments, the surest first: the outcome that divides, and the size of each segment."""

    by: str
    sizes: dict[str, int]
    differences: tuple[SegmentDifference, ...]


@dataclass(frozen=True)
class Outcomes:
    """What came of the dialogues of a run.

    Parameters
    ----------
    n_dialogues : int
        Number of all dialogues.
    n_weeks : float or None
        Weeks that they span; None without dates, or for less than one week.
    repeat_days : int
        Days within which a contact repeats an earlier one.
    numbers, words : tuple of str
        Names of the outcomes that are numbers, and of those in words.
    intents : tuple of IntentOutcomes
        Those of each intent that is said in a dialogue, in the order of the intents.
    segments : Segments or None
        What differs between the segments that the user asked for.
    """

    n_dialogues: int
    n_weeks: float | None
    repeat_days: int
    numbers: tuple[str, ...]
    words: tuple[str, ...]
    intents: tuple[IntentOutcomes, ...]
    segments: Segments | None

    @property
    def has_repeats(self) -> bool:
        """Whether repeat contact is known of any intent."""
        return any(one.n_followed for one in self.intents)

    @property
    def has_minutes(self) -> bool:
        """Whether the time a week is known of any intent."""
        return any(one.minutes_a_week is not None for one in self.intents)

    def of_intent(self, intent_id: int) -> IntentOutcomes | None:
        """Return those of an intent; None if it is said in no dialogue."""
        return next((one for one in self.intents if one.intent_id == intent_id), None)

    @property
    def costliest(self) -> list[IntentOutcomes]:
        """The intents, those that take the most time first, else those with the most dialogues."""
        return sorted(self.intents, key=lambda one: (-(one.minutes_a_week or 0.0), -one.n_dialogues, one.intent_id))

    @property
    def differences(self) -> list[tuple[int, OutcomeMean | OutcomeShare]]:
        """The intent and its outcome for each sure difference from the rest, the surest first."""
        found = [(one.intent_id, part) for one in self.intents for part in one.parts if part.is_sure]
        return sorted(found, key=lambda pair: (pair[1].q or 0.0, pair[0]))
