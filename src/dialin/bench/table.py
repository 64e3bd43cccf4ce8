"""Tables of a benchmark: mean and spread over seeds, and a paired test of dialin against each method."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import pyarrow as pa
from scipy.stats import ttest_rel

from dialin import folder as files
from dialin.bench.methods import DIALIN
from dialin.bench.results import Row

RESULTS, TABLE = "results.parquet", "results.md"
TEST = "paired t-test over seeds × data sets, on ARI"
LEVEL = 0.05
ALL = "all data sets"
FIGURES = ("nmi", "ami", "ari", "acc", "n_clusters", "coverage", "calls", "tokens", "seconds")
_DIGITS = {"nmi": 3, "ami": 3, "ari": 3, "acc": 3, "coverage": 3, "seconds": 1}
_NAMES = {"nmi": "NMI", "ami": "AMI", "ari": "ARI", "acc": "ACC", "n_clusters": "clusters"}


@dataclass(frozen=True)
class Figure:
    """A mean over seeds, and its standard deviation (n - 1); None with one seed."""

    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Return mean and spread of values, at least one."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True)
class Line:
    """One method on one data set, or on the mean of all.

    Parameters
    ----------
    data, method : str
        Names.
    told_k : bool
        Whether it was told the true number of intents.
    n_seeds : int
        Seeds that it was run with.
    figures : dict of str to Figure or None
        By the names in `FIGURES`; None for the seconds where in each run some replies were known before.
    """

    data: str
    method: str
    told_k: bool
    n_seeds: int
    figures: dict[str, Figure | None]


@dataclass(frozen=True)
class Comparison:
    """dialin against one method, on the pairs of (data set, seed) that both have.

    Parameters
    ----------
    method : str
        The other one.
    n_pairs : int
        Pairs.
    difference : float
        Mean ARI of dialin minus that of the method.
    p : float or None
        Two-sided; None with fewer than two pairs, or where all differences are equal.
    """

    method: str
    n_pairs: int
    difference: float
    p: float | None

    @property
    def differs(self) -> bool:
        """Whether p is below .05."""
        return self.p is not None and self.p < LEVEL


def lines_of(rows: Sequence[Row]) -> list[Line]:
    """Return a line for each data set and method, then one for each method on all data sets, in the order of the rows.

    For the latter, the data sets of a seed are averaged first, so that the spread is that of seeds, and a method counts
    only with seeds that it has on every data set.
    """
    names, methods = (list(dict.fromkeys(getattr(row, what) for row in rows)) for what in ("data", "method"))
    groups = [(data, [row for row in rows if (row.data, row.method) == (data, m)]) for data in names for m in methods]
    lines = [_line(data, [[row] for row in group]) for data, group in groups if group]
    return lines + [line for method in methods if (line := _over_all(rows, names, method))]


def _over_all(rows: Sequence[Row], names: list[str], method: str) -> Line | None:
    own = [row for row in rows if row.method == method]
    by_seed = [[row for row in own if row.seed == seed] for seed in dict.fromkeys(row.seed for row in own)]
    whole = [group for group in by_seed if len(group) == len(names)]
    return _line(ALL, whole) if whole else None


def _line(data: str, seeds: list[list[Row]]) -> Line:
    first = seeds[0][0]
    timed = [group for group in seeds if all(row.is_timed for row in group)]
    figures = {name: _figure(name, timed if name == "seconds" else seeds) for name in FIGURES}
    return Line(data, first.method, first.told_k, len(seeds), figures)


def _figure(name: str, seeds: list[list[Row]]) -> Figure | None:
    means = [fmean(float(getattr(row, name)) for row in group) for group in seeds]
    return Figure.of(means) if means else None


def comparisons_of(rows: Sequence[Row]) -> list[Comparison]:
    """Return dialin against each other method that shares a data set and a seed with it."""
    ari = {row.key: row.ari for row in rows}
    own = [(data, seed) for data, method, seed in ari if method == DIALIN]
    found = []
    for method in dict.fromkeys(row.method for row in rows if row.method != DIALIN):
        shared = [(data, seed) for data, seed in own if (data, method, seed) in ari]
        if shared:
            found.append(_compared(method, [(ari[d, DIALIN, s], ari[d, method, s]) for d, s in shared]))
    return found


def _compared(method: str, pairs: list[tuple[float, float]]) -> Comparison:
    differences = [ours - theirs for ours, theirs in pairs]
    p = None
    if max(differences) - min(differences) > 1e-12:  # else their spread is 0, and t is undefined
        ours, theirs = zip(*pairs, strict=True)
        p = float(ttest_rel(ours, theirs).pvalue)
    return Comparison(method, len(pairs), fmean(differences), p)


def markdown(rows: Sequence[Row]) -> str:
    """Return all tables; a * at the ARI of a method says that dialin differs from it at p < .05."""
    lines, tested = lines_of(rows), comparisons_of(rows)
    starred = {comparison.method for comparison in tested if comparison.differs}
    parts = []
    for data in dict.fromkeys(line.data for line in lines):
        own = [line for line in lines if line.data == data]
        parts.append(f"## {data}\n\n" + _table([_cells(line, starred if data == ALL else set()) for line in own]))
    if tested:
        parts.append(f"## Test\n\n{TEST}; * is p < {LEVEL}.\n\n" + _test_table(tested))
    return "\n\n".join(parts) + "\n"


def _cells(line: Line, starred: set[str]) -> dict[str, str]:
    cells = {"method": line.method, "told k": "yes" if line.told_k else "no", "seeds": str(line.n_seeds)}
    for name, figure in line.figures.items():
        star = " *" if name == "ari" and line.method in starred else ""
        cells[_NAMES.get(name, name)] = _shown(figure, _DIGITS.get(name, 0)) + star
    return cells


def _shown(figure: Figure | None, digits: int) -> str:
    if figure is None:
        return "–"
    mean = f"{figure.mean:,.{digits}f}"
    return mean if figure.std is None else f"{mean} ± {figure.std:,.{digits}f}"


def _test_table(tested: Sequence[Comparison]) -> str:
    return _table(
        {
            "dialin against": comparison.method,
            "pairs": str(comparison.n_pairs),
            "ARI difference": f"{comparison.difference:+.3f}",
            "p": "undefined" if comparison.p is None else f"{comparison.p:.4f}" + " *" * comparison.differs,
        }
        for comparison in tested
    )


def _table(rows: Any) -> str:
    rows = list(rows)
    cells = [list(rows[0]), ["---"] * len(rows[0]), *(list(row.values()) for row in rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in cells)


def as_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the tables as plain values."""
    tested = [asdict(comparison) | {"differs": comparison.differs} for comparison in comparisons_of(rows)]
    lines = [asdict(line) for line in lines_of(rows)]
    return {"runs": len(rows), "lines": lines, "test": {"name": TEST, "level": LEVEL, "rows": tested}}


def write(out: Path, rows: Sequence[Row]) -> None:
    """Write ``results.parquet``, a row for each run, and ``results.md``; raise InputError where that fails."""
    if not rows:
        return
    values = [{k: None if isinstance(v, float) and math.isnan(v) else v for k, v in asdict(r).items()} for r in rows]
    files.write_table(out / RESULTS, pa.Table.from_pylist(values))
    files.write_text(out / TABLE, markdown(rows))
