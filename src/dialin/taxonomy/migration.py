"""Makes the table that leads from the intents of an older run to those of a newer one, for dashboards and bots."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator

from dialin.discover.as_before import PART
from dialin.taxonomy.difference import Difference
from dialin.text.formulas import without_formula

COLUMNS = ("old_uid", "old_name", "new_uid", "new_name", "share")
"""The columns: `share` is the share of the old intent's sentences that go to the new one, from 0 to 1."""


def migration_rows(difference: Difference) -> Iterator[tuple[str, str, str, str, float]]:
    """Yield where the sentences of each older intent go, the largest part first.

    A part below a tenth is left out, except for the intent that is the same one. What goes to no intent, or to such
    small parts, has empty columns for the new intent, so that the shares of each old intent add up to 1.
    """
    same = {(change.old, change.new) for change in difference.changes}
    for old, intent in enumerate(difference.old.intents):
        went = difference.flows.went[old].tolist()
        kept = [new for new, share in enumerate(went) if share >= PART or ((old, new) in same)]
        for new in sorted(kept, key=lambda place: -went[place]):
            there = difference.new.intents[new]
            yield intent.uid, intent.name, there.uid, there.name, round(went[new], 4)
        rest = round(1.0 - sum(went[new] for new in kept), 4)
        if rest > 0:
            yield intent.uid, intent.name, "", "", rest


def migration_csv(difference: Difference) -> str:
    """Return the table as CSV; no name in it acts as a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in migration_rows(difference):
        writer.writerow([without_formula(cell) if isinstance(cell, str) else cell for cell in row])
    return text.getvalue()
