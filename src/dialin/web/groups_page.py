"""Build the page of the groups of new sentences that an update found inside known intents."""

from __future__ import annotations

from dataclasses import dataclass

from dialin.taxonomy.told_groups import ToldGroup
from dialin.web.desk import View
from dialin.web.pages import SentenceLine, lines

N_PLACES = 5
"""Known intents of a group that are named."""
MAX_SENTENCES = 200
"""Sentences of a group that the page shows and its form sends."""


@dataclass(frozen=True)
class ShownGroup:
    """A group on the page: what is known of it, its intents and their utterances, its lines."""

    told: ToldGroup
    places: tuple[tuple[int, str, int], ...]
    n_more: int
    shown: tuple[SentenceLine, ...]


@dataclass(frozen=True)
class GroupsPage:
    """The groups that nobody has dealt with yet."""

    groups: tuple[ShownGroup, ...]


def groups_page(view: View) -> GroupsPage:
    """Return the page of the groups of a run under review."""
    by_uid = {row.uid: (row.intent, row.name) for row in view.ranked} if view.groups else {}
    return GroupsPage(tuple(_shown(view, one, by_uid) for one in view.groups))


def _shown(view: View, group: ToldGroup, by_uid: dict[str, tuple[int, str]]) -> ShownGroup:
    places = [(*by_uid[uid], n) for uid, n in group.intents if uid in by_uid]
    rows = group.sentences[:MAX_SENTENCES]
    return ShownGroup(group, tuple(places[:N_PLACES]), max(len(places) - N_PLACES, 0), lines(view, rows))
