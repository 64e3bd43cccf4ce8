"""Methods from other papers behind one interface, so that they share dialin's embeddings, LLM, reply store and ledger.

Comes in: a `Problem` (sentences with their vectors) and a `Kit` (LLM and embedder).
Goes out: a label for each sentence.
Begin with `base.py` for the interface and `registry.py` for the list. Each module names the publication that it follows
and lists its differences from it; docs/guide/compare.md adds the cost of each method.
"""
