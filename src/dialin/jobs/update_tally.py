"""Counts where the new utterances of an update went, and those of the earlier run that had no intent."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from dialin.arrays import Ints
from dialin.discover.state import Result
from dialin.jobs.update_drift import NO_SIGN


@dataclass(frozen=True)
class Went:
    """How many utterances went where: the sum is `n`.

    Parameters
    ----------
    n : int
        All of them, without those that a person or a setting left out.
    known : int
        Into intents that are not candidates.
    earlier_candidates, candidates : int
        Into candidates of the earlier run, and into those that the update found.
    nowhere : int
        Without an intent.
    """

    n: int
    known: int
    earlier_candidates: int
    candidates: int
    nowhere: int


def went(result: Result, counts: Ints, earlier_candidates: Collection[str]) -> Went:
    """Return where utterances went.

    Parameters
    ----------
    result : Result
        The result, with n sentences.
    counts : ndarray of shape (n,), int64
        How often each is said.
    earlier_candidates : collection of str
        The uids of the candidates of the earlier run.
    """
    counted = counts * ~np.isin(np.array(result.reasons, dtype=object), NO_SIGN)
    old = [one.intent_id for one in result.intents if one.candidate and one.uid in earlier_candidates]
    new = [one.intent_id for one in result.intents if one.candidate and one.uid not in earlier_candidates]
    n, nowhere, n_old, n_new = (
        int(counted[rows].sum())
        for rows in (slice(None), result.labels < 0, np.isin(result.labels, old), np.isin(result.labels, new))
    )
    return Went(n, n - nowhere - n_old - n_new, n_old, n_new, nowhere)


def tally_json(new: Went, homeless: Went) -> dict[str, Any]:
    """Return the fields of ``drift.json`` that say where utterances went."""
    return {"new": asdict(new), "homeless": asdict(homeless)}
