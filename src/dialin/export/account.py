"""Says what an export holds and what was left out and why: as a few lines, as ``export.json`` and as ``names.csv``."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

from dialin import __version__
from dialin.export.base import NO_INTENT_ID, Content, ExportFormat, Files
from dialin.export.packing import csv_bytes, json_bytes
from dialin.export.selection import Selection
from dialin.export.tally import Tally
from dialin.export.wanted import Wanted
from dialin.text.formulas import without_formula

ACCOUNT, NAMES = "export.json", "names.csv"
FORMAT_NUMBER = 1
"""Format of ``export.json``."""


@dataclass(frozen=True)
class ExportFrame:
    """What ``export.json`` says of any export: what was wanted of which run in which format, and what came of it."""

    to: str
    run: str
    wanted: Wanted
    tally: Tally
    files: Files

    def account(self, counts: dict[str, Any], phrases_left_out: dict[str, int]) -> dict[str, Any]:
        """Return what ``export.json`` holds, with the numbers and more of this export."""
        intents = self.tally.intents
        return {
            "format": FORMAT_NUMBER,
            "dialin": __version__,
            "to": self.to,
            "run": self.run,
            "options": asdict(self.wanted),
            **counts,
            "left_out": {"intents": self.tally.intents_by_reason, "phrases": phrases_left_out},
            "intents_left_out": [{"intent_id": i, "reason": why} for i, why in sorted(intents.items())],
            "files": {path: hashlib.sha256(data).hexdigest() for path, data in sorted(self.files.items())},
        }


def account_of(selection: Selection, wanted: Wanted, form: ExportFormat, files: Files) -> dict[str, Any]:
    """Return what ``export.json`` holds: counts, options, what was left out of each intent, and hashes of the files."""
    content, tally = selection.content, selection.tally
    intents = [intent for intent in content.intents if not intent.is_none]
    none = [intent for intent in content.intents if intent.is_none]
    counts = {
        "languages": list(content.languages),
        "n_intents": len(intents),
        "n_phrases": sum(len(intent.phrases) for intent in intents),
        "n_none": sum(len(intent.phrases) for intent in none),
        "n_renamed": sum(intent.name != intent.label for intent in intents),
        "intents": _by_intent(content, tally),
    }
    frame = ExportFrame(form.name, content.project, wanted, tally, files)
    return frame.account(counts, tally.phrases_by_reason)


def _by_intent(content: Content, tally: Tally) -> list[dict[str, Any]]:
    return [
        {
            "intent_id": intent.intent_id,
            "name": intent.label,
            "exported_name": intent.name,
            "n_phrases": len(intent.phrases),
            "left_out": dict(tally.phrases.get(intent.intent_id, {})),
        }
        for intent in content.intents
    ]


def names_bytes(content: Content) -> bytes:
    """Return ``names.csv``: the number, the name and the exported name of each intent."""
    known = [one for one in content.intents if one.intent_id != NO_INTENT_ID]
    rows = [(one.intent_id, without_formula(one.label), without_formula(one.name)) for one in known]
    return csv_bytes([("intent_id", "name", "exported_name"), *rows])


def with_account(files: Files, selection: Selection, account: dict[str, Any]) -> Files:
    """Return the files of an export with ``names.csv`` and ``export.json``."""
    return {**files, NAMES: names_bytes(selection.content), ACCOUNT: json_bytes(account)}


def notes(account: dict[str, Any]) -> list[str]:
    r"""Return what was left out, and how many names were changed, as lines for people; [] if nothing was.

    Examples
    --------
    >>> left = {"intents": {"not a need": 2}, "phrases": {"no words": 1, "too long": 2}}
    >>> print(*notes({"left_out": left, "n_renamed": 1}), sep="\n")
    left out 2 intents: 2 not a need
    left out 3 phrases: 2 too long, 1 no words
    changed 1 name to one that the format takes; names.csv has both
    """
    lines = []
    for what, reasons in account["left_out"].items():
        if n := sum(reasons.values()):
            ordered = sorted(reasons.items(), key=lambda item: -item[1])
            said = ", ".join(f"{count:,} {reason}" for reason, count in ordered)
            lines.append(f"left out {n:,} {what if n > 1 else what[:-1]}: {said}")
    if n := account["n_renamed"]:
        changed = "1 name to one" if n == 1 else f"{n:,} names to those"
        lines.append(f"changed {changed} that the format takes; {NAMES} has both")
    return lines


def headline(account: dict[str, Any]) -> str:
    """Return how much an export holds, in words.

    Examples
    --------
    >>> headline({"n_intents": 1, "n_phrases": 1200, "n_none": 3, "languages": ["en", "zh"]})
    '1 intent, 1,200 phrases (en, zh), 3 phrases of none'
    """
    intents, phrases, none = account["n_intents"], account["n_phrases"], account["n_none"]
    first = f"{intents:,} intent{'s' * (intents != 1)}, {phrases:,} phrase{'s' * (phrases != 1)}"
    extra = f", {none:,} phrase{'s' * (none != 1)} of none" if none else ""
    return f"{first} ({', '.join(account['languages'])}){extra}"
