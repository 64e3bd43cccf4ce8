"""Defines ``tune``, the group of commands that make training data, and tune and calibrate models."""

from __future__ import annotations

import click

from dialin.cli.group import LazyCommand, LazyGroup

_COMMANDS = {
    "judge": LazyCommand("dialin.cli.tune_train", "Tune a judge."),
    "namer": LazyCommand("dialin.cli.tune_train", "Tune a namer."),
    "embedder": LazyCommand("dialin.cli.tune_embedder", "Tune an embedder."),
    "calibrate": LazyCommand("dialin.cli.tune_calibrate", "Calibrate an LLM: fit how its answers become P(good)."),
    "data": LazyCommand("dialin.cli.tune_data", "Make training clusters from labelled files and reviewed runs."),
}


@click.group(cls=LazyGroup, entries=_COMMANDS)
def tune() -> None:
    """Make training data, and tune judge, namer and embedder."""
