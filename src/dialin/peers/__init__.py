"""Methods of other papers behind one interface, for comparison: same embeddings, LLM, stores of replies and ledger.

Comes in: a `Problem` (sentences with their vectors) and a `Kit` (LLM and embedder).
Goes out: a label for each sentence.
Begin with `base.py` for the interface and `registry.py` for the list. Each module names the publication that it follows
and says what it does differently; docs/guide/compare.md adds what each costs.
"""
