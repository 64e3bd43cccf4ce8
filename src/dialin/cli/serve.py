"""Defines ``serve``, which answers over HTTP which intents new utterances have."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

from dialin.cli.options import RUN, allow_server_option, stacked
from dialin.cli.output import say
from dialin.cli.values import MemorySize
from dialin.discover.connect import connect_for_new
from dialin.discover.connections import Connections
from dialin.errors import InputError
from dialin.llm.hosts import is_loopback
from dialin.runs.run import Run

DEFAULT_SERVE_PORT = 8378
OPEN_SERVICE = (
    "dialin: warning: other machines can reach the service. Nothing is encrypted: whoever sees the traffic can read "
    "the utterances and the API key. Put it behind a proxy that speaks HTTPS, or use it only in a network that you "
    "trust."
)
SERVED_VECTORS = 1 << 24
"""Bytes of vectors of utterances that the service remembers."""

_service_options: list[Callable[..., Any]] = [
    click.option(
        "--host",
        default="127.0.0.1",
        show_default=True,
        metavar="HOST",
        help="Address to listen on. Any other than the default lets other machines in, and needs an API key.",
    ),
    click.option(
        "--port",
        type=click.IntRange(0, 65_535),
        default=DEFAULT_SERVE_PORT,
        show_default=True,
        help="Port; 0 picks a free one.",
    ),
    click.option("--api-key-env", metavar="NAME", help="Environment variable with the API key that callers must send."),
    click.option(
        "--api-key-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="File with the API key that callers must send.",
    ),
    click.option(
        "--max-body",
        type=MemorySize(),
        metavar="SIZE",
        default="4MB",
        show_default=True,
        help="Maximum size of a request body.",
    ),
    click.option(
        "--max-texts",
        type=click.IntRange(1),
        default=1_000,
        show_default=True,
        help="Maximum utterances per request; NDJSON has no such limit.",
    ),
    click.option(
        "--max-waiting",
        type=click.IntRange(1),
        default=256,
        show_default=True,
        help="Maximum requests that wait for the model; more get 503.",
    ),
    click.option(
        "--window",
        type=click.FloatRange(0, 1_000),
        default=3.0,
        show_default=True,
        metavar="MS",
        help="Milliseconds for which the model waits for more requests to answer at once.",
    ),
]


@click.command()
@RUN
@stacked(_service_options)
@allow_server_option
def serve(run: Path, host: str, port: int, **options: Any) -> None:
    """Answer over HTTP which intents new utterances have.

    The service answers as predict does. It takes up new decisions of a review and a new result in RUN by itself.
    Ctrl-C or SIGTERM stops it, once all requests that have come are answered. /docs is a page to try it.
    """
    from dialin.serve.rules import Rules  # noqa: PLC0415  (only this command needs the server)
    from dialin.serve.served import Shelf  # noqa: PLC0415
    from dialin.serve.server import Address, check_address, run_service  # noqa: PLC0415

    rules = Rules(
        key=api_key(options["api_key_env"], options["api_key_file"]),
        max_body=options["max_body"],
        max_texts=options["max_texts"],
        max_waiting=options["max_waiting"],
        window=options["window"] / 1_000,
    )
    check_address(host, rules.key)  # raises before the run is loaded
    if not is_loopback(host):
        say(OPEN_SERVICE, err=True)
    shelf = Shelf(run, _connect, _note)

    def ready(url: str) -> None:
        say(f"Serving {run}, version {shelf.current.version}, at {url}")
        say(f"to try it: {url}/docs")
        say("press Ctrl-C to stop", err=True)

    with suppress(KeyboardInterrupt):  # Ctrl-C is how to stop
        run_service(shelf, Address(host, port), rules, ready, _note)


def api_key(variable: str | None, file: Path | None) -> str:
    """Return the API key that the options name; "" if they name none.

    Raises
    ------
    InputError
        Both are given, or the place holds no key.
    """
    from dialin.serve.rules import api_key_in, key_in_file  # noqa: PLC0415

    if variable and file:
        raise InputError("--api-key-env and --api-key-file exclude each other", hint="give one of them")
    if file:
        return key_in_file(file)
    return api_key_in(os.environ.get(variable, ""), f"the environment variable {variable}") if variable else ""


def _connect(run: Run) -> Connections:
    return connect_for_new(run.embedder_alone.embedder, remembered=SERVED_VECTORS)


def _note(line: str) -> None:
    say(f"dialin serve: {line}", err=True)
