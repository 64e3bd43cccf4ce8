"""Determine the stage of each intent in an annotation, and the work that remains."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from dialin.review.state import NO_INTENT, ReviewState
from dialin.review.verdicts import JUDGES, VERIFIERS


class Stage(StrEnum):
    """Stage of an intent in an annotation."""

    JUDGE = "to judge"
    NAME = "to name"
    SHARE_OUT = "to share out"
    VERIFY = "to verify"
    VERIFIED = "verified"
    REJECTED = "rejected"


@dataclass(frozen=True)
class Standing:
    """Progress of an annotation.

    Parameters
    ----------
    stages : dict of int to Stage
        Stage of each intent that has sentences.
    rows : dict of int to ndarray
        Sentences of each of these intents, ascending.
    loose : ndarray, int64
        Sentences that have no intent, except those that a person marked as noise.
    """

    stages: dict[int, Stage]
    rows: dict[int, NDArray[np.int64]]
    loose: NDArray[np.int64]

    def at(self, *stages: Stage) -> list[int]:
        """Return the ids of the intents at these stages, ascending."""
        return sorted(intent for intent, stage in self.stages.items() if stage in stages)

    def n_at(self) -> Counter[Stage]:
        """Return the number of intents at each stage."""
        return Counter(self.stages.values())

    @property
    def named(self) -> list[int]:
        """Named intents, which can receive sentences."""
        return self.at(Stage.VERIFY, Stage.VERIFIED, Stage.REJECTED)

    @property
    def to_share_out(self) -> dict[int, NDArray[np.int64]]:
        """Sentences of bad clusters and rejected intents; last, those without an intent (−1)."""
        found = {intent: self.rows[intent] for intent in self.at(Stage.SHARE_OUT, Stage.REJECTED)}
        return found | ({NO_INTENT: self.loose} if len(self.loose) else {})

    @property
    def is_ready(self) -> bool:
        """Whether the second group can begin: no cluster is left to judge, name or share out."""
        return not self.at(Stage.JUDGE, Stage.NAME, Stage.SHARE_OUT) and not len(self.loose)


def standing_of(state: ReviewState) -> Standing:
    """Return the progress of an annotation."""
    rows = dict(state.rows)
    none = rows.pop(NO_INTENT, np.empty(0, dtype=np.int64))
    return Standing({intent: stage_of(state, intent) for intent in rows}, rows, none[~state.pinned[none]])


def stage_of(state: ReviewState, intent: int) -> Stage:
    """Return the stage of an intent."""
    judged, known = state.judged, state.intents[intent]
    verified = judged.decision(VERIFIERS, intent)
    if verified is not None:
        return Stage.VERIFIED if verified else Stage.REJECTED
    if known.confirmed:
        return Stage.VERIFY
    good = judged.decision(JUDGES, intent)
    if known.wants_split or good is False:
        return Stage.SHARE_OUT
    return Stage.NAME if good else Stage.JUDGE


def open_for(state: ReviewState, standing: Standing, group: int, by: str) -> list[int]:
    """Return the undecided intents that the person `by`, in `group`, has not judged yet."""
    stage = Stage.JUDGE if group == JUDGES else Stage.VERIFY
    return [intent for intent in standing.at(stage) if by not in state.judged.of(group, intent)]


def named_so(state: ReviewState, among: Iterable[int], name: str) -> int | None:
    """Return the first of these intents that is called `name`, ignoring case; None if there is none."""
    return next(all_named(state, among, name), None)


def all_named(state: ReviewState, among: Iterable[int], name: str) -> Iterator[int]:
    """Yield those of these intents that are called `name`, ignoring case."""
    wanted = name.casefold()
    return (intent for intent in among if state.intents[intent].name.casefold() == wanted)
