"""The embedded models, run by onnxruntime."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import tokenizers
from numpy.typing import NDArray

from dialin.errors import ModelError
from dialin.models import store as models

MAX_TOKENS = 256
CHUNK = 4096
"""Texts that are cut into tokens at once."""


class OnnxEmbedder:
    """An embedded model, run by onnxruntime on the CPU: CLS pooling, at most 256 tokens of a text.

    Each text runs by itself, in parallel on all cores. These int8 models scale their activations by the range
    of a whole batch. In a batch, the vector of a text would move with its neighbours (measured: cosine down
    to 0.985), and `predict` would not equal `fit`. Alone, a text has the same vector bit by bit, whatever its
    neighbours and the number of threads, and it is no slower because nothing is padded.

    Parameters
    ----------
    name : str
        An embedder of `dialin.models.catalogue`; fetched first if it is missing.
    n_threads : int, optional
        Texts that run at the same time; all cores by default.
    chunk : int
        Texts that are cut into tokens at once; the vectors do not depend on it.

    Raises
    ------
    ModelError
        The model is unknown, cannot be fetched, or is not an embedder.
    """

    def __init__(self, name: str, *, n_threads: int | None = None, chunk: int = CHUNK) -> None:
        model = models.catalogue().get(name)
        if model is not None and model.kind != "embedder":
            raise ModelError(f"local model {name!r} is an LLM, not an embedder", hint=f"there are: {local_specs()}")
        folder = models.ensure(name)
        self.name = f"local:{name}"
        self._n_threads, self._chunk = n_threads or os.cpu_count() or 1, chunk
        self._tokenizer = _tokenizer(folder)
        self._session = _session(folder)
        self._inputs = [entry.name for entry in self._session.get_inputs()]
        self.n_dimensions = int(self._session.get_outputs()[0].shape[-1])

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return float32 vectors of unit norm, shape (n, d); no vector depends on the other texts."""
        vectors = np.empty((len(texts), self.n_dimensions), np.float32)
        with ThreadPoolExecutor(self._n_threads) as pool:
            for start in range(0, len(texts), self._chunk):
                tokenized = self._tokenizer.encode_batch(list(texts[start : start + self._chunk]))
                for row, vector in enumerate(pool.map(self._encode_one, (entry.ids for entry in tokenized)), start):
                    vectors[row] = vector
        return vectors

    def _encode_one(self, token_ids: list[int]) -> NDArray[np.float32]:
        ids = np.array([token_ids], np.int64)
        feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
        states = self._session.run(None, {name: feed[name] for name in self._inputs})[0]
        first: NDArray[np.float32] = states[0, 0]
        return first / np.linalg.norm(first)


def _tokenizer(folder: Path) -> tokenizers.Tokenizer:
    tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
    # A tokenizer.json may ask for padding to a fixed length, which the model would then read as text.
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _session(folder: Path) -> Any:
    import onnxruntime  # noqa: PLC0415  (tens of MB, wanted only with an embedded model)

    options = onnxruntime.SessionOptions()
    # One thread for one text: the texts themselves run in parallel.
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"])


def local_names() -> list[str]:
    """Return the names of the embedders in `dialin.models.catalogue`."""
    return [model.name for model in models.catalogue().values() if model.kind == "embedder"]


def local_specs() -> str:
    """Return the specs of the embedders in `dialin.models.catalogue`, for a message."""
    return ", ".join(f"local:{name}" for name in local_names())
