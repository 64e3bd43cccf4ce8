"""Defines ``forget``, which deletes runs and what the user's cache holds of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from dialin.cli.group import UserStop
from dialin.cli.output import say
from dialin.errors import InputError
from dialin.jobs.forget import Held, forget_cache, forget_run, run_to_forget
from dialin.jobs.forget_part import ForgottenPart, forget_part
from dialin.jobs.forget_rows import going_of
from dialin.jobs.traces import still_holding
from dialin.models.home import home_path
from dialin.runs.run import load


@click.command()
@click.argument("runs", nargs=-1, type=click.Path(path_type=Path), metavar="[RUNS]...")
@click.option("--dialogue", "dialogues", multiple=True, metavar="ID", help="Forget only this dialogue; repeatable.")
@click.option("--text", "texts", multiple=True, metavar="TEXT", help="Forget only this whole sentence; repeatable.")
@click.option("--all", "is_all", is_flag=True, help="Delete the shared replies and vectors of all runs, too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def forget(runs: tuple[Path, ...], dialogues: tuple[str, ...], texts: tuple[str, ...], is_all: bool, yes: bool) -> None:
    """Delete runs, dialogues or sentences of runs, and their shared replies and vectors.

    Only files that dialin wrote are deleted. What you exported to other folders stays, and so do the models. --all
    alone empties the user's cache, which also holds sentences of runs that you deleted by hand. --dialogue and --text
    take a person's words out of every file of the runs, which can be used as before, and search the files afterwards.
    """
    if dialogues or texts:
        forget_words(runs, (dialogues, texts), is_all, yes)
        return
    if not runs and not is_all:
        raise InputError("forget needs a run folder, or --all", hint="dialin forget RUN")
    found = [run_to_forget(folder) for folder in runs]
    for held in found:
        say(summary_of_held(held))
    if is_all:
        say(f"the cache in {home_path()}: all replies and vectors")
    if not yes:
        confirm()
    for held in found:
        report_forgotten(held)
    if is_all:
        say(f"deleted {counted_noun(forget_cache(), 'file')} of the cache")


def forget_words(runs: Sequence[Path], words: tuple[Sequence[str], Sequence[str]], is_all: bool, yes: bool) -> None:
    """Take dialogues and texts out of runs, print what was searched, and exit with 1 if something is left."""
    if is_all or not runs:
        raise InputError(
            "--dialogue and --text need a run folder, and no --all", hint="dialin forget RUN --dialogue ID"
        )
    for run in runs:
        going = going_of(load(run).corpus, *words)
        counts = (int(going.utterances.sum()), "utterance"), (int((~going.stays).sum()), "sentence")
        n_utterances, n_sentences = (counted_noun(n, noun) for n, noun in counts)
        say(f"{run}: {n_utterances}, and {n_sentences} that nobody else says, with their shared replies and vectors")
    if not yes:
        confirm()
    left = [path for run in runs for path in report_forgotten_part(forget_part(run, *words), run)]
    if left:
        click.get_current_context().exit(1)


def report_forgotten_part(gone: ForgottenPart, run: Path) -> list[Path]:
    """Print what was taken out of a run and which files were searched; return those that hold a forgotten text."""
    counts = (gone.n_utterances, "utterance"), (gone.n_sentences, "sentence")
    shared = (gone.n_replies, "shared reply"), (gone.n_vectors, "shared vector")
    say(f"forgotten of {run}: {', '.join(counted_noun(n, noun) for n, noun in (*counts, *shared))}")
    for path in gone.deleted:
        say(f"deleted {path}: export it again")
    if gone.had_drift:
        say("deleted drift.json: its numbers counted what is forgotten")
    left = still_holding(gone.looked)
    say(f"searched {counted_noun(len(gone.looked), 'file')}: {', '.join(one.path.name for one in gone.looked)}")
    for path in left:
        say(f"{path} still holds a forgotten text: dialin did not write it, so change or delete it yourself", err=True)
    if not left:
        say("no forgotten text is left in them")
    return left


def summary_of_held(held: Held) -> str:
    """Return what a run folder holds, in words."""
    size = f"{counted_noun(len(held.written), 'file')} of {held.n_bytes / 1e6:,.1f} MB"
    people = f", with {counted_noun(held.n_decisions, 'decision')} of people" if held.n_decisions else ""
    return f"{held.folder}: {size}{people}, and the shared replies and vectors of its sentences"


def confirm() -> None:
    """Ask whether to go on; raise UserStop if not."""
    try:
        is_sure = click.confirm("delete this for good?")
    except click.Abort:  # Ctrl-C, or nobody is there to answer
        is_sure = False
    if not is_sure:
        raise UserStop("nothing was deleted (--yes deletes without asking)")


def report_forgotten(held: Held) -> None:
    """Delete a run, and print what was deleted and what stays."""
    gone = forget_run(held)
    counts = (gone.n_files, "file"), (gone.n_replies, "shared reply"), (gone.n_vectors, "shared vector")
    say(f"deleted of {held.folder}: {', '.join(counted_noun(n, noun) for n, noun in counts)}")
    if held.others:
        say(f"dialin did not write these, so they stay: {', '.join(str(path) for path in held.others)}")


def counted_noun(n: int, noun: str) -> str:
    """Return a number with its noun.

    Examples
    --------
    >>> counted_noun(1, "file"), counted_noun(1200, "shared reply")
    ('1 file', '1,200 shared replies')
    """
    plural = f"{noun[:-1]}ies" if noun.endswith("y") else f"{noun}s"
    return f"{n:,} {noun if n == 1 else plural}"
