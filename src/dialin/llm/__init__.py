"""LLMs behind one protocol, in this process or on a server.

Comes in: a spec such as ``local:NAME+ADAPTER`` or ``openai:MODEL@URL``, then prompts.
Goes out: probabilities of options, or texts; each reply is stored, counted and held against the budget.
Begin with `base.py` for the two methods of an `LLM`, then `client.py`, which makes one of a backend; `backends.py`
opens the backend that a spec names, and `spec.py` reads the spec.
"""
