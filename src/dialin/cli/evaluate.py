"""Defines ``evaluate``, which scores a run against gold labels."""

from __future__ import annotations

from pathlib import Path

import click

from dialin.cli.options import JSON, RUN
from dialin.cli.output import print_json, say
from dialin.jobs.evaluate import Evaluation, evaluate_run
from dialin.runs.run import load


@click.command()
@RUN
@click.option("--gold", required=True, metavar="COL", help="Column with the gold labels.")
@click.option(
    "--gold-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="File with that column, joined on dialogue_id and turn, or on row. Default: the input of the run.",
)
@JSON
def evaluate(run: Path, gold: str, gold_file: Path | None, as_json: bool) -> None:
    """Score a run against gold labels.

    Prints NMI, AMI, ARI, ACC, purity, clusters, coverage, goodness, calls and tokens. Every utterance counts. The
    unassigned ones count as one more cluster; the second column leaves them out.
    """
    found = evaluate_run(load(run), gold, gold_file)
    if as_json:
        print_json(found.as_dict())
    else:
        print_scores(found)


def print_scores(found: Evaluation) -> None:
    """Print an evaluation as a table."""
    scores, sure = found.scores, found.goodness
    say(f"{'':<10}{'all':>8}{'assigned':>10}")
    for name in ("nmi", "ami", "ari", "acc", "purity"):
        say(f"{name.upper():<10}{getattr(scores, name):>8.3f}{getattr(scores.assigned, name):>10.3f}")
    say(f"{'utterances':<10}{scores.n:>8,}{scores.assigned.n:>10,}")
    say(f"clusters {scores.n_clusters}, gold classes {scores.n_true}, coverage {scores.coverage:.1%}")
    say(f"expected goodness {sure.value:.2f} ({sure.low:.2f}–{sure.high:.2f}), from the run's own P(good)")
    money = f", {found.cost}" if found.cost else ""
    say(f"LLM: {found.questions:,} calls, {found.tokens_in:,} tokens in, {found.tokens_out:,} out{money}")
