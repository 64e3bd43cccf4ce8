"""Commands that read runs and clusters: predict, evaluate, judge."""

from __future__ import annotations

import json
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

from dialin.audit import Audited, audit
from dialin.cli.options import JSON, RUN, column_options, columns_of, model_options, specs_of
from dialin.cli.progress import Meter
from dialin.columns import Columns
from dialin.connect import NO_LLM, Opened, Specs, connect, shared_store
from dialin.corpus import Corpus, corpus_of
from dialin.discover import Data, Settings
from dialin.errors import InputError
from dialin.evaluate import Evaluation, evaluate_run
from dialin.execute import tools_of
from dialin.gold import column_of
from dialin.judge import Rows
from dialin.llm.client import Client
from dialin.predict import as_text, format_of, save
from dialin.predict import predict as predict_table
from dialin.read import read_table
from dialin.reliability import goodness
from dialin.run import data_of, load
from dialin.terminal import console_on

NO_CLUSTER = {"-1", "-1.0"}


@click.command()
@RUN
@click.argument("input")
@column_options
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="A .csv, .jsonl or .parquet file.")
@JSON
def predict(run: Path, input: str, out: Path | None, as_json: bool, **options: Any) -> None:
    """Say which intent of RUN each row of INPUT has: row, text, intent_id, name, p_intent; CSV by default."""
    if out:
        format_of(out)  # before any work
    opened_run = load(run)
    table = read_table(input, columns_of(options))
    opened = connect(Specs(NO_LLM, NO_LLM, opened_run.manifest.embedder), [])
    found = predict_table(opened_run, table, opened)
    if out:
        save(out, found)
    else:
        click.echo(as_text(found, "jsonl" if as_json else "csv"), nl=False)


@click.command()
@RUN
@click.option("--gold", required=True, metavar="COL", help="Column of the gold labels.")
@click.option(
    "--gold-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File that has it, joined on dialogue_id and turn, or on row; by default the input of the run.",
)
@JSON
def evaluate(run: Path, gold: str, gold_file: Path | None, as_json: bool) -> None:
    """Score RUN against gold labels: NMI, AMI, ARI, ACC, clusters, coverage, goodness, calls, tokens.

    Each utterance counts. The unassigned ones count as one more cluster; the second column leaves them out.
    """
    found = evaluate_run(load(run), gold, gold_file)
    if as_json:
        click.echo(json.dumps(found.as_dict(), indent=1))
    else:
        print_scores(found)


def print_scores(found: Evaluation) -> None:
    """Print an evaluation as a table."""
    scores, sure = found.scores, found.goodness
    click.echo(f"{'':<10}{'all':>8}{'assigned':>10}")
    for name in ("nmi", "ami", "ari", "acc", "purity"):
        click.echo(f"{name.upper():<10}{getattr(scores, name):>8.3f}{getattr(scores.assigned, name):>10.3f}")
    click.echo(f"{'utterances':<10}{scores.n:>8,}{scores.assigned.n:>10,}")
    click.echo(f"clusters {scores.n_clusters}, gold classes {scores.n_true}, coverage {scores.coverage:.1%}")
    click.echo(f"expected goodness {sure.value:.2f} ({sure.low:.2f}–{sure.high:.2f}), by the P(good) of the run itself")
    click.echo(f"LLM: {found.questions:,} calls, {found.tokens_in:,} tokens in, {found.tokens_out:,} out")


@click.command()
@click.argument("file")
@click.option("--text", required=True, metavar="COL", help="Column of the sentences.")
@click.option("--cluster", required=True, metavar="COL", help="Column of the clusters; blank and -1 are none.")
@model_options
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the sampling.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="A .csv, .jsonl or .parquet file.")
@JSON
def judge(file: str, text: str, cluster: str, out: Path | None, as_json: bool, **options: Any) -> None:
    """Judge clusters from any tool: P(good), verdict and a name for each cluster of FILE."""
    if out:
        format_of(out)
    table = read_table(file, Columns(text=text))
    corpus = corpus_of(table.set_column(4, "role", pa.nulls(table.num_rows, pa.string())))
    clusters = clusters_of(corpus, column_of(file, cluster), cluster)
    with Meter() as meter:
        opened = connect(specs_of(options), corpus.texts, meter.embedded)
        meter.step("embed")
        data = data_of(corpus, opened.embed(corpus.texts))
        try:
            found = _audit(data, clusters, opened, meter, Settings(seed=options["seed"]))
        finally:
            opened.close()
    if out:
        save(out, pa.Table.from_pylist([asdict(row) for row in found]))
    show_audit(found, as_json)


def clusters_of(corpus: Corpus, labels: list[str | None], name: str) -> dict[str, Rows]:
    """Return the sentences of each cluster, the largest first; raise InputError where there is none."""
    members: dict[str, list[int]] = {}
    columns = (corpus.occurrences[key].to_pylist() for key in ("row", "sentence_id"))
    for row, sentence in zip(*columns, strict=True):
        label = labels[row]
        if label is not None and label not in NO_CLUSTER:
            members.setdefault(label, []).append(sentence)
    if not members:
        raise InputError(f"column {name!r} names no cluster", hint="name the column of the clusters")
    ordered = sorted(members.items(), key=lambda item: (-len(item[1]), item[0]))
    return {label: np.array(rows, dtype=np.int64) for label, rows in ordered}


def _audit(data: Data, clusters: Mapping[str, Rows], opened: Opened, meter: Meter, settings: Settings) -> list[Audited]:
    with tools_of(opened, lambda backend: Client(backend, [shared_store()]), meter.replied) as tools:
        return audit(data, clusters, replace(tools, on_step=meter.step), settings)


def show_audit(found: list[Audited], as_json: bool) -> None:
    """Print what the judge found about each cluster."""
    share = goodness(None if row.verdict == "unreadable" else row.verdict == "good" for row in found)
    if as_json:
        values = {"n_good": share.n_good, "n_bad": share.n_bad, "n_unreadable": share.n_unreadable}
        click.echo(json.dumps({"clusters": [asdict(row) for row in found], **values}, ensure_ascii=False, indent=1))
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
    click.echo(f"{share.n_good} good, {share.n_bad} bad, {share.n_unreadable} unreadable of {len(found)} clusters")
