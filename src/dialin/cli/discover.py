"""Defines ``discover`` and ``resume``, which make a run and continue it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from dialin import files
from dialin.cli.given import budget_of
from dialin.cli.group import UserStop, began_at
from dialin.cli.options import (
    JSON,
    RUN,
    allow_server_option,
    budget_options,
    cascade_option,
    fallback_option,
    memory_option,
    model_options,
    ray_option,
    redact_option,
    settings_options,
)
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.cli.sources import intents_option, outcome_option, plan_of, source_options
from dialin.discover.connect import connect, on_engine
from dialin.discover.connections import Connections
from dialin.discover.specs import Specs
from dialin.errors import ClusterError, DialinError, DiskFullError, ProviderError
from dialin.facts.headline import summary_json
from dialin.facts.unknown_speakers import unknown_agent_line
from dialin.jobs.discover import Session, goes_in_batches, n_replies, work_on
from dialin.jobs.memory import check_fits, reading_limits
from dialin.jobs.timing import Stopwatch
from dialin.llm.batches.backend import check_batches
from dialin.llm.batches.register import is_awaited
from dialin.llm.ledger import Budget
from dialin.llm.spec import AUTO
from dialin.read.corpus import Corpus
from dialin.redact.source import RedactedCorpus
from dialin.redact.suggest import suggestion
from dialin.report.terminal import console_on, print_report
from dialin.report.update import print_update, update_json
from dialin.runs.lock import held
from dialin.runs.manifest import COMPLETE, RunPlan, read_manifest
from dialin.runs.run import Run, check_ended, load
from dialin.runs.start import check_free, discard, read_corpus, start
from dialin.scale.cluster import joined_cluster_if
from dialin.scale.embedder import on_cores

BATCH_HELP = "Ask in batches of OpenAI or Anthropic: at half the price, but each may take up to 24 hours."

LOAD = "load"
"""Name of the step that loads the models, or fetches them."""


@click.command()
@click.option("--out", required=True, type=click.Path(path_type=Path), metavar="RUN", help="Folder to create.")
@click.option(
    "--since",
    type=click.Path(path_type=Path),
    metavar="RUN",
    help="Find the intents of this earlier run again, and keep what people decided in its review.",
)
@intents_option
@click.option(
    "--multi", is_flag=True, help="Also find the utterances that state several intents; see occurrences.parquet."
)
@source_options
@outcome_option
@redact_option("off")
@model_options
@cascade_option
@fallback_option
@allow_server_option
@budget_options
@memory_option
@click.option("--batch", is_flag=True, help=BATCH_HELP)
@settings_options
@ray_option
@JSON
def discover(out: Path, since: Path | None, batch: bool, ray: str | None, as_json: bool, **options: Any) -> None:
    """Find the intents in INPUT.

    INPUT is a table (CSV, TSV, JSONL, JSON, Parquet, Excel), a text with a sentence in each line, an export of a
    contact centre or a help desk (a file, a folder or a zip archive), the URL of such a file, or - for standard input.
    All files are written to the folder RUN; the table of intents goes to standard output.
    """
    plan = replace(plan_of(options), multi=options["multi"])
    limits = SessionLimits(budget_of(options), options["memory"])
    run = make_run(out, since_plan(plan, since) if since else plan, limits, batch, ray)
    print_run(run, as_json)
    say_where(run)


def since_plan(plan: RunPlan, since: Path) -> RunPlan:
    """Return the plan of a run that finds the intents of the run `since` again, and by default uses its embedder."""
    earlier = load(since)
    check_ended(earlier)
    embedder = earlier.embedder_alone.embedder if plan.specs.embedder == AUTO else plan.specs.embedder
    return replace(plan, specs=replace(plan.specs, embedder=embedder), since=since)


@click.command()
@RUN
@allow_server_option
@budget_options
@memory_option
@click.option("--batch/--no-batch", default=None, help=f"{BATCH_HELP} Default: as before.")
@ray_option
@JSON
def resume(run: Path, batch: bool | None, ray: str | None, as_json: bool, **options: Any) -> None:
    """Continue a run where it was stopped.

    Questions with a stored reply are not asked again. The caps count only calls paid from now on.
    """
    read_manifest(run)  # raises if there is no run, before a lock is looked for
    with held(run, "dialin resume"):
        opened_run = load(run)
        if opened_run.manifest.status == COMPLETE:
            say(f"the run in {run} is already complete", err=True)
        else:
            opened_run = resume_run(opened_run, SessionLimits(budget_of(options), options["memory"]), batch, ray)
    print_run(opened_run, as_json)
    say_where(opened_run)


@dataclass(frozen=True)
class SessionLimits:
    """What a run may take.

    Parameters
    ----------
    budget : Budget
        Calls, tokens and money.
    memory : int, optional
        Bytes of memory; by default what the machine has.
    """

    budget: Budget = field(default_factory=Budget)
    memory: int | None = None

    def check(self, corpus: Corpus, opened: Connections) -> None:
        """Raise InputError if the run does not fit into the memory, or a price is missing."""
        self.budget.require_prices(opened.llm_names)
        check_fits(corpus, opened.embed, self.memory)


def make_run(
    out: Path, plan: RunPlan, limits: SessionLimits = SessionLimits(), batch: bool = False, ray: str | None = None
) -> Run:
    """Start a run and work on it; delete it if the LLM fails before its first reply."""
    check_free(out)
    watch = Stopwatch(began_at())
    found = read_corpus(plan, reading_limits(limits.memory))
    corpus = found.corpus
    watch.step(LOAD)
    with Meter() as meter, connected(plan.specs, corpus.texts, meter, ray) as opened:
        limits.check(corpus, opened)
        if batch:
            check_batches(opened.backend, opened.judge, opened.dear)
        run = start(out, plan, corpus, opened, found.redaction)
        reason = run.manifest.embedder_reason
        meter.say(f"{len(corpus.texts):,} distinct sentences of {corpus.occurrences.num_rows:,}; {reason}")
        if corpus.n_blank:
            n_rows = corpus.n_blank + corpus.occurrences.num_rows
            meter.say(f"{corpus.n_blank:,} of {n_rows:,} rows are blank or said by nobody: left out")
        say_redaction(meter, plan, found)
        if plan.settings.roles != "ignore" and (line := unknown_agent_line(corpus.roles or [])):
            meter.say(line)
        with held(out, "dialin discover"):
            try:
                return work_on(run, opened, replace(session_of(limits.budget, meter, batch), watch=watch))
            except (ClusterError, DiskFullError) as error:
                raise going_on(error, run) from error
            except ProviderError as error:
                if n_replies(out) or is_awaited(out / files.BATCHES):
                    raise going_on(error, run) from error
                discard(out)
                raise ProviderError(error.message, hint=f"{error.hint or 'try again'}; no run was made") from error
            except KeyboardInterrupt:
                raise stop_of(run) from None


def say_redaction(meter: Meter, plan: RunPlan, found: RedactedCorpus) -> None:
    """Tell what was replaced; or, where nobody said whether anything should be, that there is something."""
    line = found.redaction.line if found.redaction else ""
    if plan.redact is None:
        line = suggestion(found.corpus.texts)
    if line:
        meter.say(line)


def resume_run(run: Run, limits: SessionLimits, batch: bool | None = None, ray: str | None = None) -> Run:
    """Continue work on a run that was stopped."""
    watch = Stopwatch(began_at())
    watch.step(LOAD)
    with Meter() as meter, connected(run.specs, run.corpus.texts, meter, ray) as opened:
        limits.check(run.corpus, opened)
        session = replace(session_of(limits.budget, meter, batch), watch=watch)
        if goes_in_batches(run.folder, session):
            check_batches(opened.backend, opened.judge, opened.dear)
        try:
            return work_on(run, opened, session)
        except KeyboardInterrupt:
            raise stop_of(run) from None
        except (ProviderError, DiskFullError) as error:
            raise going_on(error, run) from error


@contextmanager
def connected(specs: Specs, texts: Sequence[str], meter: Meter, ray: str | None) -> Iterator[Connections]:
    """Open the models of a run; with the address of a Ray cluster, the embedder works there."""
    with joined_cluster_if(ray) as cores, connect(specs, texts, meter.embedded, meter.say) as opened:
        yield on_engine(opened, partial(on_cores, cores=cores), meter.embedded) if cores else opened


def session_of(budget: Budget, meter: Meter, batch: bool | None = None) -> Session:
    """Return a session of work whose progress the meter shows."""
    told = Session(budget, True, batch=batch, on_step=meter.step, on_reply=meter.replied)
    return replace(told, on_estimate=meter.predicted, on_counted=meter.counted)


def stop_of(run: Run) -> UserStop:
    """Return what Ctrl-C says about a run that can be continued."""
    return UserStop(f"stopped; all replies are kept; continue with: {run.resume_command}")


def going_on(error: ProviderError | DiskFullError, run: Run) -> DialinError:
    """Return the error of a provider or of a disk with the command that continues the run."""
    hint = "; ".join(filter(None, [error.hint, f"all replies are kept; continue with: {run.resume_command}"]))
    return type(error)(error.message, hint=hint)


def say_where(run: Run) -> None:
    """Tell on standard error where a run lies, and what to open."""
    say(f"everything is in {run.folder}; open in a browser: {run.folder / files.REPORT}", err=True)


def print_run(run: Run, is_json: bool) -> None:
    """Print the result of a run as JSON or as a table."""
    if run.manifest.is_update and (run.folder / files.DRIFT).is_file():  # gone if something was forgotten since
        if is_json:
            print_json(update_json(run))
        else:
            print_update(run, console_on(sys.stdout))
    elif is_json:
        print_json(summary_json(run))
    else:
        print_report(run, sys.stdout)
