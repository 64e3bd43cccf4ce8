"""The command that compares dialin with its peers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from dialin.bench.cases import read_cases
from dialin.bench.course import Bench, Watch, run_bench
from dialin.bench.methods import METHODS, check_methods
from dialin.bench.results import Row
from dialin.bench.table import as_json as table_json
from dialin.bench.table import markdown
from dialin.cli.group import Stopped
from dialin.cli.options import JSON, model_options, specs_of
from dialin.cli.progress import Meter
from dialin.errors import InputError, ProviderError

MAX_SEED = 2**32 - 1
KEPT = "all results and replies are kept, the same command goes on"


def words_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    """Return the different words of a list with commas."""
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in value.replace("，", ",").split(",")))))


@click.command()
@click.option(
    "--data", required=True, multiple=True, metavar="FILE", help="Labelled sentences; several times for more."
)
@click.option("--label", required=True, metavar="COL", help="Column of the gold labels, or field of the turns.")
@click.option("--text", metavar="COL", help="Column of the sentences.")
@click.option(
    "--methods",
    default="kmeans,hierarchical,dialin",
    show_default=True,
    metavar="NAMES",
    callback=words_of,
    help=f"Some of {', '.join(METHODS)}.",
)
@click.option("--seeds", default="0", show_default=True, metavar="NUMBERS", callback=words_of, help="Such as 0,1,2.")
@model_options
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Of all results.")
@JSON
def bench(data: tuple[str, ...], out: Path, as_json: bool, **options: Any) -> None:
    """Compare dialin with other methods on labelled sentences: scores, clusters, coverage and cost over seeds.

    What FOLDER has already is not run again, so the same command goes on after a kill. Labels never reach a method;
    their number does, where the table says "told k".
    """
    specs, methods, seeds = specs_of(options), options["methods"], seeds_of(options["seeds"])
    if not methods:
        raise InputError("no method to run", hint=f"there are: {', '.join(METHODS)}")
    check_methods(methods, specs.llm)
    plan = Bench(read_cases(data, options["label"], options["text"]), methods, seeds, specs, out)
    rows = watched(plan)
    click.echo(json.dumps(table_json(rows), ensure_ascii=False, indent=1) if as_json else markdown(rows), nl=as_json)


def seeds_of(words: tuple[str, ...]) -> list[int]:
    """Return the seeds; raise InputError where one is none."""
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and int(word) <= MAX_SEED)]
    if wrong or not words:
        got = repr(wrong[0]) if wrong else "none"
        raise InputError(f"seeds must be whole numbers from 0 to {MAX_SEED}, got {got}", hint="such as --seeds 0,1,2")
    return list(dict.fromkeys(map(int, words)))


def watched(plan: Bench) -> list[Row]:
    """Run a benchmark with progress on stderr; whatever stops it says how to go on."""
    with Meter() as meter:

        def say(row: Row) -> None:
            cost = f"{row.n_clusters} clusters, {row.calls:,} calls, {row.seconds:,.1f} s"
            meter.say(f"{row.data}: {row.method}, seed {row.seed}: ARI {row.ari:.3f}, {cost}")

        try:
            return run_bench(plan, Watch(meter.step, say, meter.replied, meter.embedded))
        except KeyboardInterrupt:
            raise Stopped(f"stopped, {KEPT}") from None
        except ProviderError as error:
            hint = "; ".join(filter(None, [error.hint, KEPT]))
            raise ProviderError(error.message, hint=hint) from error
