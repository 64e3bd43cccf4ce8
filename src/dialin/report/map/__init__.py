"""Draws the report's map of the sentences: computes a place for each point, and holds the script that shows them.

Comes in: the vectors and intents of the sentences of a run.
Goes out: `Points` with places in the plane, and the part of the page that shows them.
Begin with `places.py` (from vectors to the plane), `points.py` (the data of the script), `map.js` and `map.html.j2`.
"""
