"""A benchmark: dialin and its peers on labelled sentences, with scores, costs and significance.

Comes in: files of labelled sentences, names of methods, seeds.
Goes out: a folder with one line a run, tables in Markdown and Parquet, and a page with plots.
Begin with `course.py` (the order of the runs), `once.py` (one run), `table.py` (the tables).
"""
