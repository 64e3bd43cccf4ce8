"""Make the tables of a benchmark: mean and spread over seeds, tests against dialin, machines, published figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any, get_args, get_type_hints

import pyarrow as pa

from dialin import files
from dialin.bench.compare import ALL_DATA, LEVELS, METRICS, TEST, Comparison, by_seed, comparisons_of, stars_of
from dialin.bench.published import SECTION, PublishedRow, published_for
from dialin.bench.published import TEXT as PUBLISHED_TEXT
from dialin.bench.results import Row
from dialin.text.markdown import raw_table

MACHINES = (
    "The int8 models give slightly different embeddings on different kinds of processors, which changes scores by a "
    "few hundredths. Compare close results on one machine only."
)
RESULTS, TABLE = "results.parquet", "results.md"
SCORES = ("nmi", "ami", "ari", "acc", "n_clusters", "k_ratio", "coverage", "goodness", "downstream", "encoder")
COSTS = ("calls", "tokens", "seconds", "peak_memory_mb")
FIGURES = (*SCORES, *COSTS)
OPTIONAL_FIGURES = {"goodness", "downstream", "encoder"}
"""Figures that have a column only if they were measured."""
_DIGITS = dict.fromkeys(SCORES, 3) | {"n_clusters": 0, "k_ratio": 2, "seconds": 1}
NAMES = {"nmi": "NMI", "ami": "AMI", "ari": "ARI", "acc": "ACC", "n_clusters": "clusters"}
NAMES |= {"k_ratio": "clusters / true", "peak_memory_mb": "memory (MB)", "encoder": "downstream (encoder)"}
Cells = dict[str, str]


@dataclass(frozen=True)
class Figure:
    """The mean of a figure over seeds, and its standard deviation (n - 1), None with one seed."""

    mean: float
    std: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Figure:
        """Return the mean and spread of one or more values."""
        return cls(fmean(values), stdev(values) if len(values) > 1 else None)


@dataclass(frozen=True)
class TableLine:
    """The figures of one method on one data set, or averaged over all data sets.

    Parameters
    ----------
    data, method : str
        Names of the data set and the method.
    told_k : bool
        Whether the method was told the true number of intents.
    n_seeds : int
        Number of seeds.
    figures : dict of str to Figure or None
        Figures by their names in `FIGURES`, over the seeds that have a value. None if no seed has one, such as the
        seconds of runs with replies that were known before.
    """

    data: str
    method: str
    told_k: bool
    n_seeds: int
    figures: dict[str, Figure | None]


@dataclass(frozen=True)
class Section:
    """A table with its heading and a remark."""

    title: str
    rows: list[Cells]
    text: str = ""

    def numbers(self) -> set[str]:
        """Return the names of the columns of numbers, which are aligned right."""
        starts = "0123456789+-–<u"  # u: undefined
        return {name for name in self.rows[0] if all(row[name][:1] in starts for row in self.rows)}


def lines_of(rows: Sequence[Row]) -> list[TableLine]:
    """Return a line for each data set and method, then a line for each method on all data sets, in the order of rows.

    A line for all data sets first averages the data sets of each seed, so its spread is the spread over seeds. It uses
    only the seeds that the method has on every data set.
    """
    names, methods = (list(dict.fromkeys(getattr(row, what) for row in rows)) for what in ("data", "method"))
    groups = [(data, [row for row in rows if (row.data, row.method) == (data, m)]) for data in names for m in methods]
    lines = [_line(data, [[row] for row in group]) for data, group in groups if group]
    return lines + [line for method in methods if (line := _over_all(rows, names, method))]


def _over_all(rows: Sequence[Row], names: list[str], method: str) -> TableLine | None:
    whole = list(by_seed(rows, method, names).values())
    return _line(ALL_DATA, whole) if whole else None


def _line(data: str, seeds: list[list[Row]]) -> TableLine:
    first = seeds[0][0]
    return TableLine(data, first.method, first.told_k, len(seeds), {name: _figure(name, seeds) for name in FIGURES})


def _figure(name: str, seeds: list[list[Row]]) -> Figure | None:
    values = [[value_of(row, name) for row in group] for group in seeds]
    means = [fmean(known) for group in values if len(known := [v for v in group if v is not None]) == len(group)]
    return Figure.of(means) if means else None


def value_of(row: Row, name: str) -> float | None:
    """Return one figure of a run; None if it is missing, or for the seconds of a run with replies known before."""
    value = getattr(row, name)
    return None if value is None or (name == "seconds" and not row.is_timed) else float(value)


def sections_of(rows: Sequence[Row]) -> list[Section]:
    """Return all sections: each data set, all data sets, the test, the machines, and the published figures."""
    lines = lines_of(rows)
    titles, names = titles_of(lines), shown_figures(lines)
    tested = [comparison for comparison in comparisons_of(rows) if comparison.data in titles]
    stars = stars_of(tested)
    sections = [
        Section(title, [cells_of(line, names, stars) for line in lines if line.data == title]) for title in titles
    ]
    sections += [Section("Test", test_rows(tested), f"{TEST}; {_legend()}.")] if tested else []
    sections += [Section("Machines", machine_rows(rows), MACHINES)] if any(row.machine for row in rows) else []
    published = published_for(rows)
    return sections + ([published_section(published)] if published else [])


def titles_of(lines: Sequence[TableLine]) -> list[str]:
    """Return the titles of the data sets, plus `ALL_DATA` if there are several; for one it would repeat the table."""
    titles = list(dict.fromkeys(line.data for line in lines))
    return titles if len(titles) > 2 else [title for title in titles if title != ALL_DATA]


def shown_figures(lines: Sequence[TableLine]) -> list[str]:
    """Return the names of the figures that have a column."""
    return [name for name in FIGURES if name not in OPTIONAL_FIGURES or any(line.figures[name] for line in lines)]


def cells_of(line: TableLine, names: Sequence[str], stars: Mapping[tuple[str, str, str], str]) -> Cells:
    """Return the cells of one line; a star marks a score that differs from dialin's."""
    cells = {"method": line.method, "told k": "yes" if line.told_k else "no", "seeds": str(line.n_seeds)}
    for name in names:
        star = stars.get((line.data, line.method, name), "")
        cells[NAMES.get(name, name)] = " ".join(
            filter(None, [figure_text(line.figures[name], _DIGITS.get(name, 0)), star])
        )
    return cells


def figure_text(figure: Figure | None, digits: int) -> str:
    """Return "mean ± standard deviation", or a dash without a figure."""
    if figure is None:
        return "–"
    mean = f"{figure.mean:,.{digits}f}"
    return mean if figure.std is None else f"{mean} ± {figure.std:,.{digits}f}"


def _legend() -> str:
    levels = ", ".join(f"{stars} is p < {level}" for stars, level in reversed(LEVELS.items()))
    return f"{levels}, not corrected for the number of tests; undefined with one seed or without spread"


def test_rows(tested: Sequence[Comparison]) -> list[Cells]:
    """Return the table of dialin against each method: differences of the scores, and their p."""
    by_pair: dict[tuple[str, str], dict[str, Comparison]] = {}
    for comparison in tested:
        by_pair.setdefault((comparison.data, comparison.method), {})[comparison.metric] = comparison
    return [_test_cells(data, method, own) for (data, method), own in by_pair.items()]


def _test_cells(data: str, method: str, own: Mapping[str, Comparison]) -> Cells:
    cells = {"data": data, "dialin against": method, "seeds": str(own[METRICS[0]].n_pairs)}
    for metric, found in own.items():
        cells[f"{NAMES[metric]} difference"] = f"{found.difference:+.3f}"
        cells[f"p ({NAMES[metric]})"] = " ".join(filter(None, [shown_p(found.p), found.stars]))
    return cells


def machine_rows(rows: Sequence[Row]) -> list[Cells]:
    """Return the runs of each machine, the machine with the most runs first."""
    names = Counter(row.machine for row in rows)
    methods = {name: Counter(row.method for row in rows if row.machine == name) for name in names}
    return [
        {
            "machine": name or "not recorded",
            "runs": str(n),
            "methods": ", ".join(f"{method} {count}" for method, count in methods[name].items()),
        }
        for name, n in names.most_common()
    ]


def shown_p(p: float | None) -> str:
    """Return p as text: four decimals, "< 0.0001" or "undefined"."""
    if p is None:
        return "undefined"
    return f"{p:.4f}" if p >= 0.0001 else "< 0.0001"


def published_section(published: Sequence[PublishedRow]) -> Section:
    """Return the section with the figures of other papers."""
    return Section(SECTION, [found.cells() for found in published], PUBLISHED_TEXT)


def markdown(rows: Sequence[Row]) -> str:
    """Return all sections as Markdown."""
    return "\n\n".join(_markdown(section) for section in sections_of(rows)) + "\n"


def _markdown(section: Section) -> str:
    table = raw_table(list(section.rows[0]), (row.values() for row in section.rows))
    return "\n\n".join(filter(None, [f"## {section.title}", section.text, table]))


def tables_json(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the tables as plain values for JSON."""
    tested = [asdict(comparison) | {"stars": comparison.stars} for comparison in comparisons_of(rows)]
    return {
        "runs": len(rows),
        "lines": [asdict(line) for line in lines_of(rows)],
        "test": {"name": TEST, "levels": LEVELS, "rows": tested},
        "published": [asdict(found) for found in published_for(rows)],
    }


def write_tables(out: Path, rows: Sequence[Row]) -> None:
    """Write ``results.parquet`` (one row per run) and ``results.md``; raise InputError if a file cannot be written."""
    if not rows:
        return
    files.write_table(out / RESULTS, pa.Table.from_pylist([row_values(row) for row in rows], SCHEMA))
    files.write_text(out / TABLE, markdown(rows))


def schema_of(record: type) -> pa.Schema:
    """Return the Parquet schema of a record, typed by its fields: an unmeasured column has no value to infer from."""
    types = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    hints = {name: (get_args(kind) or (kind,))[0] for name, kind in get_type_hints(record).items()}
    return pa.schema([(name, types[kind]) for name, kind in hints.items()] + [("k_ratio", pa.float64())])


SCHEMA = schema_of(Row)


def row_values(row: Row) -> dict[str, Any]:
    """Return a row for Parquet: with `k_ratio`, and None in place of nan."""
    values: dict[str, Any] = files.without_nan(asdict(row) | {"k_ratio": row.k_ratio})
    return values
