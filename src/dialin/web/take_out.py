"""The form with which people take the intents out of a review, and the archive that it gives."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib.util import find_spec
from typing import get_args

from starlette.datastructures import QueryParams

from dialin.errors import InputError
from dialin.export.names import slug
from dialin.export.packing import zip_bytes
from dialin.export.registry import FORMATS, format_named
from dialin.export.run_export import export_of
from dialin.export.wanted import ExportRoles, Wanted
from dialin.runs.run import load
from dialin.web.desk import View

ROLES: tuple[ExportRoles, ...] = get_args(ExportRoles)
_NUMBER = re.compile(r"[0-9]{1,6}")
_SHARE = re.compile(r"0(\.[0-9]{1,6})?|1(\.0{1,6})?")


@dataclass(frozen=True)
class TakeOutPage:
    """The form: names and titles of the formats that can be written here, and how many intents were accepted."""

    formats: tuple[tuple[str, str], ...]
    roles: tuple[str, ...]
    n_intents: int
    n_accepted: int


def take_out_page(view: View) -> TakeOutPage:
    """Return what the form shows."""
    known = [(name, form.title) for name, form in FORMATS.items() if not form.library or find_spec(form.library)]
    accepted = sum(intent.confirmed for intent in view.state.intents.values())
    return TakeOutPage(tuple(known), ROLES, len(view.ranked), accepted)


def archive_of(view: View, query: QueryParams) -> tuple[str, bytes]:
    """Return the name and the bytes of the archive that a form asks for, with everybody's decisions so far.

    Raises
    ------
    InputError
        A field holds something else than the form offers, or as for `dialin.export.run_export.export_of`.
    """
    form, wanted = format_named(query.get("to", "")), wanted_in(query)
    run = load(view.run.folder)
    name = slug(run.folder.resolve().name, 0, FORMATS["lex"].naming)
    return f"{name}-{form.name}.zip", zip_bytes(export_of(run, form, wanted).files)


def wanted_in(query: QueryParams) -> Wanted:
    """Return what a form asks for; raise InputError if a field holds something else than the form offers."""
    most, good, role = (query.get(key, "").strip() for key in ("max_phrases", "min_p_good", "role"))
    if most and not (_NUMBER.fullmatch(most) and int(most)):
        raise InputError(f"the most phrases of an intent must be a number of 1 or more, got {most[:40]!r}")
    if good and not _SHARE.fullmatch(good):
        raise InputError(f"the least P(good) must be between 0 and 1, got {good[:40]!r}")
    found = next((one for one in ROLES if one == (role or "customer")), None)
    if found is None:
        raise InputError(f"there is no role {role[:40]!r}", hint=f"use one of: {', '.join(ROLES)}")
    return Wanted(
        max_phrases=int(most) if most else None,
        all_kinds="all" in query,
        reviewed="reviewed" in query,
        min_p_good=float(good or 0),
        role=found,
        with_none="none" in query,
    )
