"""Shows facts as a page for a browser and as tables on a terminal.

Comes in: a `Run` and its `Facts`.
Goes out: ``report.html``, which needs no network; HTML for a notebook; lines on a terminal.
Begin with `html.py`, `page.py` and `templates/` (the page), `map/` (its map), or `overview.py` and `one_intent.py`
(the terminal).
"""
