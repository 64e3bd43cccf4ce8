"""The whole method, and the estimator.

Comes in: sentences with their vectors (`Data`), what to ask (`Tools`), and `Settings`. Goes out: a `Result`: intents,
the intent of each sentence or the reason why it has none, and the pieces, by which new sentences are assigned.

Begin with `method.py`, the method on one page; its steps are in `steps.py`, the last in `conclude.py`, those that name
in `naming.py`. `data.py` is what goes in and `state.py` what comes out, `context.py` what a run works with, `assign.py`
the decision function, and `estimator.py` the same for scikit-learn.
"""
