"""A labelled data set from raw sentences: clusters for people to judge, and the data set they make.

Comes in: sentences; later, a run with the verdicts of people.
Goes out: a run to annotate; at the end a table of labelled sentences and a data card.
Begin with `start.py` (the clusters), `dataset.py` (the table), `card.py` (the card). The pages are in `dialin.web`.
"""
