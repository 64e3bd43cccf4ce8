"""`dialin bench`: dialin and its peers on labelled sentences, over seeds, side by side.

`course.py` goes through what `plan.py` asks for: the runs (`once.py`) that the folder (`results.py`) lacks, then what
is measured on the labels of runs that have ended (`measures.py`). `table.py` and `page.py` show all of it.
"""
