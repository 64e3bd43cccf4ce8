"""Commands that show what a run found: report as a page for a browser, show on the terminal."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

from dialin import folder as files
from dialin.cli.options import JSON, RUN, price_of, price_options
from dialin.contents import contents_of
from dialin.facts import Facts
from dialin.gather import facts_of
from dialin.report import write_report
from dialin.run import Run, load, shown
from dialin.show import print_facts
from dialin.show_intent import find_intent, intent_json, print_intent
from dialin.summary import as_json as summary_json
from dialin.terminal import console_on


@click.command()
@RUN
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Where to write it; RUN/report.html.")
@price_options
@JSON
def report(run: Path, out: Path | None, as_json: bool, **options: Any) -> None:
    """Write the report of RUN: one page for a browser that needs no network, and may be sent to others as it is.

    With the price of the LLM, the cost is shown as money.
    """
    opened, path = load(run), out or run / files.REPORT
    n_bytes = write_report(opened, path, price_of(options))
    if as_json:
        values = {"report": str(path), "bytes": n_bytes, **summary_json(opened)}
        click.echo(json.dumps(values, ensure_ascii=False, indent=1))
    else:
        size = f"{n_bytes / 1e6:,.1f} MB" if n_bytes >= 1e6 else f"{n_bytes / 1e3:,.0f} kB"
        click.echo(f"{path}  {size}; on the terminal: dialin show {shown(run)}")


@click.command()
@RUN
@click.argument("intent", required=False)
@JSON
def show(run: Path, intent: str | None, as_json: bool) -> None:
    """Show what RUN found, or one INTENT of it by number or name, on the terminal."""
    opened = load(run)
    facts = facts_of(contents_of(opened))
    if as_json:
        click.echo(json.dumps(json_of(opened, facts, intent), ensure_ascii=False, indent=1))
    elif intent is not None:
        print_intent(facts, find_intent(facts, intent), console_on(sys.stdout))
    else:
        print_facts(opened, facts, console_on(sys.stdout))


def json_of(run: Run, facts: Facts, intent: str | None) -> dict[str, Any]:
    """Return everything about a run, or about one intent, as plain values."""
    if intent is not None:
        return intent_json(facts, find_intent(facts, intent))
    return summary_json(run) | facts.as_dict()
