"""Turns a file, a folder, a frame or a list into sentences.

Comes in: a path, a frame or a list, and the names of its columns.
Goes out: a `Corpus`: the distinct sentences, their counts, and the way back to every row.
Begin with `table.py` (`read`), which calls `formats.py` (load any source), `columns.py` (find the columns) and
`cells.py` (convert and clean the cells). Large files are read in parts, with the same result, by `parts.py`, which
calls `text_parts.py` for text and `turns.py` for dialogues; `input_file.py` keeps what can be read only once.

To add an input format, add a module beside `csv_tsv.py` that returns a `RawTable`, name its ending in
`formats.py`, and call it there (`_parse` for text, `_load_file` for a binary format). To add the export of a contact
centre, see `importers/`.
"""
