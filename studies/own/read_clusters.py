"""Compare P(good) with what a reader finds in the clusters of calls, which have no labels of their own.

Without an LLM (in the demo with the bundled one, which only names), dialin ran on the demo's calls, on the 994 chats of
the JDDC sample (Chinese shops) and on 300 dialogues of SGD. One reader judged which share of the sentences of a cluster
says the same: of all sentences of the demo's 37 needs, of up to twelve sentences of 36 random needs of customers in
each of the other two, and of twelve or more of 23 groups that are one turn without a need, such as thanks. P(good) was
hidden only for the needs of JDDC and SGD. Shares of clusters that are plainly of several intents are estimates, and the
share in the largest group of turns, of 555 sentences, was counted by their words.

``results/read_clusters.csv`` holds a row for each: the calls, "need" or "turn", the size of the cluster, how many
sentences were read, the share that says the same, P(good), the share of its utterances that do the same (`p_kind`), and
for turns the share of the sentences that vote for its name (`dialin.name.said_turns`).
``python -m studies.own.read_clusters`` writes ``results/read_clusters.json``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pcsv
from scipy.stats import spearmanr

from dialin.arrays import Floats
from dialin.judge.certainty import expected_purity
from dialin.score.reliability import auc
from studies.own import machine
from studies.own.calibrate_kept import GOOD

TABLE = machine.RESULTS / "read_clusters.csv"


def figures(own: pa.Table) -> dict[str, float]:
    """Return how P(good) and each other figure of some clusters compare with what the reader found.

    Examples
    --------
    Of two clusters, the one that is one intent has the larger P(good), and both the same kind.

    >>> columns = {"share": [1.0, 0.5], "p_good": [0.6, 0.2], "p_kind": [0.8, 0.8], "vote": [None, None]}
    >>> found = figures(pa.table(columns))
    >>> found["expected"], found["true"], found["auc"], found["auc_p_kind"], "vote" in found
    (0.4, 0.5, 1.0, 0.5, False)
    """
    share, p = own["share"].to_numpy(), own["p_good"].to_numpy()
    good = share >= GOOD
    values = {
        "expected": p.mean(),
        "true": good.mean(),
        "auc": auc(p, good),
        "auc_p_kind": auc(own["p_kind"].to_numpy(), good),
        "purity": share.mean(),
        "expected_purity": np.mean([expected_purity(each) for each in p.tolist()]),
        "rank_correlation": spearmanr(p, share).statistic,
    }
    if not own["vote"].null_count:
        values |= votes(own["vote"].to_numpy(), share)
    return {"n": len(own), **{name: round(float(value), 3) for name, value in values.items()}}


def votes(vote: Floats, share: Floats) -> dict[str, float]:
    """Return how the share of the votes for a turn's name compares with the share of sentences that say it.

    Examples
    --------
    >>> {name: round(float(value), 2) for name, value in votes(np.array([0.9, 0.5]), np.array([1.0, 0.4])).items()}
    {'vote': 0.7, 'auc_vote': 1.0, 'vote_off': 0.1, 'rank_correlation_vote': 1.0}
    """
    return {
        "vote": vote.mean(),
        "auc_vote": auc(vote, share >= GOOD),
        "vote_off": np.abs(vote - share).mean(),
        "rank_correlation_vote": spearmanr(vote, share).statistic,
    }


def by_calls(table: pa.Table) -> dict[str, dict[str, float]]:
    """Return the figures of the needs of each calls, and of the turns of all."""
    needs, turns = (table.filter(pc.equal(table["states"], what)) for what in ("need", "turn"))
    found = {
        name: figures(needs.filter(pc.equal(needs["calls"], name))) for name in needs["calls"].unique().to_pylist()
    }
    return {**found, "turns": figures(turns)}


def main() -> None:
    """Write the figures."""
    found: dict[str, Any] = machine.provenance(clusters=by_calls(pcsv.read_csv(TABLE)))
    print(found, machine.write("read_clusters", found))


if __name__ == "__main__":
    main()
