"""Says in a line or two what an export holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dialin.read.importers.base import Importer
    from dialin.read.importers.gather import Gathered

_SHOWN_SPEAKERS = 4


def summary_lines(gathered: Gathered, importer: Importer) -> Iterator[str]:
    """Yield what was found, what was left out and, if it matters, how to say who speaks."""
    n, n_skipped = gathered.rows.n_dialogues, sum(gathered.skipped.values())
    parts = [f"{n + n_skipped:,} {importer.one if n + n_skipped == 1 else importer.many}"]
    parts += [f"{k:,} skipped: {reason}" for reason, k in gathered.skipped.most_common()]
    told = [", ".join(parts)]
    if gathered.left_out:
        told.append(f"{_counted(gathered.left_out)} left out")
    if gathered.others:
        n = len(gathered.others)
        told.append(f"{n:,} other file{'s' * (n != 1)} left out, such as {gathered.others[0]}")
    if gathered.rows.n_renamed:
        n = gathered.rows.n_renamed
        told.append(f"{n:,} duplicate id{'s' * (n != 1)}: file name added")
    yield f"{gathered.where}: {'; '.join(told)}"
    if gathered.unnamed:
        yield _advice(gathered)


def _counted(left_out: Counter[str]) -> str:
    """Return counts by kind, a kind being a plural.

    Examples
    --------
    >>> _counted(Counter({"bot turns": 1204, "events": 1}))
    '1,204 bot turns, 1 event'
    """
    return ", ".join(f"{n:,} {kind if n != 1 else kind.removesuffix('s')}" for kind, n in left_out.most_common())


def _advice(gathered: Gathered) -> str:
    labels = sorted(gathered.unnamed)
    more = ", …" if len(labels) > _SHOWN_SPEAKERS else ""
    shown = ", ".join(labels[:_SHOWN_SPEAKERS]) + more
    such = (
        f'--speakers "{labels[0]}=agent"'
        if len(labels) == 1
        else f'--speakers "{labels[0]}=agent,{labels[1]}=customer"'
    )
    return (
        f"{gathered.where} tells speakers apart ({shown}) but not who is the agent: no roles; "
        f"if a label means the same in each file, say what: {such}"
    )
