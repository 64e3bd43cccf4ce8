"""`dialin bench`: dialin and its peers on labelled sentences, over seeds, in one table.

`cases.py` reads the data, `methods.py` runs a method by its name, `results.py` keeps one line for each finished run,
`table.py` makes tables of them, and `course.py` goes through all runs that are missing.
"""
