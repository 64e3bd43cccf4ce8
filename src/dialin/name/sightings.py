"""Which phrases are typical of a cluster: said in many of its sentences and in few of the others."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from dialin.name.general import DEEDS

MIN_SENTENCES = 2
"""Sentences of a cluster that must have an objective, if any is in so many: a name is not carried by one."""
N_OBJECTIVES = 24
"""Most typical objectives of a cluster that are ranked."""
MIN_SHARE = 0.03
"""Share of the sentences that must have it."""
_SMOOTHING = 0.01


@dataclass(frozen=True)
class Sightings:
    """How many sentences of all clusters have each phrase, and how many there are."""

    counts: Counter[str]
    n: int

    @classmethod
    def of(cls, counts: Sequence[Counter[str]], sizes: Sequence[int]) -> Sightings:
        """Return the usage in all clusters together."""
        total = Counter[str]()
        for own in counts:
            total.update(own)
        return cls(total, sum(sizes))

    def typical(self, own: Counter[str], n: int) -> dict[str, float]:
        """Return the share of the n sentences of a cluster for its most typical phrases, the most typical first.

        Where none but a deed is in more than one, those of one sentence count.
        """
        most = max((count for name, count in own.items() if name not in DEEDS), default=0)
        least = min(max(MIN_SENTENCES, MIN_SHARE * n), most)
        shares = {name: count / n for name, count in own.items() if count >= least}

        def typicality(name: str) -> float:
            rest = (self.counts[name] - own[name]) / max(self.n - n, 1)
            return shares[name] * math.log((shares[name] + _SMOOTHING) / (rest + _SMOOTHING))

        ordered = sorted(shares, key=lambda name: (-typicality(name), name))
        return {name: shares[name] for name in ordered[:N_OBJECTIVES]}

    def beyond(self, own: Counter[str], n: int) -> dict[str, float]:
        """Return the share of the n sentences of a cluster beyond the usual one, where it is beyond."""
        shares = {name: count / n - self.counts[name] / self.n for name, count in own.items()}
        return {name: share for name, share in shares.items() if share > 0}
