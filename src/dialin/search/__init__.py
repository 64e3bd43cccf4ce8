"""Algorithm 1: which sets of sentences are kept.

Comes in: a stratum of the sentences, a partitioner and a judge. Goes out: `Round` after `Round`: the clusters that were
kept, their verdicts, and the log of what was tried.

Begin with `iterate.py`: the loop. `tree_search.py` keeps the good nodes of the tree, `best_k.py` the good clusters at
the best k, as in the paper, with `prune.py` to let the LLM propose the next k; `trial.py` is what both return.
"""
