"""Gives the intents of a new run their uids, and those that an earlier run had, their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dialin.cluster.labels import rows_by
from dialin.discover.state import Intent, Result
from dialin.discover.uids import uid_of
from dialin.name.labels import number
from dialin.taxonomy.difference import Difference, change_json
from dialin.taxonomy.snapshot import IntentSeen


def with_new_uids(result: Result, keys: Sequence[tuple[str, str]], taken: set[str]) -> Result:
    """Return a result in which each intent without a uid gets one that is not `taken`.

    Parameters
    ----------
    result : Result
        What was found in n sentences.
    keys : sequence of (str, str), n
        Text and role of each sentence.
    taken : set of str
        Uids of intents of an earlier run.
    """
    rows, known = rows_by(result.labels), taken | {intent.uid for intent in result.intents}
    made = []
    for intent in result.intents:
        own = rows[intent.intent_id].tolist() if intent.size else []
        uid = intent.uid or uid_of((keys[row] for row in own), known)
        known.add(uid)
        made.append(replace(intent, uid=uid))
    return replace(result, intents=tuple(made))


def found_again(result: Result, difference: Difference) -> Result:
    """Return a result in which each intent that the earlier run had has the uid and the name that it had there.

    If another intent of the new run has the name of any intent of the earlier run, this other one gets a number.
    """
    same = {change.new: difference.before(change) for change in difference.changes if change.new is not None}
    intents = [_renamed(intent, same[place]) for place, intent in enumerate(result.intents)]
    gone = [difference.seen(change).name for change in difference.changes if change.new is None]
    order = sorted(range(len(intents)), key=lambda place: same[place] is None)
    n_again = sum(seen is not None for seen in same.values())
    names = [intents[place].name for place in order]
    given = number([*names[:n_again], *gone, *names[n_again:]])
    own = dict(zip(order, [*given[:n_again], *given[n_again + len(gone) :]], strict=True))
    return replace(result, intents=tuple(replace(one, name=own[place]) for place, one in enumerate(intents)))


def _renamed(intent: Intent, before: IntentSeen | None) -> Intent:
    return replace(intent, uid=before.uid, name=before.name) if before else intent


def taxonomy_json(difference: Difference, since: str, result: str) -> dict[str, Any]:
    """Return the values of ``taxonomy.json``: what became of each intent of the run `since`, whose result had this id.

    It holds no name and no sentence, so that nothing has to be forgotten in it.
    """
    changes = [change_json(difference, change) for change in difference.changes]
    return {"since": since, "result": result, "intents": changes}
