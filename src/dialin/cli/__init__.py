"""The command line: parse, call the library, print."""

from __future__ import annotations

import click

from dialin.cli.annotate import annotate
from dialin.cli.bench import bench
from dialin.cli.group import OneLineGroup
from dialin.cli.models import models
from dialin.cli.report import report, show
from dialin.cli.results import evaluate, judge, predict
from dialin.cli.review import review
from dialin.cli.tune import tune
from dialin.cli.work import demo, discover, estimate, resume

__all__ = ["main"]


@click.group(cls=OneLineGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dialin", prog_name="dialin")
def main() -> None:
    """Find the intents in customer-service dialogues, with an LLM in the loop."""


_COMMANDS = (
    *(discover, estimate, resume, report, show, predict, evaluate, judge),
    *(review, annotate, bench, tune, models, demo),
)
for _command in _COMMANDS:
    main.add_command(_command)
