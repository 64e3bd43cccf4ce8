"""Defines ``judge``, which judges the clusters of any tool."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click
import numpy as np
import pyarrow as pa
from rich import box
from rich.table import Table
from rich.text import Text

from dialin.arrays import Rows
from dialin.cli.given import specs_of
from dialin.cli.options import BOM, JSON, cascade_option, cascade_target_option, fallback_option, model_options
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.discover.connect import connect
from dialin.discover.connections import Connections
from dialin.discover.data import Data
from dialin.discover.replies import shared_store
from dialin.discover.settings import Settings
from dialin.errors import InputError
from dialin.jobs.audit import AuditRow, audit
from dialin.jobs.discover import tools_of
from dialin.llm.client import Client
from dialin.read.columns import Columns
from dialin.read.corpus import Corpus, corpus_of
from dialin.read.label_column import column_of
from dialin.read.table import read_table
from dialin.report.terminal import console_on
from dialin.runs.run import data_of
from dialin.runs.save_table import check_bom, format_of, save_table
from dialin.score.reliability import goodness

BLANK_LABELS = {"-1", "-1.0"}


@click.command()
@click.argument("file")
@click.option("--text", required=True, metavar="COL", help="Column with the sentences.")
@click.option("--cluster", required=True, metavar="COL", help="Column with the clusters; blank and -1 mean no cluster.")
@model_options
@cascade_option
@fallback_option
@cascade_target_option
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed of the sampling.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Also write the result to a .csv, .jsonl or .parquet file.",
)
@BOM
@JSON
def judge(file: str, text: str, cluster: str, out: Path | None, as_json: bool, **options: Any) -> None:
    """Judge the clusters of any tool.

    Prints P(good), a verdict and a name for each cluster in FILE.
    """
    if out:
        check_bom(format_of(out), bom=options["bom"])
    table = read_table(file, Columns(text=text))
    corpus = corpus_of(table.set_column(4, "role", pa.nulls(table.num_rows, pa.string())))
    clusters = clusters_of_column(corpus, column_of(file, cluster), cluster)
    with Meter() as meter, connect(specs_of(options), corpus.texts, meter.embedded, meter.say) as opened:
        meter.step("embed")
        settings = Settings(seed=options["seed"], cascade_target=options["cascade_target"])
        data = data_of(corpus, opened.embed(corpus.texts), opened.embedder_name).in_context(settings.context)
        found = _audit(data, clusters, opened, meter, settings)
    if out:
        save_table(out, pa.Table.from_pylist([asdict(row) for row in found]), bom=options["bom"])
    show_audit(found, as_json)


def clusters_of_column(corpus: Corpus, labels: list[str | None], name: str) -> dict[str, Rows]:
    """Return the sentences of each cluster, largest first; raise InputError if there are no clusters."""
    members: dict[str, list[int]] = {}
    columns = (corpus.occurrences[key].to_pylist() for key in ("row", "sentence_id"))
    for row, sentence in zip(*columns, strict=True):
        label = labels[row]
        if label is not None and label not in BLANK_LABELS:
            members.setdefault(label, []).append(sentence)
    if not members:
        raise InputError(f"column {name!r} contains no clusters", hint="name the column with the clusters")
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return {label: np.array(rows, dtype=np.int64) for label, rows in ordered}


def _audit(
    data: Data, clusters: Mapping[str, Rows], opened: Connections, meter: Meter, settings: Settings
) -> list[AuditRow]:
    with tools_of(opened, lambda backend: Client(backend, [shared_store()]), meter.replied) as tools:
        return audit(data, clusters, replace(tools, on_step=meter.step), settings)


def show_audit(found: list[AuditRow], as_json: bool) -> None:
    """Print the judge's findings about each cluster."""
    share = goodness(None if row.verdict == "unreadable" else row.verdict == "good" for row in found)
    if as_json:
        values = {"n_good": share.n_good, "n_bad": share.n_bad, "n_unreadable": share.n_unreadable}
        print_json({"clusters": [asdict(row) for row in found], **values})
        return
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), expand=True)
    table.add_column("cluster", no_wrap=True, overflow="ellipsis", max_width=14)
    table.add_column("size", no_wrap=True, justify="right")
    table.add_column("P(good)", no_wrap=True, justify="right")
    table.add_column("verdict", no_wrap=True)
    table.add_column("name", no_wrap=True, overflow="ellipsis", ratio=2)
    table.add_column("most central", no_wrap=True, overflow="ellipsis", ratio=3, style="dim")
    for row in found:
        cells = [row.cluster, f"{row.size:,}", f"{row.p_good:.2f}", row.verdict, row.name, row.examples[0]]
        table.add_row(*map(Text, cells))
    console_on(sys.stdout).print(table)
    say(f"{share.n_good} good, {share.n_bad} bad, {share.n_unreadable} unreadable of {len(found)} clusters")
