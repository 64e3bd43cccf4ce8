"""Prints the output of commands for machines."""

from __future__ import annotations

import json
from typing import Any

import click

from dialin.files import without_nan


def print_json(value: Any) -> None:
    """Print one JSON value, indented, on standard output; nan becomes null."""
    click.echo(json.dumps(without_nan(value), ensure_ascii=False, indent=1))
