"""Defines ``predict``, which assigns new utterances to the intents of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from dialin.cli.options import BOM, JSON, RUN, allow_server_option, column_options, columns_of
from dialin.cli.output import print_data
from dialin.discover.connect import connect
from dialin.jobs.predict import predict_table
from dialin.read.table import read_table
from dialin.runs.export import check_bom, format_of, save_table, table_text
from dialin.runs.run import load


@click.command()
@RUN
@click.argument("input")
@column_options
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write to this .csv, .jsonl or .parquet file instead.",
)
@BOM
@allow_server_option
@JSON
def predict(run: Path, input: str, out: Path | None, bom: bool, as_json: bool, **options: Any) -> None:
    """Assign new utterances to the intents of a run.

    Prints row, text, intent_id, name and p_intent for each row of INPUT, as CSV unless you ask for another format.
    """
    usual = "jsonl" if as_json else "csv"
    check_bom(format_of(out) if out else usual, bom=bom)  # raises before any work is done
    opened_run = load(run)
    table = read_table(input, columns_of(options))
    with connect(opened_run.embedder_alone, []) as opened:
        found = predict_table(opened_run, table, opened)
    if out:
        save_table(out, found, bom=bom)
    else:
        print_data(table_text(found, usual, bom=bom))
