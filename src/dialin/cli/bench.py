"""Defines ``bench``, which compares dialin with other methods."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dialin.bench.cases import read_cases, read_held_out
from dialin.bench.course import run_bench
from dialin.bench.encoder import encoder_at
from dialin.bench.goodness import check_goodness
from dialin.bench.methods import METHODS, capped_name, check_methods
from dialin.bench.plan import Bench, Watch
from dialin.bench.results import Row
from dialin.bench.table import markdown, tables_json
from dialin.cli.given import specs_of
from dialin.cli.group import UserStop
from dialin.cli.options import JSON, model_options
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.embed.choose import pinned
from dialin.errors import InputError, ProviderError

MAX_SEED = 2**32 - 1
RESUME_HINT = "all results and replies are kept; run the same command to continue"


def words_of(_context: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    """Return the distinct words of a comma-separated list."""
    return tuple(dict.fromkeys(filter(None, (word.strip() for word in value.replace("，", ",").split(",")))))


@click.command()
@click.option("--data", required=True, multiple=True, metavar="FILE", help="File of labelled sentences; repeatable.")
@click.option("--label", required=True, metavar="COL", help="Column (or field of the turns) with the gold labels.")
@click.option("--text", metavar="COL", help="Column with the sentences.")
@click.option(
    "--methods",
    default="kmeans,hierarchical,dialin",
    show_default=True,
    metavar="NAMES",
    callback=words_of,
    help=f"Methods to run, separated by commas: {', '.join(METHODS)}.",
)
@click.option(
    "--seeds", default="0", show_default=True, metavar="NUMBERS", callback=words_of, help="Seeds, such as 0,1,2."
)
@click.option(
    "--calls",
    default="",
    metavar="NUMBERS",
    callback=words_of,
    help="Also run dialin capped at these numbers of questions, such as 50,100,200.",
)
@click.option(
    "--held-out",
    multiple=True,
    metavar="FILE",
    help="Held-out sentences on which to score a classifier trained on the clusters; one per --data, in order.",
)
@click.option(
    "--encoder",
    metavar="NAME",
    help="Encoder to fine-tune on the clusters, named as the base of dialin tune embedder. Needs --held-out.",
)
@click.option(
    "--goodness-llm",
    default="",
    metavar="SPEC",
    help="A different LLM that judges the clusters of every run (same form as --llm).",
)
@model_options
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Folder for all results.")
@JSON
def bench(data: tuple[str, ...], out: Path, as_json: bool, **options: Any) -> None:
    """Compare dialin with other methods on labelled sentences.

    Reports scores, clusters, coverage and cost over seeds. Runs already in FOLDER are not repeated, so the same command
    continues after a kill. Methods never see the labels; those marked "told k" in the table get the number of labels.
    """
    rows = watched(bench_plan(data, out, options))
    if as_json:
        print_json(tables_json(rows))
    else:
        say(markdown(rows).removesuffix("\n"))


def bench_plan(data: tuple[str, ...], out: Path, options: dict[str, Any]) -> Bench:
    """Return the benchmark that the options describe; raise InputError if an option is wrong."""
    specs, seeds, goodness_llm = specs_of(options), seeds_of(options["seeds"]), options["goodness_llm"]
    methods = list(dict.fromkeys([*options["methods"], *map(capped_name, caps_of(options["calls"]))]))
    if not methods:
        raise InputError("--methods is empty", hint=f"choose from: {', '.join(METHODS)}")
    check_methods(methods, specs.llm)
    if goodness_llm:
        check_goodness(goodness_llm, specs)
    if options["encoder"] and not options["held_out"]:
        raise InputError("--encoder needs held-out sentences to score on", hint="add --held-out")
    encoder = encoder_at(options["encoder"]) if options["encoder"] else None
    columns = options["label"], options["text"]
    cases = read_cases(data, *columns)
    held_out = read_held_out(options["held_out"], cases, *columns)
    # Rows of two tunings, or of two servers, do not share a folder.
    specs = replace(specs.at_servers(), embedder=pinned(specs.embedder))
    return Bench(cases, methods, seeds, specs, out, goodness_llm, held_out, encoder)


def caps_of(words: tuple[str, ...]) -> list[int]:
    """Return the caps on questions; raise InputError if one is invalid."""
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and int(word) > 0)]
    if wrong:
        raise InputError(f"calls must be whole numbers from 1, got {wrong[0]!r}", hint="such as --calls 50,100,200")
    return sorted(set(map(int, words)))


def seeds_of(words: tuple[str, ...]) -> list[int]:
    """Return the seeds; raise InputError if one is invalid."""
    wrong = [word for word in words if not (word.isascii() and word.isdigit() and int(word) <= MAX_SEED)]
    if wrong or not words:
        got = repr(wrong[0]) if wrong else "none"
        raise InputError(f"seeds must be whole numbers from 0 to {MAX_SEED}, got {got}", hint="such as --seeds 0,1,2")
    return list(dict.fromkeys(map(int, words)))


def watched(plan: Bench) -> list[Row]:
    """Run a benchmark with progress on stderr; an error or Ctrl-C says how to continue."""
    with Meter() as meter:

        def say(row: Row) -> None:
            meter.say(row_line(row))

        try:
            return run_bench(plan, Watch(meter.step, say, meter.replied, meter.embedded, meter.say))
        except KeyboardInterrupt:
            raise UserStop(f"stopped; {RESUME_HINT}") from None
        except ProviderError as error:
            hint = "; ".join(filter(None, [error.hint, RESUME_HINT]))
            raise ProviderError(error.message, hint=hint) from error


def row_line(row: Row) -> str:
    """Return the progress line of a run that has ended or been measured."""
    measured = {"goodness": row.goodness, "downstream": row.downstream, "encoder": row.encoder}
    found = [f"ARI {row.ari:.3f}", *(f"{name} {value:.3f}" for name, value in measured.items() if value is not None)]
    cost = [f"{row.n_clusters} clusters", f"{row.calls:,} calls", f"{row.seconds:,.1f} s"]
    return f"{row.data}: {row.method}, seed {row.seed}: {', '.join(found + cost)}"
