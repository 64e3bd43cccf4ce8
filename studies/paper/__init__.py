"""One script for each table of the paper; the figures are in ``experiments/results``."""
