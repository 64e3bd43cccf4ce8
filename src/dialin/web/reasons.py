"""Says in words why an intent comes before others in the review."""

from __future__ import annotations

from collections.abc import Mapping

from dialin.review.rank import RankedIntent
from dialin.taxonomy.difference import MERGED, SPLIT
from dialin.taxonomy.drift import DISTANCE, SHARE, UNASSIGNED
from dialin.taxonomy.recorded import MovedFigure, RecordedChange
from dialin.web.desk import View

N_NAMED = 3
"""Other intents that a reason names; of more, it gives the number."""


def names_by_uid(view: View) -> dict[str, str]:
    """Return the current names of the intents."""
    return {row.uid: row.name for row in view.ranked}


def reasons_to_look(view: View, row: RankedIntent, names: Mapping[str, str]) -> tuple[str, ...]:
    """Return why an intent deserves a look, each reason as a phrase; none if only its doubt says so."""
    change, since = view.recorded.change(row.uid), view.recorded.since
    related = [names[uid] for uid in change.related if uid in names]
    found = [_new(row, change, related, since), *_changed(change, related, since)]
    return tuple(reason for reason in found if reason)


def _new(row: RankedIntent, change: RecordedChange, related: list[str], since: str) -> str:
    """Return since when there is an intent that the earlier run did not have."""
    if row.is_candidate:
        return f"candidate: {row.size:,} sentence{'s' * (row.size != 1)} without a home"
    if not change.is_new:
        return ""
    return f"split off from {_list(related, 1)} since {since}" if SPLIT in change.states else f"new since {since}"


def _changed(change: RecordedChange, related: list[str], since: str) -> list[str]:
    """Return what is different about an intent that the earlier run had, too."""
    if change.is_new:
        return []
    found = []
    if SPLIT in change.states:
        n = len(change.related)
        found.append(f"split since {since}; {_list(related, n)} {'is' if n == 1 else 'are'} now separate")
    elif MERGED in change.states:
        n = len(change.related)
        found.append(
            f"{'another intent has' if n == 1 else f'{n:,} other intents have'} been merged into it since {since}"
        )
    return found + [_figure(name, change) for name in change.changed]


def _figure(name: str, change: RecordedChange) -> str:
    """Return which figure has changed, and how."""
    if name == SHARE and change.share:
        return f"said {_word(change.share, 'more', 'less')} often: {_percent(change.share)} of the utterances"
    if name == DISTANCE and change.distance:
        where, far = _word(change.distance, "farther from", "nearer to"), change.distance
        return f"new sentences lie {where} its centre than the old ones: {far.before:.2f} → {far.after:.2f}"
    if name == UNASSIGNED and change.unassigned:
        amount = _word(change.unassigned, "more", "less")
        return f"{amount} of what is said near it has no intent: {_percent(change.unassigned)}"
    return ""


def _word(figure: MovedFigure, up: str, down: str) -> str:
    return up if figure.after > figure.before else down


def _percent(figure: MovedFigure) -> str:
    return f"{figure.before:.1%} → {figure.after:.1%}"


def _list(names: list[str], n: int) -> str:
    """Return `n` intents, of which some names are known, in words."""
    shown = [f"“{name}”" for name in names[:N_NAMED]]
    if not shown:
        return "another intent" if n == 1 else f"{n:,} intents"
    return ", ".join(shown) + (f" and {n - len(shown):,} more" if n > len(shown) else "")
