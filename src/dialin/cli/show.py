"""Defines ``show``, which shows a run on the terminal."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from dialin.cli.options import JSON, RUN
from dialin.cli.outcomes import outcome_question
from dialin.cli.output import print_json
from dialin.facts.build import facts_of
from dialin.facts.facts import Facts
from dialin.facts.headline import summary_json
from dialin.facts.loaded import load_files
from dialin.facts.outcomes import OutcomeQuestion
from dialin.report.one_intent import find_intent, intent_json, print_intent
from dialin.report.overview import print_facts
from dialin.report.terminal import console_on
from dialin.runs.run import Run, load


@click.command()
@RUN
@click.argument("intent", required=False)
@outcome_question
@JSON
def show(run: Path, intent: str | None, by: str, repeat_days: int, as_json: bool) -> None:
    """Show a run, or one of its intents, on the terminal.

    INTENT is a number or a name.
    """
    opened = load(run)
    facts = facts_of(load_files(opened), OutcomeQuestion(by, repeat_days))
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
    return summary_json(run) | facts.as_dict()
