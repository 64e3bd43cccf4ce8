"""The map of the sentences in the report: where each point is, and the script that draws it.

Comes in: the vectors and intents of the sentences of a run.
Goes out: `Points` with places in the plane, and the part of the page that shows them.
Begin with `places.py` (from vectors to the plane), `points.py` (what the script reads), `map.js` and `map.html.j2`.
"""
