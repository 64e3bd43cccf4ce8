"""Write ``results.html``: the tables and plots of a benchmark on one self-contained page."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import jinja2

from dialin import files, saved
from dialin.bench import plot
from dialin.bench.methods import cap_of
from dialin.bench.results import ABOUT, Row
from dialin.bench.table import lines_of, sections_of, titles_of

PAGE = "results.html"


def write_page(out: Path, rows: Sequence[Row]) -> None:
    """Write the page of a folder; raise InputError if it cannot be written."""
    if rows:
        files.write_text(out / PAGE, html_of(rows, saved.read_json(out / ABOUT)))


def html_of(rows: Sequence[Row], about: dict[str, object]) -> str:
    """Return the page for one or more rows; `about` is the content of ``bench.json``."""
    lines = lines_of(rows)
    looks = plot.looks_of(list(dict.fromkeys(line.method for line in lines)), [r.method for r in rows if r.told_k])
    titles, sections = titles_of(lines), sections_of(rows)
    return _template().render(
        about=about,
        drawings=[plot.panels_of([line for line in lines if line.data == title], looks) for title in titles],
        legend=[look for look in looks if cap_of(look.method) is None],
        has_caps=any(cap_of(look.method) for look in looks),
        parts=parts,
        plot=plot,
        tables=sections[: len(titles)],
        notes=sections[len(titles) :],
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(loader=jinja2.PackageLoader("dialin.bench"), autoescape=True, trim_blocks=True)
    return environment.get_template("page.html.j2")


def parts(cell: str) -> tuple[str, str]:
    """Return the large text of a cell, stars included, and the small text below it.

    Examples
    --------
    >>> parts("0.713 ± 0.020 **"), parts("idas")
    (('0.713**', '± 0.020'), ('idas', ''))
    """
    mean, sign, rest = cell.partition(" ± ")
    std, _, stars = rest.partition(" ")
    return (mean + stars, f"± {std}") if sign else (cell, "")
