"""Checks the files that a command is to write, before any work: one that exists is kept, unless --force is given."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dialin.errors import InputError
from dialin.files import check_new_file


def check_written(paths: Mapping[str, Path | None], *, force: bool) -> None:
    """Raise InputError if a file may not or cannot be written, or if there is none that --force could replace.

    Parameters
    ----------
    paths : mapping of str to Path or None
        The file of each option that names one; None for an option that is not given.
    force : bool
        Whether files that exist are replaced.
    """
    for option, path in paths.items():
        if path:
            check_new_file(path, force=force, option=option)
    if force and not any(paths.values()):
        options = " or ".join(paths)
        raise InputError(
            f"--force replaces the file of {options}, but there is no {options}",
            hint=f"omit it, or give {next(iter(paths))} FILE",
        )
