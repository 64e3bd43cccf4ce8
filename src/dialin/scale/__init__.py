"""Runs steps on an engine: the cores of many machines that Ray has joined to one cluster.

Comes in: texts, or Parquet with utterances. Goes out: vectors, or Parquet with intents; the same as without an engine.
Begin with `dialin.scale.cluster.joined_cluster`.
"""
