"""Defines ``export``, which writes the intents of a run for a bot platform, an annotation tool or a trainer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import click

from dialin.cli.options import JSON, RUN, min_dialogues_option
from dialin.cli.output import print_json, say
from dialin.errors import InputError
from dialin.export.account import ACCOUNT, headline, notes
from dialin.export.base import SKLEARN
from dialin.export.classifier_export import classifier_export
from dialin.export.folder import check_place, save_export
from dialin.export.registry import FORMATS, format_named
from dialin.export.run_export import export_of
from dialin.export.wanted import ExportRoles, Wanted
from dialin.runs.run import load

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,4})?")
_TITLES = {name: form.title for name, form in FORMATS.items()} | {SKLEARN: "a trained classifier (skops)"}
_LIST = "\n".join(f"  {name:18} {title}" for name, title in _TITLES.items())


@click.command(epilog=f"\b\nFormats:\n{_LIST}")
@RUN
@click.option("--to", metavar="FORMAT", required=True, help="Format; the list below has all of them.")
@click.option("--out", type=click.Path(path_type=Path), metavar="FOLDER", required=True, help="Folder to create.")
@click.option(
    "--max-phrases",
    type=click.IntRange(min=1),
    metavar="N",
    help="Maximum phrases per intent and language, the most different ones first. Default: that of the format.",
)
@click.option("--all", "all_kinds", is_flag=True, help="Include courtesies, answers and data, and not needs alone.")
@click.option("--reviewed", is_flag=True, help="Export only what a person accepted in a review.")
@click.option(
    "--min-p-good",
    type=click.FloatRange(0, 1),
    default=0.0,
    show_default=True,
    help="Minimum P(good) of an intent.",
)
@min_dialogues_option
@click.option(
    "--role",
    type=click.Choice(get_args(ExportRoles)),
    default="customer",
    show_default=True,
    help="Whose intents and phrases to export.",
)
@click.option("--with-none", is_flag=True, help="Export unassigned sentences as examples of what belongs to no intent.")
@click.option(
    "--language",
    metavar="CODE",
    default="en",
    show_default=True,
    help="Language of the phrases that are not Chinese.",
)
@click.option("--force", is_flag=True, help="Replace an earlier export in the folder.")
@JSON
def export(run: Path, to: str, out: Path, force: bool, as_json: bool, **options: Any) -> None:
    """Write the intents for bot platforms, annotation tools and trainers.

    The folder gets what the platform imports, names.csv with the exported name of each intent, and export.json with
    what was left out and why.
    """
    form, wanted = None if to == SKLEARN else format_named(to), Wanted(**options)
    check_language(wanted.language)
    check_place(out, force=force)
    found = export_of(load(run), form, wanted) if form else classifier_export(load(run), wanted)
    save_export(found.files, out, force=force)
    for line in notes(found.account):
        say(line, err=True)
    if as_json:
        print_json(found.account)
    else:
        say(f"{out}  {headline(found.account)} for {to}; what was left out: {out / ACCOUNT}")


def check_language(code: str) -> None:
    """Raise InputError if a text is no code of a language other than Chinese."""
    if not _LANGUAGE.fullmatch(code) or code.lower().startswith("zh"):
        raise InputError(
            f"--language must be a code such as en or de-DE, got {code!r}", hint="Chinese is recognised by its script"
        )
