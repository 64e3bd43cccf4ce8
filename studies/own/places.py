"""Fit the head that reads where a sentence is said (`dialin.name.place_head`), and measure what it tells.

It learns from the whole dialogues in ``calls_dialogues_learnt``, English and Chinese together: each turn of a customer
states a need or does not. Each dialogue is learnt twice, with its agent and without: transcripts of customers alone are
common. Every corpus has the same weight. It reads what the heads of kinds make of each sentence, so fit it after
``studies.own.kinds``: ``python -m studies.own.places`` writes ``src/dialin/name/place_head.json``. On dialogues that it
has not learnt, ``studies/own/results/places.json`` has the AUC of needs and what is called a need, by a sentence alone
and in its place.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from dialin.arrays import Bools, Floats
from dialin.discover.connect import kinds_by_shipped
from dialin.name.actions import AGENT
from dialin.name.kinds import KINDS, NEED, Kinds
from dialin.name.openings import in_dialogues
from dialin.name.place_head import WEIGHTS, PlaceHead, place_features
from dialin.read.spoken import SpokenOrder
from dialin.score.reliability import auc
from studies.own import machine
from studies.own.calls import DIALOGUES, DIALOGUES_LEARNT, turns_in

NEED_WEIGHT = 4
"""How much more a turn that states a need weighs than another, as for the heads of kinds: a reason of a call that is
lost is worse than a detail that counts as one."""
N_DIGITS = 3


@dataclass(frozen=True, eq=False)
class Told:
    """The turns of a corpus, each a sentence of its own: what a head of kinds tells of it, and what is true."""

    name: str
    kinds: Kinds
    is_agent: Bools
    order: SpokenOrder
    is_need: Bools

    @property
    def of_customers(self) -> Told:
        """What customers say, as if nobody had written down the agents."""
        own = ~self.is_agent
        order = SpokenOrder(np.arange(own.sum()), self.order.dialogue[own])
        return replace(
            self,
            kinds=self.kinds.at(np.flatnonzero(own)),
            is_agent=self.is_agent[own],
            order=order,
            is_need=self.is_need[own],
        )


def told_in(path: Path) -> Told:
    """Return the turns of a file of dialogues."""
    turns = turns_in(path)
    roles, texts = turns["role"].to_pylist(), turns["text"].to_pylist()
    dialogue = np.unique(turns["dialogue_id"].to_pylist(), return_inverse=True)[1].astype(np.int64)
    order = SpokenOrder(np.arange(len(texts)), dialogue)
    is_need = np.array([bool(need) for need in turns["need"].to_pylist()])
    is_agent = np.array([role == AGENT for role in roles])
    return Told(path.stem, kinds_by_shipped(texts, roles), is_agent, order, is_need)


def fitted(corpora: Iterable[Told]) -> PlaceHead:
    """Fit the head, with the same weight for each corpus, with its agents and without."""
    features, is_need, weights = list[Floats](), list[Bools](), list[Floats]()
    for told in (each for corpus in corpora for each in (corpus, corpus.of_customers)):
        own = ~told.is_agent
        features.append(place_features(told.kinds, told.is_agent, told.order)[own])
        is_need.append(told.is_need[own])
        weights.append(np.where(told.is_need[own], NEED_WEIGHT, 1) / own.sum())
    weight = np.concatenate(weights)
    model = LogisticRegression(max_iter=1_000)
    model.fit(np.concatenate(features), np.concatenate(is_need), sample_weight=weight / weight.mean())
    return PlaceHead(model.coef_[0].round(N_DIGITS), round(float(model.intercept_[0]), N_DIGITS))


def figures_of(told: Told, placed: Kinds) -> dict[str, object]:
    """Return the AUC of needs among what customers say, and the shares that are called needs, alone and in place."""
    own = ~told.is_agent
    is_need = told.is_need[own]
    found = dict[str, object](corpus=told.name, turns=int(own.sum()), needs=int(is_need.sum()))
    for name, kinds in (("alone", told.kinds), ("in_place", placed)):
        P, called = kinds.P[own, KINDS.index(NEED)], np.array(kinds.names)[own] == NEED
        found[name] = {
            "auc": round(auc(P, is_need), N_DIGITS),
            "needs called so": round(float(called[is_need].mean()), N_DIGITS),
            "others called needs": round(float(called[~is_need].mean()), N_DIGITS),
        }
    return found


def main() -> None:
    """Fit the head, write it, and measure it."""
    head = fitted(told_in(path) for path in sorted(DIALOGUES_LEARNT.glob("*.jsonl")))
    WEIGHTS.write_text(json.dumps({"weights": head.weights.tolist(), "bias": head.bias}) + "\n", encoding="utf-8")
    rows = list[dict[str, object]]()
    for path in sorted(DIALOGUES.glob("*.jsonl")):
        told = told_in(path)
        rows += [figures_of(told, in_dialogues(told.kinds, told.is_agent, told.order))]
        print(rows[-1])
    print(machine.write("places", machine.provenance(rows=rows)))


if __name__ == "__main__":
    main()
