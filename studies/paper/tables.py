"""Write the results of a study: a JSON file with everything measured, and the same rows as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from dialin.score.metrics import score
from dialin.text.markdown import raw_table
from studies.own import machine

RESULTS = Path(__file__).resolve().parent / "results"
SCORES = ("nmi", "ami", "ari", "acc")
MISSING = "–"
Row = Mapping[str, object]


def scores_of(labels: ArrayLike, gold: Sequence[str] | np.ndarray[tuple[int], np.dtype[np.str_]]) -> dict[str, object]:
    """Return scores and counts of labels (n,) against gold (n,); the unassigned (-1) count as one more cluster."""
    scores = score(labels, gold)
    figures: dict[str, object] = {name: round(float(getattr(scores, name)), 3) for name in SCORES}
    counts = {"clusters": scores.n_clusters, "true": scores.n_true}
    return {**figures, **counts, "coverage": round(float(scores.coverage), 3)}


def markdown(rows: Sequence[Row]) -> str:
    """Return rows as a Markdown table, with one column per key in order of appearance and a dash for a missing value.

    Examples
    --------
    >>> print(markdown([{"method": "Ward", "acc": 0.5}, {"method": "dialin", "calls": 1024}]), end="")
    | method | acc | calls |
    | --- | --- | --- |
    | Ward | .500 | – |
    | dialin | – | 1,024 |
    """
    columns = list(dict.fromkeys(key for row in rows for key in row))
    return raw_table(columns, ([shown(row.get(column)) for column in columns] for row in rows)) + "\n"


def shown(value: object) -> str:
    """Return a value in the format of the tables.

    Examples
    --------
    >>> shown(0.5), shown(-0.25), shown(1.5), shown(1024), shown(True), shown(None), shown("Ward")
    ('.500', '-.250', '1.500', '1,024', 'yes', '–', 'Ward')
    """
    if value is None:
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3f}".replace("0.", ".", 1) if abs(value) < 1 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)


def write(name: str, rows: Sequence[Row], **about: object) -> Path:
    """Write ``NAME.json``, with command, machine and `about`, and ``NAME.md``; return the path of ``NAME.md``."""
    path = machine.write(name, {**machine.provenance(**about), "rows": list(rows)}, RESULTS)
    table = path.with_suffix(".md")
    table.write_text(markdown(rows), encoding="utf-8")
    return table
