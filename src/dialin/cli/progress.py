"""Shows progress on stderr: a bar on a terminal, one line per step elsewhere."""

from __future__ import annotations

import sys
from typing import Self

from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn

from dialin.cli.output import say
from dialin.jobs.estimate import Estimate
from dialin.text.screen import SafeConsole

STEPS = {
    "embed": "embedding the sentences",
    "cluster": "clustering the sentences",
    "list": "finding the listed intents",
    "kind": "telling what each sentence does",
    "predict": "predicting calls and time",
    "time": "timing the local model",
    "judge": "judging clusters",
    "label": "labelling pieces",
    "name": "naming intents",
    "describe": "describing intents",
    "merge": "merging pieces of one intent",
    "role": "splitting by role",
    "assign": "assigning the sentences",
    "several": "finding the utterances that state several intents",
    "report": "writing the report",
}


class StatusBar:
    """Progress bar on a terminal; plain lines elsewhere.

    Parameters
    ----------
    text : str
        Initial text of the bar.
    columns : ProgressColumn
        Columns in addition to description, bar, count and time.
    """

    def __init__(self, text: str, *columns: ProgressColumn) -> None:
        self._console = SafeConsole(sys.stderr)
        usual = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
        self._bar = Progress(*usual, *columns, console=self._console, transient=True)
        self._is_terminal = self._console.is_terminal
        self._task = self._bar.add_task(text, total=None)

    def __enter__(self) -> Self:
        if self._is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._is_terminal:  # elsewhere, stopping would print an empty line
            self._bar.stop()

    def say(self, line: str) -> None:
        """Print one line."""
        if self._is_terminal:
            self._console.print(line, markup=False, soft_wrap=True)
        else:
            say(line, err=True)


class Meter(StatusBar):
    """Progress of a run.

    Notes
    -----
    Its methods serve as the callbacks of a `dialin.jobs.discover.Session`.
    """

    def __init__(self) -> None:
        super().__init__("starting")
        self._said = ""

    def step(self, name: str) -> None:
        """Begin a step."""
        text = STEPS.get(name, name)
        self._bar.update(self._task, description=text)
        if not self._is_terminal and text != self._said:
            self.say(text)
        self._said = text

    def embedded(self, done: int, total: int) -> None:
        """Show the number of embedded texts."""
        self._bar.update(self._task, completed=done, total=total)

    def counted(self, n: int, of: int | None) -> None:
        """Show the number of questions that are counted so far, or how many of how many a local model has answered."""
        if of and not n:
            self.step("time")
        self._bar.update(self._task, completed=n, total=of)

    def predicted(self, estimate: Estimate) -> None:
        """Show the predicted calls and time of the run."""
        self.say(estimate.line())
        self._bar.update(self._task, completed=0, total=estimate.total.calls)

    def replied(self) -> None:
        """Count a reply from the LLM."""
        self._bar.advance(self._task)
