"""Defines ``update``, which takes new utterances into a run without moving anything in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dialin.cli.discover import BATCH_HELP, SessionLimits, make_run, print_run
from dialin.cli.given import budget_of
from dialin.cli.options import JSON, RUN, allow_server_option, budget_options, memory_option, ray_option, redact_option
from dialin.cli.sources import columns_of, outcome_option, source_of, source_options
from dialin.runs.run import load
from dialin.runs.update import update_plan


class UpdateCommand(click.Command):
    """Says of an option that it lacks why it has none."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the options; raise click.UsageError for one that is unknown."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            message = f"{error.format_message()} The embedder, the LLM and the settings are those of RUN."
            raise click.UsageError(message, ctx) from error


@click.command(cls=UpdateCommand)
@RUN
@source_options
@outcome_option
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN2", help="Folder to create.")
@redact_option("as the run does")
@allow_server_option
@budget_options
@memory_option
@click.option("--batch", is_flag=True, help=BATCH_HELP)
@ray_option
@JSON
def update(run: Path, out: Path, batch: bool, ray: str | None, as_json: bool, **options: Any) -> None:
    """Take new utterances into a run without moving anything in it.

    Those that have no intent, in INPUT and in RUN, are searched for candidates: new intents for you to accept. RUN2
    holds everything; RUN stays as it is. The embedder, the LLM and the settings are those of RUN, and so are the
    columns, unless you say otherwise.
    """
    plan = update_plan(load(run), source_of(options), given_columns(options), options["redact"])
    done = make_run(out, plan, SessionLimits(budget_of(options), options["memory"]), batch, ray)
    print_run(done, as_json)


def given_columns(options: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of `dialin.read.columns.Columns` that the user gave on the command line."""
    context = click.get_current_context()
    named = vars(columns_of(options))
    return {name: value for name, value in named.items() if _is_given(context, name)}


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) not in {None, ParameterSource.DEFAULT, ParameterSource.DEFAULT_MAP}
