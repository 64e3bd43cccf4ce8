"""Finds the main reason of new dialogues, as the report does for those of the run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from dialin.facts.dialogues import main_reasons, turns_of
from dialin.facts.headline import Summary
from dialin.facts.loaded import places_of
from dialin.facts.routine import is_no_reason
from dialin.name.actions import AGENT


def reasons_in(part: pa.Table, intent_ids: Sequence[int], summary: Summary) -> list[int]:
    """Return the main reason of each dialogue, by first appearance; −1 where the customer said only routine.

    Parameters
    ----------
    part : pyarrow.Table
        Turns as `dialin.read.table.read_table` gives them, all with a dialogue.
    intent_ids : sequence of int
        Intent of each turn; −1 for none.
    summary : Summary
        The headline figures of the run, with its intents.
    """
    rows = summary.intents
    routine = np.array([is_no_reason(row["kind"], row["name"], row["examples"]) for row in rows], dtype=bool)
    labels = places_of(np.array(intent_ids, dtype=np.int64), summary.intent_ids)
    said = part.append_column("sentence_id", pa.array(range(part.num_rows), pa.int64()))
    is_agent = pc.fill_null(pc.equal(part["role"], AGENT), False).to_numpy()
    found = main_reasons(turns_of(said, labels, is_agent), routine)
    return [int(rows[place]["intent_id"]) if place >= 0 else -1 for place in found.tolist()]
