"""The pages on which people review or annotate a run: a small server on this machine, over `dialin.review`.

Comes in: a `Run`, and the forms that people send.
Goes out: HTML pages, and lines of ``decisions.jsonl``.
Begin with `app.py` (the routes), `pages.py` and `annotation.py` (one dataclass a page), `desk.py` (the run and its
state), `guard.py` (who may come in).
"""
