"""What people decided about a run: edits, the log that keeps them, and the tables that follow from them.

Comes in: the tables of a run and the lines of its ``decisions.jsonl``.
Goes out: a `ReviewState`, and the tables and the decision function as the review left them.
Begin with `edits.py` (what can be decided), `log.py` (how it is kept), `replay.py` (what follows from it).

Nothing here knows of pages or servers (`dialin.web`), and nothing changes what the run itself wrote.
"""
