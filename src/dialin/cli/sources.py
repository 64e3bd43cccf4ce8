"""Defines the options that say where the sentences come from, and turns them into a source and its columns."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from dialin.cli.given import settings_of, specs_of
from dialin.cli.options import stacked
from dialin.discover.specs import who_judges
from dialin.read.columns import PAUSE, Columns
from dialin.read.database import SqlQuery, sql_query
from dialin.runs.manifest import RunPlan

DATABASE = "DIALIN_DATABASE"
"""Variable of the environment that may hold the URL for --sql, which then is in no list of processes."""

_COLUMNS = [
    click.option("--text", metavar="COL", help="Column with the sentences, or with the lists of turns."),
    click.option("--dialogue", metavar="COL", help="Column with the dialogue id."),
    click.option("--role", metavar="COL", help="Column with the speaker's role."),
    click.option("--turn", metavar="COL", help="Column with the turn number."),
    click.option("--date", metavar="COL", help="Column with the date of the utterance or of the dialogue."),
    click.option(
        "--format", metavar="NAME", help="Whose export INPUT is, such as contact-lens. Default: by its content."
    ),
    click.option(
        "--speakers",
        metavar="ROLES",
        default="",
        help='Roles where an export only numbers the speakers, such as "0=agent,1=customer".',
    ),
    click.option(
        "--pause",
        type=click.FloatRange(0, 3600),
        default=PAUSE,
        show_default=True,
        metavar="SECONDS",
        help="Longest pause within a turn of an export. 0: as its recogniser cut.",
    ),
    click.option("--sheet", metavar="NAME", help="Sheet of an Excel workbook. Default: the first."),
    click.option("--split", is_flag=True, help="Split each turn into its sentences, English and Chinese."),
]
_SOURCE = [
    click.argument("input", required=False),
    click.option("--sql", metavar="SELECT", help="Read what this query gives instead of INPUT; needs --url."),
    click.option(
        "--url",
        metavar="URL",
        envvar=DATABASE,
        help=f"Database for --sql, such as sqlite:///calls.db. Its password is stored nowhere. Default: {DATABASE}.",
    ),
]
outcome_option = click.option(
    "--outcome",
    "outcomes",
    multiple=True,
    metavar="COL",
    help="Column that tells what came of the dialogue, such as its duration. May be given several times.",
)
intents_option = click.option(
    "--intents",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="List of intents that you know: CSV, JSON lines or YAML with name, and description, examples, parent if any.",
)
source_options = stacked([*_SOURCE, *_COLUMNS])
column_options = stacked(_COLUMNS)


def columns_of(options: dict[str, Any]) -> Columns:
    """Return the column names among the options of a command."""
    names = {field.name for field in fields(Columns)}
    return Columns(**{name: value for name, value in options.items() if name in names})


def source_of(options: dict[str, Any]) -> str | SqlQuery:
    """Return the input among the options of a command: a path, or a query to a database.

    Raises
    ------
    click.UsageError
        There is neither, or both, or a query without a database.
    """
    path, sql, url = (options[name] for name in ("input", "sql", "url"))
    if path is None and sql is None:
        raise click.UsageError("Missing argument 'INPUT', or --sql with --url.")
    if sql is None and url is not None and url != os.environ.get(DATABASE):
        raise click.UsageError("--url is for --sql; give --sql 'SELECT …', too.")
    if sql is None:
        return str(path)
    if path is not None:
        raise click.UsageError(f"INPUT {path} and --sql are two sources; give one of them.")
    if url is None:
        raise click.UsageError(f"--sql needs the database: --url, or {DATABASE} in the environment.")
    return sql_query(sql, url)


def plan_of(options: dict[str, Any]) -> RunPlan:
    """Return the plan of a run from the options of a command."""
    from dialin.read.intent_list import read_intent_list  # noqa: PLC0415  (most commands take no list)

    settings, specs = who_judges(settings_of(options), specs_of(options))
    listed = read_intent_list(options["intents"]) if options["intents"] else ()
    return RunPlan(source_of(options), columns_of(options), settings, specs, redact=options["redact"], listed=listed)
