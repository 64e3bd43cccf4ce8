"""People's decisions about a run: the edits, the log that keeps them, and the tables that result.

Comes in: the tables of a run and the lines of its ``decisions.jsonl``.
Goes out: a `ReviewState`, and the tables and the decision function after the review.
Begin with `edits.py` (the decisions), `log.py` (their file) and `replay.py` (their effect).

This folder knows nothing of pages or servers (`dialin.web`), and it never changes the files that the run wrote.
"""
