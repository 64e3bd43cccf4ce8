"""The formats: one module each, which writes the files of a `dialin.export.base.Content` and checks them.

Comes in: the content of an export.
Goes out: the bytes of its files; from these, the phrases as they are read back.
Begin with `watson.py`, the shortest; `dialin.export.registry` lists them all.

What a platform takes stands in a constant of its module, with its source: public documentation or code that was read,
or other people's files. No module was tried on a live platform.
"""
