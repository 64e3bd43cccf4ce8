"""Defines ``diff``, which says what changed between two runs."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from dialin import files
from dialin.cli.options import JSON, min_dialogues_option
from dialin.cli.output import print_json, say
from dialin.cli.replaced import check_written
from dialin.report.diff.page import write_difference
from dialin.report.diff.terminal import print_difference
from dialin.report.diff.words import difference_json
from dialin.report.terminal import console_on
from dialin.runs.run import load
from dialin.taxonomy.alarm import exceeded, limit_of
from dialin.taxonomy.difference import Difference, difference_of_runs
from dialin.taxonomy.migration import migration_csv
from dialin.taxonomy.withheld import withhold_small

EXIT_EXCEEDED = 3
FOLDER = click.Path(path_type=Path)


@click.command()
@click.argument("run1", type=FOLDER)
@click.argument("run2", type=FOLDER)
@click.option("--html", type=FOLDER, metavar="FILE", help="Write a page with a picture of what went where.")
@min_dialogues_option
@click.option("--migration", type=FOLDER, metavar="FILE", help="Write a CSV that leads from old intents to new ones.")
@click.option("--force", is_flag=True, help="Replace the files of --html and --migration if they exist.")
@click.option(
    "--fail-on",
    multiple=True,
    metavar="LIMIT",
    help="Exit with code 3 if new, gone, changed or unassigned exceeds a share, as in new>0.02. May be repeated.",
)
@JSON
def diff(run1: Path, run2: Path, fail_on: Sequence[str], as_json: bool, **options: Any) -> None:
    """Say what changed from RUN1 to RUN2.

    Intents are kept, renamed, grown, shrunk, split, merged, new or gone. The runs need the same embedder; RUN2 need
    not have been made with --since. A FILE that exists is kept, unless you give --force.
    """
    html, migration = options["html"], options["migration"]
    check_written({"--html": html, "--migration": migration}, force=options["force"])
    limits = [limit_of(text) for text in fail_on]
    runs = load(run1), load(run2)
    found = withhold_small(difference_of_runs(*runs), runs, options["min_dialogues"])
    if html:
        write_difference(found, (run1.name, run2.name), html)
    if migration:
        files.write_text(migration, migration_csv(found))
    over = exceeded(found, limits)
    print_found(found, over, as_json)
    if over:
        click.get_current_context().exit(EXIT_EXCEEDED)


def print_found(found: Difference, over: list[str], is_json: bool) -> None:
    """Print a difference, and the limits that it exceeds on standard error."""
    if is_json:
        print_json(difference_json(found) | {"exceeded": over})
    else:
        print_difference(found, console_on(sys.stdout))
    for line in over:
        say(f"dialin: limit exceeded: {line}", err=True)
