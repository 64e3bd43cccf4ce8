"""Web pages to review or annotate a run: a small local server on top of `dialin.review`.

Comes in: a `Run`, and the forms that people submit.
Goes out: HTML pages, and lines of ``decisions.jsonl``.
Begin with `app.py` (the routes), `pages.py` and `annotation.py` (one dataclass a page), `desk.py` (the run and its
state) and `guard.py` (access control).
"""
