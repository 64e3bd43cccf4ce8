"""Creates, opens and continues run folders.

Comes in: a `RunPlan` and a `Corpus`; later, the path of the folder.
Goes out: a `Run`: manifest, sentences, tables and decision function, as the last review left them.
Begin with `run.py` (an open run); `start.py` creates a run, `manifest.py` holds its settings and status,
`tables.py` builds its tables, and `save_table.py` writes the tables of `dialin predict` and
`dialin judge`.
"""
