"""Facts as a page for a browser and as tables on a terminal.

Comes in: a `Run` and its `Facts`.
Goes out: ``report.html``, which needs no network; lines on a terminal.
Begin with `html.py` and `page.py` with `templates/` (the page), `map/` (its map), `overview.py` and `one_intent.py`
(the terminal).
"""
