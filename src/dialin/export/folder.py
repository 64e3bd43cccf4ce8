"""Writes an export into a folder, whole or not at all, and replaces an earlier export where the user says so."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from dialin import files
from dialin.errors import InputError
from dialin.export.account import ACCOUNT, NAMES
from dialin.export.base import Files

_ENDINGS = {".csv", ".json", ".jsonl", ".parquet", ".txt", ".xlsx", ".xml", ".yaml", ".yml", ".zip"}


def check_place(out: Path, *, force: bool) -> None:
    """Raise InputError if an export cannot become this folder; called before any work.

    Parameters
    ----------
    out : Path
        The folder: a new one, an empty one or, with `force`, one that holds an earlier export and nothing else.
    force : bool
        Whether an earlier export is replaced.
    """
    if out.suffix.lower() in _ENDINGS and not out.is_dir():
        raise InputError(
            f"--out {out} names a file, but an export is a folder", hint=f"use --out {out.with_suffix('')}"
        )
    if out.exists() and not out.is_dir():
        raise InputError(f"{out} is a file, not a folder", hint="choose another --out")
    if not out.exists() or not any(out.iterdir()):
        return
    if not force:
        raise InputError(f"{out} is not empty", hint="choose another --out, or replace an earlier export with --force")
    if others := foreign_files(out):
        raise InputError(f"{out} holds {others[0]}, which is not of an export", hint="choose another --out")


def foreign_files(out: Path) -> list[str]:
    """Return the files of a folder that the export in it did not write, sorted; all of them if there is no export."""
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if not path.is_dir() or path.is_symlink()}
    return sorted(found - _own_files(out / ACCOUNT))


def _own_files(account: Path) -> set[str]:
    try:
        value: Any = json.loads(account.read_text("utf-8"))
        return {*value["files"], ACCOUNT, NAMES}
    except (OSError, ValueError, KeyError, TypeError):
        return set()


def save_export(found: Files, out: Path, *, force: bool = False) -> None:
    """Write the files of an export into a folder, in one step.

    Raises
    ------
    InputError
        As for `check_place`, or the folder cannot be written; what was there stays as it was.
    """
    check_place(out, force=force)
    place = out.resolve()  # a link leads to the folder, and stays
    staging, old = (place.with_name(f".{place.name}.{word}") for word in ("exporting", "replaced"))
    try:
        _fill(staging, found)
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        staging.rename(place)
    except BaseException as error:  # Ctrl-C too
        shutil.rmtree(staging, ignore_errors=True)
        if old.exists() and not place.exists():
            old.rename(place)
        if isinstance(error, OSError):
            raise files.cannot_write(out, error) from error
        raise
    shutil.rmtree(old, ignore_errors=True)


def _fill(staging: Path, found: Files) -> None:
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    for path, data in found.items():
        target = staging / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
