"""Defines ``report``, which writes the HTML report of a run."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dialin import files
from dialin.cli.given import prices_of
from dialin.cli.options import JSON, RUN, min_dialogues_option, price_options
from dialin.cli.outcomes import outcome_question
from dialin.cli.output import print_json, say
from dialin.cli.replaced import check_written
from dialin.discover.replies import asked
from dialin.errors import InputError
from dialin.facts.headline import summary_json
from dialin.facts.loaded import load_files
from dialin.facts.outcomes import OutcomeQuestion
from dialin.facts.withheld import withhold
from dialin.llm.prices import PriceList
from dialin.report.html import ReportView, write_report
from dialin.runs.run import Run, load


@click.command()
@RUN
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="File to write. Default: RUN/report.html.")
@click.option("--force", is_flag=True, help="Replace the file of --out if it exists.")
@click.option("--without-sentences", is_flag=True, help="Leave out what people said: names and figures stay.")
@min_dialogues_option
@outcome_question
@price_options
@JSON
def report(run: Path, out: Path | None, without_sentences: bool, as_json: bool, **options: Any) -> None:
    """Write the HTML report of a run.

    The report is one page that works offline, so you can send it to others as is. It shows the cost as money if the
    price of the LLM was known to the run, or if you give it. RUN/report.html is written again; any other FILE that
    exists is kept, unless you give --force.
    """
    check_written({"--out": out}, force=options["force"] or is_own(out, run))
    opened, path = priced(load(run), prices_of(options)), out or run / files.REPORT
    question = OutcomeQuestion(options["by"], options["repeat_days"])
    n_bytes = write_report(opened, path, ReportView(not without_sentences, options["min_dialogues"], question))
    if as_json:
        least = options["min_dialogues"]
        summary = withhold(load_files(opened), least).summary if least else None
        values: dict[str, Any] = {"report": str(path), "bytes": n_bytes, **summary_json(opened, summary)}
        if without_sentences:
            values["intents"] = [intent | {"examples": []} for intent in values["intents"]]
        print_json(values)
    else:
        size = f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.0f} kB"
        say(f"{path}  {size}; to see it on the terminal: dialin show {files.quoted(run)}")


def is_own(out: Path | None, run: Path) -> bool:
    """Return whether a file is the report of a run in its own folder."""
    return out is not None and out.name == files.REPORT and out.parent.resolve() == run.resolve()


def priced(run: Run, prices: PriceList) -> Run:
    """Return a run with its cost at the price that the user gives; the run itself if none is given.

    Raises
    ------
    InputError
        The run asked no server, or its replies are not there any more.
    """
    if prices.given is None:
        return run
    cost = prices.cost(asked(run.folder / files.REPLIES))
    if cost is None:
        raise InputError(
            f"{run.folder / files.REPLIES} has no reply of a server, so there is nothing to price",
            hint="leave --price-in and --price-out out",
        )
    return replace(run, manifest=replace(run.manifest, cost=cost))
