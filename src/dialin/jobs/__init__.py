"""What a user can ask for, one file a job: discover, estimate, predict, evaluate, audit.

Comes in: a `Run` or a `Corpus`, and the `Connections` to LLMs and embedder.
Goes out: the files of a run, or a record of what was found.
Begin with `discover.py` (`work_on`: from an opened run to its files); the others stand alone.
"""
