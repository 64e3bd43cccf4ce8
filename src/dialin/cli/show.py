"""Defines ``show``, which shows a run on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dialin.cli.options import JSON, RUN, min_dialogues_option
from dialin.cli.outcomes import outcome_question
from dialin.cli.output import print_json
from dialin.facts.build import facts_of
from dialin.facts.facts import Facts
from dialin.facts.headline import summary_json
from dialin.facts.loaded import load_files
from dialin.facts.outcomes import OutcomeQuestion
from dialin.facts.withheld import withhold
from dialin.report.one_intent import find_intent, intent_json, print_intent
from dialin.report.overview import print_facts
from dialin.report.terminal import console_on
from dialin.runs.run import Run, load


@click.command()
@RUN
@click.argument("intent", required=False)
@min_dialogues_option
@outcome_question
@JSON
def show(run: Path, intent: str | None, as_json: bool, min_dialogues: int, **options: Any) -> None:
    """Show a run, or one of its intents, on the terminal.

    INTENT is a number or a name.
    """
    opened = load(run)
    contents = withhold(load_files(opened), min_dialogues)
    facts = facts_of(contents, OutcomeQuestion(options["by"], options["repeat_days"]))
    if as_json:
        print_json(json_of(opened, facts, intent))
    elif intent is not None:
        print_intent(facts, find_intent(facts, intent), console_on(sys.stdout))
    else:
        print_facts(opened, facts, console_on(sys.stdout))


def json_of(run: Run, facts: Facts, intent: str | None) -> dict[str, Any]:
    """Return all facts about a run, or about one intent, as plain values."""
    if intent is not None:
        return intent_json(facts, find_intent(facts, intent))
    return summary_json(run, facts.summary) | facts.as_dict()
