"""Measures how well labels agree with gold labels, and how far judgements can be trusted.

Comes in: labels, gold labels, probabilities and verdicts, as plain arrays.
Goes out: frozen records of figures; an undefined figure is nan, never a made-up 0 or 1.
Begin with `metrics.py` (against gold labels), then `reliability.py` (goodness, kappa, calibration error).
"""
