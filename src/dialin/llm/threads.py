"""The name of the threads that ask, in a module that loads nothing: the command line looks for them at its end."""

THREADS = "dialin-llm"
"""Prefix of their names; after a second interrupt, some may still wait for an answer."""
