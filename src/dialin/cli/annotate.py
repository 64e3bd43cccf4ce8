"""Defines ``annotate``, with which people turn raw sentences into a labelled data set."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dialin import files
from dialin.annotate.card import data_card
from dialin.annotate.dataset import data_set
from dialin.annotate.start import clusters_for, settings_for
from dialin.cli.group import UserStop
from dialin.cli.options import allow_server_option, redact_option
from dialin.cli.output import say
from dialin.cli.progress import Meter
from dialin.cli.review import door_options, serve_run
from dialin.cli.sources import column_options, columns_of
from dialin.discover.connect import connect
from dialin.discover.connections import Connections
from dialin.discover.specs import Specs
from dialin.errors import InputError
from dialin.facts.headline import summary_of
from dialin.jobs.discover import Session, work_on
from dialin.llm.spec import AUTO, NO_LLM
from dialin.review.edits import Quorum
from dialin.review.log import DECISIONS, append
from dialin.review.verdicts import DEFAULT_QUORUM, GROUPS, agreement_text, fleiss_agreement
from dialin.runs.lock import held
from dialin.runs.manifest import COMPLETE, RunPlan
from dialin.runs.run import Run, data_of, load
from dialin.runs.start import check_free, read_corpus, start

LOG_AUTHOR = "dialin"
"""Author of the log line that sets the quorum. It is not a person, so that nobody undoes the line by accident."""
CREATION_OPTIONS = ("out", "k", "seed", "embedder", "text", "dialogue", "role", "turn", "date", "redact")


@click.command()
@click.argument("input")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", help="Folder to create when INPUT is a file.")
@column_options
@redact_option("off")
@click.option("--embedder", metavar="SPEC", help="As for discover.")
@allow_server_option
@click.option(
    "--k",
    type=click.IntRange(min=2),
    metavar="K",
    help="Number of k-means clusters. Default: twice what the sentences suggest; for fewer than 60 sentences, one "
    "per 5 sentences; at least 2.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), metavar="N", help="Seed of k-means. Default: 0.")
@click.option(
    "--annotators",
    type=click.IntRange(min=1),
    metavar="N",
    help=f"Verdicts needed from each group before the majority decides; changeable later. Default: {DEFAULT_QUORUM}.",
)
@click.option(
    "--group",
    type=click.IntRange(min(GROUPS), max(GROUPS)),
    default=1,
    show_default=True,
    help="Who annotates: 1 judges clusters, 2 verifies named intents.",
)
@door_options
@click.option(
    "--export", type=click.Path(path_type=Path), metavar="FILE", help="Write the data set to a .parquet file and exit."
)
def annotate(annotators: int | None, export: Path | None, **options: Any) -> None:
    """Build a labelled data set with people.

    People judge clusters, name them, distribute the remaining sentences, and verify. INPUT is a file as for discover,
    from which --out FOLDER is created, or such a FOLDER to continue with. A web page is served until Ctrl-C. --export
    writes the labelled sentences, with a data card beside them.
    """
    run = opened(options)
    if annotators is not None and annotators != run.review.judged.wanted:
        append(run.folder / DECISIONS, LOG_AUTHOR, lambda _: Quorum(annotators))
        run = load(run.folder)
    if export is None:
        serve_run("annotation", run, {name: options[name] for name in ("host", "port", "user", "group")})
    else:
        write_data_set(run, export)


def opened(options: dict[str, Any]) -> Run:
    """Return the run in a folder, or create one from a file; raise InputError if the options do not fit."""
    given, out = Path(options["input"]), options["out"]
    if not given.is_dir():
        if out is None:
            raise InputError(f"a new annotation of {given} needs --out", hint="give --out FOLDER")
        return begin(out, options)
    asked = [name for name in CREATION_OPTIONS if options[name] is not None]
    if asked:
        raise InputError(f"--{asked[0]} is only for a new annotation, but {given} is a folder", hint="omit it")
    run = load(given)
    if run.manifest.status != COMPLETE and run.manifest.settings.judge == "people":
        return resume_clustering(run)
    summary_of(run)  # raises if an LLM has not finished the run yet
    return run


def resume_clustering(run: Run) -> Run:
    """Cluster the sentences of a run that was stopped at the start."""
    with Meter() as meter, connect(run.specs, run.corpus.texts, meter.embedded, meter.say) as opened:
        return cluster(run, opened, meter)


def cluster(run: Run, opened: Connections, meter: Meter) -> Run:
    """Cluster the sentences, without asking an LLM."""
    meter.step("cluster")
    try:
        with held(run.folder, "dialin annotate"):
            return work_on(run, opened, Session(estimate=False))
    except KeyboardInterrupt:
        raise UserStop(f"stopped; continue with: dialin annotate {files.quoted(run.folder)}") from None


def begin(out: Path, options: dict[str, Any]) -> Run:
    """Create the run folder of an annotation, and cluster its sentences."""
    check_free(out)
    seed, specs = options["seed"] or 0, Specs(NO_LLM, embedder=options["embedder"] or AUTO)
    plan = RunPlan(
        options["input"], columns_of(options), settings_for(options["k"] or 2, seed), specs, redact=options["redact"]
    )
    found = read_corpus(plan)
    corpus = found.corpus
    with Meter() as meter:
        meter.step("embed")
        with connect(specs, corpus.texts, meter.embedded, meter.say) as opened:
            alone = data_of(corpus, opened.embed(corpus.texts), opened.embedder_name)
            data = alone.with_kinds(opened.kinds(alone.texts, alone.roles)).in_context(plan.settings.context)
            k = options["k"] or clusters_for(data, seed)
            run = start(out, replace(plan, settings=settings_for(k, seed)), corpus, opened, found.redaction)
            meter.say(f"{len(corpus.texts):,} distinct sentences in {k:,} clusters; {opened.reason}")
            return cluster(run, opened, meter)


def write_data_set(run: Run, path: Path) -> None:
    """Write the data set and its card, and print how much is labelled; raise InputError if nothing is labelled."""
    beside = path.with_suffix(".md")
    files.check_new_table(path, "--export")
    if beside.exists():
        raise InputError(f"the data card {beside} already exists", hint="delete it, or choose another --export")
    table = data_set(run)
    n_labelled = table.num_rows - table["label"].null_count
    if not n_labelled:
        raise InputError(
            f"no sentence of {run.folder} has a label yet", hint=f"use: dialin annotate {files.quoted(run.folder)}"
        )
    files.write_table(path, table)
    files.write_text(beside, data_card(run, path))
    say(f"{n_labelled:,} of {table.num_rows:,} rows have a label; written to {path}, with the data card {beside}")
    for group in GROUPS:
        say(f"group {group}: {agreement_text(fleiss_agreement(run.review.judged, group))}")
