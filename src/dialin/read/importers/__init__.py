"""Reads what contact centres, recognisers and help desks export: one module a source.

Comes in: a file, a folder or an archive.
Goes out: a table of turns with roles, times and outcomes.
Begin with `base.py`, which says what an importer is, and `gather.py`, which asks the importers and collects what they
find.

To add a source, write a module with an `Importer` that looks into its documents through `places.py`, add it to
`known.py`, and put a fixture and five ways to break it into the tests.
"""
