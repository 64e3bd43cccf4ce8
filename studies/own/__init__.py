"""What dialin costs and how good it is, measured; results lie in ``benchmarks/results``."""
