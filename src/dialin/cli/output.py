"""Prints the output of commands, for people and for machines; no text that is printed acts on a terminal."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, suppress
from typing import Any

import click

from dialin.files import without_nan
from dialin.text.unseen import as_escapes, without_unseen


def say(text: str, *, err: bool = False) -> None:
    """Print a line on standard output or standard error, without the marks and escapes of `without_unseen`.

    A reader of standard error that is gone, such as ``head`` of a pipe, does not stop the work.
    """
    with suppress(BrokenPipeError) if err else nullcontext():
        click.echo(without_unseen(text), err=err)


def print_json(value: Any) -> None:
    """Print one JSON value, indented, on standard output; nan becomes null."""
    print_data(as_escapes(json.dumps(without_nan(value), ensure_ascii=False, indent=1)) + "\n")


def print_data(text: str) -> None:
    """Print CSV or JSON on standard output: on a terminal in its encoding, else in UTF-8, so that nothing is lost."""
    if sys.stdout.isatty():
        click.echo(text, nl=False)
    else:
        click.echo(text.encode("utf-8", "replace"), nl=False)
