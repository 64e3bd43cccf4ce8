"""Writes outcomes for people: figures, what they are about, and what differs."""

from __future__ import annotations

from dialin.facts.again import DURATION
from dialin.facts.outcomes import IntentOutcomes, OutcomeMean, OutcomeShare, SegmentDifference
from dialin.text.unseen import plain_name


def figure(value: float | None) -> str:
    """Return a number with about three digits; "" if it is unknown.

    Examples
    --------
    >>> figure(1234.5), figure(312.4), figure(4.25), figure(0.0312), figure(None)
    ('1,234', '312', '4.25', '0.031', '')
    """
    if value is None:
        return ""
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    return f"{value:,.{digits}f}"


def share_text(value: float | None) -> str:
    """Return a share in [0, 1] as a percentage; "" if it is unknown."""
    return "" if value is None else f"{value:.1%}"


def with_margin(one: OutcomeMean | None) -> str:
    """Return a mean with half the width of its 95 % interval; "" if it is unknown.

    Examples
    --------
    >>> with_margin(OutcomeMean("duration", 9, 300.0, 280.0, 320.0, None, None))
    '300 ±20.0'
    """
    if one is None:
        return ""
    return figure(one.mean) if one.high is None else f"{figure(one.mean)} ±{figure(one.high - one.mean)}"


def outcome_heading(outcome: str) -> str:
    """Return the name of an outcome for a heading, without what acts or cannot be seen; a duration has its unit."""
    return f"{plain_name(outcome)}, s" if outcome == DURATION else plain_name(outcome)


def compared_text(part: OutcomeMean | OutcomeShare) -> tuple[str, str, str]:
    """Return what an outcome of an intent is about, the figure of its dialogues, and that of the rest."""
    if isinstance(part, OutcomeMean):
        return outcome_heading(part.outcome), figure(part.mean), figure(part.rest)
    return f"{outcome_heading(part.outcome)}: {plain_name(part.value)}", share_text(part.share), share_text(part.rest)


def segment_text(one: SegmentDifference) -> tuple[str, str, str]:
    """Return what differs in a segment, the figure there, and that of the other dialogues."""
    if one.outcome:
        return outcome_heading(one.outcome), figure(one.here), figure(one.elsewhere)
    return "share of dialogues", share_text(one.here), share_text(one.elsewhere)


def again_text(one: IntentOutcomes) -> str:
    """Return the share of dialogues after which the customer came again; "" if none could be followed."""
    return share_text(one.repeat_share)
