"""Writes the intents of a run for bot platforms, annotation tools and trainers: one module a format.

Comes in: a run. Goes out: files that the platform imports, checked after they are written, and a report of what was
left out. Begin with `base.py`.
"""
