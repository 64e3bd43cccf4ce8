"""Scripts that measure dialin's quality and cost; the results are in ``studies/own/results``."""
