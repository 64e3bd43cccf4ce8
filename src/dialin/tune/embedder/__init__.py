"""Tuning of a sentence encoder: supervised contrastive learning from labelled sentences.

Comes in: files of labelled sentences, and a transformers encoder.
Goes out: a folder with ``model.onnx``, ``tokenizer.json``, the encoder for transformers, and a model card.
Begin with `train.py` (the whole way), `draws.py` (the batches) and `losses.py` (what a step minimises).
"""
