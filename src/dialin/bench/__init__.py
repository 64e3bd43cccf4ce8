"""Compare dialin with its peers on labelled sentences: scores, costs and significance.

Comes in: files of labelled sentences, names of methods, seeds.
Goes out: a folder with one line per run, tables in Markdown and Parquet, and a page with plots.
Begin with `course.py` (the order of the runs), `once.py` (one run) and `table.py` (the tables).
"""
