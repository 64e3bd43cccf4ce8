"""Groups commands, imports each only when it runs, and prints errors as one line with the right exit code."""

from __future__ import annotations

import os
import sys
import threading
import time
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

import click

from dialin.errors import DialinError, DiskFullError, InputNote, InputWarning
from dialin.llm.threads import THREADS
from dialin.text.unseen import without_unseen

EXIT_INTERRUPTED, EXIT_UNREAD = 130, 141
"""What a shell reports for a program that Ctrl-C ended, and for one whose reader has gone, such as `head`."""


class UserStop(Exception):  # noqa: N818  (not an error: the user pressed Ctrl-C)
    """The user stopped the command; the message says how to continue."""


@dataclass(frozen=True)
class LazyCommand:
    """Reference to a command that is imported only when it runs.

    Parameters
    ----------
    module : str
        Module that holds the command under its own name.
    help : str
        First line of its docstring, which `dialin --help` shows without importing the command.
    """

    module: str
    help: str


class LazyGroup(click.Group):
    """Group of commands, each of which is imported when it runs.

    Parameters
    ----------
    entries : mapping of str to LazyCommand
        Commands by name, in the order of the help.
    """

    def __init__(self, *args: Any, entries: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the names of the commands, in the order of the help."""
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command; None if no command has this name."""
        entry = self.entries.get(cmd_name)
        if entry is None:
            return None
        command: click.Command = getattr(import_module(entry.module), cmd_name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is named; for a name that none has, the error tells the nearest ones."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            near = " or ".join(map(repr, get_close_matches(args[0], self.entries)))
            raise click.UsageError(f"{error.message}{f' Did you mean {near}?' * bool(near)}", ctx) from error

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the commands with their help lines, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, entry.help) for name, entry in self.entries.items()])


class OneLineGroup(LazyGroup):
    """Group of commands that prints any error, including a wrong option, as one line on stderr."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, standalone_mode: bool = True, **extra: Any
    ) -> Any:
        """Run a command; in standalone mode, exit the process with its code."""
        if not standalone_mode:
            return super().main(args, standalone_mode=False, **extra)
        _print_what_can_be_printed()
        with _private_files(), _told_warnings():
            code = self._code(args, **extra)
        _end_if_threads_wait(code)
        sys.exit(code)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is named; where nobody reads its output any more, it ends quietly."""
        try:
            return super().invoke(ctx)
        except (BrokenPipeError, SystemExit) as left:
            if isinstance(left, SystemExit) and not isinstance(left.__context__, BrokenPipeError):  # not rich's
                raise
            _write_nowhere()
            ctx.exit(EXIT_UNREAD)

    def _code(self, args: Sequence[str] | None, **extra: Any) -> int:
        try:
            code = self._done(args, **extra)
        except DialinError as error:
            return _fail(str(error), error.exit_code)
        except click.UsageError as error:
            return _fail(_with_help(error), error.exit_code)
        except click.ClickException as error:
            return _fail(error.format_message(), error.exit_code)
        except UserStop as stopped:
            return _say(f"dialin: {stopped}", EXIT_INTERRUPTED)
        except (KeyboardInterrupt, click.Abort) as stop:
            if isinstance(stop.__cause__, EOFError):  # click takes the end of a damaged file for Ctrl-D at a question
                raise stop.__cause__ from None
            return _say("dialin: stopped", EXIT_INTERRUPTED)
        return code if isinstance(code, int) else 0

    def _done(self, args: Sequence[str] | None, **extra: Any) -> Any:
        """Run a command; a full disk is no bug, wherever it is met, such as behind standard output."""
        try:
            return super().main(args, standalone_mode=False, **{"obj": time.perf_counter()} | extra)
        except OSError as error:
            from dialin.room import is_full  # noqa: PLC0415  (it loads PyArrow)

            if not is_full(error, Path(str(error.filename or "."))):
                raise
            raise DiskFullError(f"cannot write {error.filename or 'the output'}: {error.strerror}") from error


def began_at() -> float | None:
    """Return when the command that is running began, by `time.perf_counter`; None where no command line runs it."""
    context = click.get_current_context(silent=True)
    return context.obj if context and isinstance(context.obj, float) else None


def _end_if_threads_wait(code: int) -> None:
    """End the process at once if it was interrupted twice, and threads wait for answers that nobody wants."""
    if any(thread.name.startswith(THREADS) for thread in threading.enumerate()):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _write_nowhere() -> None:
    """Let what is left of the output go nowhere, so that the end of the process does not complain of it."""
    with suppress(OSError, ValueError):  # a test's output is no file
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _private_files() -> Iterator[None]:
    """Let only their owner read the files and folders that this process makes meanwhile, logs and databases too."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _print_what_can_be_printed() -> None:
    """Let a terminal of another encoding show a question mark for a character that it lacks."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")


@contextmanager
def _told_warnings() -> Iterator[None]:
    """Print what the library warns of as one line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", InputWarning)
        usual = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, InputWarning):
                _say(f"dialin: {'note' if issubclass(category, InputNote) else 'warning'}: {message}", 0)
            else:
                usual(message, category, *where, **more)

        warnings.showwarning = show
        yield


def _with_help(error: click.UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "dialin"
    return f"{error.format_message()} (see: {path} --help)"


def _fail(message: str, code: int) -> int:
    return _say(f"dialin: error: {message}", code)


def _say(message: str, code: int) -> int:
    with suppress(BrokenPipeError):  # nobody reads it any more, which is no reason to stop the work
        click.echo(without_unseen(" ".join(line.strip() for line in message.splitlines())), err=True)
    return code
