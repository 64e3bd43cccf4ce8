"""Scripts for the tables of the paper, one for each; the results are in ``studies/paper/results``."""
