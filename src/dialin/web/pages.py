"""Build the content of the review pages, one dataclass per page; the templates decide how it looks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dialin.review.propose import named, parts_of
from dialin.review.rank import RankedIntent
from dialin.review.state import NO_INTENT
from dialin.web.bulk import clear_ones
from dialin.web.desk import View
from dialin.web.lists import ALL, CountedList, before_and_after, counted_lists, listed_in
from dialin.web.reasons import names_by_uid, reasons_to_look

PER_PAGE, INTENTS_PER_PAGE = 50, 200
N_FOUND, N_TARGETS = 100, 200
"""Maximum numbers of found intents and of intents to choose from; all others are known by their names."""
CUT = 600
"""Characters of a sentence that are shown at first; the rest unfolds."""
LARGEST_DOUBT = 1 / 3
"""Share of the utterances up to which the number of those that may not fit says something: beyond it, many do not."""


@dataclass(frozen=True)
class SentenceLine:
    """A sentence on a page: `start` is shown, `rest` unfolds."""

    sentence: int
    start: str
    rest: str
    count: int
    p: float
    role: str
    intent: int
    intent_name: str


@dataclass(frozen=True)
class Pager:
    """Position of a page in a list of n items; pages count from 1."""

    page: int
    n_pages: int
    n: int
    per_page: int = PER_PAGE

    @property
    def span(self) -> slice:
        """Slice of the items on the page."""
        return slice((self.page - 1) * self.per_page, self.page * self.per_page)


@dataclass(frozen=True)
class Overview:
    """The intents of a list in the order of review; `shown` holds those of this page, with the reasons for each."""

    shown: tuple[tuple[RankedIntent, tuple[str, ...]], ...]
    lists: tuple[CountedList, ...]
    chosen: str
    unseen: tuple[str, ...]
    n: int
    pager: Pager
    most: int
    most_doubt: float
    n_done: int
    n_assigned: int
    misfits: float
    n_left: int
    n_clear: int = 0

    @property
    def in_doubt(self) -> str:
        """How many utterances may not fit; where that is more than `LARGEST_DOUBT`, where to begin instead."""
        if self.misfits > LARGEST_DOUBT * self.n_assigned:
            return "Much of this is unsure: begin at the top, and stop where the intents look right."
        return f"About {self.misfits:,.0f} of the {self.n_assigned:,} utterances with an intent may not fit theirs."


@dataclass(frozen=True)
class Targets:
    """Intents to choose from, by name, and the number of those that are left out: they can be named."""

    shown: tuple[RankedIntent, ...]
    n_more: int


@dataclass(frozen=True)
class IntentPage:
    """One intent, or the sentences without one (−1), the most doubtful sentence first."""

    intent: int
    name: str
    ranked: RankedIntent | None
    reasons: tuple[str, ...]
    chosen: str
    lines: tuple[SentenceLine, ...]
    pager: Pager
    others: Targets
    before: int | None
    after: int | None


@dataclass(frozen=True)
class ProposedPart:
    """A part of a proposed split."""

    intent: int
    name: str
    sentences: tuple[int, ...]
    shown: tuple[SentenceLine, ...]

    @property
    def numbers(self) -> str:
        """Its sentences in the form that a form sends them."""
        return ",".join(map(str, self.sentences))


@dataclass(frozen=True)
class SplitPage:
    """A proposal to split an intent."""

    intent: int
    name: str
    k: int
    parts: tuple[ProposedPart, ...]


@dataclass(frozen=True)
class SearchPage:
    """Sentences and intents that contain all the words; `n_intents` counts those that are not shown, too."""

    words: str
    intents: tuple[RankedIntent, ...]
    n_intents: int
    lines: tuple[SentenceLine, ...]
    pager: Pager
    others: Targets


def pager(n: int, page: int, per_page: int = PER_PAGE) -> Pager:
    """Return the pager of n items at a page; the page is clipped to the range.

    Examples
    --------
    >>> pager(120, 9)
    Pager(page=3, n_pages=3, n=120, per_page=50)
    """
    n_pages = max(1, -(-n // per_page))
    return Pager(min(max(page, 1), n_pages), n_pages, n, per_page)


def sentence_line(view: View, sentence: int) -> SentenceLine:
    """Return one sentence with everything that a page shows about it."""
    text, intent = view.texts[sentence], int(view.state.labels[sentence])
    known = view.run.corpus.roles
    role = view.own.roles.names[view.own.roles.codes[sentence]] or (known[sentence] if known else "")
    shown = (text[:CUT], text[CUT:])
    return SentenceLine(
        sentence, *shown, int(view.counts[sentence]), float(view.p[sentence]), role, intent, view.name(intent)
    )


def lines(view: View, rows: Iterable[int]) -> tuple[SentenceLine, ...]:
    """Return these sentences for a page."""
    return tuple(sentence_line(view, int(row)) for row in rows)


def overview(view: View, page: int, chosen: str = ALL) -> Overview:
    """Return one page of the chosen list of intents."""
    listed = listed_in(view, chosen)
    at, names = pager(len(listed), page, INTENTS_PER_PAGE), names_by_uid(view)
    return Overview(
        shown=tuple((row, reasons_to_look(view, row, names)) for row in listed[at.span]),
        lists=counted_lists(view),
        chosen=chosen,
        unseen=view.unseen,
        n=len(view.ranked),
        pager=at,
        most=max((r.n_occurrences for r in view.ranked), default=0),
        most_doubt=max((r.doubt for r in view.ranked), default=0.0),
        n_done=sum(r.is_done for r in view.ranked),
        n_assigned=sum(r.n_occurrences for r in view.ranked),
        misfits=sum(r.misfits for r in view.ranked if not r.is_done),
        n_left=len(view.state.members(NO_INTENT)),
        n_clear=len(clear_ones(listed)),
    )


def intent_page(view: View, intent: int, page: int, chosen: str = ALL) -> IntentPage:
    """Return the page of an existing intent, or of the sentences without one (−1); its neighbours are in a list."""
    rows = view.most_doubtful(intent)
    at = pager(len(rows), page)
    own = next((r for r in view.ranked if r.intent == intent), None)
    before, after = before_and_after(view, intent, chosen)
    return IntentPage(
        intent=intent,
        name=view.name(intent),
        ranked=own,
        reasons=reasons_to_look(view, own, names_by_uid(view)) if own else (),
        chosen=chosen,
        lines=lines(view, rows[at.span]),
        pager=at,
        others=targets(view, view.near.nearest_to(intent, N_TARGETS) if view.near else [], intent),
        before=before,
        after=after,
    )


def split_page(view: View, intent: int, k: int) -> SplitPage | None:
    """Return a proposal to split an intent into k parts; None without vectors or with fewer than two sentences."""
    rows = view.state.members(intent)
    if view.X is None or len(rows) < 2:
        return None
    parts = named(view.name(intent), intent, view.state.free, parts_of(view.X, rows, k), view.texts)
    shown = [
        ProposedPart(part.intent, part.name, part.sentences, lines(view, _frequent(view, part.sentences)))
        for part in parts
    ]
    return SplitPage(intent, view.name(intent), len(parts), tuple(shown))


def _frequent(view: View, sentences: Sequence[int], n: int = 8) -> NDArray[np.int64]:
    rows = np.array(sentences, dtype=np.int64)
    return rows[np.lexsort((rows, -view.counts[rows]))[:n]]


def search_page(view: View, words: str, page: int) -> SearchPage:
    """Return the sentences and intents that contain all the words, in any order and ignoring case."""
    wanted = words.casefold().split()
    rows = holding(view.folded, wanted)
    at = pager(len(rows), page)
    names = tuple(r for r in view.ranked if wanted and has(r.name, wanted))
    shown = lines(view, rows[at.span])
    first = [line.intent for line in shown if line.intent >= 0] + [r.intent for r in names]
    return SearchPage(words, names[:N_FOUND], len(names), shown, at, targets(view, first, NO_INTENT))


def holding(folded: pa.Array, wanted: list[str]) -> NDArray[np.int64]:
    """Return the texts, without case, that hold all of these words, by their numbers; none does without a word.

    Examples
    --------
    >>> holding(pa.array(["cancel my order", "my card", "取消订单"]), ["my", "order"]).tolist()
    [0]
    """
    rows = np.arange(len(folded) if wanted else 0)
    for n, word in enumerate(sorted(set(wanted), key=len, reverse=True)):  # a long word leaves few texts to the others
        texts = folded.take(pa.array(rows)) if n else folded
        has_word = pc.match_substring_regex(texts, re.escape(word))  # RE2 jumps to the first byte of a word, and is
        rows = rows[has_word.to_numpy(zero_copy_only=False)]  # twice as fast as match_substring
    return rows


def targets(view: View, first: Sequence[int], but: int) -> Targets:
    """Return the intents that a page offers as a target, by name: all, or those of `first` and the most frequent.

    Intent `but` is none of them.
    """
    ranked = {r.intent: r for r in view.ranked if r.intent != but}
    by_size = sorted(ranked.values(), key=lambda r: -r.n_occurrences) if len(ranked) > N_TARGETS else ranked.values()
    ids = dict.fromkeys([i for i in first if i in ranked] + [r.intent for r in by_size])
    chosen = [ranked[i] for i in list(ids)[:N_TARGETS]]
    return Targets(tuple(sorted(chosen, key=lambda r: r.name)), len(ranked) - len(chosen))


def has(text: str, wanted: list[str]) -> bool:
    """Return whether a text contains all these lower-case words, ignoring its case."""
    folded = text.casefold()
    return all(word in folded for word in wanted)
