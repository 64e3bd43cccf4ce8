"""Replaces what must not be seen, before anything embeds, asks, stores or shows it.

Comes in: the table of a source. Goes out: the same table with typed placeholders, and how many of each type.
Begin with `rules.py`, which finds; `placeholders.py` numbers, `table.py` does both to a table, and `source.py` to
what is read.
"""
