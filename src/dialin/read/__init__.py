"""A file, a frame or a list becomes sentences.

Comes in: a path, a frame, a list, and the names of its columns.
Goes out: a `Corpus`: the distinct sentences, how often each was said, and the way back to every row.
Begin with `table.py` (`read`), which calls `formats.py` (which kind of source), `columns.py` (which column) and
`cells.py`.

To add an input format, add a module beside `csv_tsv.py` that returns a `Raw`, and name its ending in `formats.py`.
"""
