"""Makes an export of a run, whole and checked, before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from dialin.export.account import account_of, with_account
from dialin.export.base import Content, ExportFormat, Files
from dialin.export.checks import check_content
from dialin.export.selection import selection_of
from dialin.export.wanted import Wanted
from dialin.facts.headline import summary_of
from dialin.runs.run import Run


@dataclass(frozen=True)
class Export:
    """An export: its files, ``names.csv`` and ``export.json`` among them, and what ``export.json`` says."""

    files: Files
    account: dict[str, Any]


def export_of(run: Run, form: ExportFormat, wanted: Wanted | None = None) -> Export:
    """Return an export of a run, as its last review left it; nothing is written.

    Parameters
    ----------
    run : Run
        A run with a result.
    form : ExportFormat
        The format, from `dialin.export.registry.FORMATS`.
    wanted : Wanted, optional
        What goes into it.

    Returns
    -------
    Export
        The files that the platform takes, checked; the same bytes each time for the same run and options.

    Raises
    ------
    InputError
        The run has no result yet, nothing is left to export, the options do not suit the format, a library that it
        needs is not installed, or the files do not pass the checks.
    """
    summary_of(run)  # raises if the run has no result yet
    chosen = wanted or Wanted()
    selection = selection_of(run, chosen, form)
    files = dict(written(selection.content, form))
    account = account_of(selection, chosen, form, files)
    return Export(with_account(files, selection, account), account)


def written(content: Content, form: ExportFormat) -> Iterator[tuple[str, bytes]]:
    """Yield the path and the bytes of each file of a content, checked; several projects have a folder each."""
    projects = list(projects_of(content)) if form.one_language else [content]
    for project in projects:
        files = form.write(project)
        check_content(form.validate(files), project, form)
        folder = f"{project.languages[0]}/" if len(projects) > 1 else ""
        yield from ((folder + path, data) for path, data in files.items())


def projects_of(content: Content) -> Iterator[Content]:
    """Yield what a content holds in each language."""
    for language in content.languages:
        own = [
            replace(intent, phrases=tuple(phrase for phrase in intent.phrases if phrase.language == language))
            for intent in content.intents
        ]
        yield replace(content, languages=(language,), intents=tuple(intent for intent in own if intent.phrases))
