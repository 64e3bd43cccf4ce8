"""Runs the command line: parses arguments, calls the library, and prints.

Comes in: the words of a command.
Goes out: text on standard output, progress on standard error, an exit code.
Begin with `discover.py`; most commands have a module of their own name. `group.py` prints errors as one line and
imports a command only when it runs. `options.py` holds the options that several commands share.
"""

from __future__ import annotations

import click

from dialin import __version__
from dialin.cli.group import LazyCommand, OneLineGroup

__all__ = ["main"]

_COMMANDS = {
    "discover": LazyCommand("dialin.cli.discover", "Find the intents in INPUT."),
    "estimate": LazyCommand(
        "dialin.cli.estimate", "Predict what discover costs on INPUT: calls, tokens, time and money."
    ),
    "resume": LazyCommand("dialin.cli.discover", "Continue a run where it was stopped."),
    "report": LazyCommand("dialin.cli.report", "Write the HTML report of a run."),
    "show": LazyCommand("dialin.cli.show", "Show a run, or one of its intents, on the terminal."),
    "predict": LazyCommand("dialin.cli.predict", "Assign new utterances to the intents of a run."),
    "export": LazyCommand("dialin.cli.export", "Write the intents for bot platforms, annotation tools and trainers."),
    "diff": LazyCommand("dialin.cli.diff", "Say what changed from RUN1 to RUN2."),
    "update": LazyCommand("dialin.cli.update", "Take new utterances into a run without moving anything in it."),
    "evaluate": LazyCommand("dialin.cli.evaluate", "Score a run against gold labels."),
    "judge": LazyCommand("dialin.cli.judge", "Judge the clusters of any tool."),
    "review": LazyCommand("dialin.cli.review", "Serve a web page on which people correct a run."),
    "serve": LazyCommand("dialin.cli.serve", "Answer over HTTP which intents new utterances have."),
    "annotate": LazyCommand("dialin.cli.annotate", "Build a labelled data set with people."),
    "forget": LazyCommand(
        "dialin.cli.forget", "Delete runs, dialogues or sentences of runs, and their shared replies and vectors."
    ),
    "bench": LazyCommand("dialin.cli.bench", "Compare dialin with other methods on labelled sentences."),
    "tune": LazyCommand("dialin.cli.tune", "Make training data, and tune judge, namer and embedder."),
    "models": LazyCommand(
        "dialin.cli.models", "List, fetch and verify the local models, and check what any model can do."
    ),
    "demo": LazyCommand("dialin.cli.demo", "Run discover on the example calls and score the result."),
}


@click.group(cls=OneLineGroup, entries=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="dialin")
def main() -> None:
    """Find the intents in customer-service dialogues, with an LLM in the loop."""
