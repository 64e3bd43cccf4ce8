"""Defines ``tune embedder``, which tunes a sentence encoder on labelled files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, fields
from functools import partial
from pathlib import Path
from typing import Any

import click

from dialin.cli.group import UserStop
from dialin.cli.options import JSON, number_option, stacked
from dialin.cli.output import print_json, say
from dialin.cli.tune_train import TuneMeter
from dialin.files import without_nan
from dialin.tune.embedder.measure import SourceFigures
from dialin.tune.embedder.settings import EmbedderJob, EmbedderSettings
from dialin.tune.embedder.train import EmbedderResult, tune_embedder
from dialin.tune.sources import Reading

Command = Callable[..., Any]
_DEFAULT = EmbedderSettings("")
_number = partial(number_option, _DEFAULT)
_OPTIONS: list[Callable[[Command], Command]] = [
    click.argument("data", nargs=-1, required=True, type=click.Path(path_type=Path)),
    click.option("--label", required=True, metavar="COL", help="Column with the intents."),
    click.option("--text", metavar="COL", help="Column with the sentences."),
    click.option(
        "--noise", multiple=True, metavar="LABEL", help="Label of sentences without an intent, such as oos; repeatable."
    ),
    click.option(
        "--base",
        required=True,
        metavar="NAME",
        help="Encoder to tune: a transformers folder, an encoder or bge embedder from `dialin models`, or owner/name.",
    ),
    click.option("--out", required=True, type=click.Path(path_type=Path), metavar="FOLDER", help="Folder to create."),
    click.option(
        "--pooling",
        type=click.Choice(["mean", "cls"]),
        help="How token states become a sentence vector. Default: as the base says, otherwise mean.",
    ),
    click.option(
        "--hold-out",
        "held_out",
        multiple=True,
        metavar="SOURCE",
        help="A file, by its name without ending, that is not learnt but chooses the best step; repeatable.",
    ),
    click.option(
        "--unlabelled",
        multiple=True,
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Sentences for --distil; repeatable. Default: the learnt sentences.",
    ),
    _number("sampling", "A batch is of one file, drawn by its number of sentences to this power."),
    _number("intents", "Intents in a batch."),
    _number("sentences", "Members of each intent in a batch."),
    click.option(
        "--learn-labels/--no-learn-labels",
        default=_DEFAULT.learn_labels,
        show_default=True,
        help="Whether one member of each intent is the text of its label.",
    ),
    click.option(
        "--loss",
        type=click.Choice(["supcon", "cosent"]),
        default=_DEFAULT.loss,
        show_default=True,
        help="Contrast of each sentence with the others, or of pairs with pairs.",
    ),
    _number("temperature", "Cosines are divided by it."),
    _number("freeze", "Lowest layers that stay as they are, with the token embeddings; 0: all is trained."),
    _number("lora", "Rank of LoRA's matrices, trained in place of the weights; needs ten times the rate. 0: not used."),
    _number("distil", "Weight of the distance to the cosines of the base; 0: not used."),
    _number("average", "Share of the base's weights in the result, from 0 to below 1."),
    _number("learning_rate", "Peak learning rate."),
    _number("steps", "Number of steps."),
    _number("eval_every", "Steps between two scores of the held-out files."),
    _number("patience", "Scores without improvement that stop training; 0: never."),
    click.option(
        "--max-minutes", type=click.FloatRange(min=0), default=0, help="Time limit for training; 0: no limit."
    ),
    click.option("--bf16", is_flag=True, help="Train in bfloat16: faster on a CPU with AMX."),
    click.option("--resume", is_flag=True, help="Continue from the state in FOLDER, if there is any."),
    _number("seed", "Random seed."),
    JSON,
]


@click.command()
@stacked(_OPTIONS)
def embedder(**options: Any) -> None:
    """Tune an embedder.

    DATA are files of labelled sentences. The encoder learns to put sentences of one intent close together. FOLDER
    receives it as ONNX and for transformers, with a model card.
    """
    job = embedder_job(options)
    with TuneMeter("AMI") as meter:
        try:
            tuned = tune_embedder(job, meter.tell)
        except KeyboardInterrupt:
            raise UserStop("stopped; add --resume to the same command to continue") from None
    if options["as_json"]:
        print_json(embedder_json(tuned))
    else:
        say(embedder_text(tuned))


def embedder_job(options: dict[str, Any]) -> EmbedderJob:
    """Return the tuning job that the options describe."""
    names = {field.name for field in fields(EmbedderSettings)}
    chosen = {name: value for name, value in options.items() if name in names}
    return EmbedderJob(
        data=options["data"],
        settings=EmbedderSettings(max_seconds=60 * options["max_minutes"], **chosen),
        out=options["out"],
        reading=Reading(options["label"], options["text"], noise=options["noise"]),
        unlabelled=options["unlabelled"],
        resume=options["resume"],
    )


def embedder_json(tuned: EmbedderResult) -> dict[str, Any]:
    """Return the result of a tuning as plain values; an unknown score is None."""
    state = tuned.state
    found: dict[str, Any] = without_nan(
        {
            "out": str(tuned.folder),
            "steps": state.step,
            "best": state.best,
            "best_step": state.best_step,
            "figures": [asdict(each) for each in tuned.figures],
        }
    )
    return found


def embedder_text(tuned: EmbedderResult) -> str:
    """Return the result of a tuning as text: a line for each held-out file, and one about the steps."""
    state = tuned.state
    steps = f"{state.step} steps, the best was {state.best_step}" if tuned.figures else f"{state.step} steps"
    return "\n".join([*map(_line, tuned.figures), f"{steps}; in {tuned.folder}"])


def _line(found: SourceFigures) -> str:
    names = ("ami", "ari", "acc")
    scores = (f"{name.upper()} {getattr(found.before, name):.3f} → {getattr(found.after, name):.3f}" for name in names)
    return f"{found.source:<24} {found.n:>6,} sentences  {'  '.join(scores)}"
