"""The command that serves the review of a run."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import click

from dialin.cli.options import RUN
from dialin.folder import REPORT
from dialin.review.log import DECISIONS
from dialin.run import load, shown
from dialin.summary import summary_of

DEFAULT_PORT = 8377


@click.command()
@RUN
@click.option(
    "--port", type=click.IntRange(0, 65_535), default=DEFAULT_PORT, show_default=True, help="Port; 0: any free one."
)
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST", help="Address to listen on.")
@click.option("--user", default="", metavar="NAME", help="Your name in the log; it can be given on the page, too.")
def review(run: Path, port: int, host: str, user: str) -> None:
    """Serve a page on which people accept, rename, merge, split and move what RUN found; Ctrl-C stops it.

    Decisions are added to RUN/decisions.jsonl; predict, evaluate and tune data go by them from then on.
    """
    from dialin.web.serve import is_loopback, serve  # noqa: PLC0415  (the server is needed by this command alone)

    opened = load(run)
    summary_of(opened)  # it must have ended
    if not is_loopback(host):
        warning = f"{host} can be reached from other machines: whoever has the address reads and edits the run"
        click.echo(f"dialin: warning: {warning}; nothing is encrypted", err=True)

    def ready(address: str) -> None:
        click.echo(f"review of {run}: {address}")
        click.echo("Ctrl-C stops it; every decision is kept at once", err=True)

    with suppress(KeyboardInterrupt):  # it is how the review ends
        serve(opened, host, port, user, ready)
    if is_older(run / REPORT, run / DECISIONS):
        click.echo(f"{REPORT} is from before; write it anew with: dialin report {shown(run)}", err=True)


def is_older(file: Path, than: Path) -> bool:
    """Return whether both files are there, and the first was written before the second."""
    return file.exists() and than.exists() and file.stat().st_mtime < than.stat().st_mtime
