"""Labelled data sets from raw sentences: clusters for people to judge, and the data set that results.

Comes in: sentences; later, a run with people's verdicts.
Goes out: a run to annotate; at the end, a table of labelled sentences and a data card.
Begin with `start.py` (the clusters), `dataset.py` (the table) and `card.py` (the card). The pages are in `dialin.web`.
"""
