"""Defines ``estimate``, which predicts the cost of a run."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import click

from dialin.bounded import shown_size
from dialin.cli.given import prices_of
from dialin.cli.options import JSON, cascade_option, model_options, price_options, redact_option, settings_options
from dialin.cli.output import print_json, say
from dialin.cli.progress import Meter
from dialin.cli.sources import intents_option, plan_of, source_options
from dialin.discover.connect import connect
from dialin.discover.connections import Connections
from dialin.discover.data import Data
from dialin.discover.state import MIN_SENTENCES
from dialin.jobs.estimate import Counted, Estimate
from dialin.jobs.forecast import forecast
from dialin.jobs.known_first import rest_of_listed
from dialin.jobs.memory import MemoryNeed, check_fits, reading_limits
from dialin.llm.prices import PRICE_HINT, shown_money
from dialin.runs.manifest import RunPlan
from dialin.runs.run import data_of
from dialin.runs.start import read_corpus


@click.command()
@intents_option
@source_options
@redact_option("off")
@model_options
@cascade_option
@price_options
@settings_options
@JSON
def estimate(as_json: bool, **options: Any) -> None:
    """Predict what discover costs on INPUT: calls, tokens, time and money.

    No run is made, and an LLM on a server is not asked at all. The embeddings are computed and kept for a later run. A
    local LLM is timed with a few questions. The prices of many models are known; give that of another one.
    """
    plan, prices = plan_of(options), prices_of(options)
    corpus = read_corpus(plan, reading_limits()).corpus
    with Meter() as meter, connect(plan.specs, corpus.texts, meter.embedded, meter.say, check=False) as opened:
        check_fits(corpus, opened.embed, None)
        meter.step("embed")
        alone = data_of(corpus, opened.embed(corpus.texts), opened.embedder_name)
        data = alone.with_kinds(opened.kinds(alone.texts, alone.roles)).in_context(plan.settings.context)
        meter.step("predict")
        prediction = replace(predicted(plan, data, opened, meter.counted), prices=prices)
    memory = MemoryNeed.of(data.texts, data.X.shape[1], corpus.occurrences.num_rows).n_bytes
    if as_json:
        print_json({**prediction.as_dict(), "memory_bytes": memory})
    else:
        say(f"{estimate_text(prediction)}\nmemory  {shown_size(memory)} at the peak")


def predicted(plan: RunPlan, data: Data, opened: Connections, on_counted: Counted) -> Estimate:
    """Return what a run costs; what a list of intents takes out of the sentences costs no question, but time."""
    if not plan.listed:
        return forecast(data, opened, plan.settings, [], on_counted)
    began = time.perf_counter()
    rest = rest_of_listed(plan.listed, data, opened.embed, plan.settings)
    seconds = time.perf_counter() - began
    is_enough = len(rest.texts) >= MIN_SENTENCES
    found = forecast(rest, opened, plan.settings, [], on_counted) if is_enough else Estimate({}, 0.0)
    return replace(found, seconds=found.seconds + seconds)


def estimate_text(prediction: Estimate) -> str:
    """Return the prediction as a table."""
    cost = prediction.cost
    money = {} if cost is None else {**cost.by_step, "total": cost.total}
    lines = [
        f"{'step':<8}{'LLM calls':>10}{'known':>10}{'tokens in':>14}{'tokens out':>12}{'money' if money else '':>12}"
    ]
    for step, usage in [*prediction.by_step.items(), ("total", prediction.total)]:
        counts = f"{usage.calls:>10,}{usage.cached:>10,}{usage.tokens_in:>14,}{usage.tokens_out:>12,}"
        lines.append(f"{step:<8}{counts}{shown_money(money[step]) if step in money else '':>12}")
    rest = [f"seconds {prediction.seconds:,.0f}{in_minutes(prediction.seconds)}", *money_lines(prediction)]
    return "\n".join(line.rstrip() for line in lines + rest)


def in_minutes(seconds: float) -> str:
    """Return seconds in minutes, to stand behind them; "" below two minutes.

    Examples
    --------
    >>> in_minutes(119), in_minutes(796)
    ('', ' (about 13 minutes)')
    """
    return f" (about {seconds / 60:,.0f} minutes)" if seconds >= 120 else ""


def money_lines(prediction: Estimate) -> list[str]:
    """Return the lines about money; none if no server is asked."""
    unpriced = ", ".join(prediction.unpriced)
    lines = [f"money   unknown: no price is known for {unpriced}; {PRICE_HINT}"] if unpriced else []
    if prediction.cost and not lines:
        lines.append(f"money   {prediction.cost}")
    if prediction.batch_cost:
        lines.append(f"        {prediction.batch_cost.amount} at the price of batches")
    return lines
