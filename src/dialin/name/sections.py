"""Under which heading an intent is listed: why people call, groups to read before use, or what else is said.

A cluster that no name holds for, or that counts as a need though most of its utterances state none, is often the
largest. It comes after the needs and under a heading of its own, unless it is clear that it is one intent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from dialin.judge.certainty import certainty_of
from dialin.name.catch_all import VARIOUS
from dialin.name.kinds import NEED, may_be_need

T = TypeVar("T")
WHY, LEFTOVER, WHAT_ELSE = "why people call", "leftover groups: read before use", "what else is said"
"""Headings of the intents that are needs, of those that are several or hardly needs, and of the others."""
SECTIONS = (WHY, LEFTOVER, WHAT_ELSE)
"""The headings, in their order."""
LEAST_NEEDS = 0.5
"""Share of the utterances of a need that must state one when they are read alone; below it, it is a leftover group."""


def section_of(row: Mapping[str, Any]) -> str:
    """Return the heading of an intent, one of `SECTIONS`.

    Parameters
    ----------
    row : mapping
        Its `name`, `kind` ("" if unknown), `p_kind` (share of its utterances that are of this kind, or None) and
        `p_good`, as in ``intents.parquet``.

    Examples
    --------
    >>> row = {"name": "cancel-order", "kind": "need", "p_kind": 0.8, "p_good": 0.2}
    >>> section_of(row), section_of(row | {"p_kind": 0.4}), section_of(row | {"name": "various-requests"})
    ('why people call', 'leftover groups: read before use', 'leftover groups: read before use')
    >>> section_of(row | {"name": "various-requests", "p_good": 1.0}), section_of(row | {"kind": "social"})
    ('why people call', 'what else is said')
    """
    if _is_leftover(row):
        return LEFTOVER
    return WHY if may_be_need(row["kind"] or "") else WHAT_ELSE


def _is_leftover(row: Mapping[str, Any]) -> bool:
    if certainty_of(row["p_good"]) == "clear":
        return False
    p_kind = row.get("p_kind")
    is_hardly_one = row["kind"] == NEED and p_kind is not None and p_kind < LEAST_NEEDS
    return is_hardly_one or row["name"].partition("-")[0] in VARIOUS.values()


def by_heading(intents: Sequence[T], rows: Sequence[Mapping[str, Any]]) -> list[tuple[str, list[T]]]:
    """Return the intents under each heading that has any, in their order; "" is that of needs where no kind is known.

    Parameters
    ----------
    intents : sequence
        The intents.
    rows : sequence of mapping
        What `section_of` reads, of each intent.

    Examples
    --------
    >>> rows = [{"name": name, "kind": kind, "p_good": 0.5} for name, kind in (("thank", "social"), ("pay", "need"))]
    >>> by_heading(["thank", "pay"], rows)
    [('why people call', ['pay']), ('what else is said', ['thank'])]
    >>> by_heading(["pay"], [rows[1] | {"kind": ""}])
    [('', ['pay'])]
    """
    found: dict[str, list[T]] = {heading: [] for heading in SECTIONS}
    for one, row in zip(intents, rows, strict=True):
        found[section_of(row)].append(one)
    is_known = any(row["kind"] for row in rows)
    return [(heading if is_known or heading != WHY else "", own) for heading, own in found.items() if own]
