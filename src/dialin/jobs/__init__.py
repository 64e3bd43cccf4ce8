"""Does the jobs that a user can ask for, one file each: discover, estimate, predict, evaluate, audit.

Comes in: a `Run` or a `Corpus`, and the `Connections` to LLMs and embedder.
Goes out: the files of a run, or a record of the findings.
Begin with `discover.py` (`work_on` takes an open run to its files); the other jobs stand alone.
"""
