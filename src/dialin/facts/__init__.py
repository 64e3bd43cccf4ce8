"""Turns a run into plain values for the page, the terminal and JSON.

Comes in: a `Run` that has a result.
Goes out: `Facts`: headline figures, intents, their tree and branches, roles, calls, timeline.
Begin with `facts.py` (the values), then `build.py` (how they are computed). A figure at the head of the report is a
field of `Summary` in `headline.py` and a line in `report/templates/figures.html.j2`; any other is a field in
`facts.py`.
"""
