"""Tuning of judge and namer: training data from labelled sentences and from reviews, and what is learnt from them."""
