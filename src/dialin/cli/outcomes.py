"""Defines the options that ask about the outcomes of dialogues."""

from __future__ import annotations

import click

from dialin.cli.options import stacked

outcome_question = stacked(
    [
        click.option(
            "--by", metavar="COL", default="", help="Compare the dialogues by this outcome in words, such as channel."
        ),
        click.option(
            "--repeat-days",
            type=click.IntRange(1, 3650),
            default=7,
            show_default=True,
            metavar="N",
            help="Days within which a contact of a customer with the same intent repeats an earlier one.",
        ),
    ]
)
