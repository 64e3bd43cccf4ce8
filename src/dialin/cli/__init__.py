"""The command line: parse, call the library, print.

Comes in: words. Goes out: text on standard output, progress on standard error, an exit code. Each command has a module
of its name; `group.py` turns errors into one line, `options.py` holds what several commands take.
"""

from __future__ import annotations

import click

from dialin.cli.group import Entry, OneLineGroup

__all__ = ["main"]

_COMMANDS = {
    "discover": Entry("dialin.cli.discover", "Find the intents in INPUT."),
    "estimate": Entry("dialin.cli.estimate", "Predict what discover costs on INPUT: calls, tokens, time and money."),
    "resume": Entry("dialin.cli.discover", "Continue a run where it was stopped."),
    "report": Entry("dialin.cli.report", "Write the HTML report of a run."),
    "show": Entry("dialin.cli.show", "Show a run, or one of its intents, on the terminal."),
    "predict": Entry("dialin.cli.predict", "Assign new utterances to the intents of a run."),
    "evaluate": Entry("dialin.cli.evaluate", "Score a run against gold labels."),
    "judge": Entry("dialin.cli.judge", "Judge the clusters of any tool."),
    "review": Entry("dialin.cli.review", "Serve a web page on which people correct a run."),
    "annotate": Entry("dialin.cli.annotate", "Build a labelled data set with people."),
    "bench": Entry("dialin.cli.bench", "Compare dialin with other methods on labelled sentences."),
    "tune": Entry("dialin.cli.tune", "Make training data for the judge and the namer, and tune them."),
    "models": Entry("dialin.cli.models", "List, fetch and verify the local models."),
    "demo": Entry("dialin.cli.demo", "Run discover on the example calls and score the result."),
}


@click.group(cls=OneLineGroup, entries=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="dialin", prog_name="dialin")
def main() -> None:
    """Find the intents in customer-service dialogues, with an LLM in the loop."""
