"""Looks for new intents among the new sentences of an update, though known intents have taken them in.

The decision function of a run takes in what lies no farther out than its own members, and an intent that is wide, or
mixed, has members far out. So a new intent may end in the nearest known ones, a few sentences in each. Such a group is
told, and nothing is moved.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from dialin.arrays import Bools, Ints, Labels, Rows
from dialin.cluster.neighbours import evenly
from dialin.cluster.strata import strata_of
from dialin.discover.context import min_size_of
from dialin.discover.data import Data
from dialin.discover.examples import typical_rows
from dialin.discover.heights import trees_for
from dialin.discover.settings import Settings
from dialin.discover.state import UNKNOWN_SCRIPT, Result
from dialin.jobs.update_drift import NO_SIGN
from dialin.judge.known import MOST_STRANGE
from dialin.read.corpus import Corpus
from dialin.read.dialogues import contact_numbers
from dialin.taxonomy.new_groups import NewGroup, Nodes, Said, new_groups

MAX_SAID = 5_000
"""Utterances of each part that are looked at; of more, those of an even sample of the dialogues."""


def said_in(corpus: Corpus, n_first: int) -> Said:
    """Return what was said in a corpus whose first utterances are the earlier part.

    An utterance without a dialogue is one of its own.

    Parameters
    ----------
    corpus : Corpus
        Both parts.
    n_first : int
        Utterances of the earlier part, whose dialogues are not those of the newer one.
    """
    dialogues = contact_numbers(corpus.occurrences)
    is_new = np.zeros(int(dialogues.max(initial=-1)) + 1, dtype=np.bool_)
    is_new[dialogues[n_first:]] = True
    return Said(corpus.occurrences["sentence_id"].to_numpy().astype(np.int64), dialogues, is_new)


def thinned(said: Said, is_kept: Bools, most: int = MAX_SAID) -> Said:
    """Return the utterances of some of the sentences.

    Of a part with more than `most`, those of an even sample of its dialogues.

    Parameters
    ----------
    said : Said
        What was said.
    is_kept : ndarray of shape (n,), bool
        Whether each sentence counts.
    most : int
        Utterances of a part.
    """
    own = is_kept[said.sentences]
    sentences, dialogues = said.sentences[own], said.dialogues[own]
    is_new = said.is_new[dialogues]
    kept = np.concatenate([_sample(dialogues[is_new == part], most) for part in (False, True)])
    places = np.unique(kept)
    stays = np.isin(dialogues, places)
    return Said(sentences[stays], np.searchsorted(places, dialogues[stays]), said.is_new[places])


def _sample(dialogues: Labels, most: int) -> Labels:
    """Return the dialogues of m utterances, or an even sample of them that has about `most` of these."""
    names = np.unique(dialogues)
    return evenly(names, max(len(names) * most // max(len(dialogues), most, 1), 1)) if len(names) else names


@dataclass(frozen=True, eq=False)
class Looked:
    """The sentences of an update in which new groups are looked for.

    Parameters
    ----------
    data : Data
        All n sentences.
    result : Result
        The result of the update.
    said : Said
        What was said in both parts.
    settings : Settings
        The settings of the run.
    """

    data: Data
    result: Result
    said: Said
    settings: Settings

    def told(self) -> list[dict[str, Any]]:
        """Return the groups of which known intents have taken in enough for an intent, as values of ``drift.json``."""
        few = thinned(self.said, ~np.isin(np.array(self.result.reasons, dtype=object), (*NO_SIGN, UNKNOWN_SCRIPT)))
        rows = np.unique(few.sentences)
        groups = new_groups(self._nodes(rows), few, self._homes(), self.settings.seed) if len(rows) else []
        return [self._json(one) for one in groups if len(self._inside(one)) >= self._least]

    @cached_property
    def _least(self) -> int:
        return min_size_of(len(self.data.texts), self.settings)

    def _nodes(self, rows: Rows) -> Nodes:
        """Return the nodes of the trees of some sentences, each stratum with its own, as `discover` builds them."""
        data, trees = self.data.at(rows), trees_for(self.settings)
        roles = data.roles if self.settings.separates_roles else [""] * len(rows)
        strata = strata_of(roles, data.scripts)
        return Nodes.of([(trees.fit(data.X[own]).tree, rows[own]) for _, own in strata], self._least)

    def _homes(self) -> Labels:
        """Return the intent of each sentence; of one that has none, the nearest."""
        pieces, labels = self.result.pieces, self.result.labels
        rows = np.flatnonzero(labels < 0)
        nearest, _, _ = pieces.nearest(self.data.X[rows], [self.data.roles[row] for row in rows.tolist()])
        homes = labels.copy()
        homes[rows] = np.append(pieces.intents, -1)[nearest]
        return homes

    @cached_property
    def _counts(self) -> tuple[Ints, Ints]:
        """How often each sentence is said in the earlier and in the newer part."""
        is_new = self.said.is_new[self.said.dialogues]
        old, new = (
            np.bincount(self.said.sentences[is_new == part], minlength=len(self.data.texts)) for part in (False, True)
        )
        return old.astype(np.int64), new.astype(np.int64)

    @cached_property
    def _is_known(self) -> Bools:
        """Whether each intent was said before; the last entry is for "no intent"."""
        labels, n = self.result.labels, len(self.result.intents)
        old, new = (np.bincount(labels[labels >= 0], c[labels >= 0], minlength=n) for c in self._counts)
        return np.append(old > MOST_STRANGE * (old + new), False)

    def _inside(self, group: NewGroup) -> Rows:
        """Return the sentences of a group that nobody said before, and that a known intent has taken in."""
        is_new = self._counts[0][group.rows] == 0
        return np.asarray(group.rows[is_new & self._is_known[self.result.labels[group.rows]]])

    def _json(self, group: NewGroup) -> dict[str, Any]:
        """Return a group as plain values, the sentences by their numbers, the most typical first."""
        new, inside = self._counts[1], self._inside(group)
        homeless = group.rows[self.result.labels[group.rows] < 0]
        uids = Counter[str]()
        for row in inside.tolist():
            uids[self.result.intents[self.result.labels[row]].uid] += int(new[row])
        return {
            "p": group.p,
            "n_new": group.n_new,
            "n_old": group.n_old,
            "n_nowhere": int(new[homeless].sum()),
            "intents": [{"uid": uid, "n": n} for uid, n in uids.most_common()],
            "sentences": typical_rows(self.data, inside, len(inside)).tolist(),
        }


def n_first_of(drift: dict[str, Any], n_rows: int, *, is_update: bool) -> int:
    """Return the utterances of the run that an update, or a chain of them, began with.

    What is said a little every day is new to none of the days, so the groups of all updates since are looked for
    together.

    Parameters
    ----------
    drift : dict
        The values of ``drift.json`` of the earlier run; none if it has no such file.
    n_rows : int
        Utterances of the earlier run.
    is_update : bool
        Whether that is an update.
    """
    return min(int(drift.get("n_first", n_rows)), n_rows) if is_update else n_rows
