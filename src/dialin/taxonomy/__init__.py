"""Follows intents from run to run: which are the same, which are new or gone, and how often each is said.

Comes in: two runs of the same embedder, as `Snapshot`.
Goes out: a `Difference`: what became of each intent, with the evidence; and the uid of each intent of a new run.
Begin with `flows.py` (where the sentences of one run go in the other) and `match.py` (which intents are the same);
`snapshot.py` is a run as both see it, `shares.py` compares how often something is said, `difference.py` joins all
this, `identity.py` gives uids and names, `alarm.py` reads ``--fail-on``, and `migration.py` makes the table that leads
from old intents to new ones. `drift.py` compares what is said of an intent now with what was said of it before, after
`left_out.py` has made both comparable. `recorded.py` reads back what a run recorded of all this.
"""
