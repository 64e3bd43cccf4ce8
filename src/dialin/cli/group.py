"""How the command line fails: one clear line, the right exit code, and no traceback but for bugs."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from dialin.errors import DialinError

INTERRUPTED = 130


class Stopped(Exception):  # noqa: N818  (no error: the user pressed Ctrl-C)
    """The user stopped the command; the message says how to go on."""


@dataclass(frozen=True)
class LazyCommand:
    """A command that is imported only when it runs.

    Parameters
    ----------
    module : str
        Where the command is, under its own name.
    help : str
        The first line of its docstring: `dialin --help` shows it without importing the command.
    """

    module: str
    help: str


class LazyGroup(click.Group):
    """A group of commands that are imported one by one, when they run.

    Parameters
    ----------
    entries : mapping of str to LazyCommand
        The commands by name, in the order of the help.
    """

    def __init__(self, *args: Any, entries: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in their order."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None if there is none of that name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands with their lines, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])


class OneLineGroup(LazyGroup):
    """A group of commands whose errors, wrong options included, are one line on stderr."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run a command and, in standalone mode, leave the process with its exit code."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        sys.exit(self._code(args, **extra))

    def _code(self, args: Sequence[str] | None, **extra: Any) -> int:
        try:
            code = super().main(args, standalone_mode=False, **extra)
        except DialinError as error:
            return _fail(str(error), error.exit_code)
        except click.UsageError as error:
            return _fail(_with_help(error), error.exit_code)
        except click.ClickException as error:
            return _fail(error.format_message(), error.exit_code)
        except Stopped as stopped:
            return _say(f"dialin: {stopped}", INTERRUPTED)
        except (KeyboardInterrupt, click.Abort):
            return _say("dialin: stopped", INTERRUPTED)
        return code if isinstance(code, int) else 0


def _with_help(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "dialin"
    return f"{error.format_message()} (see: {path} --help)"


def _fail(message: str, code: int) -> int:
    return _say(f"dialin: error: {message}", code)


def _say(message: str, code: int) -> int:
    click.echo(" ".join(line.strip() for line in message.splitlines()), err=True)
    return code
