"""Sentences become unit vectors.

Comes in: texts, and the spec of an embedder.
Goes out: float32 vectors of unit norm, shape (n, d), cached on disk by embedder and text.
Begin with `embedder_of` in `choose.py`; to add an embedder, add a module beside `onnx.py` and a branch there, and for a
new prefix a `Kind` in `dialin.llm.spec`; to add the protocol of a server, add a class to `dialects.py`.
"""
