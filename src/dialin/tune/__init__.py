"""Tuning of judge, namer and embedder: training data, LoRA training, and calibration of the answers.

Comes in: labelled sentences, reviewed runs, and a base model.
Goes out: tables of training clusters; a folder with adapters, scores and a model card; a ``calibration.json``.
Begin with `data.py` (the table), `train.py` (the training) and `fit_calibration.py` (the calibration). `course.py` is
the loop of all trainings, and ``embedder/`` has what only an embedder needs.
"""
