"""The commands about tuning: `dialin tune data` makes what judge and namer learn from."""

from __future__ import annotations

import click

from dialin.cli.group import Entry, LazyGroup

_COMMANDS = {
    "judge": Entry("dialin.cli.tune_train", "Tune a judge."),
    "namer": Entry("dialin.cli.tune_train", "Tune a namer."),
    "calibrate": Entry("dialin.cli.tune_calibrate", "Calibrate an LLM: fit how its answers become P(good)."),
    "data": Entry("dialin.cli.tune_data", "Make training clusters of labelled files and reviewed runs."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS)
def tune() -> None:
    """Make training data for the judge and the namer, and tune them."""
