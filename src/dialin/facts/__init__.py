"""What a run says, as plain values, for the page, the terminal and JSON alike.

Comes in: a `Run` that has a result.
Goes out: `Facts`: headline figures, intents, their tree and families, roles, calls, timeline.
Begin with `facts.py` (the values), then `build.py` (how they are made). A new figure is a field there, and a line in
`dialin.report`.
"""
