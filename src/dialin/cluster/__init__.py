"""Vectors become a tree, cut anywhere.

Comes in: `X`, unit-norm embeddings of shape (n, d). Goes out: a `Partition`, which can be cut into any number of
clusters; the strata that are clustered apart; how many clusters the sentences suggest by themselves.

Begin with `partition.py`: the protocols, and what partitions. `tree.py` is the dendrogram, which `ward.py` builds over
vectors that `smooth.py` has sharpened; `granularity.py` measures where to cut it; `strata.py` tells what is apart.
"""
