"""Defines ``show``, which shows a run on the terminal."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from dialin.cli.options import JSON, RUN, min_dialogues_option
from dialin.cli.outcomes import outcome_question
from dialin.cli.output import print_json
from dialin.facts.build import confused_with, facts_of, without_distances
from dialin.facts.facts import Facts
from dialin.facts.headline import summary_json
from dialin.facts.loaded import LoadedRun, load_files
from dialin.facts.outcomes import OutcomeQuestion
from dialin.facts.withheld import withhold
from dialin.report.one_intent import find_intent, intent_json, print_intent
from dialin.report.overview import print_facts
from dialin.report.terminal import console_on
from dialin.runs.run import load


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
    opened, question = load(run), OutcomeQuestion(options["by"], options["repeat_days"])
    contents = withhold(load_files(opened, vectors=as_json or intent is not None), min_dialogues)
    if intent is not None:
        show_one(contents, facts_of(without_distances(contents), question), intent, as_json)
    elif as_json:
        facts = facts_of(contents, question)
        print_json(summary_json(opened, facts.summary) | facts.as_dict())
    else:
        print_facts(opened, facts_of(contents, question), console_on(sys.stdout))


def show_one(contents: LoadedRun, facts: Facts, intent: str, as_json: bool) -> None:
    """Print one intent; the facts of distances, which the `facts` lack, are computed for this one only."""
    found = find_intent(facts, intent)
    one = replace(found, confused_with=confused_with(contents, facts.place(found.intent_id)))
    if as_json:
        print_json(intent_json(facts, one))
    else:
        print_intent(facts, one, console_on(sys.stdout))
