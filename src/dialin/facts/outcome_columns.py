"""Adds what came of the dialogues with each intent to the table of intents, for other tools."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from dialin.arrays import Floats
from dialin.facts.again import minutes_a_week, repeats
from dialin.facts.compared import mean_with_intent
from dialin.facts.contacts import Contacts, contacts_of, may_have_outcomes
from dialin.facts.loaded import places_of
from dialin.facts.outcomes import REPEAT_DAYS


def with_outcomes(intents: pa.Table, sentences: pa.Table, occurrences: pa.Table) -> pa.Table:
    """Return a table of intents with a column for each outcome that is a number; as it is if nothing is known.

    Parameters
    ----------
    intents, sentences, occurrences : pyarrow.Table
        Tables of a run; the ids of the sentences' intents are those of the table of intents.

    Returns
    -------
    pyarrow.Table
        ``n_dialogues`` int64 follows, ``minutes_a_week`` and ``repeat_share`` (within `REPEAT_DAYS` days), and for each
        outcome X ``mean_X``, ``low_X`` and ``high_X`` (float64): the mean and the ends of its 95 % interval. What is
        unknown is null.
    """
    if not may_have_outcomes(occurrences):
        return intents
    places = places_of(sentences["intent_id"].to_numpy(), intents["intent_id"].to_pylist())
    contacts = contacts_of(occurrences, places[occurrences["sentence_id"].to_numpy()], intents.num_rows)
    if not contacts.has_outcomes:
        return intents
    n_dialogues = np.bincount(contacts.intent, minlength=contacts.n_intents)
    table = intents.append_column("n_dialogues", pa.array(n_dialogues, pa.int64()))
    for name, values in figures(contacts).items():
        table = table.append_column(name, pa.array(values, pa.float64(), from_pandas=True))
    return table


def figures(contacts: Contacts) -> dict[str, Floats]:
    """Return the columns of figures, NaN where they are unknown."""
    columns = {"minutes_a_week": minutes_a_week(contacts), "repeat_share": repeats(contacts, REPEAT_DAYS).share}
    for number in contacts.numbers:
        found = mean_with_intent(contacts, number)
        mean, margin = found.here[:, 0], found.margin[:, 0]
        ends = {f"low_{number.name}": mean - margin, f"high_{number.name}": mean + margin}
        columns |= {f"mean_{number.name}": mean} | ends
    return columns
