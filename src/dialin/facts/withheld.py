"""Shows the intents of too few dialogues as one, before any fact of a run is computed.

So no fact, whether a count, a link, a path or a mean, is about one of them. What has no intent keeps its numbers and
loses its sentences: these are what few people said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from dialin.arrays import Bools, Ints
from dialin.facts.again import DURATION
from dialin.facts.loaded import LoadedRun, Row
from dialin.facts.outcomes import IntentOutcomes, Outcomes, Segments
from dialin.runs.shown_tree import shown_tree
from dialin.runs.withheld import WITHHELD, intent_dialogues, places_after, withheld_intents, withheld_line


def withhold(contents: LoadedRun, min_dialogues: int) -> LoadedRun:
    """Return the contents of a run with its intents of fewer than `min_dialogues` dialogues as one.

    That one has no examples, no description, no uid and no kind, an id after all others, the mean P(good) of its
    intents, and stands last. The tree is that of `dialin.runs.shown_tree`. The groups that an
    update told are left out. With 1 or 0, nothing is withheld.

    Raises
    ------
    InputError
        Fewer than `min_dialogues` dialogues have an intent.
    """
    if min_dialogues <= 1:
        return contents
    found = intent_dialogues(contents.occurrences, contents.labels[contents.said], len(contents.rows))
    which = withheld_intents(found, min_dialogues, groups=groups_of(contents))
    places = places_after(which)
    line = withheld_line(int((found.n < min_dialogues).sum()), int(which.sum()), min_dialogues)
    few = [row["intent_id"] for row, is_few in zip(contents.rows, which.tolist(), strict=True) if is_few]
    tree = shown_tree(contents.tree, set(few))
    rows = [
        often_heard(row, min_dialogues) | {"path": list(tree.path(row["intent_id"]))}
        for row in rows_after(contents.rows, which)
    ]
    summary = replace(contents.summary, intents=rows, withheld=line, n_withheld=len(few))
    return replace(
        contents,
        summary=summary,
        sentences=sentences_after(contents, which, rows),
        pieces=replace(contents.pieces, intents=places[contents.pieces.intents]),
        tree=tree,
        groups=(),
        min_dialogues=min_dialogues,
    )


def groups_of(contents: LoadedRun) -> Ints:
    """Return the group of each intent: a report has numbers of each role, and of the intents that may be reasons."""
    pairs = [f"{is_routine} {row['role']}" for is_routine, row in zip(contents.routine, contents.rows, strict=True)]
    return np.unique(pairs, return_inverse=True)[1] if pairs else np.zeros(0, np.int64)


def rows_after(rows: list[Row], which: Bools) -> list[Row]:
    """Return the rows of the other intents and, if any is withheld, one of all that are."""
    own = [row for row, is_withheld in zip(rows, which.tolist(), strict=True) if is_withheld]
    kept = [row for row, is_withheld in zip(rows, which.tolist(), strict=True) if not is_withheld]
    return [*kept, pooled_row(own, max(row["intent_id"] for row in rows) + 1)] if own else kept


def often_heard(row: Row, min_dialogues: int) -> Row:
    """Return a row without the number of its dialogues with an id, if they are too few: others may have no id."""
    n = row["n_dialogues"]
    return row | {"n_dialogues": None, "dialogue_share": None} if n is not None and n < min_dialogues else row


def pooled_row(own: list[Row], intent_id: int) -> Row:
    """Return one row for several intents, with nothing in it that only one of them has."""
    roles = {row["role"] for row in own}
    return {
        **{name: blank(value) for name, value in own[0].items()},
        "intent_id": intent_id,
        "name": WITHHELD,
        **{name: sum(row[name] for row in own) for name in ("size", "n_occurrences", "share")},
        "p_good": float(np.mean([row["p_good"] for row in own])),
        "role": roles.pop() if len(roles) == 1 else "",
        "n_dialogues": None,
    }


def blank(value: Any) -> Any:
    """Return an empty value of the same type; None for a number that may be unknown.

    Examples
    --------
    >>> blank("cancel-order"), blank(["a"]), blank(True), blank(0.5), blank(None)
    ('', [], False, None, None)
    """
    return None if value is None or isinstance(value, float) else type(value)()


def sentences_after(contents: LoadedRun, which: Bools, rows: list[Row]) -> pa.Table:
    """Return the sentences with the ids of the rows, and without the text of those withheld or without an intent."""
    table, labels = contents.sentences, contents.labels
    is_shown = np.append(~which, False)[labels]
    ids = np.append([row["intent_id"] for row in rows], -1)[places_after(which)[labels]]
    texts = pa.array(np.where(is_shown, table["text"].to_numpy(zero_copy_only=False), ""), pa.large_string())
    table = table.set_column(table.column_names.index("text"), "text", texts)
    return table.set_column(table.column_names.index("intent_id"), "intent_id", pa.array(ids.astype(np.int64)))


def without_few(found: Outcomes, min_dialogues: int) -> Outcomes:
    """Return outcomes without the figures of fewer than `min_dialogues` dialogues."""
    intents = tuple(_often_known(one, min_dialogues) for one in found.intents)
    return replace(found, intents=intents, segments=found.segments and often(found.segments, min_dialogues))


def _often_known(one: IntentOutcomes, least: int) -> IntentOutcomes:
    means = tuple(mean for mean in one.means if mean.n >= least)
    is_followed, is_timed = one.n_followed >= least, any(mean.outcome == DURATION for mean in means)
    return replace(
        one,
        means=means,
        shares=tuple(part for part in one.shares if part.n == 0 or part.n / part.share >= least),
        n_followed=one.n_followed if is_followed else 0,
        repeat_share=one.repeat_share if is_followed else None,
        minutes_a_week=one.minutes_a_week if is_timed else None,
    )


def often(segments: Segments, min_dialogues: int) -> Segments:
    """Return the differences between segments that at least `min_dialogues` dialogues show."""
    return replace(segments, differences=tuple(one for one in segments.differences if one.n >= min_dialogues))
