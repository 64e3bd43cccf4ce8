"""Measurements: `own`, of dialin as it is; `paper`, one for each table of the paper."""
