"""Writes the intents of a run for bot platforms, annotation tools and trainers: one module a format.

Comes in: a run. Goes out: files that the platform imports, checked before they are written, and a report of what was
left out.

Begin with `run_export.py`, which makes an export. `base.py` says what an export holds and what a format tells about
itself; `registry.py` lists the formats in `formats/`. `selection.py` has the rules that all share: which intents
(`wanted.py`), which phrases may go (`candidates.py`), which are chosen (`shares.py`, `diverse.py`), under which names
(`names.py`). `checks.py` reads back what was written, `account.py` reports, and `folder.py` writes.
"""
