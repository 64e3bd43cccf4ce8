"""Defines ``review``, which serves the review of a run, and the parts that ``annotate`` shares with it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from socket import gethostname
from typing import Any

import click

from dialin.cli.options import RUN, stacked
from dialin.cli.output import say
from dialin.facts.headline import summary_of
from dialin.files import REPORT, quoted
from dialin.review.log import DECISIONS
from dialin.runs.lock import held
from dialin.runs.run import Run, load

DEFAULT_PORT = 8377

door_options = stacked(
    [
        click.option(
            "--port",
            type=click.IntRange(0, 65_535),
            default=DEFAULT_PORT,
            show_default=True,
            help="Port; 0 picks a free one.",
        ),
        click.option(
            "--host",
            default="127.0.0.1",
            show_default=True,
            metavar="HOST",
            help="Address to listen on. Any other than the default lets other machines in, without encryption; a "
            "tunnel is safer: ssh -L PORT:127.0.0.1:PORT MACHINE.",
        ),
        click.option(
            "--user", default="", metavar="NAME", help="Your name in the log; you can also enter it on the page."
        ),
    ]
)


@click.command()
@RUN
@door_options
def review(run: Path, port: int, host: str, user: str) -> None:
    """Serve a web page on which people correct a run.

    People accept, rename, merge and split the intents of RUN, and move sentences. Their decisions are appended to
    RUN/decisions.jsonl; predict, evaluate and tune data follow them from then on. Ctrl-C stops the server.
    """
    serve_run("review", load(run), {"host": host, "port": port, "user": user})


def serve_run(what: str, run: Run, door: Mapping[str, Any]) -> None:
    """Serve a run until Ctrl-C.

    Parameters
    ----------
    what : str
        Name of the service, printed before its address.
    run : Run
        Run that has a result.
    door : mapping
        Fields of a `dialin.web.serve.Door`.
    """
    from dialin.llm.hosts import is_loopback  # noqa: PLC0415
    from dialin.web.serve import Door, serve  # noqa: PLC0415  (only these commands need the server)

    summary_of(run)  # raises if the run has no result yet
    if not is_loopback(door["host"]):
        say(open_door_warning(door["host"], door["port"]), err=True)

    def ready(to_edit: str, to_read: str) -> None:
        say(f"{what} of {run.folder}: {to_edit}")
        say(f"to only read it: {to_read}")
        say("press Ctrl-C to stop; every decision is saved immediately", err=True)

    with held(run.folder, f"dialin {what}", alone=False), suppress(KeyboardInterrupt):  # Ctrl-C is how to stop
        serve(run, Door(**door), ready)
    if is_older(run.folder / REPORT, run.folder / DECISIONS):
        say(f"{REPORT} is older than the review; update it with: dialin report {quoted(run.folder)}", err=True)


def open_door_warning(host: str, port: int) -> str:
    """Return what to know before other machines can reach the pages, and what is safer."""
    at = port or "PORT"
    return (
        f"dialin: warning: other machines can reach {host}. Nothing is encrypted: whoever sees the traffic can read "
        "the sentences and, with the key in it, edit the run. Use it only in a network that you trust, and stop the "
        "server when you are done. Safer: leave --host out, and let people run: "
        f"ssh -L {at}:127.0.0.1:{at} {gethostname()}"
    )


def is_older(file: Path, than: Path) -> bool:
    """Return whether both files exist, and the first was written before the second."""
    return file.exists() and than.exists() and file.stat().st_mtime < than.stat().st_mtime
