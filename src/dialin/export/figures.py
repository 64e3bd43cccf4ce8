"""Gathers what came of the dialogues with each intent, for the formats that have room for figures."""

from __future__ import annotations

from collections.abc import Mapping

from dialin.facts.contacts import contacts_of, may_have_outcomes
from dialin.facts.loaded import places_of
from dialin.facts.outcome_tables import outcomes_of
from dialin.facts.outcomes import AS_USUAL, IntentOutcomes, Outcomes
from dialin.facts.withheld import without_few
from dialin.runs.run import Run

Figures = Mapping[str, float | None]
"""Figures of an intent by the names of columns; None for an unknown one."""


def exported_figures(run: Run, min_dialogues: int) -> dict[int, Figures]:
    """Return the figures of each intent that is said in a dialogue, by its id; {} if no outcome is known.

    They are ``share`` of all utterances, ``n_dialogues``, ``minutes_a_week`` and ``repeat_share``, and ``mean_X``,
    ``low_X``, ``high_X`` for each outcome X that is a number: as in ``intents.parquet``, but as the last review left
    the intents. Those that fewer than `min_dialogues` dialogues tell are None.
    """
    found = outcomes_in_run(run)
    if found is None:
        return {}
    n = dict(zip(run.intents["intent_id"].to_pylist(), run.intents["n_occurrences"].to_pylist(), strict=True))
    shares = {intent: count / run.manifest.source.n_occurrences for intent, count in n.items()}
    known = without_few(found, min_dialogues)
    return {one.intent_id: {"share": shares[one.intent_id]} | _figures(one, known.numbers) for one in known.intents}


def outcomes_in_run(run: Run) -> Outcomes | None:
    """Return what came of the dialogues of a run; None if nothing is known."""
    occurrences, ids = run.corpus.occurrences, run.intents["intent_id"].to_pylist()
    if not may_have_outcomes(occurrences):
        return None
    places = places_of(run.sentences["intent_id"].to_numpy(), ids)
    contacts = contacts_of(occurrences, places[occurrences["sentence_id"].to_numpy()], len(ids))
    return outcomes_of(contacts, ids, AS_USUAL)


def _figures(one: IntentOutcomes, numbers: tuple[str, ...]) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        "n_dialogues": one.n_dialogues,
        "minutes_a_week": one.minutes_a_week,
        "repeat_share": one.repeat_share,
    }
    for name in numbers:
        mean = one.mean_of(name)
        ends = (mean.mean, mean.low, mean.high) if mean else (None, None, None)
        found |= dict(zip((f"mean_{name}", f"low_{name}", f"high_{name}"), ends, strict=True))
    return found
