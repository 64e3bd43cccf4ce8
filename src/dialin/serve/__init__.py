"""Answers over HTTP which intents new utterances have, as `dialin predict` does.

Comes in: a run. Goes out: a service. Begin with `app.py`.
"""
