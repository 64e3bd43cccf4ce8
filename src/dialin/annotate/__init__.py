"""Labelled data out of raw sentences: clusters for people to judge, and the data set that comes of it."""
