"""The folder of a run: made, opened and continued.

Comes in: a `RunPlan` and a `Corpus`; later, the path of the folder.
Goes out: a `Run`: manifest, sentences, tables and decision function, as the last review left them.
Begin with `run.py` (a run, opened); `start.py` makes one, `manifest.py` says what it was asked to do,
`tables.py` and `export.py` write tables.
"""
