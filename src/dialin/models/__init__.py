"""The local models that dialin knows by name, kept on this disk and verified by sha256.

Comes in: the name of a model.
Goes out: the folder with its files, fetched once from the first source that works.
Begin with `catalogue.py` to add a model, and with `ensure` in `store.py` to see how one is fetched.
"""
