"""Defines the types of values that options take beside those of click: a size, and a number or "auto"."""

from __future__ import annotations

from typing import Any

import click

from dialin.bounded import bytes_of


class MemorySize(click.ParamType[int]):
    """Parameter type for a size such as 512MB or 4GB, in bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the bytes."""
        try:
            size = value if isinstance(value, int) else bytes_of(value)
        except ValueError:
            size = 0
        if size < 1:
            self.fail(f"{value!r} is not a size above 0; give one such as 512MB or 4GB", param, ctx)
        return size


class NumberOrAuto(click.ParamType[Any]):
    """Parameter type for a number of 0 or more, or the word "auto"."""

    def __init__(self, number: click.ParamType[Any]) -> None:
        self.number = number
        self.name = f"{number.name} or auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number or the word; fail like the type of the number."""
        return value if value == "auto" else self.number.convert(value, param, ctx)

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """Return the name of the value in the help."""
        return "auto|N" if isinstance(self.number, click.IntRange) else "auto|X"
