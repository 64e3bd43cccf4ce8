"""Defines ``tune judge`` and ``tune namer``, which tune a model on clusters with known answers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

import click
from rich.progress import TimeRemainingColumn

from dialin.cli.group import UserStop
from dialin.cli.options import JSON, number_option, stacked
from dialin.cli.output import print_json, say
from dialin.cli.progress import StatusBar
from dialin.tune.card import Figures
from dialin.tune.course import Progress
from dialin.tune.settings import Job, Task, TuneSettings
from dialin.tune.train import TuneResult, tune

Command = Callable[..., Any]
_DOING = {"learn": "learning", "watch": "learning", "score": "scoring held-out data"}
_SCORES: dict[Task, str] = {"judge": "AUC", "namer": "score"}
_number = partial(number_option, TuneSettings(""))
_OPTIONS: list[Callable[[Command], Command]] = [
    click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path)),
    click.option(
        "--base",
        required=True,
        metavar="NAME[+ADAPTER]",
        help="Model to tune: a .gguf file, a folder, a catalogue name or owner/name; +judge starts at the shipped one.",
    ),
    click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Folder to create."),
    click.option(
        "--hold-out", "held_out", multiple=True, metavar="SOURCE", help="A source to keep out of training; repeatable."
    ),
    click.option(
        "--max-minutes", type=click.FloatRange(min=0), default=0, help="Time limit for training; 0: no limit."
    ),
    click.option("--resume", is_flag=True, help="Continue from the state in FOLDER, if there is any."),
    _number("epochs", "Passes over the clusters."),
    _number("rank", "Rank of the LoRA matrices."),
    _number("pairs", "Weight of the auxiliary loss on which sentences share an intent; 0: not used."),
    _number("learning_rate", "Peak learning rate."),
    _number("batch", "Clusters per batch."),
    _number("accumulation", "Batches per step."),
    _number("watch_share", "Share of the labels used for validation instead of training."),
    _number("eval_every", "Steps between two validations."),
    click.option("--bf16", is_flag=True, help="Train in bfloat16: faster on a CPU with AMX."),
    _number("seed", "Random seed."),
    JSON,
]


@click.command()
@stacked(_OPTIONS)
def judge(**options: Any) -> None:
    """Tune a judge.

    DATA are files from `dialin tune data`. FOLDER receives adapters for transformers, vLLM and llama.cpp, scores on
    held-out data, and a model card.
    """
    run("judge", options)


@click.command()
@stacked(_OPTIONS)
def namer(**options: Any) -> None:
    """Tune a namer.

    The namer learns from the named good clusters in DATA, which are files from `dialin tune data`. FOLDER receives
    adapters for transformers, vLLM and llama.cpp, scores on held-out data, and a model card.
    """
    run("namer", options)


def run(task: Task, options: dict[str, Any]) -> None:
    """Tune, with progress on stderr, and print the result."""
    job = job_of(task, options)
    with TuneMeter(_SCORES[task]) as meter:
        meter.say(f"loading {job.settings.base}")
        try:
            tuned = tune(job, meter.tell)
        except KeyboardInterrupt:
            raise UserStop("stopped; add --resume to the same command to continue") from None
    if options["as_json"]:
        print_json(result_json(tuned))
    else:
        say(result_text(tuned))


def job_of(task: Task, options: dict[str, Any]) -> Job:
    """Return the tuning job that the options describe."""
    names = {field.name for field in fields(TuneSettings)}
    chosen = {name: value for name, value in options.items() if name in names}
    settings = TuneSettings(task=task, max_seconds=60 * options["max_minutes"], **chosen)
    return Job(options["data"], settings, options["out"], options["resume"])


class TuneMeter(StatusBar):
    """Progress of a tuning on stderr: a bar on a terminal; elsewhere, a line for each validation.

    Parameters
    ----------
    score : str
        Name of the score.
    """

    def __init__(self, score: str) -> None:
        super().__init__("loading", TimeRemainingColumn())
        self._score = score

    def tell(self, progress: Progress) -> None:
        """Show the progress of the tuning."""
        text = progress_line(progress, self._score)
        self._bar.update(self._task, description=text, completed=progress.done, total=progress.total)
        if progress.what == "watch":
            self.say(f"step {progress.done} of {progress.total}: {text}, {progress.seconds:.0f} s")


def progress_line(progress: Progress, score: str) -> str:
    """Return the text of a progress report.

    Examples
    --------
    >>> progress_line(Progress("learn", 3, 10, 0.5, 0.75, 12.0), "AUC")
    'learning, loss 0.500, AUC 0.750'
    >>> progress_line(Progress("learn", 3, 10, 0.5, math.nan, 12.0), "AMI")
    'learning, loss 0.500'
    """
    known = [
        (name, value) for name, value in (("loss", progress.loss), (score, progress.score)) if not math.isnan(value)
    ]
    return ", ".join([_DOING[progress.what], *(f"{name} {value:.3f}" for name, value in known)])


def result_json(tuned: TuneResult) -> dict[str, Any]:
    """Return the result of a tuning as plain values."""
    state = tuned.state
    found: dict[str, Any] = {"out": str(tuned.folder), "gguf": tuned.gguf and str(tuned.gguf), "steps": state.step}
    return found | {
        "best": state.best,
        "best_step": state.best_step,
        "figures": [asdict(each) for each in tuned.figures],
    }


def result_text(tuned: TuneResult) -> str:
    """Return the result of a tuning as text."""
    lines = [_line(found) for found in tuned.figures]
    return "\n".join([*lines, f"{tuned.state.step} steps, the best was {tuned.state.best_step}; in {tuned.folder}"])


def _line(found: Figures) -> str:
    rest = f"loss {found.loss:.3f}"
    if not math.isnan(found.accuracy):
        rest = f"AUC {found.auc:.3f}  accuracy {found.accuracy:.3f}  ECE {found.ece:.3f}  {rest}"
    return f"{found.part:<9} {found.source:<24} {found.n:>6,} clusters  {rest}"
