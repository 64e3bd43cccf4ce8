"""Reads what contact centres, recognisers and help desks export: one module a source.

Comes in: a file, a folder or an archive. Goes out: a table of turns with roles, times and outcomes.
Begin with `base.py`, which says what an importer is.
"""
