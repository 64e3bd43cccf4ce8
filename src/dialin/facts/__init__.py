"""Turns a run into plain values for the page, the terminal and JSON.

Comes in: a `Run` that has a result.
Goes out: `Facts`: headline figures, intents, their tree and families, roles, calls, timeline.
Begin with `facts.py` (the values), then `build.py` (how they are computed). To add a figure, add a field in
`facts.py` and a line in `dialin.report`.
"""
