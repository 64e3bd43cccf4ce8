"""Commands that make runs: discover, estimate, resume, demo."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dialin.cli.group import Stopped
from dialin.cli.options import (
    JSON,
    RUN,
    budget_of,
    budget_options,
    column_options,
    model_options,
    plan_of,
    price_of,
    price_options,
    settings_options,
)
from dialin.cli.progress import Meter
from dialin.cli.results import print_scores
from dialin.columns import Columns
from dialin.connect import AUTO, DEFAULT_LLM, Opened, Specs, connect
from dialin.discover import Settings
from dialin.errors import InputError, ProviderError
from dialin.estimate import Estimate
from dialin.evaluate import evaluate_run
from dialin.execute import Session, execute, forecast, n_replies
from dialin.folder import MANIFEST
from dialin.run import COMPLETE, Plan, Run, check_free, data_of, load, read_corpus, start
from dialin.summary import as_json
from dialin.terminal import print_report
from dialin.usage import Budget, Price

DEMO_INPUT, DEMO_GOLD = "calls.jsonl", "calls_gold.csv"


@click.command()
@click.argument("input")
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Folder to make.")
@click.option(
    "--pin", type=click.Path(path_type=Path), metavar="RUN", help="Keep what people decided in the review of that run."
)
@column_options
@model_options
@budget_options
@settings_options
@JSON
def discover(out: Path, pin: Path | None, as_json: bool, **options: Any) -> None:
    """Find the intents in INPUT: a CSV, TSV, JSONL, JSON, Parquet or TXT file, or - for standard input.

    Everything goes into the folder RUN; the table of intents goes to standard output.
    """
    plan = plan_of(options)
    run = make_run(out, keeping(plan, pin) if pin else plan, budget_of(options))
    show(run, as_json)


def keeping(plan: Plan, pin: Path) -> Plan:
    """Return the plan of a run that keeps what people decided about another, with the embedder of that one."""
    embedder = load(pin).manifest.embedder if plan.specs.embedder == AUTO else plan.specs.embedder
    return replace(plan, specs=replace(plan.specs, embedder=embedder), pin=pin)


@click.command()
@click.argument("input")
@column_options
@model_options
@price_options
@settings_options
@JSON
def estimate(as_json: bool, **options: Any) -> None:
    """Predict calls, tokens, time and money of a discover on INPUT; no server is asked, no run is made.

    Embeddings are made, and kept for the run. A local LLM is timed with a few questions.
    """
    plan, price = plan_of(options), price_of(options)
    corpus = read_corpus(plan)
    with Meter() as meter:
        opened = connect(plan.specs, corpus.texts, meter.embedded)
        try:
            meter.step("embed")
            data = data_of(corpus, opened.embed(corpus.texts))
            meter.step("predict")
            prediction = forecast(data, opened, plan.settings, [])
        finally:
            opened.close()
    click.echo(json.dumps(prediction.as_dict(price), indent=1) if as_json else estimate_text(prediction, price))


@click.command()
@RUN
@budget_options
@JSON
def resume(run: Path, as_json: bool, **options: Any) -> None:
    """Go on with RUN where it was stopped; no question with a stored reply is asked again.

    The caps count what is paid from here on.
    """
    opened_run = load(run)
    if opened_run.manifest.status == COMPLETE:
        click.echo(f"the run in {run} is complete", err=True)
    else:
        opened_run = go_on(opened_run, budget_of(options))
    show(opened_run, as_json)


@click.command()
@click.option("--llm", metavar="SPEC", default=DEFAULT_LLM, show_default=True, help="As for discover.")
@click.option("--judge-llm", metavar="SPEC", default=AUTO, show_default=True, help="As for discover.")
@click.option("--out", type=click.Path(path_type=Path), default="demo-run", show_default=True, help="Folder to make.")
@JSON
def demo(llm: str, judge_llm: str, out: Path, as_json: bool) -> None:
    """Run discover on the example calls, and score what it finds.

    An earlier demo run in the same folder is replaced.
    """
    folder = examples()
    forget_demo(out, folder / DEMO_INPUT)
    plan = Plan(str(folder / DEMO_INPUT), Columns(), Settings(), Specs(llm, judge_llm))
    run = make_run(out, plan, Budget())
    show(run, as_json)
    if not as_json:
        click.echo(f"\nagainst the gold labels in {folder / DEMO_GOLD} (the two languages count apart):")
        print_scores(evaluate_run(run, "intent_in_language", folder / DEMO_GOLD))
        click.echo(f"\neverything is in {out}, for a browser: {out / 'report.html'}")


def make_run(out: Path, plan: Plan, budget: Budget) -> Run:
    """Start a run and work on it; nothing is left of a run that the LLM never answered."""
    check_free(out)
    corpus = read_corpus(plan)
    with Meter() as meter:
        opened = connect(plan.specs, corpus.texts, meter.embedded)
        try:
            run = start(out, plan, corpus, opened)
            meter.say(f"{len(corpus.texts):,} distinct sentences of {corpus.occurrences.num_rows:,}; {opened.reason}")
            return work(run, opened, budget, meter)
        except ProviderError as error:
            if n_replies(out):
                raise
            shutil.rmtree(out)
            raise InputError(error.message, hint=f"{error.hint or 'try again'}; no run was made") from error
        finally:
            opened.close()


def go_on(run: Run, budget: Budget) -> Run:
    """Work on a run that was stopped."""
    with Meter() as meter:
        opened = connect(run.specs, run.corpus.texts, meter.embedded)
        try:
            return work(run, opened, budget, meter)
        finally:
            opened.close()


def work(run: Run, opened: Opened, budget: Budget, meter: Meter) -> Run:
    """Work on a run; whatever stops it says how to go on."""
    session = Session(budget, True, on_step=meter.step, on_reply=meter.replied, on_estimate=meter.predicted)
    try:
        return execute(run, opened, session)
    except KeyboardInterrupt:
        raise Stopped(f"stopped, all replies are kept; go on with: {run.resume_command}") from None
    except ProviderError as error:
        hint = "; ".join(filter(None, [error.hint, f"all replies are kept, go on with: {run.resume_command}"]))
        raise ProviderError(error.message, hint=hint) from error


def show(run: Run, is_json: bool) -> None:
    """Print what a run found."""
    if is_json:
        click.echo(json.dumps(as_json(run), ensure_ascii=False, indent=1))
    else:
        print_report(run, sys.stdout)


def estimate_text(prediction: Estimate, price: Price | None) -> str:
    """Return the table of `dialin estimate`."""
    lines = [f"{'step':<8}{'calls':>10}{'known':>10}{'tokens in':>14}{'tokens out':>12}"]
    for step, usage in [*prediction.by_step.items(), ("total", prediction.total)]:
        counts = f"{usage.calls:>10,}{usage.cached:>10,}{usage.tokens_in:>14,}{usage.tokens_out:>12,}"
        lines.append(f"{step:<8}{counts}")
    lines.append(f"seconds {prediction.seconds:,.0f}")
    if price:
        lines.append(f"money   {price.cost(prediction.total):,.2f}")
    return "\n".join(lines)


def examples() -> Path:
    """Return the folder of the example calls: in the package, or beside it in the repository."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "examples", package.parents[1] / "examples"):
        if (folder / DEMO_INPUT).is_file():
            return folder
    raise InputError(f"the example calls are not there: no examples/{DEMO_INPUT} at {package.parents[1]}")


def forget_demo(out: Path, source: Path) -> None:
    """Delete an earlier demo run; any other folder is left alone, for `discover` to refuse."""
    if (out / MANIFEST).is_file() and load(out).manifest.source.path == str(source):
        shutil.rmtree(out)
