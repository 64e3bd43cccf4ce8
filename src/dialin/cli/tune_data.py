"""Defines ``tune data``, which makes the training clusters for judge and namer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
from rich import box
from rich.table import Table
from rich.text import Text

from dialin.arrays import Matrix
from dialin.cli.options import JSON
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.discover.connect import connect
from dialin.discover.specs import Specs
from dialin.files import check_new_table, write_table
from dialin.llm.spec import NO_LLM
from dialin.report.terminal import console_on
from dialin.tune.clusters import KINDS, Recipe
from dialin.tune.data import Row, TablePlan, counts_by_source, training_table
from dialin.tune.sources import Reading

_DEFAULT = Recipe()


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The .parquet file to create."
)
@click.option("--label", metavar="COL", help="Column with the intents; not needed for run folders.")
@click.option("--text", metavar="COL", help="Column with the sentences.")
@click.option(
    "--embedder",
    "embedders",
    multiple=True,
    default=("auto",),
    show_default=True,
    metavar="SPEC",
    help="As for discover; repeatable: every file is clustered with each.",
)
@click.option("--clusters", type=int, default=_DEFAULT.n, show_default=True, metavar="N", help="Number of clusters.")
@click.option("--good", type=float, default=_DEFAULT.good, show_default=True, help="Minimum purity of a good cluster.")
@click.option("--bad", type=float, default=_DEFAULT.bad, show_default=True, help="Maximum purity of a bad cluster.")
@click.option(
    "--shown", type=int, default=_DEFAULT.n_shown, show_default=True, help="Sentences shown to the judge LLM."
)
@click.option(
    "--noise",
    multiple=True,
    metavar="LABEL",
    help="Label of sentences without an intent, such as oos; repeatable.",
)
@click.option("--seed", type=int, default=_DEFAULT.seed, show_default=True, help="Random seed.")
@click.option(
    "--language",
    type=click.Choice(["auto", "en", "zh"]),
    default="auto",
    show_default=True,
    help="Language of the sentences and names.",
)
@JSON
def data(inputs: tuple[str, ...], out: Path, as_json: bool, **options: Any) -> None:
    """Make training clusters from labelled files and reviewed runs.

    INPUT are files of labelled sentences, and run folders with people's decisions. The clusters resemble those that
    discover judges, and are good or bad by the purity of their labels. The same inputs, options and models give the
    same file.
    """
    check_new_table(out)
    table = make_table(table_plan(inputs, options))
    write_table(out, table)
    print_table(table, out, options["clusters"], as_json)


def table_plan(inputs: tuple[str, ...], options: dict[str, Any]) -> TablePlan:
    """Return the plan that the options describe; raise InputError if it cannot be carried out."""
    limits = {"good": options["good"], "bad": options["bad"]}
    recipe = Recipe(**limits, n=options["clusters"], seed=options["seed"], n_shown=options["shown"])
    reading = Reading(options["label"], options["text"], options["language"], options["noise"])
    return TablePlan(inputs, reading, tuple(dict.fromkeys(options["embedders"])), recipe)


def make_table(plan: TablePlan) -> pa.Table:
    """Return the table of training clusters, with progress on stderr."""
    with Meter() as meter:

        def embed(spec: str, texts: list[str]) -> tuple[str, Matrix]:
            meter.step("embed")
            with connect(Specs(NO_LLM, embedder=spec), texts, meter.embedded) as opened:
                return opened.embedder_name, opened.embed(texts)

        return training_table(plan, embed, meter.step)


def print_table(table: pa.Table, out: Path, n_asked: int, as_json: bool) -> None:
    """Print the numbers of clusters made, by source."""
    found = counts_by_source(table)
    total = {name: sum(row[name] for row in found) for name in ("clusters", "good", "bad")}
    if as_json:
        print_json({"out": str(out), **total, "sources": found})
        return
    console_on(sys.stdout).print(rich_table(found))
    say(f"{total['clusters']:,} clusters, {total['good']:,} good, {total['bad']:,} bad, in {out}")
    made = [row["clusters"] for row in found if "review" not in row["kinds"]]
    if made and n_asked - sum(made) > 2 * len(made):  # more than rounding of the shares explains
        say(f"{n_asked:,} were requested: the inputs have fewer distinct ones with as many good as bad")


def rich_table(found: list[Row]) -> Table:
    """Return the table of sources, with the embedder if a source has several, and with reviews if there are any."""
    texts = ["source", "embedder"] if len({row["source"] for row in found}) < len(found) else ["source"]
    kinds = [kind for kind in (*KINDS, "review") if any(kind in row["kinds"] for row in found)]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    for name in texts:
        table.add_column(name, no_wrap=True, overflow="ellipsis", ratio=1)
    for name in ("clusters", "good", "bad", *kinds, "sizes"):
        table.add_column(name, no_wrap=True, justify="right")
    for row in found:
        counts = [row["clusters"], row["good"], row["bad"], *(row["kinds"].get(kind, 0) for kind in kinds)]
        low, middle, high = row["sizes"]
        cells = [*(row[name] for name in texts), *(f"{n:,}" for n in counts), f"{low}–{middle}–{high}"]
        table.add_row(*map(Text, cells))
    return table
