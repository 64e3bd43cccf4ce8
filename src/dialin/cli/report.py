"""Defines ``report``, which writes the HTML report of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dialin import files
from dialin.cli.options import JSON, RUN, price_of, price_options
from dialin.cli.output import print_json
from dialin.facts.headline import summary_json
from dialin.report.html import write_report
from dialin.runs.run import load


@click.command()
@RUN
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="File to write. Default: RUN/report.html.")
@price_options
@JSON
def report(run: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Write the HTML report of a run.

    The report is one page that works offline, so you can send it to others as is. Give the price of the LLM to see the
    cost as money.
    """
    opened, path = load(run), out or run / files.REPORT
    n_bytes = write_report(opened, path, price_of(options))
    if as_json:
        values = {"report": str(path), "bytes": n_bytes, **summary_json(opened)}
        print_json(values)
    else:
        size = f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.0f} kB"
        click.echo(f"{path}  {size}; to see it on the terminal: dialin show {files.quoted(run)}")
